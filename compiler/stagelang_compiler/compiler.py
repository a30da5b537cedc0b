"""Load, check, lower: the way from a `pipeline.py` to findings and a Plan."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar, final

from attrs import field, frozen

from stagelang.origin import Origin
from stagelang_compiler.checks import (
    CHECKS,
    CODE_CHECKS,
    PLAN_CHECKS,
    PROJECT_CHECKS,
    PROJECT_PLAN_CHECKS,
    RULES,
)
from stagelang_compiler.checks.contracts import giver_of, left_open
from stagelang_compiler.checks.covered import codes_of
from stagelang_compiler.checks.settings import check_settings
from stagelang_compiler.checks.settings_problems import settings_findings
from stagelang_compiler.checks.waivers import apply_waivers, last_day
from stagelang_compiler.diagnostics import (
    INTERNAL_ERROR,
    Diagnostic,
    Severity,
    finding_count,
    internal_error,
    sort_key,
)
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.graph import Graph, build
from stagelang_compiler.lower import lower
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_cache import reads_unwatched
from stagelang_compiler.plan_codec import canonical
from stagelang_compiler.settings import Settings, read_settings
from stagelang_compiler.spec import Spec, load
from stagelang_compiler.values import UnhashableValue, encode_value

T = TypeVar("T")


@final
@frozen(kw_only=True)
class Checked:
    """What checking a spec gave: its findings in a stable order, waived ones included, and its Plan if no error stands."""

    diagnostics: tuple[Diagnostic, ...]
    spec: Spec | None
    graph: Graph | None
    plan: Plan | None
    files: frozenset[Path] = frozenset()
    settings: Settings = field(factory=Settings)
    lowered: Plan | None = None
    """The Plan, even where it is judged to be wrong."""
    last_day: dt.date | None = None
    """The last day on which the findings are these, by the waivers; None for ever."""

    @property
    def cacheable(self) -> bool:
        """Whether compiling again from unchanged files must give the same plan."""
        return self.spec is not None and not self.spec.watched.beyond and not reads_unwatched(self.files)

    @property
    def ok(self) -> bool:
        """Whether no error stands."""
        return finding_count(self.diagnostics)[Severity.ERROR] == 0


PlanCheck: TypeAlias = Callable[[Plan, Settings], Iterator[Diagnostic]]


def check_file(
    path: Path,
    *,
    pipeline: str = "",
    today: dt.date | None = None,
    of_settings: Callable[[Settings], Iterator[Diagnostic]] | None = None,
    of_plan: Sequence[PlanCheck] = (),
) -> Checked:
    """Load a spec, check it and, where no error stands, lower it to a Plan; runs no stage and reads no data.

    Args:
        path: the pipeline's file.
        pipeline: the pipeline's name, where the file declares several.
        today: the day on which waivers are judged; today in UTC unless said.
        of_settings: what else judges the project's settings, such as those of targets.
        of_plan: what else judges the Plan, such as whether a target can express it.
    """
    settings, problems = read_settings(path.absolute().parent)
    wrong = [*settings_findings(problems)]
    if of_settings is not None:
        wrong += _run(of_settings, settings, Origin(str(path), 0), "settings of targets")
    with _without_collecting():
        return _check(path, pipeline, today or dt.datetime.now(dt.UTC).date(), settings, wrong, of_plan)


@contextmanager
def _without_collecting() -> Generator[None]:
    """Keep the cyclic collector from walking a graph that only grows, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(
    path: Path,
    pipeline: str,
    day: dt.date,
    settings: Settings,
    wrong: Sequence[Diagnostic],
    besides: Sequence[PlanCheck],
) -> Checked:
    spec, findings = load(path, pipeline)
    findings += wrong
    if spec is None:
        found = tuple(sorted(findings, key=sort_key))
        return Checked(diagnostics=found, spec=None, graph=None, plan=None, settings=settings)
    at = spec.pipeline.origin
    unsound = _run(lambda each: check_settings(each.pipeline, each.recording), spec, at, check_settings)
    code = Fingerprinter(spec.root, spec.entries)
    graph, of_graph = _of_graph(spec, settings, code)
    findings += of_graph
    if unsound:  # what stopped may have stopped on a setting that is reported already
        findings = [*unsound, *(each for each in findings if each.rule is not INTERNAL_ERROR)]
    waivers = () if unsound else spec.pipeline.waivers
    forbidden = dict.fromkeys(settings.rules.unwaivable, settings.origin("unwaivable"))

    def judged() -> list[Diagnostic]:
        return apply_waivers(waivers, findings, day, rules=RULES, unwaivable=forbidden)

    plan, files = None, frozenset[Path]()
    if graph is not None and not _has_errors(judged()):
        plan, files, of_plan = _of_plan(spec, graph, settings, code, besides)
        findings += of_plan
    diagnostics = tuple(sorted(judged(), key=sort_key))
    return Checked(
        diagnostics=diagnostics,
        spec=spec,
        graph=graph,
        plan=None if _has_errors(diagnostics) else plan,
        files=files,
        settings=settings,
        lowered=plan,
        last_day=last_day((waiver.expires for waiver in waivers), day),
    )


def _has_errors(findings: Iterable[Diagnostic]) -> bool:
    return finding_count(findings)[Severity.ERROR] > 0


def _of_graph(spec: Spec, settings: Settings, code: Fingerprinter) -> tuple[Graph | None, list[Diagnostic]]:
    """Build the graph and judge it."""
    at = spec.pipeline.origin
    graph, found = _guarded("the graph", at, lambda: build(spec.pipeline, spec.recording, _encoded))
    if graph is not None:
        for check in CHECKS:
            found += _run(check, graph, at, check)
        for asked in PROJECT_CHECKS:
            found += _run(_by(settings, asked), graph, at, asked)
        for read in CODE_CHECKS:
            found += _run(partial(read, fingerprinter=code), graph, at, read)
    return graph, found


def _of_plan(
    spec: Spec, graph: Graph, settings: Settings, code: Fingerprinter, besides: Sequence[PlanCheck]
) -> tuple[Plan | None, frozenset[Path], list[Diagnostic]]:
    """Lower the graph, and judge the Plan; say which files it was made from."""
    at = spec.pipeline.origin
    lowered, found = _guarded("the plan", at, lambda: _lowered(spec, graph, code))
    if lowered is None:
        return None, frozenset(), found
    plan, files = lowered
    for check in PLAN_CHECKS:
        found += _run(check, plan, at, check)
    for asked in (*PROJECT_PLAN_CHECKS, *besides):
        found += _run(_by(settings, asked), plan, at, asked)
    return plan, files, found


def _by(
    settings: Settings, check: Callable[[T, Settings], Iterator[Diagnostic]]
) -> Callable[[T], Iterator[Diagnostic]]:
    return lambda judged: check(judged, settings)


def _run(
    check: Callable[[T], Iterator[Diagnostic]], judged: T, at: Origin, named: Callable[..., object] | str
) -> list[Diagnostic]:
    """Run a check; one that breaks becomes a finding that names its rules, and hides no other's."""
    found: list[Diagnostic] = []
    try:
        found.extend(check(judged))
    except Exception as error:
        found.append(internal_error(_what(named), error, at=at))
    return found


def _what(check: Callable[..., object] | str) -> str:
    if isinstance(check, str):
        return check
    word, codes = check.__name__.removeprefix("check_").replace("_", " "), codes_of(check)
    return f"{word} ({', '.join(codes)})" if codes else word


def _guarded(what: str, at: Origin, make: Callable[[], T]) -> tuple[T | None, list[Diagnostic]]:
    """Give what is made, or a finding that says why it couldn't be: a mistake of ours must not hide the user's."""
    try:
        return make(), []
    except Exception as error:
        return None, [internal_error(what, error, at=at)]


def _lowered(spec: Spec, graph: Graph, fingerprinter: Fingerprinter) -> tuple[Plan, frozenset[Path]]:
    """Lower a graph, and say which files its plan was made from."""
    plan = lower(
        graph,
        spec=spec.path.relative_to(spec.root).as_posix(),
        root=spec.root,
        fingerprinter=fingerprinter,
        left_open=left_open,
        giver_of=giver_of,
    )
    programs = (
        spec.root / file for stage in plan.stages.values() if stage.command for file in stage.command.files
    )
    return plan, frozenset((*spec.files, *programs, *fingerprinter.files))


def _encoded(value: object) -> str:
    """Give equal texts for equal values; what has no content to compare is told apart by its identity."""
    try:
        return canonical(encode_value(value, "parameter"))
    except UnhashableValue:
        return f"at {id(value)}"
