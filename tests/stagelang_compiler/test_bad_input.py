"""Ten independent faults are ten findings; a check that breaks is one more, says of which rules, and hides no other's."""

from __future__ import annotations

import ast
import functools
import inspect
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stagelang
from stagelang_compiler import compiler
from stagelang_compiler.checks import CHECKS, CODE_CHECKS, PLAN_CHECKS, PROJECT_CHECKS, PROJECT_PLAN_CHECKS
from stagelang_compiler.checks.covered import codes_of
from stagelang_compiler.compiler import check_file
from stagelang_compiler.rendering import render
from tests.benchmarks.teams import STAGES_A_TEAM, write_teams
from tests.stagelang_compiler.conftest import FIRST, PRELUDE, TODAY, Check

_TEN_FAULTS = """\
class Far(Contract):
    far_id: Column[int] = column(key=True)
    length: Column[float] = column(ge=5, le=2)  # SL216


class Long(Contract):
    scan_id: Column[int] = column(key=True)
    ink: Column[float] = column(ge=0, le=0.5)


@stage
def trim(long: Table[Long]) -> Table[Long]:
    return long


@stage  # SL117
def weigh(scans: Table[Scans, S], *, by: "Nothing" = 1) -> Table[Scans, S]:
    return scans


@stage(budget=Budget(wall="soon"))  # SL404
def settle(scans: Table[Scans]) -> Value[int]:
    return Value.of(len(open("notes.txt").read()))  # SL303


@metric(unit=u.SECOND, better="lower", range=(3, 1), aggregate=mean(), undefined="error", version="1")  # SL530
def wait(scans: Table[Scans, Test]) -> PerRow[u.SECOND]:
    return PerRow(scans.pandas["ink"])


far = source(Far, "far.xlsx")  # SL123
dim = clean.named("dim")(halves.train, level="dark")  # SL115
apart = split(scans, by=Scans.scan_id, test=0.5, name="apart")  # SL608
seen = trim(scans.as_contract(Long))  # SL204
deep = Sweep(clean, depth=[1, 2])  # SL705
pipeline = Pipeline(
    "p", seed=1, outputs=[far, dim, apart.train, seen, weigh(scans), settle(scans)],
    metrics=[wait(halves.test)], experiments=[deep],
)
"""
_NO_FAULT = 'pipeline = Pipeline("p", seed=1, outputs=[halves.train])\n'
_SAID = ("SL120", "SL700")
"""What isn't a fault of this spec: what nothing reads, and that experiments aren't carried out."""
_LISTS = {
    "CHECKS": CHECKS,
    "CODE_CHECKS": CODE_CHECKS,
    "PLAN_CHECKS": PLAN_CHECKS,
    "PROJECT_CHECKS": PROJECT_CHECKS,
    "PROJECT_PLAN_CHECKS": PROJECT_PLAN_CHECKS,
}
_EVERY = [(name, number, check) for name, checks in _LISTS.items() for number, check in enumerate(checks)]


def _found(check: Check, spec: str) -> list[tuple[int, str]]:
    return [
        (each.places[0].origin.line - FIRST + 1, each.rule.code)
        for each in check(PRELUDE + spec).diagnostics
        if each.rule.code not in _SAID
    ]


def test_a_pipeline_with_ten_independent_faults_reports_exactly_those_ten(check: Check) -> None:
    numbered = list(enumerate(_TEN_FAULTS.splitlines(), 1))
    places = {
        code: number for number, line in numbered for code in line.partition("  # ")[2].split(", ") if code
    }
    assert _found(check, _TEN_FAULTS) == sorted((line, code) for code, line in places.items())


@pytest.mark.parametrize(
    ("name", "number", "broken"),
    _EVERY,
    ids=[f"{check.__module__.rpartition('.')[2]} {check.__name__}" for _, _, check in _EVERY],
)
def test_whichever_check_breaks_is_named_with_its_rules_and_hides_no_others_finding(
    name: str, number: int, broken: Callable[..., Any], check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = _NO_FAULT if "PLAN" in name else _TEN_FAULTS
    whole, ours = _found(check, spec), codes_of(broken)

    @functools.wraps(broken)
    def breaking(*_: object, **__: object) -> Any:
        raise KeyError("oops")

    listed: list[Any] = [*_LISTS[name]]
    listed[number] = breaking
    monkeypatch.setattr(compiler, name, tuple(listed))
    findings = check(PRELUDE + spec).diagnostics
    (stopped,) = [each for each in findings if each.rule.code == "SL100"]
    word = broken.__name__.removeprefix("check_").replace("_", " ")
    assert stopped.message == f"the check of {word} ({', '.join(ours)}) stopped on an error of its own"
    kept = [each for each in whole if each[1] not in ours]
    found = [
        (each.places[0].origin.line - FIRST + 1, each.rule.code)
        for each in findings
        if each.rule.code not in (*_SAID, "SL100")
    ]
    assert [each for each in found if each[1] not in ours] == kept


_STAGE = "def odd(scans: Table[Scans, S]) -> Table[Scans, S]:\n    return scans\n\n"
_METRIC = "def odd(scans: Table[Scans, Test]) -> PerRow[u.USD]:\n    return PerRow(scans.pandas['ink'])\n\n"
_COLUMN = "class Odd(Contract):\n    odd_id: Column[int] = column(key=True)\n    odd: Column[{}] = CALL\n\nodd = source(Odd, 'odd.csv')\n"
_OUTPUT = "pipeline = Pipeline('p', seed=1, outputs=[{}])\n"
_TRIED = "pipeline = Pipeline('p', seed=1, outputs=[clean(halves.train)], experiments=[{}])\n"
_MEASURED = f"@metric(unit=u.USD, better='lower', range=(0, None), aggregate=CALL, undefined='error', version='1')\n{_METRIC}"
_MEASURE = "pipeline = Pipeline('p', seed=1, metrics=[odd(halves.test)])\n"
_SPECS = {
    "stage": ("", f"@CALL\n{_STAGE}{_OUTPUT.format('odd(halves.train)')}"),
    "command": ("'sh', '-c', '1', '{scans:csv}', '{out}'", f"@CALL\n{_STAGE}{_OUTPUT.format('odd(halves.train)')}"),
    "metric": (
        "unit=u.USD, better='lower', range=(0, None), aggregate=mean(), undefined='error', version='1'",
        f"@CALL\n{_METRIC}{_MEASURE}",
    ),
    "Window": (
        "every='day'",
        ("@metric(unit=u.USD, better='lower', range=(0, None), aggregate=mean(), undefined='error', version='1', window=CALL)\n"
        f"{_METRIC}{_MEASURE}"),
    ),
    "source": ("contract=Scans, location='odd.csv'", f"odd = CALL\n{_OUTPUT.format('odd')}"),
    "files": ("location='odd/*.txt'", f"odd = CALL\n{_OUTPUT.format('odd')}"),
    "split": ("table=scans, by=Scans.writer, test=0.25", f"odd = CALL\n{_OUTPUT.format('*odd')}"),
    "split_by_time": ("table=scans, by=Scans.writer, test_from=3", f"odd = CALL\n{_OUTPUT.format('*odd')}"),
    "folds": ("table=scans, by=Scans.writer, n=3", f"odd = CALL\n{_OUTPUT.format('*[each.held_out for each in odd]')}"),
    "column": ("", _COLUMN.format("float") + _OUTPUT.format("odd")),
    "vector": ("", _COLUMN.format("list[float]") + _OUTPUT.format("odd")),
    "Budget": ("", "pipeline = Pipeline('p', seed=1, outputs=[halves.train], budget=CALL)\n"),
    "Resources": ("", f"@stage(resources=CALL)\n{_STAGE}{_OUTPUT.format('odd(halves.train)')}"),
    "Waiver": (
        "rule='SL120', where='*', owner='a', reason='b', expires=dt.date(2030, 1, 1)",
        "pipeline = Pipeline('p', seed=1, outputs=[halves.train], waivers=[CALL])\n",
    ),
    "Gate": ("metric=cost(halves.test), kind='at_most', high=3.0", "pipeline = Pipeline('p', seed=1, gates=[CALL])\n"),
    "Pipeline": ("name='p', seed=1, outputs=[halves.train]", "pipeline = CALL\n"),
    "Seeds": ("count=5", _TRIED.format("CALL")),
    "Swap": ("stage=clean, other=clean.named('other')", _TRIED.format("CALL")),
    "Ablate": ("stage=clean", _TRIED.format("CALL")),
    "Sweep": ("stage=clean, level=[1, 2]", _TRIED.format("CALL")),
    "Perturb": ("table=scans, perturbation=missing(Scans.ink, rates=[0.5])", _TRIED.format("CALL")),
    "Perturbation": ("kind='missing', column=Scans.ink, strengths=[0.5]", _TRIED.format("Perturb(scans, CALL)")),
    "missing": ("column=Scans.ink, rates=[0.5]", _TRIED.format("Perturb(scans, CALL)")),
    "shuffled": ("column=Scans.ink, rates=[0.5]", _TRIED.format("Perturb(scans, CALL)")),
    "shifted": ("column=Scans.ink, by=[0.5]", _TRIED.format("Perturb(scans, CALL)")),
    "noisy": ("column=Scans.ink, scales=[0.5]", _TRIED.format("Perturb(scans, CALL)")),
    "Aggregate": ("kind='mean', columns=1", _MEASURED + _MEASURE),
    "quantile": ("q=0.5", _MEASURED + _MEASURE),
    "smooth": ("finalise=lambda means: means[0], columns=1", _MEASURED + _MEASURE),
    "calibration_error": ("", _MEASURED + _MEASURE),
    "scope": ("name='a'", f"with CALL:\n    odd = clean(halves.train)\n{_OUTPUT.format('odd')}"),
}  # fmt: skip
"""What each constructor needs, and a spec around its call."""
_WITHOUT_SETTINGS = {"f1", "mean", "mean_of_ratios", "ratio", "rmse", "seed", "total"}
_NOT_CONSTRUCTED = {
    "Column", "ColumnRef", "Contract", "DeclarationError", "Experiment", "Files", "Fold", "Halves", "Handle", "LazyHandleError", "Metric",
    "MetricDefinition", "Model", "PerRow", "Population", "Stage", "StagelangError", "Table", "Test", "Thirds", "Train", "Unit",
    "Validation", "Value",
}  # fmt: skip
"""What a spec only names, or is given."""
_ODD = (
    "None", "-1", "[]", "'x\\ny'", "float('nan')", "lambda: 0", "{}", "object()", "True", "print", "'\\ud800'", "b'x'", "1j", "...",
    "type", "range(3)", "scans", "Scans", "Scans.ink", "cost(halves.test)", "clean", "Hostile()", "[Hostile()]", "{'a': Hostile()}",
)  # fmt: skip
_HOSTILE = """
import datetime as dt

from stagelang import Aggregate, Gate, Perturbation, Window, calibration_error, folds, noisy, shuffled, smooth, split_by_time, vector


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __hash__(self) -> int:
        return 1


"""


def _settings(name: str) -> list[str]:
    parameters = inspect.signature(getattr(stagelang, name)).parameters.values()
    named = [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    return [each for each in (*named, *(["level"] if name == "Sweep" else [])) if each != "origin"]


def _called(name: str, setting: str, odd: str) -> str:
    needed = [each for each in _SPECS[name][0].split(", ") if each and not each.startswith(f"{setting}=")]
    kept = _SPECS[name][0] if f"{setting}=" not in _SPECS[name][0] else ", ".join(needed)
    return f"{name}({', '.join(each for each in (kept, f'{setting}={odd}') if each)})"


def test_every_public_constructor_is_tried() -> None:
    public = {name for name in stagelang.__all__ if callable(getattr(stagelang, name))}
    assert public == {*_SPECS, *_WITHOUT_SETTINGS, *_NOT_CONSTRUCTED}


@pytest.mark.parametrize("name", _SPECS)
def test_no_odd_object_in_a_constructor_brings_out_anything_but_findings(
    name: str, check: Check, tmp_path: Path
) -> None:
    """Each setting is given odd objects; one whose own methods raise may stop a check, which says so."""
    template = _SPECS[name][1]
    assert "SL100" not in _codes(check, template.replace("CALL", f"{name}({_SPECS[name][0]})"), tmp_path)
    for setting in _settings(name):
        for odd in random.Random(f"{name} {setting}").sample(_ODD, 4):
            spec = template.replace("CALL", _called(name, setting, odd))
            codes = _codes(check, spec, tmp_path)
            assert "SL100" not in codes or "Hostile" in odd, spec


def _codes(check: Check, spec: str, root: Path) -> list[str]:
    checked = check(PRELUDE + _HOSTILE + spec)
    assert render(checked.diagnostics, format="text", root=root)
    assert (checked.plan is not None) == checked.ok
    return [each.rule.code for each in checked.diagnostics]


_EXAMPLES = Path(__file__).parents[2] / "examples"


def _texts(folder: Path) -> list[str]:
    write_teams(STAGES_A_TEAM, folder)
    paths = [folder / "pipeline.py", *sorted(_EXAMPLES.glob("*/pipeline.py"))]
    return [path.read_text(encoding="utf-8") for path in paths]


def _rewritten(text: str, chance: random.Random) -> str:
    """Delete, double or move a statement, or put an expression, a name or an argument where another was."""
    tree = ast.parse(text)
    nodes = [*ast.walk(tree)]
    blocks = [node.body for node in nodes if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))]
    block = chance.choice(blocks)
    at, other = chance.randrange(len(block)), chance.randrange(len(block))
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    call, one = chance.choice(calls), chance.choice([each for each in nodes if isinstance(each, ast.expr)])
    match chance.choice(["delete", "double", "swap", "argument", "argument", "keyword", "lost", "name"]):
        case "delete":
            block[at : at + 1] = [] if len(block) > 1 else [ast.Pass()]
        case "double":
            block.insert(at, block[other])
        case "swap":
            block[at], block[other] = block[other], block[at]
        case "argument":
            call.args[chance.randrange(len(call.args))] = one
        case "keyword":
            keyword = chance.choice([node for node in nodes if isinstance(node, ast.keyword)])
            keyword.value = one
        case "lost":
            call.args.pop()
        case _:
            names = [node for node in nodes if isinstance(node, ast.Name)]
            chance.choice(names).id = chance.choice(names).id
    return ast.unparse(ast.fix_missing_locations(tree))


def _told_only_findings(batch: int, count: int, folder: Path) -> None:
    texts = _texts(folder)
    for number in range(count):
        chance = random.Random(f"trees {batch} {number}")
        mutant = _rewritten(chance.choice(texts), chance)
        if chance.random() < 0.3:
            mutant = _rewritten(mutant, chance)
        (folder / "pipeline.py").write_text(mutant, encoding="utf-8")
        checked = check_file(folder / "pipeline.py", today=TODAY)
        said = render(checked.diagnostics, format="text", root=folder)
        assert "SL100" not in [each.rule.code for each in checked.diagnostics], said
        assert str(folder) not in said
        assert all(each.places[0].origin.file.endswith("pipeline.py") for each in checked.diagnostics)
        assert (checked.plan is not None) == checked.ok


@pytest.mark.parametrize("batch", range(4))
def test_no_rewritten_tree_of_a_spec_brings_out_anything_but_findings(tmp_path: Path, batch: int) -> None:
    """80 mutants of three pipelines."""
    _told_only_findings(batch, 20, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("batch", range(100, 120))
def test_no_rewritten_tree_of_many_brings_out_anything_but_findings(tmp_path: Path, batch: int) -> None:
    """1,000 mutants."""
    _told_only_findings(batch, 50, tmp_path)
