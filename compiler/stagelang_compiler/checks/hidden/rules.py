"""The rules of hidden dependencies, in the order of their codes."""

from __future__ import annotations

from stagelang_compiler.diagnostics import Rule, Severity


def _rule(code: str, name: str, summary: str, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary=summary)


UNDECLARED_FILE = _rule(
    "SL303",
    "undeclared-file",
    "a stage reads a file that is none of its inputs, so a change of it goes unnoticed",
)
UNDECLARED_NETWORK = _rule(
    "SL304", "undeclared-network", "a stage that doesn't declare network=True uses the network"
)
UNDECLARED_VARIABLE = _rule(
    "SL305", "undeclared-variable", "a stage reads an environment variable that it doesn't name in env=[...]"
)
CLOCK_IN_RESULT = _rule(
    "SL306", "clock-in-result", "what a stage returns depends on when it ran", Severity.WARNING
)
UNSEEDED_RANDOM = _rule(
    "SL307", "unseeded-random", "what a stage returns depends on random numbers that nothing can repeat"
)
GLOBAL_RANDOM = _rule(
    "SL308",
    "global-random",
    "what a stage returns depends on a random generator that all code of the process shares",
    Severity.WARNING,
)
PROCESS_IN_RESULT = _rule(
    "SL309", "process-in-result", "what a stage returns depends on the process or the machine that it ran in"
)
HASH_IN_RESULT = _rule(
    "SL310",
    "hash-in-result",
    "what a stage returns depends on hash(), which each interpreter salts as it is told to",
    Severity.WARNING,
)
SET_ORDER_IN_RESULT = _rule(
    "SL311", "set-order-in-result", "what a stage returns depends on the order of a set", Severity.WARNING
)
LISTING_ORDER_IN_RESULT = _rule(
    "SL312",
    "listing-order-in-result",
    "what a stage returns depends on the order in which a file system lists a folder",
    Severity.WARNING,
)
CHANGED_GLOBAL = _rule(
    "SL313",
    "changed-global",
    "a stage changes an object of its module, which other stages of the process then see",
    Severity.WARNING,
)
CHANGED_INPUT = _rule("SL314", "changed-input", "a stage changes what it was given")
UNIMPORTABLE_RESULT = _rule(
    "SL315", "unimportable-result", "a stage returns a function or class that no other process can import"
)
UNDECLARED_PROGRAM = _rule(
    "SL316",
    "undeclared-program",
    "a stage starts a program, whose version and files are in no identity",
    Severity.WARNING,
)
UNDECLARED_WRITE = _rule(
    "SL317", "undeclared-write", "a stage writes to a place that is none of its outputs", Severity.WARNING
)

RULES = (
    UNDECLARED_FILE,
    UNDECLARED_NETWORK,
    UNDECLARED_VARIABLE,
    CLOCK_IN_RESULT,
    UNSEEDED_RANDOM,
    GLOBAL_RANDOM,
    PROCESS_IN_RESULT,
    HASH_IN_RESULT,
    SET_ORDER_IN_RESULT,
    LISTING_ORDER_IN_RESULT,
    CHANGED_GLOBAL,
    CHANGED_INPUT,
    UNIMPORTABLE_RESULT,
    UNDECLARED_PROGRAM,
    UNDECLARED_WRITE,
)
