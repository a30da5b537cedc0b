"""What loading a spec gives: a pipeline, or findings that say what is wrong with the file."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from stagelang_compiler.compiler import Checked, check_file
from stagelang_compiler.rendering import render
from stagelang_compiler.spec import load
from tests.stagelang_compiler.conftest import FUTURE, PRELUDE, TODAY, Check

_TAIL = '\npipeline = Pipeline("digits", seed=1, outputs=[clean(scans)])\n'


def _written(folder: Path, text: str, name: str = "pipeline.py") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def _printed(checked: Checked, root: Path) -> str:
    return render(checked.diagnostics, format="text", root=root)


def _check_printed(file: Path) -> str:
    return _printed(check_file(file, today=TODAY), file.parent)


def test_a_missing_file_is_named_with_the_nearest_one_beside_it(tmp_path: Path) -> None:
    _written(tmp_path, "", "pipeline.py")
    assert _check_printed(tmp_path / "pipelin.py") == (
        "error[SL101]: 'pipelin.py' doesn't exist\n"
        "  --> pipelin.py\n"
        "  help: did you mean 'pipeline.py'?\n"
        "\n"
        "found 1 error\n"
        "to learn more: stagelang explain SL101\n"
    )


def test_a_missing_file_without_a_near_one_leads_to_init(tmp_path: Path) -> None:
    assert _check_printed(tmp_path / "no" / "pipeline.py").splitlines()[:3] == [
        "error[SL101]: 'pipeline.py' doesn't exist",
        "  --> pipeline.py",
        "  help: name the file that declares the pipeline, or make one with 'stagelang init'",
    ]


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    assert _check_printed(tmp_path).startswith(f"error[SL101]: {tmp_path.name!r} is a folder\n")


def test_a_file_without_the_ending_of_python_is_refused(tmp_path: Path) -> None:
    file = _written(tmp_path, "x = 1", "pipeline.yaml")
    assert _check_printed(file).startswith(
        "error[SL101]: 'pipeline.yaml' isn't Python\n  --> pipeline.yaml\n  help: give the pipeline's file a name that ends in '.py'\n"
    )


def test_a_syntax_error_is_shown_on_its_line(tmp_path: Path) -> None:
    file = _written(tmp_path, "x = 1\ny = (\n")
    assert _check_printed(file) == (
        "error[SL101]: 'pipeline.py' isn't Python: '(' was never closed\n"
        "  --> pipeline.py:2\n"
        "   |\n"
        " 2 | y = (\n"
        "   | ^^^^^\n"
        "   |\n"
        "  help: correct the line\n"
        "\n"
        "found 1 error\n"
        "to learn more: stagelang explain SL101\n"
    )


def test_a_syntax_error_in_a_helper_names_the_helper(tmp_path: Path) -> None:
    _written(tmp_path, "def broken(:\n", "helper.py")
    file = _written(tmp_path, "import helper\n")
    assert _check_printed(file).startswith(
        "error[SL101]: 'helper.py' isn't Python: invalid syntax\n  --> helper.py:1\n"
    )


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_bytes(b"name = '\xff\xfe'\n")
    assert _check_printed(file).startswith("error[SL101]: 'pipeline.py' isn't ")
    assert [finding.rule.code for finding in check_file(file).diagnostics] == ["SL101"]


def test_a_null_byte_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_bytes(b"x = 1\x00\n")
    assert [finding.rule.code for finding in check_file(file).diagnostics] == ["SL101"]


@pytest.mark.parametrize("name", ["json.py", "typing.py", "attrs.py", "pytest.py"])
def test_a_spec_that_bears_the_name_of_a_library_is_refused_before_it_runs(tmp_path: Path, name: str) -> None:
    before = sys.modules.get(name.removesuffix(".py"))
    file = _written(tmp_path, "raise AssertionError('it ran')", name)
    assert _check_printed(file).startswith(
        f"error[SL101]: {name!r} bears the name of a module that Python or a library brings\n"
        f"  --> {name}\n"
        "  help: give the file a name of its own, such as 'pipeline.py'\n"
    )
    assert sys.modules.get(name.removesuffix(".py")) is before


def test_a_spec_that_raises_shows_the_users_frames_only(tmp_path: Path) -> None:
    _written(tmp_path, "def level(settings):\n    return settings['level']\n", "helper.py")
    file = _written(tmp_path, "from helper import level\n\nx = level({})\n")
    assert _check_printed(file) == (
        "error[SL102]: the spec raised KeyError: 'level'\n"
        "  --> helper.py:2\n"
        "   |\n"
        " 2 |     return settings['level']\n"
        "   |     ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "   |\n"
        "  ::: pipeline.py:3: called from here\n"
        "   |\n"
        " 3 | x = level({})\n"
        "   |\n"
        "  help: correct the line; a spec only declares, so it must run without data and without side effects\n"
        "\n"
        "found 1 error\n"
        "to learn more: stagelang explain SL102\n"
    )


def test_the_frames_of_a_library_that_raises_are_left_out(tmp_path: Path) -> None:
    file = _written(tmp_path, "import json\nx = json.loads('{')\n")
    (finding,) = check_file(file).diagnostics
    assert [(Path(place.origin.file).name, place.origin.line) for place in finding.places] == [
        ("pipeline.py", 2)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise SystemExit(3)", "the spec raised SystemExit: 3"),
        ("import sys\nsys.exit()", "the spec raised SystemExit"),
        (
            "def deeper():\n    deeper()\n\n\ndeeper()",
            "the spec raised RecursionError: maximum recursion depth exceeded",
        ),
        (
            "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\n\n\nraise Odd",
            "the spec raised Odd",
        ),
        (
            "raise BaseExceptionGroup('two', [ValueError(), KeyError()])",
            "the spec raised ExceptionGroup: two (2 sub-exceptions)",
        ),
    ],
)
def test_whatever_a_spec_raises_is_a_finding(tmp_path: Path, text: str, message: str) -> None:
    (finding,) = check_file(_written(tmp_path, text)).diagnostics
    assert (finding.rule.code, finding.message) == ("SL102", message)


def test_ctrl_c_while_a_spec_runs_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        check_file(_written(tmp_path, "raise KeyboardInterrupt"))


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        ("import pandsa", "no module named 'pandsa'", "install 'pandsa', or put it beside the pipeline"),
        (
            "import nowhere.inner",
            "no module named 'nowhere'",
            "install 'nowhere', or put it beside the pipeline",
        ),
        (
            "from stagelang import Pipelin",
            "cannot import name 'Pipelin' from 'stagelang'",
            "correct the import",
        ),
        (
            "from . import helper",
            "attempted relative import with no known parent package",
            "correct the import",
        ),
    ],
)
def test_a_failed_import_says_what_is_missing(tmp_path: Path, text: str, message: str, help_: str) -> None:
    (finding,) = check_file(_written(tmp_path, text)).diagnostics
    assert finding.rule.code == "SL103"
    assert finding.message.startswith(message)
    assert finding.help == help_


def test_touching_lazy_data_is_explained_without_machine_paths(check: Check, tmp_path: Path) -> None:
    found = _printed(check(PRELUDE + "if clean(scans):\n    pass\n"), tmp_path)
    first = PRELUDE.count("\n") + 1
    assert found.startswith(
        f"error[SL104]: the truth value of 'clean', wired at pipeline.py:{first}, was asked for at pipeline.py:{first}, "
        f"but while a pipeline is being wired there is no data yet\n  --> pipeline.py:{first}\n"
    )
    assert str(tmp_path) not in found


def test_a_meaningless_declaration_is_a_finding_of_its_own(check: Check) -> None:
    (finding,) = check(PRELUDE + "Scans()\n").diagnostics
    assert finding.rule.code == "SL105"
    assert finding.message == (
        "a contract describes tables and has no instances: expected Table.of(Scans, frame), got Scans()"
    )


def test_a_spec_without_a_pipeline_is_a_finding(check: Check) -> None:
    (finding,) = check(PRELUDE).diagnostics
    assert (finding.rule.code, finding.message) == ("SL106", "'pipeline.py' declares no pipeline")


_TWO = """
daily = Pipeline("daily", seed=1, outputs=[clean(scans)])
weekly = Pipeline("weekly", seed=2, metrics=[accuracy(halves.test)])
"""


def test_one_of_several_pipelines_must_be_chosen(check: Check, tmp_path: Path) -> None:
    (finding,) = check(PRELUDE + _TWO).diagnostics
    assert (finding.rule.code, finding.message) == ("SL107", "'pipeline.py' declares 2 pipelines")
    assert finding.help == "say which with '--pipeline NAME', one of: daily, weekly"
    assert len(finding.places) == 2
    for name, seed in (("daily", 1), ("weekly", 2)):
        chosen = check_file(tmp_path / "pipeline.py", pipeline=name)
        assert chosen.plan is not None
        assert (chosen.plan.name, chosen.plan.seed) == (name, seed)


def test_what_another_pipeline_of_the_file_uses_is_not_unused(check: Check, tmp_path: Path) -> None:
    check(PRELUDE + _TWO)
    assert [
        check_file(tmp_path / "pipeline.py", pipeline=name).diagnostics for name in ("daily", "weekly")
    ] == [(), ()]


def test_a_pipeline_that_is_not_there_is_refused_with_the_nearest_name(check: Check, tmp_path: Path) -> None:
    check(PRELUDE + _TWO)
    found = [check_file(tmp_path / "pipeline.py", pipeline=name).diagnostics[0] for name in ("dayly", "x")]
    assert [(each.rule.code, each.message, each.help) for each in found] == [
        ("SL106", "'pipeline.py' declares no pipeline 'dayly'", "did you mean 'daily'?"),
        ("SL106", "'pipeline.py' declares no pipeline 'x'", "choose one of: daily, weekly"),
    ]


def test_pipelines_of_one_name_are_told_to_differ(check: Check) -> None:
    (finding,) = check(PRELUDE + _TWO.replace("weekly", "daily")).diagnostics
    assert (finding.rule.code, finding.help) == ("SL107", "give each its own name")


def test_helpers_beside_the_spec_are_imported_anew_each_time(tmp_path: Path) -> None:
    file = _written(
        tmp_path,
        PRELUDE
        + "from helper import SEED\nfrom parts.inner import NAME\n"
        + "pipeline = Pipeline(NAME, seed=SEED, outputs=[scans])\n",
    )
    for seed, name in ((1, "one"), (22, "twenty-two")):
        _written(tmp_path, f"SEED = {seed}\n", "helper.py")
        _written(tmp_path, f"NAME = {name!r}\n", "parts/inner.py")
        plan = check_file(file).plan
        assert plan is not None
        assert (plan.seed, plan.name) == (seed, name)


def test_two_projects_in_one_process_have_their_own_helpers(tmp_path: Path) -> None:
    for number, folder in enumerate(("left", "right", "left"), 1):
        _written(tmp_path, f"SEED = {number}\n", f"{folder}/helper.py")
        _written(tmp_path, f"NAME = 'p{number}'\n", f"{folder}/parts/inner.py")
        file = _written(
            tmp_path,
            PRELUDE
            + "from helper import SEED\nfrom parts.inner import NAME\npipeline = Pipeline(NAME, seed=SEED, outputs=[scans])\n",
            f"{folder}/pipeline.py",
        )
        plan = check_file(file).plan
        assert plan is not None
        assert (plan.seed, plan.name) == (number, f"p{number}")


def test_loading_leaves_the_import_path_as_it_was(check: Check) -> None:
    before = list(sys.path)
    check(PRELUDE + "import sys\nsys.path.append('elsewhere')\n" + _TAIL)
    assert sys.path == before


def test_what_a_spec_prints_goes_to_the_standard_error(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = check(PRELUDE + "print('loading')\n" + _TAIL)
    assert checked.ok
    assert capsys.readouterr() == ("", "loading\n")


def test_what_is_only_for_scripts_does_not_run(check: Check) -> None:
    assert check(PRELUDE + _TAIL + "\nif __name__ == '__main__':\n    raise AssertionError\n").ok


def test_a_spec_may_lie_in_a_package_and_import_its_siblings_by_name(tmp_path: Path) -> None:
    _written(tmp_path, "", "package/__init__.py")
    _written(tmp_path, "SEED = 7\n", "package/sibling.py")
    file = _written(
        tmp_path,
        PRELUDE + "from sibling import SEED\npipeline = Pipeline('p', seed=SEED, outputs=[scans])\n",
        "package/pipeline.py",
    )
    plan = check_file(file).plan
    assert plan is not None
    assert plan.seed == 7


def test_a_path_with_dots_gives_the_same_plan(check: Check, tmp_path: Path) -> None:
    straight = check(PRELUDE + _TAIL).plan
    (tmp_path / "aside").mkdir()
    assert check_file(tmp_path / "aside" / ".." / "pipeline.py").plan == straight


_LOCAL = """
def build() -> Pipeline:
    class Marks(Contract):
        mark_id: Column[int] = column(key=True)

    class Better(Marks):
        good: Column[bool]

    class Pair(NamedTuple):
        one: Table[Marks]
        two: Table[Better]

    @stage
    def mark(marks: Table[Marks, S], others: Optional[Table[Better]] = None) -> Table[Better, S]:
        raise NotImplementedError

    @stage
    def pair(marks: "Table[Marks]") -> Pair:
        raise NotImplementedError

    marks = source(Marks, "marks.csv")
    return Pipeline("local", seed=1, outputs=[mark(pair(marks).one)])


pipeline = build()
"""


@pytest.mark.parametrize("future", ["", FUTURE], ids=["early annotations", "late annotations"])
def test_contracts_and_stages_may_be_local_to_a_function(check: Check, future: str) -> None:
    plan = check(future + PRELUDE + _LOCAL).plan
    assert plan is not None
    assert [(node.name, [(each.name, each.contract) for each in node.outputs]) for node in plan.nodes] == [
        ("marks", [("out", "Marks")]),
        ("pair", [("one", "Marks"), ("two", "Better")]),
        ("mark", [("out", "Better")]),
    ]


@pytest.mark.parametrize("future", ["", FUTURE], ids=["early annotations", "late annotations"])
def test_a_whole_spec_gives_one_plan_with_and_without_the_future_import(check: Check, future: str) -> None:
    early, plan = check("\n" + PRELUDE + _TAIL).plan, check((future or "\n") + PRELUDE + _TAIL).plan
    assert early is not None
    assert plan is not None
    assert [(node.name, node.id) for node in plan.nodes] == [(node.name, node.id) for node in early.nodes]


def test_a_name_that_only_the_type_checker_sees_is_a_finding_with_its_place(check: Check) -> None:
    text = (
        FUTURE
        + PRELUDE
        + textwrap.dedent("""
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from decimal import Decimal

        @stage
        def price(scans: Table[Scans, S], *, rate: Decimal = None) -> Value[Decimal]:
            return Value.of(rate)

        pipeline = Pipeline("p", seed=1, outputs=[price(scans)])
    """)
    )
    found = [each for each in check(text).diagnostics if each.rule.code != "SL120"]
    line = text.split("@stage\ndef price")[0].count("\n") + 1
    assert [(each.rule.code, each.places[0].origin.line, each.message) for each in found] == [
        (
            "SL117",
            line,
            "argument 'rate' of 'price': annotation 'Decimal' can't be resolved: NameError: name 'Decimal' is not defined",
        ),
        (
            "SL117",
            line,
            "stage 'price': annotation 'Value[Decimal]' can't be resolved: NameError: name 'Decimal' is not defined",
        ),
    ]


def test_the_files_of_a_spec_are_those_it_read_of_its_own(tmp_path: Path) -> None:
    _written(tmp_path, "X = 1\n", "helper.py")
    _written(tmp_path, "seed = 5", "settings.toml")
    file = _written(
        tmp_path,
        PRELUDE + "import json, tomllib\nfrom pathlib import Path\nimport helper\n"
        "settings = tomllib.loads(Path(__file__).with_name('settings.toml').read_text())\n"
        "pipeline = Pipeline('p', seed=settings['seed'], outputs=[scans])\n",
    )
    spec, findings = load(file)
    assert findings == []
    assert spec is not None
    assert {path.relative_to(tmp_path).as_posix() for path in spec.files} == {
        "pipeline.py",
        "helper.py",
        "settings.toml",
    }
