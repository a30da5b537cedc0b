"""Code that lies outside of the pipeline's folder goes with it to a worker, and runs under no other code's keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.cluster.dask_engine import dask_engine
from stagelang_runtime.cluster.options import ClusterOptions
from stagelang_runtime.execute.results import RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.store import Store
from tests.stagelang_runtime.cluster.conftest import Cluster

_SPEC = """\
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "shared"))

from limits_of_us.most import MOST
from stagelang import Pipeline, Value, stage
from steps import lowered


@stage
def most() -> Value[int]:
    return Value.of(MOST)


pipeline = Pipeline("p", seed=1, outputs=[most(), lowered()])
"""
_STEPS = """\
import lowest_of_us
from stagelang import Value, stage


@stage
def lowered() -> Value[int]:
    return Value.of(lowest_of_us.LOWEST)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write a pipeline, and beside it a folder that it adds to the path by itself."""
    root = tmp_path / "project"
    (tmp_path / "shared" / "limits_of_us").mkdir(parents=True)
    (tmp_path / "shared" / "limits_of_us" / "__init__.py").write_text("")
    (tmp_path / "shared" / "limits_of_us" / "most.py").write_text("MOST = 7\n")
    (tmp_path / "shared" / "lowest_of_us.py").write_text("LOWEST = 3\n")
    root.mkdir()
    (root / "pipeline.py").write_text(_SPEC)
    (root / "steps.py").write_text(_STEPS)
    return root


@pytest.fixture
def plan(root: Path) -> Plan:
    checked = check_file(root / "pipeline.py")
    assert checked.plan is not None
    return checked.plan


def _run(plan: Plan, root: Path, store: Path, cluster: Cluster | None) -> RunResult:
    options = ClusterOptions(scheduler=cluster.address if cluster else "", workers=1, patience=60.0)
    return run(
        plan,
        root=root,
        store=Store.open_or_create(store),
        options=RunOptions(keep_going=True),
        make_engine=dask_engine(options, dumps(plan)) if cluster else None,
    )


def _objects(result: RunResult) -> list[str]:
    return [each.object for name in ("most", "lowered") for each in result.nodes[name].outputs]


def _failures(result: RunResult) -> list[str]:
    return [node.failure.message for node in result.nodes.values() if node.failure]


def test_a_plan_names_it_wherever_it_lies(plan: Plan) -> None:
    assert list(plan.files) == [
        "(elsewhere)/limits_of_us/__init__.py",
        "(elsewhere)/limits_of_us/most.py",
        "(elsewhere)/lowest_of_us.py",
        "pipeline.py",
        "steps.py",
    ]


def test_a_worker_without_it_is_sent_it(plan: Plan, root: Path, tmp_path: Path, cluster: Cluster) -> None:
    cluster.worker()
    there = _run(plan, root, tmp_path / "there", cluster)
    assert _failures(there) == []
    here = _run(plan, root, tmp_path / "here", None)
    assert _objects(there) == _objects(here)
    assert len(_objects(here)) == 2


def test_a_worker_that_has_it_otherwise_uses_what_it_is_sent(
    plan: Plan, root: Path, tmp_path: Path, cluster: Cluster
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lowest_of_us.py").write_text("LOWEST = 1\n")
    cluster.worker(env={"PYTHONPATH": str(tmp_path / "other")})
    there = _run(plan, root, tmp_path / "there", cluster)
    assert _failures(there) == []
    assert _objects(there) == _objects(_run(plan, root, tmp_path / "here", None))


def test_what_changes_it_after_the_plan_runs_under_no_old_key(plan: Plan, root: Path, tmp_path: Path) -> None:
    (tmp_path / "shared" / "lowest_of_us.py").write_text("LOWEST = 1\n")
    result = _run(plan, root, tmp_path / "store", None)
    assert (
        _failures(result)
        == [
            "'(elsewhere)/lowest_of_us.py' is not what the plan was compiled from, where this process imports it"
        ]
        * 2
    )
