"""All findings at once, in one order; and whatever a spec is, findings are all that comes out."""

from __future__ import annotations

import io
import random
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagelang_compiler import compiler
from stagelang_compiler.checks import CHECKS, PLAN_CHECKS
from stagelang_compiler.compiler import check_file
from stagelang_compiler.diagnostics import Diagnostic, internal_error
from stagelang_compiler.graph import Graph
from stagelang_compiler.plan_codec import dumps, loads
from stagelang_compiler.rendering import render
from tests.stagelang_compiler.conftest import PRELUDE, TODAY, Check

EXAMPLES = Path(__file__).parents[2] / "examples"

_FAULTY = """\
@stage
def brighten(scans: Table[Scans, S], *, by: float = 1.0) -> Table[Scans, S]:
    return scans


@stage(budget=Budget(wall="soon"))
def settle(scans: Table[Scans, S]) -> Value[object]:
    return Value.of(1)


apart = split(scans, by=Scans.scan_id, test=0.5, name="apart")
dim = brighten.named("dim")(halves.train, by="dark")
bright = brighten.named("aux")(halves.train)
lost = clean(halves.train, levels=3)
wrong = fit(halves.test)
settled = settle(scans)
other = source(Scans, "data/other.xlsx")
pipeline = Pipeline(
    "p", seed=-1, outputs=[apart.train, dim, bright, lost, wrong, settled, other], schedule="daily",
    gates=[accuracy(halves.test).at_least(95)],
)
"""


def test_a_pipeline_with_ten_independent_faults_reports_those_ten_in_order(check: Check) -> None:
    found = check(PRELUDE + _FAULTY).diagnostics
    first = PRELUDE.count("\n") + 1
    assert [(each.places[0].origin.line - first, each.rule.code) for each in found] == [
        (5, "SL122"), (5, "SL404"), (10, "SL608"), (11, "SL115"), (12, "SL110"), (13, "SL111"), (14, "SL610"), (16, "SL123"),
        (17, "SL125"), (17, "SL126"), (19, "SL516"),
    ]  # fmt: skip


def test_a_check_that_breaks_is_a_finding_and_hides_no_other(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_broken_things(graph: Graph) -> Iterator[Diagnostic]:
        yield internal_error("a first one", ValueError("kept"), at=graph.pipeline.origin)
        raise KeyError("oops")

    whole = check(PRELUDE + _FAULTY).diagnostics
    monkeypatch.setattr(compiler, "CHECKS", (*CHECKS[:3], check_broken_things, *CHECKS[3:]))
    broken = check(PRELUDE + _FAULTY).diagnostics
    assert [each for each in broken if each.rule.code != "SL100"] == list(whole)
    assert [each.message for each in broken if each.rule.code == "SL100"] == [
        "the check of a first one stopped on an error of its own",
        "the check of broken things stopped on an error of its own",
    ]
    (stopped,) = [each for each in broken if "broken" in each.message]
    assert stopped.found == "KeyError: 'oops'"
    assert [Path(place.origin.file).name for place in stopped.places] == ["pipeline.py", "test_findings.py"]


@pytest.mark.parametrize("name", ["build", "_lowered", "check_settings"])
def test_a_step_that_breaks_is_a_finding_too(
    check: Check, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(*_: object, **__: object) -> Iterator[Diagnostic]:
        raise AttributeError("oops")

    monkeypatch.setattr(compiler, name, broken)
    checked = check(PRELUDE + "pipeline = Pipeline('p', seed=1, outputs=[halves.train])")
    assert [each.rule.code for each in checked.diagnostics] == ["SL100"]
    assert not checked.ok


def test_a_check_of_plans_that_breaks_is_a_finding(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_plans(_: object) -> Iterator[Diagnostic]:
        raise AttributeError("oops")

    monkeypatch.setattr(compiler, "PLAN_CHECKS", (check_plans, *PLAN_CHECKS))
    checked = check(PRELUDE + "pipeline = Pipeline('p', seed=1, outputs=[halves.train])")
    assert [each.rule.code for each in checked.diagnostics] == ["SL100"]


_TOKENS = (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING)
_STRANGE = (
    "None", "-1", "[]", "''", "float('nan')", "float('inf')", "lambda: 0", "{}", "object()", "True", "print", "1e400",
    "'x\\ny'", "'\\ud800'",
    "b'x'", "1j", "...", "type", "range(3)", "(lambda: (yield))()",
)  # fmt: skip


def _mutated(text: str, chance: random.Random) -> str:
    """Delete, double, rename or replace one token of a spec, or delete a line."""
    lines = text.splitlines(keepends=True)
    tokens = [
        each
        for each in tokenize.generate_tokens(io.StringIO(text).readline)
        if each.type in _TOKENS and each.start[0] == each.end[0]
    ]
    declared = [each for each in tokens if each.start[0] > len(lines) // 2]
    token = chance.choice(declared if chance.random() < 0.6 else tokens)
    literals = [
        each
        for each in tokens
        if each.type in (tokenize.NUMBER, tokenize.STRING) or each.string in ("True", "False", "None")
    ]
    match chance.choice(["delete", "double", "rename", "replace", "replace", "replace", "line"]):
        case "delete":
            new = ""
        case "double":
            new = f"{token.string} {token.string}"
        case "rename":
            new = chance.choice([each.string for each in tokens if each.type == token.type])
        case "replace":
            token, new = chance.choice(literals), chance.choice(_STRANGE)
        case _:
            lines[chance.randrange(len(lines))] = ""
            return "".join(lines)
    row, start, end = token.start[0] - 1, token.start[1], token.end[1]
    lines[row] = lines[row][:start] + new + lines[row][end:]
    return "".join(lines)


@pytest.mark.parametrize("batch", range(8))
def test_no_mutant_of_an_example_brings_out_anything_but_findings(tmp_path: Path, batch: int) -> None:
    """200 mutants; each spec that is still right has a plan that comes back from its text."""
    texts = [
        (EXAMPLES / name / "pipeline.py").read_text(encoding="utf-8")
        for name in ("digit_reader", "flight_delays")
    ]
    file = tmp_path / "pipeline.py"
    for number in range(25):
        chance = random.Random(f"{batch} {number}")
        mutant = _mutated(chance.choice(texts), chance)
        file.write_text(mutant, encoding="utf-8")
        checked = check_file(file, today=TODAY)
        said = render(checked.diagnostics, format="text", root=tmp_path)
        codes = [each.rule.code for each in checked.diagnostics]
        assert "SL100" not in codes, said
        assert str(tmp_path) not in said
        assert all(each.places[0].origin.file.endswith("pipeline.py") for each in checked.diagnostics)
        assert (checked.plan is not None) == checked.ok
        if checked.plan is not None:
            assert loads(dumps(checked.plan)) == checked.plan


_WAYS_TO_BREAK = [
    "split(scans, by=3, test=0.5)", "split(scans, by=Scans.ink, test=None)", "scans.as_contract(3)", "scans.as_contract(None)",
    "Pipeline(3, seed=1)", "Pipeline('x', seed=None, metrics=[None])", "source(None, 3)", "source(int, 'x.csv')", "files(None)",
    "Perturb(3, 4)", "Perturb(scans, missing(3, rates=[0.1]))", "Perturb(scans, missing(Scans.ink, rates=['a']))", "Swap(1, 2)",
    "Sweep(clean, level=[object()])", "Seeds('many')", "Ablate(None)", "cost(halves.test).at_least(None)",
    "cost(halves.test).between('a', 'b')", "cost(halves.test).not_worse_than(3, tolerance='x')", "cost(halves.test).to(3)",
    "cost(halves.test) + 3", "cost(halves.test).times(3)", "cost(halves.test).named(3)",
    "(cost(halves.test) + cost(halves.test)).named(3)",
    "clean.named(3)(scans)", "clean.options(budget=3, resources='x', tags=[1])(scans)", "clean(*[scans] * 3)",
    "clean(scans, **{'level': scans})",
    "stage(print)", "stage(3)", "stage(lambda x: x)(scans)", "scope(3).__enter__()", "score(halves, halves)",
    "clean({'a': scans})", "clean([scans])",
    "Waiver(rule=3, where=4, owner=5, reason=6, expires=7)", "Budget(wall=3, memory=[])", "column(isin=3)", "metric()", "accuracy()",
    "accuracy(halves.test, halves.test)", "accuracy(3)", "cost(scans).rows", "hash(scans)", "repr(scans)", "[*halves]", "halves[0].x",
]  # fmt: skip


@pytest.mark.parametrize("expression", _WAYS_TO_BREAK)
@pytest.mark.parametrize(
    "place", ["metrics", "gates", "outputs", "experiments", "waivers", "budget", "alone"]
)
def test_no_strange_declaration_brings_out_anything_but_findings(
    check: Check, tmp_path: Path, expression: str, place: str
) -> None:
    given = "" if place == "alone" else f", {place}={'strange' if place == 'budget' else '[strange]'}"
    checked = check(f"{PRELUDE}strange = {expression}\npipeline = Pipeline('p', seed=1, outputs=[halves.train]{given})\n".replace(
        "outputs=[halves.train], outputs=[strange]", "outputs=[halves.train, strange]"
    ))  # fmt: skip
    said = render(checked.diagnostics, format="text", root=tmp_path)
    assert "SL100" not in [each.rule.code for each in checked.diagnostics], said
    if checked.plan is not None:
        assert loads(dumps(checked.plan)) == checked.plan
