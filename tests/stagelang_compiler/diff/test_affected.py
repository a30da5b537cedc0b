"""Of 300 random edits of real-looking pipelines, none misses a node that it reaches, and hardly one names a node that it doesn't."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.diff import diff
from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.diff.reached import DIGITS, Project, Site, projects

PROJECTS = projects()
BATCHES, EDITS = 10, 10
"""So many batches of so many edits for each of the three pipelines: 300."""
MOST_EXTRA = 0.02


def compiled(text: str, folder: Path) -> Plan:
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    errors = [each.message for each in checked.diagnostics if each.rule.severity.value == "error"]
    assert checked.plan is not None, errors
    return checked.plan


def edited(project: Project, chance: random.Random) -> tuple[str, list[Site]]:
    """Edit one to three places that don't touch each other; a digit makes each edit another one."""
    text, chosen = project.text, list[Site]()
    for site in chance.sample(project.sites, chance.choice((1, 1, 1, 2, 3))):
        if text.count(site.old) == 1:
            text = text.replace(site.old, site.new.replace("{n}", chance.choice(DIGITS)))
            chosen.append(site)
    return text, chosen


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_each_place_is_there_once_and_reads_are_those_of_the_plan(project: Project, tmp_path: Path) -> None:
    assert [site.old for site in project.sites if project.text.count(site.old) != 1] == []
    plan = compiled(project.text, tmp_path)
    assert {node.name: {each.node for each in node.inputs} for node in plan.nodes} == {
        node: set(reads) for node, reads in project.reads.items()
    }


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_each_edit_alone_reaches_what_it_should(project: Project, tmp_path: Path) -> None:
    base = compiled(project.text, tmp_path)
    for site in project.sites:
        head = compiled(project.text.replace(site.old, site.new.replace("{n}", "7")), tmp_path)
        assert set(diff(base, head).affected) == _there(project.reached(site.nodes), head), (
            site.kind,
            site.new,
        )


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_edits_affect_what_they_reach_and_hardly_anything_else(batch: int, tmp_path: Path) -> None:
    counted: Counter[str] = Counter()
    for project in PROJECTS:
        base = compiled(project.text, tmp_path)
        before = {node.name: node.id for node in base.nodes}
        for number in range(EDITS):
            text, sites = edited(project, random.Random(f"{project.name} {batch} {number}"))
            head = compiled(text, tmp_path)
            truth = _there(project.reached(frozenset[str]().union(*(site.nodes for site in sites))), head)
            found = set(diff(base, head).affected)
            assert found == {node.name for node in head.nodes if before.get(node.name) != node.id}
            assert truth <= found, [site.new for site in sites]
            counted.update(reached=len(truth), extra=len(found - truth), edits=bool(sites))
    assert counted["edits"] == EDITS * len(PROJECTS)
    assert counted["extra"] <= MOST_EXTRA * counted["reached"]


def _there(nodes: set[str], plan: Plan) -> set[str]:
    """Leave out what an edit has removed."""
    return nodes & {node.name for node in plan.nodes}
