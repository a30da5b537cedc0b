"""Says which hidden dependencies the bodies of a graph's stages and metrics have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, TypeAlias, final

from attrs import frozen

from stagelang.metric import MetricDefinition
from stagelang.origin import Origin
from stagelang.stage import Options, Stage
from stagelang_compiler.checks.hidden import rules
from stagelang_compiler.checks.hidden.body import Body
from stagelang_compiler.checks.hidden.sources import Sources
from stagelang_compiler.checks.hidden.value import FIXED, Hidden, Made
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.graph import Graph

OF_THE_RUNNER = frozenset(
    {
        "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "TZ", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS",
    }
)  # fmt: skip
"""Variables that whoever runs a stage sets, and the receipt records."""
Declared: TypeAlias = Stage[Any, Any] | MetricDefinition[Any, Any]
_CONTENT = ("value", "files")
"""Kinds of inputs that a body is given itself, not a copy."""


@final
@frozen
class _Saying:
    """How a rule says what it found: after the stage's name, and what to do."""

    does: str
    help: str
    label: str = ""


_SAYINGS: dict[Rule, _Saying] = {
    rules.UNDECLARED_FILE: _Saying(
        "reads a file that it doesn't declare",
        "declare it with source(...) or files(...), and take it as an argument",
    ),
    rules.UNDECLARED_NETWORK: _Saying(
        "uses the network, which it doesn't declare",
        "declare network=True, or take what it fetches as an input",
    ),
    rules.UNDECLARED_VARIABLE: _Saying(
        "reads the environment variable {detail!r}, which it doesn't declare",
        "declare env=[{detail!r}], or take its value as a parameter",
    ),
    rules.CLOCK_IN_RESULT: _Saying(
        "returns what depends on the clock",
        "take the time as a parameter, or declare always_run=True",
    ),
    rules.UNSEEDED_RANDOM: _Saying(
        "returns what depends on random numbers without a seed",
        "draw from numpy.random.default_rng(seed()), with seed from stagelang",
    ),
    rules.GLOBAL_RANDOM: _Saying(
        "returns what depends on the random generator that all code shares",
        "draw from numpy.random.default_rng(seed()), or pass random_state=seed(), with seed from stagelang",
    ),
    rules.PROCESS_IN_RESULT: _Saying(
        "returns what depends on the process or the machine",
        "use a key of the rows, or a number of its own, instead",
    ),
    rules.HASH_IN_RESULT: _Saying(
        "returns what depends on hash()", "use a digest of the text, such as hashlib.sha256 or zlib.crc32"
    ),
    rules.SET_ORDER_IN_RESULT: _Saying(
        "returns what depends on the order of a set", "sort it first: sorted(...)"
    ),
    rules.LISTING_ORDER_IN_RESULT: _Saying(
        "returns what depends on the order in which a folder is listed", "sort it first: sorted(...)"
    ),
    rules.CHANGED_GLOBAL: _Saying(
        "changes {detail!r}, which belongs to its module", "keep it in a variable of the stage, and return it"
    ),
    rules.CHANGED_INPUT: _Saying("changes its input {detail!r}", "change a copy, such as copy.deepcopy(...)"),
    rules.UNIMPORTABLE_RESULT: _Saying(
        "returns a function or class that only exists inside it", "define it at the top level of a module"
    ),
    rules.UNDECLARED_PROGRAM: _Saying(
        "starts a program, which is in no identity", "declare the program as a stage with command(...)"
    ),
    rules.UNDECLARED_WRITE: _Saying(
        "writes a file that is none of its outputs",
        "write to a temporary folder and return it with Files.of(...)",
    ),
}


def check_bodies(graph: Graph, fingerprinter: Fingerprinter) -> Iterator[Diagnostic]:
    """Find the hidden dependencies of each stage and metric of a graph."""
    sources = Sources(fingerprinter.resolver, fingerprinter.judge)
    seen: set[tuple[str, Callable[..., Any]]] = set()
    read: dict[Callable[..., Any], tuple[Hidden, ...]] = {}
    for node in graph.nodes:
        declared = node.stage
        if declared is None or node.kind == "command" or (declared.name, declared.function) in seen:
            continue
        seen.add((declared.name, declared.function))
        if declared.function not in read:
            read[declared.function] = _read(declared, sources)
        if read[declared.function]:
            yield from _told(declared, read[declared.function])


def _read(declared: Declared, sources: Sources) -> tuple[Hidden, ...]:
    function: object = declared.function
    place = sources.function(function)
    if place is None or not isinstance(function, FunctionType):
        return ()
    module, tree = place
    environment: dict[str, Made] = {}
    for name, argument in declared.signature.arguments.items():
        kind = argument.shape.kind if argument.shape is not None else ""
        inputs = frozenset([name]) if kind in _CONTENT else frozenset[str]()
        environment[name] = Made(given=True, inputs=inputs) if kind else FIXED
    may_change = any(made.inputs for made in environment.values())
    if not sources.is_telling(module, function, may_change=may_change) and not _pickles(declared):
        return ()
    code = function.__code__
    own = frozenset((*code.co_varnames, *code.co_cellvars))
    outcome = Body(sources, module).run(tree, environment, own)
    found = {*outcome.found, *outcome.given.depends}
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.rule.code, each.word)))


def _pickles(declared: Declared) -> bool:
    return isinstance(declared, Stage) and declared.settings.codec == "pickle"


def _told(
    declared: Stage[Any, Any] | MetricDefinition[Any, Any], found: tuple[Hidden, ...]
) -> Iterator[Diagnostic]:
    options = declared.settings if isinstance(declared, Stage) else Options()
    kind = "stage" if isinstance(declared, Stage) else "metric"
    for each in found:
        if _is_declared(each, options):
            continue
        said = _SAYINGS[each.rule]
        by = f", in {each.within!r}" if each.within else ""
        yield Diagnostic(
            rule=each.rule,
            message=f"{kind} {declared.name!r} {said.does.format(detail=each.detail)}{by}",
            places=(
                Place(Origin(each.file, each.line)),
                Place(declared.origin, f"{declared.name!r} is declared here"),
            ),
            subject=declared.name,
            found=each.word,
            help=said.help.format(detail=each.detail),
        )


def _is_declared(hidden: Hidden, options: Options) -> bool:
    """Say whether a stage declares what was found in its body."""
    match hidden.rule:
        case rules.UNDECLARED_NETWORK:
            return options.network
        case rules.UNDECLARED_FILE:
            return options.always_run or (options.network and not hidden.detail)
        case rules.CLOCK_IN_RESULT:
            return options.always_run
        case rules.UNDECLARED_VARIABLE:
            return hidden.detail in options.env or hidden.detail in OF_THE_RUNNER
        case rules.UNIMPORTABLE_RESULT:
            return options.codec != "pickle"
        case _:
            return False
