from __future__ import annotations

import datetime as dt
import hashlib
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stagelang_compiler.plan import Split
from stagelang_runtime.gates.overlap import check_disjoint
from stagelang_runtime.inputs.errors import SplitError
from stagelang_runtime.inputs.split import split_table, uniform

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(400)]


def by_hash(test: float, validation: float | None = None) -> Split:
    return Split(method="hash", by="k", test=test, validation=validation)


def by_time(test: str, validation: str | None = None) -> Split:
    return Split(method="time", by="k", test=test, validation=validation)


def table(keys: Any, kind: pa.DataType | None = None) -> pa.Table:
    array = pa.array(keys, kind)
    return pa.table({"row": range(len(array)), "k": array})


def rows(parts: dict[str, pa.Table]) -> dict[str, list[int]]:
    return {name: part.column("row").to_pylist() for name, part in parts.items()}


def refusal(frame: pa.Table, split: Split) -> str:
    with pytest.raises(SplitError) as raised:
        split_table(frame, split, 1)
    return str(raised.value)


def drawn(values: Any, kind: pa.DataType, seed: int = 7) -> list[float]:
    found: list[float] = uniform(pa.chunked_array([pa.array(values, kind)]), seed).tolist()
    return found


def expected_of_int(value: int, seed: int) -> float:
    """Draw as the docstring of the module says, in plain Python."""
    mask = 2**64 - 1
    key = int.from_bytes(hashlib.sha256(f"stagelang split 1 {seed}".encode()).digest()[:8], "little")
    mixed = (value * 0x9E3779B97F4A7C15 + key) & mask
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
    return ((mixed ^ (mixed >> 31)) >> 11) / 2**53


def test_the_draw_of_a_value_never_changes() -> None:
    assert drawn([0, 1, -1, 2**62], pa.int64()) == [
        0.07312898863138917,
        0.10962225639701295,
        0.17985083884333608,
        0.5442934534282898,
    ]
    assert drawn(["", "a", "ü"], pa.string()) == [
        0.36820082573390245,
        0.6740691662564707,
        0.23094959501429035,
    ]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**63))
def test_ints_are_drawn_as_documented(value: int, seed: int) -> None:
    assert drawn([value], pa.int64(), seed) == [expected_of_int(value, seed)]


def test_days_and_moments_are_drawn_as_their_numbers_and_zones_do_not_matter() -> None:
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    number = int(noon.timestamp() * 1_000_000)

    assert drawn([dt.date(1970, 1, 11)], pa.date32()) == [expected_of_int(10, 7)]
    assert drawn([noon], pa.timestamp("ns", tz="Asia/Tokyo")) == [expected_of_int(number, 7)]
    assert drawn([number], pa.timestamp("us")) == [expected_of_int(number, 7)]
    assert drawn([True], pa.bool_()) == [expected_of_int(1, 7)]


def test_the_width_and_layout_of_a_column_do_not_matter() -> None:
    assert drawn([5, 6], pa.int8()) == drawn([5, 6], pa.uint64()) == drawn([5, 6], pa.int64())
    texts = ["a", "b", "a"]
    assert drawn(texts, pa.string()) == drawn(texts, pa.large_string()) == drawn(texts, pa.string_view())
    encoded = {"k": pa.array(["a", "b", "c", "d", "e"]).dictionary_encode(), "row": range(5)}
    plain = {"k": ["a", "b", "c", "d", "e"], "row": range(5)}
    assert rows(split_table(pa.table(encoded), by_hash(0.5), 1)) == rows(
        split_table(pa.table(plain), by_hash(0.5), 1)
    )


KEYS = st.lists(st.integers(0, 60), min_size=40, max_size=150)
SEEDS = st.integers(0, 2**40)


def divided(keys: list[int], seed: int) -> dict[str, list[int]] | None:
    try:
        return rows(split_table(table(keys, pa.int64()), by_hash(0.3, 0.2), seed))
    except SplitError:
        return None


@given(KEYS, SEEDS)
def test_every_row_is_in_one_part_in_its_order_and_every_value_on_one_side(
    keys: list[int], seed: int
) -> None:
    parts = divided(keys, seed)
    assume(parts is not None)
    assert parts is not None

    assert list(parts) == ["train", "validation", "test"]
    assert sorted(row for numbers in parts.values() for row in numbers) == list(range(len(keys)))
    assert all(numbers == sorted(numbers) for numbers in parts.values())
    sides = {name: {keys[row] for row in numbers} for name, numbers in parts.items()}
    assert sum(len(values) for values in sides.values()) == len(set(keys))


@given(KEYS, st.lists(st.integers(0, 60)), SEEDS, st.randoms(use_true_random=False))
def test_rows_that_are_added_or_moved_change_the_side_of_no_value(
    keys: list[int], more: list[int], seed: int, chance: random.Random
) -> None:
    grown = keys + more
    chance.shuffle(grown)
    before, after = divided(keys, seed), divided(grown, seed)
    assume(before is not None and after is not None)
    assert before is not None and after is not None

    side = {keys[row]: name for name, numbers in before.items() for row in numbers}
    assert all(side.get(grown[row], name) == name for name, numbers in after.items() for row in numbers)


@pytest.mark.parametrize("keys", [range(20_000), [f"writer {number}" for number in range(20_000)], DAYS * 50])
def test_shares_hold_in_expectation_and_seeds_are_independent(keys: Any) -> None:
    frame = table(list(keys))
    distinct = len(set(keys))
    one, other = (rows(split_table(frame, by_hash(0.25, 0.15), seed)) for seed in (1, 2))
    scale = len(keys) / distinct

    for parts in (one, other):
        assert len(parts["test"]) / scale == pytest.approx(
            0.25 * distinct, abs=5 * (distinct * 0.25 * 0.75) ** 0.5
        )
        assert len(parts["validation"]) / scale == pytest.approx(
            0.15 * distinct, abs=5 * (distinct * 0.15 * 0.85) ** 0.5
        )
    both = len(set(one["test"]) & set(other["test"])) / scale
    assert both == pytest.approx(distinct / 16, abs=5 * (distinct / 16) ** 0.5)


def test_a_larger_share_only_adds_to_the_test_rows() -> None:
    frame = table(list(range(1000)))
    small, large = (set(rows(split_table(frame, by_hash(share), 5))["test"]) for share in (0.1, 0.3))

    assert small < large


def test_the_parts_pass_the_gate_between_populations() -> None:
    parts = split_table(table([number % 97 for number in range(5000)]), by_hash(0.3, 0.2), 3)

    assert [result.verdict for result in check_disjoint(parts, "k")] == ["pass", "pass", "pass"]


def test_a_split_that_cannot_be_made_says_why_and_what_to_do() -> None:
    assert refusal(table([1, None, 2]), by_hash(0.5)) == (
        "column 'k' has 1 missing values, which belong to no side\n"
        "  help: fill them or drop these rows before the split"
    )
    assert refusal(table([0.5]), by_hash(0.5)) == (
        "a column of float can't decide on which side a row is: its values have no reliable equality\n"
        "  help: split by a key or group of ints, texts, dates or times"
    )
    assert refusal(table([1, 1, 1]), by_hash(0.2, 0.2)).endswith(
        "among 3 rows with 1 distinct values of 'k'\n"
        "  help: split by a column with more distinct values, use larger shares, or get more rows"
    )
    assert refusal(table([], pa.int64()), by_hash(0.2)).startswith(
        "no rows for train and test among 0 rows with 0 distinct values of 'k'\n"
    )
    assert refusal(pa.table({"a": [1]}), by_hash(0.2)) == (
        "the table has no column 'k' to split by\n  help: split by a column of its contract"
    )
    assert refusal(table([1]), by_hash(0.6, 0.4)) == (
        "expected shares between 0 and 1 that leave rows to train on, found test=0.6, validation=0.4\n"
        "  help: make the shares smaller"
    )


def test_time_divides_before_the_first_moment_of_each_part() -> None:
    moments = pa.array([0, 999_999, 1_000_000, 2_000_000, 1_999_999, 500_000], pa.timestamp("us"))
    parts = split_table(table(moments), by_time("1970-01-01T00:00:02", "1970-01-01T00:00:01"), 1)

    assert rows(parts) == {"train": [0, 1, 5], "validation": [2, 4], "test": [3]}


def test_a_time_without_a_zone_is_utc_on_either_side() -> None:
    naive = table(pa.array([0, 3_600_000_000], pa.timestamp("us")))
    tokyo = table(pa.array([0, 3_600_000_000], pa.timestamp("us", tz="Asia/Tokyo")))

    for frame in (naive, tokyo):
        for start in ("1970-01-01T01:00", "1970-01-01T01:00Z", "1970-01-01T03:00+02:00"):
            assert rows(split_table(frame, by_time(start), 1)) == {"train": [0], "test": [1]}


@given(
    st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), min_size=2),
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
)
def test_all_training_rows_come_before_all_test_rows(days: list[dt.date], start: dt.date) -> None:
    expected = {
        "train": [i for i, day in enumerate(days) if day < start],
        "test": [i for i, day in enumerate(days) if day >= start],
    }
    if not (expected["train"] and expected["test"]):
        with pytest.raises(SplitError):
            split_table(table(days), by_time(start.isoformat()), 1)
    else:
        assert rows(split_table(table(days), by_time(start.isoformat()), 1)) == expected


def test_a_split_by_time_that_cannot_be_made_says_why_and_what_to_do() -> None:
    assert refusal(table(DAYS), by_time("2030-01-01")) == (
        "no rows for test among 400 rows from 2026-01-01 to 2027-02-04\n"
        "  help: choose moments within the times of the rows"
    )
    assert refusal(table(DAYS), by_time("2026-06-01", "2026-06-01")) == (
        "validation begins at 2026-06-01, not before the test rows at 2026-06-01\n  help: begin validation earlier"
    )
    assert refusal(table(["2026-01-01"]), by_time("2026-01-01")) == (
        "column 'k' holds str, not dates or times\n  help: split by a column of times"
    )


def fold(number: int, of: int, depth: int = 0) -> Split:
    return Split(method="fold", by="k", test=1 / of, fold=number, folds=of, depth=depth)


@given(st.lists(st.integers(), min_size=30, max_size=60, unique=True), st.integers(2, 4))
def test_each_row_is_held_out_in_one_fold_and_learnt_from_in_all_others(keys: list[int], of: int) -> None:
    frame = table([str(key) for key in keys])
    try:
        parts = [rows(split_table(frame, fold(number, of), 1)) for number in range(1, of + 1)]
    except SplitError:
        assume(False)
    held_out = [row for part in parts for row in part["test"]]
    assert sorted(held_out) == list(range(len(keys)))
    assert all(sorted(part["train"] + part["test"]) == list(range(len(keys))) for part in parts)


def test_a_fold_to_choose_by_holds_out_validation_rows() -> None:
    split = Split(method="fold", by="k", test=None, validation=0.5, fold=2, folds=2)
    assert [*split_table(table(range(50)), split, 1)] == ["train", "validation"]


def test_a_split_below_another_takes_its_shares_of_what_is_left() -> None:
    outer = split_table(table(range(4000)), by_hash(0.3), 1)["train"]
    assert refusal(outer, by_hash(0.2)).startswith("no rows for test"), "the same draw has none left"
    inner = split_table(outer, Split(method="hash", by="k", test=0.2, depth=1), 1)
    assert 0.17 < inner["test"].num_rows / outer.num_rows < 0.23
    of_folds = [split_table(outer, fold(number, 5, depth=1), 1)["test"].num_rows for number in range(1, 6)]
    assert sum(of_folds) == outer.num_rows
    assert min(of_folds) > 0.17 * outer.num_rows


def test_a_fold_that_is_not_there_is_refused() -> None:
    assert (
        refusal(table(range(50)), fold(3, 2)) == "there is no fold 3 of 2\n  help: ask for two folds or more"
    )


def test_an_embargo_leaves_rows_out_of_the_earlier_parts() -> None:
    frame = table(DAYS[:30])
    split = Split(method="time", by="k", test="2026-01-21", validation="2026-01-11", embargo=3 * 86400.0)
    found = rows(split_table(frame, split, 1))
    assert found == {"train": [*range(7)], "validation": [*range(10, 17)], "test": [*range(20, 30)]}
