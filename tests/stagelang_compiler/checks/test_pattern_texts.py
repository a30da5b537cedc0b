"""A list of texts that is called complete holds just the texts that RE2 matches; any other holds only such."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_compiler.checks.pattern_texts import texts_of
from stagelang_compiler.checks.patterns import pattern_problem, unmatched


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("", {""}),
        ("a|b", {"a", "b"}),
        ("^ab?$", {"a", "ab"}),
        ("^a|b$", {"a", "b"}),
        ("[a-c]", {"a", "b", "c"}),
        ("(?:a|b){0,2}", {"", "a", "b", "aa", "ab", "ba", "bb"}),
        (r"a\.b", {"a.b"}),
        (r"a\$", {"a$"}),
    ],
)
def test_few_texts_are_listed(pattern: str, texts: set[str]) -> None:
    found = texts_of(pattern)
    assert found.complete
    assert found.texts == texts


@pytest.mark.parametrize(
    "pattern",
    [
        "a+",
        ".",
        r"\d",
        "[^a]",
        "[A-Z]{2}",
        "(?i)a",
        "a{,2}",
        "^a{,2}",
        "[[:alpha:]]",
        r"\pL",
        r"\Qa+\E",
        "a^b|c",
        r"a\b",
        "a{999}b*",
    ],
)
def test_what_has_too_many_texts_or_is_read_otherwise_is_never_called_complete(pattern: str) -> None:
    assert not texts_of(pattern).complete


ALPHABET = "ab"
TEXTS = ["".join(each) for length in range(5) for each in itertools.product(ALPHABET, repeat=length)]
PARTS = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "", "a?", "b*"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda each: f"(?:{each[0]}|{each[1]})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "{,2}", "{0}"])).map(
            lambda each: f"({each[0]}){each[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(PARTS)
def test_every_listed_text_is_matched_and_a_complete_list_lacks_none(pattern: str) -> None:
    if pattern_problem(pattern):
        return
    found = texts_of(pattern)
    assert not unmatched(pattern, found.texts)
    if found.complete:
        assert set(TEXTS) - unmatched(pattern, TEXTS) <= found.texts
