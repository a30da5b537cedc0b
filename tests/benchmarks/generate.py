"""Writes one graph of stages as the small, idiomatic program that each tool would have it as.

Stage 12 is called `s12` everywhere; the first stage of each chain reads the file `start.csv` (in memory: `start`).
Tools that know files make an empty `s12.out`; those that know values add one to the first that they read.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import final

from attrs import frozen

CHAIN = 20
FAN_IN = 5
START = "start.csv"


@final
@frozen
class Dag:
    """A graph: `reads[i]` are the stages that stage i reads, all before it; none reads the start instead."""

    reads: tuple[tuple[int, ...], ...]

    @property
    def edges(self) -> Iterator[tuple[str, str]]:
        """Every edge by its two ends' names, the start included."""
        for stage, reads in enumerate(self.reads):
            yield from ((name, f"s{stage}") for name in names_of(reads))

    @property
    def ends(self) -> list[str]:
        """The stages that no other reads."""
        read = {each for reads in self.reads for each in reads}
        return [f"s{stage}" for stage in range(len(self.reads)) if stage not in read]


def make_dag(stages: int, seed: int = 20261123) -> Dag:
    """Make chains of `CHAIN` stages, of which every `FAN_IN`th also reads one or two stages shortly before it."""
    chance = random.Random(seed)
    reads: list[tuple[int, ...]] = []
    for stage in range(stages):
        chain = [stage - 1] if stage % CHAIN else []
        earlier = range(max(0, stage - 5 * CHAIN), stage - 1)
        joins = (
            chance.sample(earlier, chance.randint(1, 2)) if stage % FAN_IN == 3 and len(earlier) > 2 else []
        )
        reads.append((*chain, *sorted(joins)))
    return Dag(tuple(reads))


def names_of(reads: tuple[int, ...]) -> list[str]:
    """Name what a stage reads."""
    return [f"s{each}" for each in reads] or ["start"]


def write(dag: Dag, tool: str, folder: Path) -> None:
    """Write a tool's program, and the file that the chains start from, into a folder."""
    for name, text in {**PROGRAMS[tool](dag), START: "number\n1\n2\n3\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")


def _stagelang(dag: Dag, head: str, kind: str, body: str) -> dict[str, str]:
    blocks = [head, _CONTRACT]
    for stage, reads in enumerate(dag.reads):
        names = names_of(reads)
        kinds = ["Table[Numbers, S]" if name == "start" else kind for name in names]
        arguments = ", ".join(f"{letter}: {each}" for letter, each in zip("abc", kinds, strict=False))
        what = "a.arrow.num_rows" if names == ["start"] else "a.value"
        blocks.append(
            f'@stage(owner="bench")\n'
            f"def s{stage}({arguments}, *, step: int = 1) -> {kind}:\n"
            f"    return {body.format(what=what)}\n"
        )
    wiring = [f'start = source(Numbers, "{START}")']
    for stage, reads in enumerate(dag.reads):
        bound = ", ".join(name if name == "start" else f"n{name[1:]}" for name in names_of(reads))
        wiring.append(f"n{stage} = s{stage}({bound})")
    ends = ", ".join(f"n{name[1:]}" for name in dag.ends)
    wiring.append(f'\npipeline = Pipeline(name="bench", seed=1, outputs=[{ends}])\n')
    return {"pipeline.py": "\n\n".join([*blocks, "\n".join(wiring)])}


_CONTRACT = "class Numbers(Contract):\n    number: Column[int] = column(key=True, ge=0)\n"


def stagelang_values(dag: Dag) -> dict[str, str]:
    """Write a pipeline whose stages hand on a number."""
    names = "Column, Contract, Pipeline, S, Table, Value, column, source, stage"
    return _stagelang(dag, f"from stagelang import {names}\n", "Value[int]", "Value.of({what} + step)")


def stagelang_tables(dag: Dag) -> dict[str, str]:
    """Write a pipeline whose stages hand on a table, with a contract on every edge."""
    names = "Column, Contract, Pipeline, S, Table, column, source, stage"
    return _stagelang(
        dag, f"from stagelang import {names}\n", "Table[Numbers, S]", "a.derive(Numbers, a.arrow)"
    )


def make(dag: Dag) -> dict[str, str]:
    """Write a Makefile."""
    files = [_file(name) for name in dag.ends]
    rules = [
        f"s{stage}.out: {' '.join(map(_file, names_of(reads)))}\n\t@touch $@\n"
        for stage, reads in enumerate(dag.reads)
    ]
    return {"Makefile": "\n".join([f".PHONY: all\nall: {' '.join(files)}\n", *rules])}


def snakemake(dag: Dag) -> dict[str, str]:
    """Write a Snakefile."""
    rules = [
        f"rule s{stage}:\n    input: {_quoted(map(_file, names_of(reads)))}\n    output: touch('s{stage}.out')\n"
        for stage, reads in enumerate(dag.reads)
    ]
    return {"Snakefile": "\n".join([f"rule all:\n    input: {_quoted(map(_file, dag.ends))}\n", *rules])}


def dvc(dag: Dag) -> dict[str, str]:
    """Write a dvc.yaml."""
    stages = [
        f"  s{stage}:\n    cmd: touch s{stage}.out\n"
        f"    deps: [{', '.join(map(_file, names_of(reads)))}]\n    outs: [s{stage}.out]\n"
        for stage, reads in enumerate(dag.reads)
    ]
    return {"dvc.yaml": "stages:\n" + "".join(stages)}


def doit(dag: Dag) -> dict[str, str]:
    """Write a dodo.py whose actions are Python calls, as doit does best."""
    reads = "".join(
        f"    's{stage}': [{_quoted(map(_file, names_of(reads)))}],\n"
        for stage, reads in enumerate(dag.reads)
    )
    return {
        "dodo.py": "from pathlib import Path\n\n"
        f"READS = {{\n{reads}}}\n\n\n"
        "def make(targets):\n    Path(targets[0]).touch()\n\n\n"
        "def task_stage():\n    for name, reads in READS.items():\n"
        "        yield {'name': name, 'actions': [make], 'file_dep': reads, 'targets': [f'{name}.out']}\n"
    }


def hamilton(dag: Dag) -> dict[str, str]:
    """Write a module of functions and the script that runs it with Hamilton's cache."""
    return {
        "steps.py": "\n\n".join(_function(stage, reads, ": int") for stage, reads in enumerate(dag.reads)),
        "run.py": "import steps\nfrom hamilton import driver\n\n"
        "built = driver.Builder().with_modules(steps).with_cache().build()\n"
        f"built.execute([{_quoted(dag.ends)}], inputs={{'start': 3}})\n",
    }


def kedro(dag: Dag) -> dict[str, str]:
    """Write a module that gives a Kedro pipeline."""
    functions = [_function(stage, reads, "") for stage, reads in enumerate(dag.reads)]
    nodes = "".join(
        f"        node(s{stage}, inputs=[{_quoted(names_of(reads))}], outputs='s{stage}', name='s{stage}'),\n"
        for stage, reads in enumerate(dag.reads)
    )
    made = f"def create_pipeline():\n    return pipeline([\n{nodes}    ])\n"
    return {"steps.py": "\n\n".join(["from kedro.pipeline import node, pipeline\n", *functions, made])}


def dagster(dag: Dag) -> dict[str, str]:
    """Write Dagster's assets and definitions."""
    functions = ["@asset\n" + _function(stage, reads, ": int") for stage, reads in enumerate(dag.reads)]
    names = ", ".join(f"s{stage}" for stage in range(len(dag.reads)))
    made = f"defs = Definitions(assets=[AssetSpec('start'), {names}])\n"
    return {
        "steps.py": "\n\n".join(["from dagster import AssetSpec, Definitions, asset\n", *functions, made])
    }


def _function(stage: int, reads: tuple[int, ...], annotation: str) -> str:
    names = names_of(reads)
    arguments = ", ".join(f"{name}{annotation}" for name in names)
    result = " -> int" if annotation else ""
    return f"def s{stage}({arguments}){result}:\n    return {names[0]} + 1\n"


def _file(name: str) -> str:
    return START if name == "start" else f"{name}.out"


def _quoted(names: Iterator[str] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


PROGRAMS: Mapping[str, Callable[[Dag], dict[str, str]]] = {
    "stagelang": stagelang_values,
    "stagelang, tables": stagelang_tables,
    "make": make,
    "doit": doit,
    "Hamilton": hamilton,
    "Kedro": kedro,
    "Dagster": dagster,
    "Snakemake": snakemake,
    "DVC": dvc,
}
