"""Contracts and columns that can't be."""

from __future__ import annotations

import datetime as dt

from stagelang import Column, ColumnRef, Contract, S, Table, column, source, stage, vector
from stagelang import units as u
from tests.typing.ok_digit_reader import Decisions, Scans, scans


def misspelt_column() -> None:
    print(Scans.inkk)  # wrong: misspelt-column


def misspelt_inherited_column() -> None:
    class Fine(Scans):
        fine: Column[int] = column()

    print(Fine.fine, Fine.lable)  # wrong: misspelt-inherited-column


def column_of_another_type() -> None:
    ink: ColumnRef[Scans, str] = Scans.ink  # wrong: column-of-another-type
    print(ink)


def column_of_another_contract() -> None:
    price: ColumnRef[Scans, float] = Decisions.cost  # wrong: column-of-another-contract
    print(price)


def text_limit_of_a_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(ge="0")  # wrong: text-limit-of-a-number

    print(Wrong)


def number_limit_of_a_text() -> None:
    class Wrong(Contract):
        a: Column[str] = column(le=9)  # wrong: number-limit-of-a-text

    print(Wrong)


def fraction_limit_of_a_whole_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(lt=0.5)  # wrong: fraction-limit-of-a-whole-number

    print(Wrong)


def number_limit_of_a_date() -> None:
    class Wrong(Contract):
        a: Column[dt.date] = column(ge=2020)  # wrong: number-limit-of-a-date

    print(Wrong)


def text_categories_of_a_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(isin=["1", "2"])  # wrong: text-categories-of-a-number

    print(Wrong)


def one_category_without_a_list() -> None:
    class Wrong(Contract):
        a: Column[int] = column(isin=1)  # wrong: one-category-without-a-list

    print(Wrong)


def pattern_that_is_no_text() -> None:
    class Wrong(Contract):
        a: Column[str] = column(pattern=3)  # wrong: pattern-that-is-no-text

    print(Wrong)


def unit_as_a_text() -> None:
    class Wrong(Contract):
        a: Column[float] = column(unit="USD")  # wrong: unit-as-a-text

    print(Wrong)


def unit_that_is_none() -> None:
    class Wrong(Contract):
        a: Column[float] = column(unit=float)  # wrong: unit-that-is-none

    print(Wrong)


def unknown_unit() -> None:
    class Wrong(Contract):
        a: Column[float] = column(unit=u.PARSEC)  # wrong: unknown-unit

    print(Wrong)


def unknown_limit() -> None:
    class Wrong(Contract):
        a: Column[int] = column(maximum=9)  # wrong: unknown-limit

    print(Wrong)


def limit_by_position() -> None:
    class Wrong(Contract):
        a: Column[int] = column(0, 9)  # wrong: limit-by-position

    print(Wrong)


def flag_as_a_text() -> None:
    class Wrong(Contract):
        a: Column[int] = column(nullable="yes")  # wrong: flag-as-a-text

    print(Wrong)


def default_for_a_column() -> None:
    class Wrong(Contract):
        a: Column[int] = 3  # wrong: default-for-a-column

    print(Wrong)


def vector_for_a_number() -> None:
    class Wrong(Contract):
        a: Column[float] = vector(length=3)  # wrong: vector-for-a-number

    print(Wrong)


def text_limit_of_a_vector() -> None:
    class Wrong(Contract):
        a: Column[list[float]] = vector(ge="0")  # wrong: text-limit-of-a-vector

    print(Wrong)


def vector_length_as_a_text() -> None:
    class Wrong(Contract):
        a: Column[list[float]] = vector(length="64")  # wrong: vector-length-as-a-text

    print(Wrong)


def misspelt_class_keyword() -> None:
    class Wrong(Contract, vesion="1"):  # wrong: misspelt-class-keyword
        a: Column[int]

    print(Wrong)


def version_as_a_number() -> None:
    class Wrong(Contract, version=1.1):  # wrong: version-as-a-number
        a: Column[int]

    print(Wrong)


def rows_as_one_number() -> None:
    class Wrong(Contract, rows=100):  # wrong: rows-as-one-number
        a: Column[int]

    print(Wrong)


def view_under_no_contract() -> None:
    scans.as_contract(int)  # wrong: view-under-no-contract


def view_used_as_what_it_was() -> None:
    class Writers(Contract):
        writer: Column[int]

    rows: Table[Scans] = scans.as_contract(Writers)  # wrong: view-used-as-what-it-was
    print(rows)


def contract_with_an_unknown_name() -> None:
    source(Scanz, "scans.csv")  # wrong: contract-with-an-unknown-name


def table_of_no_contract() -> None:
    rows: Table[int] = scans  # wrong: table-of-no-contract
    print(rows)


def column_made_of_a_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(made_of=3)  # wrong: column-made-of-a-number

    print(Wrong)


def columns_made_of_numbers() -> None:
    class Wrong(Contract):
        a: Column[int] = column(made_of=[1, 2])  # wrong: columns-made-of-numbers

    print(Wrong)


def column_made_of_a_misspelt_column() -> None:
    class Wrong(Contract):
        a: Column[float] = column(made_of=[Scans.inkk])  # wrong: column-made-of-a-misspelt-column

    print(Wrong)


def days_as_a_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(known_after=30)  # wrong: days-as-a-number

    print(Wrong)


def unknown_scale() -> None:
    class Wrong(Contract):
        a: Column[int] = column(scale="cardinal")  # wrong: unknown-scale

    print(Wrong)


def unknown_sums() -> None:
    class Wrong(Contract):
        a: Column[int] = column(adds="sometimes")  # wrong: unknown-sums

    print(Wrong)


def unknown_relation_of_rows() -> None:
    @stage(rows="some")  # wrong: unknown-relation-of-rows
    def keep(rows: Table[Scans, S]) -> Table[Scans, S]:
        return rows

    print(keep)


def age_as_a_number() -> None:
    class Wrong(Contract, max_age=7):  # wrong: age-as-a-number
        a: Column[dt.date] = column(time=True)

    print(Wrong)


def order_by_a_number() -> None:
    class Wrong(Contract, sorted_by=0):  # wrong: order-by-a-number
        a: Column[int] = column()

    print(Wrong)
