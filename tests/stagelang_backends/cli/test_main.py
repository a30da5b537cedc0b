"""The command line as a whole: help, versions, mistakes in using it, and what it imports."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from stagelang_backends.cli.main import COMMANDS, main
from tests.stagelang_backends.cli.conftest import Call, at_rest

HELP = """\
stagelang: typed pipelines whose results can be trusted

usage: stagelang COMMAND [PIPELINE.py] [options]

write a pipeline, and see what is wrong with it:
  init      make a first pipeline in a folder
  check     find what is wrong with a pipeline, before anything runs
  explain   explain a rule, such as SL201
  config    show the settings that hold, and where each was written
  licences  list the licences of all that the stages bring
  contract  exchange contracts with other tools, as files of the standard ODCS

run it, and ask about its results:
  run       run what isn't up to date, and judge the gates
  why       say why a node would run again, or wouldn't
  report    write the last run's report as one HTML page
  audit     change the rows that metrics are measured on, and see whether a model changes

look at it, and at what changes:
  plan      show the compiled plan
  diagram   draw the pipeline as SVG, DOT, Mermaid or HTML
  lineage   say which columns each column is made of
  diff      say what changes between two revisions, why, and which metrics that reaches

run it on another engine:
  compile   write the files of a target, such as a local script

what emitted files call:
  run-node  carry out chosen nodes of a compiled plan, as other engines do
  settle    note which nodes of a compiled plan are up to date, and forget those that aren't
  verdict   judge the gates over nodes that were carried out one by one
  remake    bring an emitted Makefile and its notes up to date, as it asks for itself
  ci        do what the jobs of an emitted workflow do

  stagelang COMMAND --help   what a command takes
  stagelang --version        the version

PIPELINE.py is 'pipeline.py' in the current folder unless another file is named.
exit codes: 0 all well, 1 findings or failed gates, 2 wrong usage, 3 a stage failed, 4 a mistake of stagelang's own, 130 interrupted
"""


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_help_is_printed(call: Call, words: tuple[str, ...]) -> None:
    assert call(*words) == (0, HELP, "")


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_that_of_the_distribution(call: Call, word: str) -> None:
    assert call(word) == (0, f"stagelang {importlib.metadata.version('stagelang')}\n", "")


_NO_TARGET = (
    "there is no target 'lokal': expected one of dask, gha, lineage, local, make, snakemake\n"
    "  help: choose one, or install the package that brings it"
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("chekc",), "there is no command 'chekc'\n  help: did you mean 'stagelang check'?"),
        (("frobnicate",), "there is no command 'frobnicate'\n  help: see 'stagelang --help'"),
        (("--verbose",), "there is no command '--verbose'\n  help: see 'stagelang --help'"),
        (("check", "--formt", "json"), "unrecognized arguments: --formt\n  help: did you mean '--format'?"),
        (("check", "--form=json"), "unrecognized arguments: --form=json\n  help: did you mean '--format'?"),
        (("check", "--quietly"), "unrecognized arguments: --quietly\n  help: see 'stagelang check --help'"),
        (("run", "--dryrun"), "unrecognized arguments: --dryrun\n  help: did you mean '--dry-run'?"),
        (("compile", "-t"), "argument -t/--target: expected one argument\n  help: see 'stagelang compile --help'"),
        (("compile", "--target", "lokal"), _NO_TARGET),
        (("why",), "the following arguments are required: NODE\n  help: see 'stagelang why --help'"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_error_with_what_to_do(
    folder: Path, call: Call, words: tuple[str, ...], said: str
) -> None:
    assert call(*words) == (2, "", f"error: {said}\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_says_what_it_takes(
    call: Call, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: stagelang {command} ")


@pytest.mark.parametrize("command", ["check", "run", "plan", "compile", "why x", "report", "diagram"])
def test_a_missing_pipeline_file_is_a_finding(folder: Path, call: Call, command: str) -> None:
    said = call(*command.split(), "pipelin.py")
    assert said.code == 1
    assert (said.out + said.err).startswith(
        "error[SL101]: 'pipelin.py' doesn't exist\n  --> pipelin.py\n  help: did you mean 'pipeline.py'?\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline.py", "rides.csv"]


def test_ctrl_c_ends_with_130(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text("raise KeyboardInterrupt\n")
    said = call("check")
    assert (said.code, said.out) == (130, "")
    assert said.err == "interrupted: what was finished is kept, the same command goes on\n"


def test_a_mistake_of_our_own_says_where_and_what_to_do(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("stagelang_compiler.compiler.check_file", broken)
    said = call("check")
    assert said.code == 4
    lines = said.err.splitlines()
    assert lines[0] == "internal error: RuntimeError: oops"
    assert lines[1].startswith("  --> test_main.py:")
    assert (
        lines[2]
        == "  help: this is a mistake in stagelang; run again with STAGELANG_TRACE=1 and file an issue with what it prints"
    )


_HEAVY = (
    "attrs",
    "attr",
    "cattrs",
    "jinja2",
    "networkx",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
)


def _imported(words: list[str], cwd: Path) -> tuple[int, set[str], str]:
    """Run a command in a process of its own; give its code, the heavy libraries that it imported, and what it printed."""
    script = (
        "import sys, json\nfrom stagelang_backends.cli.main import main\n"
        f"code = main({words!r})\nsys.stderr.write(json.dumps([code, sorted(set(sys.modules) & set({_HEAVY!r}))]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True)
    code, found = json.loads(done.stderr.splitlines()[-1])
    return code, set(found), done.stdout


def test_the_help_imports_no_library(tmp_path: Path) -> None:
    assert _imported(["--help"], tmp_path) == (0, set(), HELP)


def test_a_run_in_which_nothing_changed_imports_no_library(folder: Path, call: Call) -> None:
    at_rest(folder)
    assert call("run").code == 0
    code, found, out = _imported(["run"], folder)
    assert (code, found) == (0, set())
    assert out.startswith("rides: pass  (nothing changed: all 4 nodes are up to date)\n")


def test_a_check_imports_no_data_library(folder: Path) -> None:
    code, found, _ = _imported(["check"], folder)
    assert (code, found & {"jinja2", "networkx", "numpy", "pandas", "polars", "pyarrow", "scipy"}) == (
        0,
        set(),
    )


def test_a_pipe_that_is_closed_early_is_no_error(folder: Path) -> None:
    command = (
        f"{sys.executable} -m stagelang_backends.cli plan --format json | head -c 10; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"budget":', "")
