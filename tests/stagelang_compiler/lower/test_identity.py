"""What changes the id of a node, which its results are looked up by, and what doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.lower.nodes import stage_seed
from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.conftest import PRELUDE, TODAY

SPEC = (
    PRELUDE
    + '''
from helper import bound, unrelated


@stage(owner="labs", env=["LEVEL"])
def tidy(scans: Table[Scans, S], *, least: float = 0.5) -> Table[Scans, S]:
    """Drop what is faint."""
    return scans if bound(least) else scans


@command("sh", "{scans}", "{out}", files=["run.sh"])
def shell(scans: Table[Scans, S]) -> Files:
    raise NotImplementedError


model = fit(tidy(halves.train))
right = accuracy(score(model, halves.test))
pipeline = Pipeline("p", seed=1, metrics=[right], gates=[right.at_least(0.5)], outputs=[shell(halves.test), clean(halves.test)])
'''
)
HELPER = "LIMIT = 3\n\n\ndef bound(x: float) -> bool:\n    return x < LIMIT\n\n\ndef unrelated() -> int:\n    return 1\n"

ALL = {"scans", "split_scans", "tidy", "fit", "score", "accuracy", "shell", "clean"}
AFTER_TIDY = {"tidy", "fit", "score", "accuracy"}


def _plan(
    folder: Path, spec: str = SPEC, helper: str = HELPER, program: str = "cat", where: str = ""
) -> Plan:
    home = folder / where
    home.mkdir(parents=True, exist_ok=True)
    (home / "helper.py").write_text(helper, encoding="utf-8")
    (home / "run.sh").write_text(program, encoding="utf-8")
    (home / "pipeline.py").write_text(spec, encoding="utf-8")
    checked = check_file(home / "pipeline.py", today=TODAY)
    assert checked.plan is not None, [(each.message, each.found) for each in checked.diagnostics]
    return checked.plan


def _changed(one: Plan, other: Plan) -> set[str]:
    before, after = ({node.name: node.id for node in plan.nodes} for plan in (one, other))
    assert before.keys() == after.keys() == ALL
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        pytest.param("scans if bound(least) else scans", "scans", AFTER_TIDY, id="the code of a stage"),
        pytest.param("least: float = 0.5", "least: float = 0.25", AFTER_TIDY, id="a default of a parameter"),
        pytest.param("tidy(halves.train)", "tidy(halves.train, least=1)", AFTER_TIDY, id="a parameter"),
        pytest.param("tidy(halves.train)", "tidy(halves.train, least=1.0)", AFTER_TIDY, id="a parameter of another type"),
        pytest.param("seed=1", "seed=2", ALL - {"scans"}, id="the seed"),
        pytest.param("fit(tidy(halves.train))", "fit(tidy(halves.train), c=0.5)", {"fit", "score", "accuracy"}, id="a later parameter"),
        pytest.param("score(model, halves.test)", "score(model, clean(halves.test))", {"score", "accuracy"}, id="an input"),
        pytest.param('env=["LEVEL"]', 'env=["DEPTH"]', AFTER_TIDY, id="an environment variable"),
        pytest.param("column(ge=0, le=1)", "column(ge=0, le=2)", ALL, id="a promise of the contract"),
        pytest.param("column(group=True)", "column(group=True, nullable=True)", ALL, id="another promise of the contract"),
        pytest.param("test=0.25", "test=0.5", ALL - {"scans"}, id="the share of a split"),
        pytest.param('"data/scans.parquet"', '"data/scans.csv"', ALL, id="where a source reads"),
        pytest.param('"{scans}", "{out}"', '"{scans:csv}", "{out}"', {"shell"}, id="a command's words"),
    ],
)  # fmt: skip
def test_what_a_node_computes_changes_its_id_and_those_after_it(
    tmp_path: Path, old: str, new: str, changed: set[str]
) -> None:
    assert SPEC.count(old) == 1
    assert _changed(_plan(tmp_path), _plan(tmp_path, SPEC.replace(old, new))) == changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('owner="labs"', 'owner="others"', id="the owner"),
        pytest.param(
            'owner="labs", ', 'owner="labs", budget=Budget(wall="1s"), tags=["x"], ', id="budget and tags"
        ),
        pytest.param(
            'owner="labs", ', 'owner="labs", resources=Resources(cpus=4), network=True, ', id="resources"
        ),
        pytest.param("Drop what is faint.", "Drop all that is faint.", id="a docstring"),
        pytest.param(
            "    return scans if", "    # said twice\n\n    return  scans if", id="comments and spaces"
        ),
        pytest.param("@stage(owner", "\n\n\n\n@stage(owner", id="line numbers"),
        pytest.param(
            "class Scans(Contract):", 'class Scans(Contract, owner="labs"):', id="the contract's owner"
        ),
        pytest.param(".at_least(0.5)", ".at_least(0.75)", id="a gate"),
        pytest.param('version="1")\ndef cost', 'version="2")\ndef cost', id="a metric that isn't used"),
        pytest.param(
            'better="higher", range=(0, 1)', 'better="higher", range=(-1, 1)', id="a metric's range"
        ),
        pytest.param(
            '"p", seed=1', '"q", seed=1, owner="labs", schedule="0 6 * * 1"', id="the pipeline's own settings"
        ),
        pytest.param(
            "from helper import bound, unrelated", "from helper import bound", id="an import that isn't used"
        ),
    ],
)
def test_what_is_only_said_about_a_node_leaves_its_id(tmp_path: Path, old: str, new: str) -> None:
    assert SPEC.count(old) == 1
    assert _changed(_plan(tmp_path), _plan(tmp_path, SPEC.replace(old, new))) == set()


@pytest.mark.parametrize(
    ("helper", "changed"),
    [
        pytest.param(HELPER.replace("x < LIMIT", "x <= LIMIT"), AFTER_TIDY, id="a function that is reached"),
        pytest.param(HELPER.replace("LIMIT = 3", "LIMIT = 4"), AFTER_TIDY, id="a constant that is reached"),
        pytest.param(HELPER.replace("return 1", "return 2"), set[str](), id="a function that isn't"),
        pytest.param('"""Help."""\n\n' + HELPER, set[str](), id="a docstring"),
    ],
)
def test_a_helper_counts_where_it_is_reached(tmp_path: Path, helper: str, changed: set[str]) -> None:
    assert _changed(_plan(tmp_path), _plan(tmp_path, helper=helper)) == changed


def test_the_program_of_a_command_counts(tmp_path: Path) -> None:
    assert _changed(_plan(tmp_path), _plan(tmp_path, program="tac")) == {"shell"}


def test_the_folder_of_the_project_does_not_count(tmp_path: Path) -> None:
    assert _plan(tmp_path, where="here") == _plan(tmp_path, where="some/where else")


def test_the_codec_of_a_model_counts(tmp_path: Path) -> None:
    spec = SPEC.replace("@stage\ndef fit", '@stage(codec="pickle")\ndef fit')
    assert _changed(_plan(tmp_path), _plan(tmp_path, spec)) == {"fit", "score", "accuracy"}


def test_a_seed_derives_from_the_pipelines_and_the_stages_name_alone(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    seeds = {node.name: node.seed for node in plan.nodes}
    assert seeds["fit"] == stage_seed(1, "fit", 0) == 3_602_085_836
    assert seeds["tidy"] == stage_seed(1, "tidy", 0)
    other = _plan(
        tmp_path,
        SPEC.replace("fit(tidy(halves.train))", "fit(tidy(clean.named('first')(halves.train)), c=2)").replace(
            "outputs=[", "outputs=[scans, "
        ),
    )
    assert {node.name: node.seed for node in other.nodes if node.name in seeds} == seeds
    assert len({stage_seed(seed, name, each) for seed in (1, 2) for name in "ab" for each in (0, 1)}) == 8


def test_two_uses_of_a_stage_share_its_seed(tmp_path: Path) -> None:
    plan = _plan(
        tmp_path,
        SPEC.replace("score(model, halves.test)", "score(model, tidy(halves.test))").replace(
            "outputs=[", "outputs=[scans, "
        ),
    )
    assert {node.seed for node in plan.nodes if node.stage == "tidy"} == {stage_seed(1, "tidy", 0)}
    assert len({node.id for node in plan.nodes if node.stage == "tidy"}) == 2
