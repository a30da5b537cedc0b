"""Expressions are written one way, judged by a list, and words are never guessed at."""

from __future__ import annotations

import itertools
import random

import pytest

from stagelang_compiler.licences.spdx import UnknownLicence, canonical, nearest, refused, spoken


def test_an_expression_has_one_spelling() -> None:
    assert canonical("mit or (apache-2.0 and bsd-3-clause)") == "MIT OR (Apache-2.0 AND BSD-3-Clause)"
    for text in ("BSD", "MIT OR", "", "Apache 2.0", "GPL-2.0-only WITH nothing"):
        with pytest.raises(UnknownLicence):
            canonical(text)


@pytest.mark.parametrize(
    ("expression", "allowed", "left"),
    [
        ("MIT", ["MIT"], ()),
        ("MIT", ["ISC"], ("MIT",)),
        ("MIT OR Apache-2.0", ["Apache-2.0"], ()),
        ("MIT OR Apache-2.0", ["ISC"], ("MIT", "Apache-2.0")),
        ("MIT AND Zlib", ["MIT"], ("Zlib",)),
        ("MIT AND Zlib", ["MIT", "Zlib"], ()),
        ("MIT AND (Zlib OR ISC)", ["MIT", "ISC"], ()),
        ("MIT AND Zlib OR ISC", ["ISC"], ()),
        ("MIT OR Zlib AND ISC", ["Zlib"], ("MIT", "ISC")),
        ("GPL-3.0-or-later", ["GPL-3.0-only"], ()),
        ("GPL-3.0-only", ["GPL-3.0-or-later"], ("GPL-3.0-only",)),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"], ()),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only WITH Classpath-exception-2.0"], ()),
        ("GPL-2.0-only", ["GPL-2.0-only WITH Classpath-exception-2.0"], ("GPL-2.0-only",)),
        ("((MIT))", ["MIT"], ()),
    ],
)
def test_or_takes_one_and_and_takes_all(expression: str, allowed: list[str], left: tuple[str, ...]) -> None:
    assert refused(expression, allowed) == left


def test_a_verdict_is_that_of_the_same_expression_over_truths() -> None:
    chosen = random.Random(20261123)
    names = ["MIT", "ISC", "Zlib", "0BSD"]

    def expression(depth: int) -> str:
        if not depth or chosen.random() < 0.3:
            return chosen.choice(names)
        parts = [expression(depth - 1) for _ in range(chosen.choice((2, 3)))]
        text = chosen.choice((" AND ", " OR ")).join(parts)
        return f"({text})" if chosen.random() < 0.6 else text

    for _ in range(300):
        text = expression(3)
        for allowed in itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(5)):
            truth = text.replace("AND", "and").replace("OR", "or")
            for name in names:
                truth = truth.replace(name, str(name in allowed))
            assert (refused(text, allowed) == ()) == eval(truth), (text, allowed)


def test_words_that_mean_one_licence_are_read_and_others_are_not() -> None:
    read = {
        "Apache License, Version 2.0",
        "Apache 2.0",
        "MIT license",
        "BSD 2-Clause License",
        "3-Clause BSD",
        "The MIT License",
    }
    assert [spoken(text) for text in sorted(read)] == [
        "BSD-3-Clause",
        "Apache-2.0",
        "Apache-2.0",
        "BSD-2-Clause",
        "MIT",
        "MIT",
    ]
    for text in ("BSD", "Apache", "GPL", "Dual License", "see LICENSE", "PSF", "LGPL"):
        with pytest.raises(UnknownLicence):
            spoken(text)


def test_a_misspelt_identifier_has_a_nearest() -> None:
    assert (nearest("BSD-3-Clouse"), nearest("Apache2.0"), nearest("our own")) == (
        "BSD-3-Clause",
        "Apache-2.0",
        None,
    )
