"""Finds the command that was asked for, runs it, and turns what goes wrong into one message and an exit code."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

OK, FINDINGS, USAGE, STAGE_FAILED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes: all well; findings or gates failed; wrong usage or configuration; a stage failed; stagelang's own mistake; Ctrl-C."""


class Command(NamedTuple):
    """A command: the module that carries it out, and what it is for in a line."""

    module: str
    summary: str


GROUPS: Mapping[str, Mapping[str, Command]] = {
    "write a pipeline, and see what is wrong with it": {
        "init": Command("init", "make a first pipeline in a folder"),
        "check": Command("check", "find what is wrong with a pipeline, before anything runs"),
        "explain": Command("explain", "explain a rule, such as SL201"),
        "config": Command("config", "show the settings that hold, and where each was written"),
        "licences": Command("licences", "list the licences of all that the stages bring"),
        "contract": Command("contract", "exchange contracts with other tools, as files of the standard ODCS"),
    },
    "run it, and ask about its results": {
        "run": Command("run", "run what isn't up to date, and judge the gates"),
        "why": Command("why", "say why a node would run again, or wouldn't"),
        "report": Command("report", "write the last run's report as one HTML page"),
        "audit": Command(
            "audit", "change the rows that metrics are measured on, and see whether a model changes"
        ),
    },
    "look at it, and at what changes": {
        "plan": Command("plan", "show the compiled plan"),
        "diagram": Command("diagram", "draw the pipeline as SVG, DOT, Mermaid or HTML"),
        "lineage": Command("lineage", "say which columns each column is made of"),
        "diff": Command(
            "diff", "say what changes between two revisions, why, and which metrics that reaches"
        ),
    },
    "run it on another engine": {
        "compile": Command("compile", "write the files of a target, such as a local script"),
    },
    "what emitted files call": {
        "run-node": Command("run_node", "carry out chosen nodes of a compiled plan, as other engines do"),
        "settle": Command(
            "settle", "note which nodes of a compiled plan are up to date, and forget those that aren't"
        ),
        "verdict": Command("verdict", "judge the gates over nodes that were carried out one by one"),
        "remake": Command(
            "remake", "bring an emitted Makefile and its notes up to date, as it asks for itself"
        ),
        "ci": Command("ci", "do what the jobs of an emitted workflow do"),
    },
}
"""All commands, by what a person is about to do."""

COMMANDS: Mapping[str, Command] = {
    name: command for group in GROUPS.values() for name, command in group.items()
}

_HEAD = """\
stagelang: typed pipelines whose results can be trusted

usage: stagelang COMMAND [PIPELINE.py] [options]
"""
_TAIL = """
  stagelang COMMAND --help   what a command takes
  stagelang --version        the version

PIPELINE.py is 'pipeline.py' in the current folder unless another file is named.
exit codes: 0 all well, 1 findings or failed gates, 2 wrong usage, 3 a stage failed, 4 a mistake of stagelang's own, 130 interrupted
"""


class UsageError(Exception):
    """What a person asked for can't be done: what, and one next step."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        said, _, words = message.partition(": ")
        is_unknown = said == "unrecognized arguments"
        meant = (
            _nearest(words.split()[0].partition("=")[0], self._option_string_actions) if is_unknown else ""
        )
        action = f"did you mean {meant!r}?" if meant else f"see '{self.prog} --help'"
        raise UsageError(f"{message}\n  help: {action}")


def program() -> int:
    """Be the `stagelang` program."""
    gc.disable()  # a command is short, and what it builds only grows: collecting would walk it again and again
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(words)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted: what was finished is kept, the same command goes on", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        return _internal(error)


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview(), end="")
        return OK
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"stagelang {version('stagelang')}")
        return OK
    name, *rest = words
    if name not in COMMANDS:
        raise UsageError(_unknown(name))
    module = importlib.import_module(f"stagelang_backends.cli.{COMMANDS[name].module}_command")
    parser = _Parser(prog=f"stagelang {name}", description=module.__doc__, allow_abbrev=False)
    module.add_arguments(parser)
    code: int = module.carry_out(parser.parse_args(rest))
    return code


def overview() -> str:
    """Write the general help."""
    groups = (
        f"\n{title}:\n" + "".join(f"  {name:<9} {command.summary}\n" for name, command in group.items())
        for title, group in GROUPS.items()
    )
    return _HEAD + "".join(groups) + _TAIL


def _unknown(name: str) -> str:
    meant = _nearest(name, COMMANDS)
    action = f"did you mean 'stagelang {meant}'?" if meant else "see 'stagelang --help'"
    return f"there is no command {name!r}\n  help: {action}"


def _nearest(word: str, known: Iterable[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(word, known, 1)), "")


def _internal(error: Exception) -> int:
    from stagelang.errors import StagelangError
    from stagelang_runtime.location import NoPlace
    from stagelang_runtime.store.errors import StoreError

    if isinstance(error, StagelangError | StoreError | NoPlace):
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    if isinstance(error, OSError) and error.filename is not None:
        print(
            f"error: {str(error.filename)!r} can't be used: {error.strerror}\n  help: name another place, or make way for it",
            file=sys.stderr,
        )
        return USAGE
    import traceback

    if os.environ.get("STAGELANG_TRACE"):
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = "".join(traceback.format_exception_only(error)).strip()
    print(
        f"internal error: {what}\n  --> {Path(last.filename).name}:{last.lineno}\n"
        "  help: this is a mistake in stagelang; run again with STAGELANG_TRACE=1 and file an issue with what it prints",
        file=sys.stderr,
    )
    return INTERNAL
