"""No name can act in a comment: judged by a reader of Markdown that isn't ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stagelang_backends.review.escaping import code

HOSTILE = [
    "`",
    "``",
    "a`b``c",
    "`a`",
    " `",
    "",
    " ",
    "a|b",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<!-- ",
    "@everyone",
    "#123",
    "[x](https://example.org)",
    "https://example.org",
    "**bold** __init__ ~~x~~",
    "a\nb\r\n# c",
    "süß 数",
    "a\u202eb\u200bc\x1b[31m",
    "&amp; &lt;",
    "\\`",
    "$x$",
]


def read(text: str) -> list[tuple[str, str]]:
    """Read a paragraph: the kinds and contents of what stands in it."""
    (paragraph,) = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "inline"]
    return [(token.type, token.content) for token in paragraph.children or []]


def _seen(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_it_is_and_does_nothing(name: str) -> None:
    assert read(f"before {code(name)} after") == [
        ("text", "before "),
        ("code_inline", _seen(name) or " "),
        ("text", " after"),
    ]


@given(st.text(max_size=60))
def test_any_text_is_one_code_span(name: str) -> None:
    (kind, content), *rest = read(code(name, 1000))
    assert (kind, rest) == ("code_inline", [])
    assert content.strip() == _seen(name).strip()


def test_a_long_name_is_shortened() -> None:
    assert code("x" * 500) == f"`{'x' * 99}…`"
