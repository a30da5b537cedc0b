"""Tests of the rule pages: their layout, and that what they show is what the compiler says.

`pytest --bless` writes the output blocks of the pages; they are never edited by hand.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stagelang.origin import Origin
from stagelang_backends.cli.target_findings import check_tables, target_check
from stagelang_compiler import pages
from stagelang_compiler.checks import RULES
from stagelang_compiler.compiler import check_file
from stagelang_compiler.diagnostics import INTERNAL_ERROR, Diagnostic, Place, Rule, Severity
from stagelang_compiler.pages import Page, PageError, UnknownCodeError, parse, with_output
from stagelang_compiler.rendering import render

Check = Callable[[Path], Sequence[Diagnostic]]

_PAGE = """\
# SL904: shouting

A stage whose name is all in capitals.

## Why is this bad?

It looks like a constant.
Readers stumble over it.

## Example

```python
## FIT and fit
FIT = 1
```

## Output

```text
error[SL904]: 'FIT' shouts
  --> pipeline.py:2
   |
 2 | FIT = 1
   | ^^^^^^^
   |
  help: name it 'fit'

found 1 error
to learn more: stagelang explain SL904
```

## Use instead

```python
fit = 1
```
"""
_NOTES = {rule.code for rule in RULES if rule.severity is Severity.NOTE}
"""A right example may be remarked on."""
_SHOUTING = Rule(
    code="SL904", name="shouting", severity=Severity.ERROR, summary="a stage's name is all in capitals"
)


def _check(path: Path) -> list[Diagnostic]:
    """Stand in for the compiler: find the names in capitals."""
    return [
        Diagnostic(
            rule=_SHOUTING,
            message=f"'{line.split()[0]}' shouts",
            places=(Place(Origin(str(path), number)),),
            help=f"name it '{line.split()[0].lower()}'",
        )
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.split()[0].isupper()
    ]


def said_of(source: str, check: Check, folder: Path, settings: str = "") -> tuple[list[str], str]:
    """Give the codes found in a pipeline file, beside its project's settings, and what `check` prints of them."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    file = folder / "pipeline.py"
    file.write_text(source, encoding="utf-8")
    found = check(file)
    codes = sorted({finding.rule.code for finding in found})
    return codes, render(found, format="text", root=folder)


def assert_page_is_true(page: Page, check: Check, folder: Path, besides: Sequence[str] = ()) -> None:
    """Assert that the bad example breaks its rule alone, with just this output, and the good one none.

    Args:
        page: the page.
        check: gives the findings of a pipeline's file.
        folder: where to put the examples.
        besides: rules that can't but be broken with this one.
    """
    codes, output = said_of(page.bad, check, folder / "bad", page.bad_settings)
    assert codes == sorted([page.code, *besides])
    assert output == page.output, "if the new output is right, run pytest --bless"
    right, _ = said_of(page.good, check, folder / "good", page.good_settings)
    assert [code for code in right if code not in _NOTES and code not in besides] == []


def test_a_page_gives_its_parts() -> None:
    page = parse(_PAGE)
    assert (page.code, page.name, page.title) == (
        "SL904",
        "shouting",
        "A stage whose name is all in capitals.",
    )
    assert page.why == "It looks like a constant.\nReaders stumble over it."
    assert page.bad == "## FIT and fit\nFIT = 1\n"
    assert page.output.startswith("error[SL904]: 'FIT' shouts\n")
    assert page.output.endswith("explain SL904\n")
    assert page.good == "fit = 1\n"
    assert page.text == _PAGE


@pytest.mark.parametrize(
    ("right", "wrong", "refusal"),
    [
        (
            "# SL904: shouting",
            "# SL904 shouting",
            "a page starts with '# SLnnn: name-of-rule', not '# SL904 shouting'",
        ),
        (
            "A stage whose name is all in capitals.\n",
            "",
            "SL904 lacks its sentence below the heading or its reason",
        ),
        ("It looks like a constant.\nReaders stumble over it.\n", "", "SL904 lacks its sentence"),
        (
            "## Output",
            "## Result",
            "the sections of SL904 are ['Why is this bad?', 'Example', 'Output', 'Use instead']",
        ),
        ("## Why is this bad?", "## Example", "the sections of SL904 are"),
        ("## Use instead\n\n```python", "## Use instead\n\n```", "'## Use instead' of SL904 is one block"),
        (
            "```text",
            "Prose.\n\n```text",
            "'## Output' of SL904 is one block that opens with '```text', and nothing",
        ),
        ("fit = 1\n```\n", "fit = 1\n```\nMore.\n", "'## Use instead' of SL904 is one block"),
        (
            "fit = 1\n```\n",
            "fit = 1\n```\n\n```python\nx = 1\n```\n",
            "'## Use instead' of SL904 is one block",
        ),
        ("fit = 1\n```\n", "fit = 1\n", "'## Use instead' of SL904 is one block"),
    ],
)
def test_a_page_that_departs_from_the_layout_is_refused(right: str, wrong: str, refusal: str) -> None:
    assert right in _PAGE
    with pytest.raises(PageError, match=f"^{re.escape(refusal)}"):
        parse(_PAGE.replace(right, wrong, 1))


def test_a_page_may_end_with_its_reason_where_no_pipeline_shows_the_rule() -> None:
    page = parse(_PAGE[: _PAGE.index("\n## Example")])
    assert (page.bad, page.output, page.good) == ("", "", "")


def test_settings_may_stand_before_an_example() -> None:
    settings = "```toml\n[tool.stagelang.require]\nowner = []\n```\n\n"
    page = parse(_PAGE.replace("```python\n## FIT", f"{settings}```python\n## FIT"))
    assert (page.bad_settings, page.good_settings) == ("[tool.stagelang.require]\nowner = []\n", "")
    assert page.bad == parse(_PAGE).bad
    with pytest.raises(PageError, match="'## Output' of SL904 is one block"):
        parse(_PAGE.replace("```text", f"{settings}```text"))


def test_a_blessed_page_has_the_new_output_and_nothing_else_changed() -> None:
    blessed = with_output(_PAGE, "one\ntwo\n")
    assert parse(blessed).output == "one\ntwo\n"
    assert with_output(blessed, parse(_PAGE).output) == _PAGE
    assert with_output(_PAGE.replace(parse(_PAGE).output, ""), parse(_PAGE).output) == _PAGE


def test_a_true_page_passes(tmp_path: Path) -> None:
    assert_page_is_true(parse(_PAGE), _check, tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("FIT = 1\n```", "fit = 1\n```"),
        ("found 1 error\n", "found 1 error \n"),
        ("fit = 1\n```", "FAT = 1\n```"),
    ],
)
def test_an_untrue_page_fails(right: str, wrong: str, tmp_path: Path) -> None:
    assert right in _PAGE
    with pytest.raises(AssertionError):
        assert_page_is_true(parse(_PAGE.replace(right, wrong, 1)), _check, tmp_path)


def test_an_unknown_code_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownCodeError, match=r"^no rule has the code 'SL10'; did you mean 'SL100'\?$"):
        pages.page("SL10")
    with pytest.raises(
        UnknownCodeError, match=r"^no rule has the code 'cycle'; they go from 'SL100' to 'SL\d\d\d'$"
    ):
        pages.page("cycle")


def test_a_page_can_not_be_read_from_outside_its_folder() -> None:
    with pytest.raises(UnknownCodeError):
        pages.page("../checks/SL100")


def test_the_index_lists_rules_by_code() -> None:
    piped = Rule(code="SL903", name="either-or", severity=Severity.NOTE, summary="a | b")
    assert pages.rule_index([piped, _SHOUTING, INTERNAL_ERROR]) == (
        "| code | name | severity | finds |\n"
        "| --- | --- | --- | --- |\n"
        "| [SL100](SL100.md) | internal-error | error, can't be waived | "
        "a check stopped on an error of its own, so what it looks for is not checked |\n"
        "| [SL903](SL903.md) | either-or | note | a \\| b |\n"
        "| [SL904](SL904.md) | shouting | error | a stage's name is all in capitals |\n"
    )


@pytest.mark.parametrize("code", pages.codes())
def test_every_page_keeps_to_the_layout_and_is_named_after_its_code(code: str) -> None:
    page = pages.page(code)
    assert page.code == code
    assert re.fullmatch(r".*\.", page.title)
    assert page.text == page.text.rstrip() + "\n"


WITHOUT_EXAMPLE = {"SL100", "SL240", "SL241", "SL242", "SL243", "SL802", "SL810"}
"""Rules that no one pipeline file can show: a mistake of ours, what two revisions differ in, a stranger's target, a folder's name."""
BESIDES = {
    "SL228": ["SL700"],
    "SL403": ["SL115"],
    "SL416": ["SL203"],
    "SL417": ["SL203"],
    "SL418": ["SL203"],
    "SL512": ["SL700"],
    "SL806": ["SL700"],
    **{f"SL70{number}": ["SL700"] for number in range(1, 6)},
}
"""Rules that can't be shown alone: a waiver stands beside the finding that it names, and a wrong experiment beside the note on
experiments."""
_TODAY = dt.date(2026, 11, 23)


def _real(path: Path) -> Sequence[Diagnostic]:
    targets = target_check(path, ())
    return check_file(path, today=_TODAY, of_settings=check_tables, of_plan=(targets,)).diagnostics


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {code: pages.page(code).name for code in pages.codes()} == {rule.code: rule.name for rule in RULES}


def test_no_two_rules_share_a_code_or_a_name() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


def test_only_what_no_pipeline_shows_has_a_page_without_example() -> None:
    assert {code for code in pages.codes() if not pages.page(code).bad} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", sorted(set(pages.codes()) - WITHOUT_EXAMPLE))
def test_every_page_is_true(code: str, tmp_path: Path, bless: bool) -> None:
    page = pages.page(code)
    if bless:
        _, output = said_of(page.bad, _real, tmp_path / "blessed", page.bad_settings)
        file = Path(pages.__file__).with_name("explain") / f"{code}.md"
        file.write_text(with_output(page.text, output), encoding="utf-8")
        page = parse(file.read_text(encoding="utf-8"))
    assert_page_is_true(page, _real, tmp_path, BESIDES.get(code, ()))
