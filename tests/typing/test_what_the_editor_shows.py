"""The page about the editor shows what pyright's language server really answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.typing.lsp import LanguageServer

PAGE = Path(__file__).parent.parent.parent / "docs" / "explanations" / "what-the-editor-shows.md"
SPEC = Path(__file__).parent / "spec.py"  # only its name: the text is the page's

Show = Callable[[Any, str], str]


def _hover(answer: Any, _: str) -> str:
    return (
        str(answer["contents"]["value"])
        .replace("```python\n", "")
        .replace("\n```\n---", "\n")
        .removesuffix("\n```")
    )


def _definition(answer: Any, text: str) -> str:
    (place,) = answer
    line = place["range"]["start"]["line"]
    return f"{Path(place['uri']).name}:{line + 1}\n{text.splitlines()[line]}"


def _completion(answer: Any, _: str) -> str:
    """Show what an editor shows first: all that has a public name."""
    items = sorted(answer["items"], key=lambda item: item["sortText"])
    return "\n".join(item["label"] for item in items if not item["label"].startswith("_"))


def _signature(answer: Any, _: str) -> str:
    (signature,) = answer["signatures"]
    active = signature["parameters"][signature["activeParameter"]]["label"]
    return f"{signature['label']}\n\n{signature['documentation']['value']}\n\nnext: {active}"


def _mistakes(answer: Any, text: str) -> str:
    items = answer["items"]
    return "\n".join(
        f"{item['message']}\n  under: {text.splitlines()[item['range']['start']['line']]}".replace(
            "\u00a0", " "
        )
        for item in items
    )


QUESTIONS: list[tuple[str, str, str, Show]] = [
    # the section, the request, where (| is the cursor), how to write the answer; what ends in | is typed after the spec
    ("Hovering over a stage where it is called", "hover", "fit(em|bed(", _hover),
    ("Hovering over a column", "hover", "pandas[Scans.in|k]", _hover),
    ("Hovering over a metric's definition", "hover", "= handling|_cost(", _hover),
    ("Hovering over a metric", "hover", "\nco|st =", _hover),
    ("Hovering over rows", "hover", "embed(halves.te|st)", _hover),
    ("Going to a stage's definition", "definition", "fit(em|bed(", _definition),
    ("Going to a column's definition", "definition", "pandas[Scans.in|k]", _definition),
    ("Completing a column", "completion", "Scans.|", _completion),
    ("Completing on rows", "completion", "scans.|", _completion),
    ("Completing on a metric", "completion", "cost.|", _completion),
    ("Help on a call's arguments", "signature", "decide(model, |", _signature),
    ("Test rows where training rows are asked", "mistakes", "fit(halves.test)|", _mistakes),
    ("A column of another contract", "mistakes", "split(scans, by=Decisions.chosen, test=0.5)|", _mistakes),
    ("A misspelt argument", "mistakes", "embed(scans, component=3)|", _mistakes),
]


def _spec(page: str) -> str:
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


def _ask(server: LanguageServer, text: str, request: str, where: str, name: str) -> tuple[Any, str]:
    before, after = where.split("|")
    typed = text if after else text + before
    offset = typed.index(before + after) + len(before) if after else len(typed)
    path = SPEC.with_stem(name)
    server.open(path, typed)
    line = typed.count("\n", 0, offset)
    return server.at(request, path, line, offset - (typed.rfind("\n", 0, offset) + 1)), typed


def _answers(page: str) -> dict[str, str]:
    with LanguageServer(SPEC.parent) as server:
        answers: dict[str, str] = {}
        for number, (section, request, where, show) in enumerate(QUESTIONS):
            answer, text = _ask(server, _spec(page), request, where, f"spec{number}")
            answers[section] = show(answer, text).replace(f"spec{number}.py", "spec.py")
        return answers


def _with(page: str, section: str, answer: str) -> str:
    pattern = rf"(## {re.escape(section)}\n.*?```text\n).*?(```)"
    return re.sub(
        pattern, lambda found: f"{found[1]}{answer.rstrip()}\n{found[2]}", page, count=1, flags=re.DOTALL
    )


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    return _answers(PAGE.read_text())


def test_the_page_shows_what_the_language_server_answers(answers: dict[str, str], bless: bool) -> None:
    page = PAGE.read_text()
    shown = page
    for section, answer in answers.items():
        shown = _with(shown, section, answer)
    if bless:
        PAGE.write_text(shown)
    assert bless or page == shown


def test_every_section_of_the_page_was_asked_for(answers: dict[str, str]) -> None:
    assert re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE) == list(answers)


def test_the_columns_come_first_in_completion(answers: dict[str, str]) -> None:
    assert answers["Completing a column"].splitlines() == ["ink", "label", "scan_id", "mro"]


def test_a_stage_shows_its_parameters_and_docstring(answers: dict[str, str]) -> None:
    shown = answers["Hovering over a stage where it is called"]
    assert "(scans: Table[Scans, S@embed], *, components: int = 24)" in shown
    assert shown.endswith("Project each scan onto its principal components.")


def test_a_column_shows_its_contract_type_and_docstring(answers: dict[str, str]) -> None:
    assert (
        answers["Hovering over a column"]
        == "(variable) ink: ColumnRef[Scans, float]\n\nThe share of dark pixels."
    )


def test_going_to_a_definition_leads_to_the_def_and_to_the_column(answers: dict[str, str]) -> None:
    assert answers["Going to a stage's definition"].endswith(
        "\ndef embed(scans: Table[Scans, S], *, components: int = 24) -> Table[Scans, S]:"
    )
    assert answers["Going to a column's definition"].endswith(
        "\n    ink: Column[float] = column(ge=0, le=1, unit=u.RATIO)"
    )
