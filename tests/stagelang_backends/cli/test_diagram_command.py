from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main

ROOT = Path(__file__).parents[3]
SPEC = '''
from stagelang import Column, Contract, Pipeline, Table, column, scope, source, stage

class Rows(Contract, version="1.0", owner="vision"):
    """Rows."""
    row_id: Column[int] = column(key=True)

@stage(owner="vision")
def tidy(rows: Table[Rows]) -> Table[Rows]:
    """Tidy rows."""
    return rows

rows = source(Rows, "rows.csv", owner="vision")
with scope("eu"):
    once = tidy(rows)
    twice = tidy.named("again")(once)

pipeline = Pipeline("tidy-rows", seed=1, owner="vision", outputs=[twice])
'''


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pipeline.py"
    path.write_text(SPEC)
    return path


def test_a_page_is_written_beside_the_pipeline_under_its_name(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram"]) == 0
    assert capsys.readouterr().out == "wrote tidy-rows.html\n"
    assert (spec.parent / "tidy-rows.html").read_text().startswith("<!doctype html>\n")


@pytest.mark.parametrize(
    ("form", "name", "start"),
    [("svg", "tidy-rows.svg", "<svg "), ("dot", "tidy-rows.dot", "digraph "), ("mermaid", "tidy-rows.mmd", "flowchart TB")],
)  # fmt: skip
def test_every_format_has_its_ending(
    spec: Path, capsys: pytest.CaptureFixture[str], form: str, name: str, start: str
) -> None:
    assert main(["diagram", str(spec), "--format", form]) == 0
    assert capsys.readouterr().out == f"wrote {name}\n"
    text = (spec.parent / name).read_text()
    assert text.startswith(start)
    assert main(["diagram", "--format", form, "-o", "-"]) == 0
    assert capsys.readouterr().out == text


def test_the_picture_in_the_readme_is_what_the_command_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(
        ROOT / "examples" / "digit_reader", tmp_path / "digit_reader", ignore=shutil.ignore_patterns(".*")
    )
    assert main(["diagram", str(copy / "pipeline.py"), "--format", "svg", "-o", "-"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "images" / "digit_reader.svg").read_text(
        encoding="utf-8"
    )


def test_the_name_of_the_output_says_the_format(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "--out", "made/here/x.svg"]) == 0
    assert capsys.readouterr().out == "wrote made/here/x.svg\n"
    assert (spec.parent / "made" / "here" / "x.svg").read_text().startswith("<svg ")


def test_a_focus_draws_only_what_is_near(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "--format", "dot", "-o", "-", "--focus", "rows", "--hops", "1"]) == 0
    drawn = capsys.readouterr().out
    assert '"eu/tidy"' in drawn and '"eu/again"' not in drawn
    assert main(["diagram", "--format", "dot", "-o", "-", "--focus", "rows"]) == 0
    assert '"eu/again"' in capsys.readouterr().out


def test_contracts_list_their_columns(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "--format", "dot", "-o", "-", "--contracts"]) == 0
    assert capsys.readouterr().out.count(">row_id</font>") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--focus", "eu/tidi"],
            "error: pipeline 'tidy-rows' has no node 'eu/tidi'\n  help: did you mean 'eu/tidy'?\n",
        ),
        (
            ["--expand", "nowhere"],
            "error: pipeline 'tidy-rows' has no scope 'nowhere'\n  help: name one of: eu\n",
        ),
        (
            ["--hops", "2"],
            "error: --hops is a number of steps from the node of --focus\n  help: name one with --focus\n",
        ),
        (
            ["--all", "--format", "mermaid"],
            (
                "error: a Mermaid diagram is kept small enough to be drawn anywhere, so it takes no --all\n"
                "  help: choose another format, for example --format svg\n"
            ),
        ),
        (
            ["-o", "pipeline.py/x.svg"],
            "error: can't write pipeline.py/x.svg: File exists\n  help: name another file with --output\n",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said_with_one_next_step(
    spec: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["diagram", *words]) == 2
    assert capsys.readouterr().err == said
    assert sorted(path.name for path in spec.parent.iterdir() if not path.name.startswith((".", "__"))) == [
        "pipeline.py"
    ]
