"""What is compiled and emitted of the examples, whole: `pytest --bless` rewrites it, and the diff is reviewed.

The pictures of the target 'lineage' are judged by what they show, in `lineage/`.
"""

from __future__ import annotations

import functools
import json
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from stagelang_backends.cli.main import main
from stagelang_backends.protocol import EmitOptions, find_backend
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_text import plan_text

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
EXAMPLES = ("digit_reader", "flight_delays")
TARGETS = ("dask", "gha", "local", "make", "snakemake")


@functools.cache
def _plan(example: str) -> Plan:
    plan = check_file(ROOT / "examples" / example / "pipeline.py").plan
    assert plan is not None
    return plan


def _compare(found: Mapping[str, str], folder: Path, bless: bool) -> None:
    """Compare a tree of files, or write it; what is missing and what is there besides are failures."""
    if bless:
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in found.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(there) == sorted(found), "if this is right, run pytest --bless"
    for name, path in there.items():
        assert path.read_bytes().decode() == found[name], (
            f"{name}: if the new text is right, run pytest --bless"
        )


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("target", TARGETS)
def test_a_target_emits_just_the_golden_files(example: str, target: str, bless: bool) -> None:
    emitted = find_backend(target).emit(_plan(example), EmitOptions(to_root=PurePosixPath("../..")))
    _compare({path.as_posix(): text for path, text in emitted.items()}, GOLDEN / example / target, bless)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_plan_prints_as_the_golden_text(example: str, bless: bool) -> None:
    path = GOLDEN / example / "plan.txt"
    if bless:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plan_text(_plan(example)), encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == plan_text(_plan(example)), (
        "if the new text is right, run pytest --bless"
    )


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(EXAMPLES)
    for example in EXAMPLES:
        assert {path.name for path in (GOLDEN / example).iterdir()} == {"plan.txt", *TARGETS}


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_golden_script_is_python(example: str, tmp_path: Path) -> None:
    py_compile.compile(
        str(GOLDEN / example / "local" / "run.py"), cfile=str(tmp_path / "run.pyc"), doraise=True
    )


def _contents(store: Path) -> dict[str, dict[str, str]]:
    """Give the content digests of every receipt's outputs, by the receipt's key."""
    receipts = [json.loads(path.read_bytes())["receipt"] for path in store.glob("receipts/*/*.json")]
    return {
        each["key"]: {output["port"]: output["content"] for output in each["outputs"]} for each in receipts
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_golden_script_gives_the_same_contents_as_a_run(
    example: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / example
    shutil.copytree(
        ROOT / "examples" / example,
        project,
        ignore=shutil.ignore_patterns(".stagelang", "build", "__pycache__"),
    )
    shutil.copytree(GOLDEN / example / "local", project / "build" / "local")
    stores = [tmp_path / "by the script", tmp_path / "by the command"]
    script = subprocess.run(
        [sys.executable, "build/local/run.py", "--store", str(stores[0])], cwd=project, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert script.returncode == 0, script.stderr
    assert main(["run", str(project / "pipeline.py"), "--store", str(stores[1])]) == 0
    script_contents, run_contents = map(_contents, stores)
    assert len(script_contents) == len(_plan(example).nodes)
    assert script_contents == run_contents
    capfd.readouterr()


def test_a_script_refuses_a_plan_that_it_was_not_made_for(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "digit_reader" / "local", tmp_path / "local")
    plan = tmp_path / "local" / "plan.json"
    plan.write_text(plan.read_text().replace('"seed":20261123', '"seed":20261124'))
    done = subprocess.run(
        [sys.executable, str(tmp_path / "local" / "run.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: plan.json isn't the plan that this script was made for\n  expected: sha256:"
    )
    assert done.stderr.endswith("  help: compile the pipeline again\n")


_HOSTILE = """\
from stagelang import Column, Contract, Pipeline, Table, column, source, stage


class Rows(Contract):
    row_id: Column[int] = column(key=True)


@stage
def keep(rows: Table[Rows]) -> Table[Rows]:
    return rows.derive(Rows, rows.pandas)


rows = source(Rows, {location!r}, name="rows.-_x", format="csv")
pipeline = Pipeline("print.exit-0", seed=1, outputs=[keep.named("import.os-_.__class__")(rows)])
"""


@pytest.mark.parametrize(
    "location",
    [
        'a"""\nimport os; os._exit(9)\n"""',
        "a\r\nraise SystemExit(9)",
        "a\u2028raise SystemExit(9)",
        "\\",
        '\\"""',
        "{{ 1 }}{% raw %}",
        "#",
        "\u202e\ud800é",
    ],
    ids=ascii,
)
def test_no_text_of_a_spec_leaves_its_comment(
    location: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / 'pipe\'line""" \\.py'
    spec.write_text(_HOSTILE.format(location=location), encoding="utf-8")
    assert main(["compile", str(spec), "-o", str(tmp_path / "out")]) == 0
    script = (tmp_path / "out" / "run.py").read_text(encoding="utf-8")
    code = compile(script, "run.py", "exec", dont_inherit=True)
    plain = (GOLDEN / "digit_reader" / "local" / "run.py").read_text(encoding="utf-8")
    assert code.co_names == compile(plain, "run.py", "exec", dont_inherit=True).co_names
    assert all(each.isprintable() for each in script.replace("\n", ""))
    helped = subprocess.run(
        [sys.executable, str(tmp_path / "out" / "run.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (helped.returncode, helped.stderr) == (0, "")
    capfd.readouterr()
