"""A small project to run: its code, plans put together by hand, its store."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest
from attrs import define, evolve, field

from stagelang.origin import Origin
from stagelang_compiler import plan as p
from stagelang_runtime.execute.results import Event, RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.location import locate_store
from stagelang_runtime.store import Store

ORIGIN = Origin("pipeline.py", 1)
HEAD = "from typing import *\nfrom pathlib import Path\nfrom stagelang import *\nfrom stagelang import units as u\n"


Kind: TypeAlias = Literal["table", "model", "value", "files", "metric"]


def sha(*parts: object) -> str:
    return "sha256:" + hashlib.sha256(repr(parts).encode()).hexdigest()


@define
class Project:
    """Stages are functions of `pipeline.py`; the digest of a stage's code is that of the whole file, unless said."""

    root: Path
    text: str = ""
    stages: dict[str, p.Stage] = field(factory=dict[str, p.Stage])
    nodes: dict[str, p.Node] = field(factory=dict[str, p.Node])
    contracts: dict[str, p.Contract] = field(factory=dict[str, p.Contract])
    metrics: list[p.Metric] = field(factory=list[p.Metric])
    budget: p.Budget | None = None
    url: str = ""
    events: list[Event] = field(factory=list[Event])

    @property
    def store(self) -> Store:
        return locate_store(self.url, self.root / ".stagelang").open()

    def code(self, text: str) -> None:
        self.text = HEAD + text
        (self.root / "pipeline.py").write_text(self.text, encoding="utf-8")

    def contract(self, name: str, *columns: p.Column, owner: str = "") -> None:
        self.contracts[name] = p.Contract(
            name=name,
            version="1",
            owner=owner,
            description="",
            closed=False,
            min_rows=1,
            max_rows=None,
            columns=columns,
            digest=sha(name, columns),
            origin=ORIGIN,
        )

    def stage(self, name: str, kind: Any = "stage", **said: Any) -> p.Stage:
        qualname, module = said.pop("qualname", name), said.pop("module", "pipeline")
        code = p.Code(
            module=module,
            qualname=qualname,
            file=f"{module}.py",
            digest=said.pop("digest", sha(self.text)),
            distributions=said.pop("distributions", ()),
        )
        said = {"owner": "", "description": "", "origin": ORIGIN, **said}
        self.stages[name] = p.Stage(name=name, kind=kind, code=code, **said)
        return self.stages[name]

    def node(
        self,
        name: str,
        function: str = "",
        reads: Mapping[str, str | Sequence[str]] | None = None,
        gives: Kind | Mapping[str, Kind] = "value",
        params: Mapping[str, Any] | None = None,
        *,
        kind: Any = "stage",
        needs: Mapping[str, str] | None = None,
        promises: Mapping[str, str] | None = None,
        proved: bool = False,
        **said: Any,
    ) -> p.Node:
        """Add a node; `reads` maps arguments to 'node' or 'node.port', `gives` ports to kinds."""
        function = function or name
        if kind in ("stage", "metric", "command") and function not in self.stages:
            self.stage(function, kind)
        outputs: Mapping[str, Kind] = {"out": gives} if isinstance(gives, str) else gives
        inputs: list[p.Input] = []
        for argument, producers in (reads or {}).items():
            several = not isinstance(producers, str)
            for index, producer in enumerate(producers if several else [producers]):
                source, _, port = str(producer).partition(":")
                given = {each.name: each.contract for each in self.nodes[source].outputs}
                inputs.append(
                    p.Input(
                        argument=argument,
                        index=index if several else None,
                        node=source,
                        output=port or "out",
                        contract=(needs or {}).get(argument, ""),
                        promised=given[port or "out"],
                        proved=proved,
                    )
                )
        self.nodes[name] = p.Node(
            name=name,
            id=sha(name, function, sorted((params or {}).items())),
            kind=kind,
            stage=function if kind in ("stage", "metric", "command") else "",
            inputs=tuple(inputs),
            outputs=tuple(
                p.Output(name=port, kind=what, contract=(promises or {}).get(port, ""))
                for port, what in outputs.items()
            ),
            params=dict(params or {}),
            seed=said.pop("seed", int(sha(name)[7:15], 16)),
            origin=ORIGIN,
            **said,
        )
        return self.nodes[name]

    @property
    def plan(self) -> p.Plan:
        return p.Plan(
            name="test",
            seed=1,
            spec="pipeline.py",
            contracts=self.contracts,
            stages=self.stages,
            nodes=tuple(self.nodes.values()),
            metrics=tuple(self.metrics),
            gates=(),
            budget=self.budget,
            origin=ORIGIN,
        )

    def recode(self, name: str, **said: Any) -> None:
        """Change a stage's declaration, such as the digest of its code."""
        stage = self.stages[name]
        if "digest" in said:
            said["code"] = evolve(stage.code, digest=said.pop("digest"))
        self.stages[name] = evolve(stage, **said)

    def run(self, *, jobs: int = 1, keep_going: bool = False, force: bool = False) -> RunResult:
        self.events.clear()
        chosen = RunOptions(jobs=jobs, keep_going=keep_going, force=force)
        result = run(self.plan, root=self.root, store=self.store, options=chosen, listener=self.events.append)
        for node in result.of_state("failed"):
            print(node.failure, node.failure.traceback if node.failure else "", node.failure, sep="\n")
        return result

    def states(self, *, force: bool = False) -> dict[str, str]:
        return {name: node.state for name, node in self.run(force=force).nodes.items()}


def metric(name: str, *, columns: int = 1, cluster: str = "") -> p.Metric:
    """Declare the meaning of the metric that the node of this name measures."""
    return p.Metric(
        name=name,
        node=name,
        unit=p.Unit(text="ratio", factor=1.0, powers={}),
        better="higher",
        low=0.0,
        high=None,
        aggregate=p.Aggregate(kind="mean", columns=columns),
        undefined="error",
        version="1",
        cluster=cluster,
        population="",
        owner="",
        description="",
        reported=True,
        origin=ORIGIN,
    )


def awaited(path: Path) -> str:
    """Wait until somebody has written a file."""
    for _ in range(6000):
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path} was never written")


def await_end(pid: int) -> None:
    """Wait until a process is gone; one that nobody has buried yet counts as gone."""
    for _ in range(6000):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} lives on")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")
