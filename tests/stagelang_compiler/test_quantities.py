"""Durations and sizes as people write them."""

from __future__ import annotations

import re

import pytest

from stagelang_compiler.quantities import seconds, size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20s", 20),
        ("5min", 300),
        ("1h30min", 5400),
        ("1.5 h", 5400),
        ("250ms", 0.25),
        ("2d 1h", 176400),
        ("1h 30min 5s", 5405),
    ],
)
def test_durations_add_up(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "20", "s", "5m", "-5s", "0s", "5 minutes", "1h30", " 5s", "1e3s", "٣s", "9" * 400 + "s", "5s;"],
)
def test_other_texts_are_no_durations(text: str) -> None:
    expected = f"expected a duration such as '20s', '5min' or '1h30min', got {text!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1B", 1),
        ("512MB", 512 * 10**6),
        ("2GiB", 2 * 2**30),
        ("0.5 KB", 500),
        ("1.5KiB", 1536),
        (" 1TB ", 10**12),
        ("3TiB", 3 * 2**40),
        ("7GB", 7 * 10**9),
    ],
)
def test_sizes_are_in_bytes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(
    "text", ["", "512", "512mb", "1iB", "-1MB", "0MB", "1M", "1 MB 2KB", "٣MB", "9" * 400 + "MB", "1PB"]
)
def test_other_texts_are_no_sizes(text: str) -> None:
    expected = f"expected a size such as '512MB' or '2GiB', got {text!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        size(text)
