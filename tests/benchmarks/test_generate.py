"""What is measured side by side has to be the same graph."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from tests.benchmarks.generate import PROGRAMS, Dag, make_dag, write
from tests.benchmarks.teams import STAGES_A_TEAM, write_teams

STAGES = 60
Edges = set[tuple[str, str]]


def lines(text: str, pattern: str) -> Iterator[re.Match[str]]:
    return re.finditer(pattern, text, re.MULTILINE)


def stem(file: str) -> str:
    return file.strip().strip("'").partition(".")[0]


def listed(stage: str, files: str, separator: str) -> Edges:
    return {(stem(file), stage) for file in files.split(separator)}


def by_pattern(file: str, pattern: str, separator: str) -> Callable[[Path], Edges]:
    """Read edges where one pattern finds a stage and the list of what it reads."""

    def read(folder: Path) -> Edges:
        found = lines((folder / file).read_text(), pattern)
        return {edge for each in found for edge in listed(each[1], each[2], separator)}

    return read


def by_parameters(folder: Path) -> Edges:
    """Read edges where a function's parameters are named after what it reads."""
    tree = ast.parse((folder / "steps.py").read_text())
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != "create_pipeline"
    ]
    return {(argument.arg, function.name) for function in functions for argument in function.args.args}


def edges_of(plan: Plan) -> Edges:
    return {(each.node, node.name) for node in plan.nodes for each in node.inputs}


def by_plan(folder: Path) -> Edges:
    plan = check_file(folder / "pipeline.py").plan
    assert plan is not None
    return edges_of(plan)


READERS: Mapping[str, Callable[[Path], Edges]] = {
    "stagelang": by_plan,
    "stagelang, tables": by_plan,
    "make": by_pattern("Makefile", r"^(s\d+)\.out: (.+)$", " "),
    "Snakemake": by_pattern("Snakefile", r"^rule (s\d+):\n    input: (.+)$", ","),
    "DVC": by_pattern("dvc.yaml", r"^  (s\d+):\n    cmd: .+\n    deps: \[(.+)\]$", ","),
    "doit": by_pattern("dodo.py", r"^    '(s\d+)': \[(.+)\],$", ","),
    "Hamilton": by_parameters,
    "Kedro": by_parameters,
    "Dagster": by_parameters,
}


@pytest.mark.parametrize("tool", PROGRAMS)
def test_every_tool_gets_the_same_edges(tool: str, tmp_path: Path) -> None:
    dag = make_dag(STAGES)
    write(dag, tool, tmp_path)
    assert READERS[tool](tmp_path) == set(dag.edges)


def test_kedro_wires_what_its_functions_name(tmp_path: Path) -> None:
    write(make_dag(STAGES), "Kedro", tmp_path)
    found = lines((tmp_path / "steps.py").read_text(), r"node\(s\d+, inputs=\[(.+)\], outputs='(s\d+)'")
    assert {edge for each in found for edge in listed(each[2], each[1], ",")} == by_parameters(tmp_path)


@pytest.mark.parametrize("tool", ["stagelang", "stagelang, tables"])
def test_the_spec_checks_clean(tool: str, tmp_path: Path) -> None:
    write(make_dag(STAGES), tool, tmp_path)
    checked = check_file(tmp_path / "pipeline.py")
    assert checked.diagnostics == ()
    assert checked.plan is not None
    assert len(checked.plan.nodes) == STAGES + 1


def test_a_seed_gives_one_graph_with_chains_and_joins() -> None:
    dag = make_dag(STAGES)
    assert dag == make_dag(STAGES)
    assert dag != make_dag(STAGES, seed=1)
    assert dag.reads[0] == dag.reads[20] == ()
    assert dag.reads[1] == (0,)
    assert all(len(reads) in (2, 3) for reads in dag.reads[8::5])
    assert dag.ends[-1] == f"s{STAGES - 1}"


def test_a_stage_is_an_end_if_none_reads_it() -> None:
    assert Dag(((), (0,), (0,))).ends == ["s1", "s2"]


def test_a_company_of_teams_checks_clean(tmp_path: Path) -> None:
    write_teams(3 * STAGES_A_TEAM, tmp_path)
    checked = check_file(tmp_path / "pipeline.py")
    assert [each.rule.code for each in checked.diagnostics] == ["SL700"]
    assert checked.plan is not None
    nodes = [node for node in checked.plan.nodes if node.kind != "source"]
    assert len(nodes) == 3 * STAGES_A_TEAM
