"""The reference pages are what the code says now, and the published schema judges real plans."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import stagelang
from stagelang_compiler.checks import RULES
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan_codec import PlanError, dumps, loads

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))
GENERATED: Mapping[str, Callable[[], str]] = GENERATE["GENERATED"]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/pipeline.py"))


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_what_the_code_says_now(page: str, bless: bool) -> None:
    text = GENERATED[page]()
    if bless:
        (DOCS / page).write_text(text, encoding="utf-8")
    assert (DOCS / page).read_text(encoding="utf-8") == text, "run pytest --bless"


def test_the_language_reference_has_every_name_of_the_language_once() -> None:
    names = [name for group in GENERATE["GROUPS"].values() for name in group]
    assert sorted(names) == sorted(stagelang.__all__)
    headings = [line[4:] for line in GENERATED["reference/language.md"]().splitlines() if line[:4] == "### "]
    assert headings == names


def test_every_name_of_the_language_is_explained() -> None:
    entries = GENERATED["reference/language.md"]().split("\n### ")[1:]
    bare = [entry.split("\n")[0] for entry in entries if not entry.split("```")[-1].strip()]
    assert bare == []


def test_the_index_of_rules_links_each_to_its_page() -> None:
    index = GENERATED["reference/rules.md"]()
    pages = [f"(../../compiler/stagelang_compiler/explain/{rule.code}.md)" for rule in RULES]
    assert [page for page in pages if index.count(page) != 1] == []


@pytest.fixture(scope="module", params=EXAMPLES)
def plan_text(request: pytest.FixtureRequest) -> str:
    plan = check_file(ROOT / "examples" / request.param / "pipeline.py").plan
    assert plan is not None
    return dumps(plan)


def published() -> Any:
    """Give a validator for the published schema; its stub leaves a type open, hence Any."""
    schema = json.loads((DOCS / "reference/plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_plan_of_each_example_is_valid(plan_text: str) -> None:
    published().validate(json.loads(plan_text))


def faulty(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give a plan's faulty variants, by the path at which each is wrong."""

    def node(**said: object) -> dict[str, Any]:
        return {**plan, "nodes": [{**plan["nodes"][0], **said}, *plan["nodes"][1:]]}

    without_seed = {name: value for name, value in plan.items() if name != "seed"}
    return {
        "an unknown key": {**plan, "colour": "red"},
        "an unknown key of a node": node(colour="red"),
        "a missing key": without_seed,
        "a number for a text": node(name=7),
        "a text for a number": {**plan, "seed": "7"},
        "another version": {**plan, "schema": 999},
        "an unknown kind of node": node(kind="guess"),
    }


def test_schema_and_reader_refuse_the_same_faults(plan_text: str) -> None:
    validator = published()
    for fault, plan in faulty(json.loads(plan_text)).items():
        assert not validator.is_valid(plan), fault
        with pytest.raises(PlanError):
            loads(json.dumps(plan))
