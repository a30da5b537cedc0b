"""Right contracts: limits, bare columns, refinement, columns as keys."""

from __future__ import annotations

import datetime as dt
from typing import assert_type

import pandas as pd

from stagelang import Column, ColumnRef, Contract, S, Table, Train, column, source, split, stage, vector
from stagelang import units as u
from tests.typing.ok_digit_reader import CleanScans, Scans, embed, scans


class Letters(
    Contract, version="2.0", owner="post-office", closed=True, rows=(1, 1_000)
):  # right: class-keywords
    """Every kind of limit, each of its column's own type."""

    code: Column[str] = column(pattern="[A-Z]{2}[0-9]+", unique=True)  # right: pattern-of-a-text
    posted_on: Column[dt.date] = column(ge=dt.date(2020, 1, 1))  # right: limit-of-a-date
    weight: Column[float] = column(gt=0, lt=2, unit=u.KILOGRAM)  # right: int-limits-of-a-float
    pieces: Column[int] = column(isin=[1, 2, 3])  # right: categories-of-numbers
    size: Column[str] = column(isin={"S", "M", "L"}, nullable=True)  # right: categories-of-texts
    sealed: Column[bool] = column(role="feature", description="Whether it is sealed.")
    stamp: Column[bytes]  # right: bare-column
    words: Column[list[str]] = vector()  # right: vector-of-texts
    embedding: Column[list[float]] = vector(length=3, ge=-1, le=1)  # right: int-limits-of-a-float-vector
    speed: Column[float] = column(unit=u.KILOMETRE)


def a_column_knows_its_contract_and_type() -> None:  # right: column-reference
    assert_type(Scans.ink, ColumnRef[Scans, float])
    assert_type(Scans.scan_id, ColumnRef[Scans, int])
    assert_type(Scans.sorting_office, ColumnRef[Scans, str])
    assert_type(Letters.embedding, ColumnRef[Letters, list[float]])


def an_inherited_column_belongs_to_the_refined_contract() -> None:  # right: inherited-column
    assert_type(CleanScans.ink, ColumnRef[CleanScans, float])


def a_column_is_a_text() -> None:  # right: column-as-text
    names: list[str] = [Scans.ink, Scans.label]
    print(", ".join(names), Scans.ink.upper())


def a_column_is_a_key(frame: pd.DataFrame) -> None:  # right: column-as-key
    assert_type(frame[Scans.ink], pd.Series)
    assert_type(frame[[Scans.ink, Scans.label]], pd.DataFrame)
    print({Scans.ink: 0.5}[Scans.ink])


def a_refined_table_is_accepted_for_its_base(clean: Table[CleanScans, Train]) -> None:  # right: sub-contract
    rows: Table[Scans, Train] = clean
    print(rows, embed(clean))


def a_column_of_the_base_divides_a_refined_table(
    clean: Table[CleanScans],
) -> None:  # right: split-by-a-base-column
    print(split(clean, by=Scans.writer, test=0.2))


def a_table_is_viewed_under_another_contract() -> None:  # right: as-contract
    class Writers(Contract):
        writer: Column[int] = column()

    viewed = scans.as_contract(Writers)
    assert_type(viewed, "Table[Writers]")
    print(split(viewed, by=Writers.writer, test=0.5).train)


def a_local_contract_works_like_any_other() -> None:  # right: local-contract
    class Parcels(Contract):
        parcel_id: Column[int] = column(key=True)
        weight: Column[float]

    @stage
    def weigh(parcels: Table[Parcels, S]) -> Table[Parcels, S]:
        return parcels.derive(Parcels, parcels.pandas[[Parcels.parcel_id, Parcels.weight]])

    parcels = source(Parcels, "parcels.csv.gz")
    halves = split(weigh(parcels), by=Parcels.parcel_id, test=0.5)
    assert_type(weigh(halves.train), "Table[Parcels, Train]")


def a_source_says_its_format() -> None:  # right: source-format
    assert_type(source(Letters, "letters", format="jsonl", name="mail", owner="post-office"), Table[Letters])


class Judged(Contract, sorted_by=("at", "letter"), max_age=dt.timedelta(days=7)):  # right: order-and-age
    """Every word about what values are made of, and what they may be used for."""

    letter: Column[int] = column(key=True)
    at: Column[dt.datetime] = column(time=True)
    ink: Column[float] = column(made_of=[Scans.ink, "label"], scale="interval")  # right: made-of-columns
    share: Column[float] = column(made_of=Scans.ink, adds="never")  # right: made-of-one-column
    fixed: Column[int] = column(made_of=[])  # right: made-of-nothing
    paid: Column[bool] = column(role="label", known_after=dt.timedelta(days=30))  # right: known-after


def a_stage_says_how_its_rows_relate() -> None:  # right: rows-of-a-stage
    @stage(rows="filter")
    def keep(rows: Table[Judged, S]) -> Table[Judged, S]:
        return rows

    assert_type(keep(source(Judged, "judged.parquet")), Table[Judged])
