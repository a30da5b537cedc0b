"""What is said of contracts by themselves and of the columns that splits divide by, and what isn't said."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file

HEAD = """\
from __future__ import annotations

import datetime as dt
from typing import Optional

from stagelang import (
    Column, Contract, Pipeline, S, Table, Unit, column, source, split, split_by_time, stage,
    vector,
)
from stagelang import units as u

"""
TAIL = """
rows = source(Rows, "rows.parquet")
pipeline = Pipeline(name="p", seed=1, outputs=[rows])
"""
STORED = "expected: int, float, str, bool, bytes, date, datetime, time, or a list of one of these"


def checked(text: str, folder: Path, tail: str = TAIL) -> list[str]:
    file = folder / "pipeline.py"
    file.write_text(HEAD + text + tail, encoding="utf-8")
    return [
        "\n".join(
            [
                f"{finding.rule.code} {finding.message}",
                *(f"{place.origin.line} {place.text}".strip() for place in finding.places),
                *(f"{word}: {text}" for word, text in finding.remarks()),
            ]
        )
        for finding in check_file(file).diagnostics
    ]


@pytest.mark.parametrize(
    ("column", "finding"),
    [
        (
            "x: Column[dict]",
            (
                f"SL215 column 'x' of 'Rows' has a type that no table stores\n13\n{STORED}\nfound: dict\n"
                "help: declare one of these types, and convert the values to it"
            ),
        ),
        (
            "x: Column[Optional[int]]",
            (
                f"SL215 column 'x' of 'Rows' has a type that no table stores\n13\n{STORED}\nfound: int | None\n"
                "help: leave None out, and declare column(nullable=True)"
            ),
        ),
        (
            "x: Column[list[list[int]]]",
            (
                f"SL215 column 'x' of 'Rows' has a type that no table stores\n13\n{STORED}\nfound: list[list[int]]\n"
                "help: declare one of these types, and convert the values to it"
            ),
        ),
        (
            "x: Column[Decimal]",
            (
                f"SL215 column 'x' of 'Rows' has an annotation that can't be resolved\n13\n{STORED}\n"
                "found: NameError: name 'Decimal' is not defined\n"
                "help: import the type where the contract is declared"
            ),
        ),
        (
            "x = column(ge=0)",
            (
                f"SL215 column 'x' of 'Rows' has no type\n13\n{STORED}\n"
                "help: annotate it, such as x: Column[int] = column()"
            ),
        ),
        (
            "x: Column = column(ge=0)",
            (
                f"SL215 column 'x' of 'Rows' has no type\n13\n{STORED}\n"
                "help: annotate it, such as x: Column[int] = column()"
            ),
        ),
        (
            'x: Column[str] = column(pattern="(a")',
            (
                "SL217 the pattern of column 'x' of 'Rows' is no regular expression\n13\n"
                "expected: the syntax of RE2, which has no look-around and no back-references\n"
                "found: missing )\nhelp: correct the pattern: https://github.com/google/re2/wiki/Syntax"
            ),
        ),
        (
            r'x: Column[str] = column(pattern=r"(a)\1")',
            (
                "SL217 the pattern of column 'x' of 'Rows' is no regular expression\n13\n"
                "expected: the syntax of RE2, which has no look-around and no back-references\n"
                "found: invalid escape sequence: \\1\nhelp: correct the pattern: https://github.com/google/re2/wiki/Syntax"
            ),
        ),
        (
            'x: Column[str] = column(pattern="a)(b")',
            (
                "SL217 the pattern of column 'x' of 'Rows' is no regular expression\n13\n"
                "expected: the syntax of RE2, which has no look-around and no back-references\n"
                "found: unexpected )\nhelp: correct the pattern: https://github.com/google/re2/wiki/Syntax"
            ),
        ),
    ],
)
def test_a_column_that_nothing_could_check_is_a_finding(column: str, finding: str, tmp_path: Path) -> None:
    assert checked(f"class Rows(Contract):\n    {column}\n", tmp_path) == [finding]


@pytest.mark.parametrize(
    ("column", "fault", "action"),
    [
        ("x: Column[int] = column(gt=3, lt=4)", "no int lies in 3 < x < 4", "widen the range"),
        ("x: Column[float] = column(ge=1, le=0)", "no float lies in 1 <= x <= 0", "widen the range"),
        (
            "x: Column[dt.date] = column(gt=dt.date(2026, 1, 1), lt=dt.date(2026, 1, 2))",
            "no date lies in 2026-01-01 < x < 2026-01-02",
            "widen the range",
        ),
        (
            "x: Column[list[float]] = vector(ge=1.0, le=0.0)",
            "no float lies in 1.0 <= x <= 0.0",
            "widen the range",
        ),
        (
            "x: Column[str] = column(ge='a')",
            "bounds are given for str, which isn't ordered as a number or a moment is",
            "name the values with isin=[...], or describe them with pattern=...",
        ),
        (
            "x: Column[bool] = column(le=True)",
            "bounds are given for bool, which isn't ordered as a number or a moment is",
            "name the values with isin=[...]",
        ),
        ("x: Column[int] = column(ge='a')", "ge='a' is no int", "write a bound of the column's type"),
        (
            "x: Column[int] = column(pattern='a')",
            "a pattern is given for int, and only text has one",
            "remove pattern=..., or make the column a str",
        ),
        ("x: Column[int] = column(isin=[])", "isin=[] leaves no value", "name the values, or remove isin"),
        (
            "x: Column[int] = column(isin=[1, None])",
            "isin holds None, and a missing value is none of a column's values",
            "declare nullable=True instead",
        ),
        (
            "x: Column[int] = column(isin=[1, 'b', 1.5])",
            "isin holds 'b', 1.5, which the type int doesn't have",
            "write values of the column's type",
        ),
        (
            "x: Column[int] = column(isin=[1, 12], le=9)",
            "isin holds 12, outside of x <= 9",
            "keep only one of the two limits",
        ),
        (
            "x: Column[str] = column(isin=['a', 'b'], pattern='a+')",
            "isin holds 'b', which 'a+' doesn't match",
            "keep only one of the two limits",
        ),
        (
            "x: Column[int] = column(key=True, nullable=True)",
            "a key that may be missing names no row",
            "remove nullable=True",
        ),
        (
            "x: Column[list[int]] = column(unique=True)",
            "lists can't be unique",
            "make another column the key",
        ),
        (
            "x: Column[int] = vector(length=3)",
            "length=3 is given for int, and only lists have one",
            "declare it as Column[list[...]]",
        ),
        (
            "x: Column[list[int]] = vector(length=-1)",
            "length=-1 leaves no list of values",
            "write how many items each list has",
        ),
        (
            "x: Column[str] = column(unit=u.USD)",
            "a unit is given for str, and only numbers have one",
            "remove unit=..., or make the column a number",
        ),
        (
            "x: Column[int] = column(unit='USD')",
            "unit='USD' is no unit",
            "write one of stagelang.units, or a class of your own: class PARCEL(Unit)",
        ),
    ],
)
def test_limits_that_contradict_each_other_or_the_type_are_a_finding(
    column: str, fault: str, action: str, tmp_path: Path
) -> None:
    assert checked(f"class Rows(Contract):\n    {column}\n", tmp_path) == [
        f"SL216 column 'x' of 'Rows': {fault}\n13\nhelp: {action}"
    ]


@pytest.mark.parametrize("rows", ["(5, 1)", "(-1, None)"])
def test_rows_that_no_table_can_have_are_a_finding(rows: str, tmp_path: Path) -> None:
    assert checked(f"class Rows(Contract, rows={rows}):\n    x: Column[int]\n", tmp_path) == [
        (
            f"SL216 no table can have the rows of 'Rows': rows={rows}\n12\n"
            "help: write rows=(fewest, most), with None for no limit"
        )
    ]


@pytest.mark.parametrize("version", ["'v1'", "'1.'", "'1.0-beta'"])
def test_a_version_without_an_order_is_a_finding(version: str, tmp_path: Path) -> None:
    assert checked(f"class Rows(Contract, version={version}):\n    x: Column[int]\n", tmp_path) == [
        (
            f"SL221 version {version} of 'Rows' isn't numbers joined by dots\n12\n"
            f"expected: such as '1' or '2.0.1'\nfound: {version}\n"
            "help: write numbers, so that the later of two versions can be told"
        )
    ]


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("version=1.5", "version of contract 'Rows' is 1.5"),
        ("rows=5", "rows of contract 'Rows' is 5"),
        ("rows=(1, 2, 3)", "rows of contract 'Rows' is (1, 2, 3)"),
    ],
)
def test_a_setting_of_another_type_is_reported_once(said: str, setting: str, tmp_path: Path) -> None:
    found = checked(f"class Rows(Contract, {said}):\n    x: Column[int]\n", tmp_path)
    assert [finding.split("\n")[0] for finding in found] == [f"SL105 {setting}"]


@pytest.mark.parametrize(
    ("column", "setting"),
    [
        ("x: Column[float] = column(le=float('nan'))", "le of column 'x' of 'Rows' is nan"),
        ("x: Column[str] = column(pattern=5)", "pattern of column 'x' of 'Rows' is 5"),
        ("x: Column[list[int]] = vector(length='a')", "length of column 'x' of 'Rows' is 'a'"),
    ],
)
def test_a_limit_of_another_type_is_reported_once(column: str, setting: str, tmp_path: Path) -> None:
    found = checked(f"class Rows(Contract):\n    {column}\n", tmp_path)
    assert [finding.split("\n")[0] for finding in found] == [f"SL105 {setting}"]


def test_all_faults_of_a_column_are_reported_and_none_again_where_it_is_inherited(tmp_path: Path) -> None:
    text = """\
class Base(Contract):
    x: Column[str] = column(ge=1, key=True, nullable=True, pattern="(")

class Rows(Base):
    y: Column[int]
"""
    assert [finding.split("\n")[0] for finding in checked(text, tmp_path)] == [
        "SL216 column 'x' of 'Base': a key that may be missing names no row",
        "SL216 column 'x' of 'Base': bounds are given for str, which isn't ordered as a number or a moment is",
        "SL217 the pattern of column 'x' of 'Base' is no regular expression",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "x: Column[int]",
        "x: Column[list[str]] = column(pattern='[a-z]+')",
        "x: Column[int] = column(gt=3, lt=5)",
        "x: Column[float] = column(ge=0, le=0)",
        "x: Column[float] = column(gt=0, lt=5e-324 * 2)",
        "x: Column[int] = column(ge=0.5, le=1.5)",
        "x: Column[dt.datetime] = column(ge=dt.date(2026, 1, 1), time=True)",
        "x: Column[dt.time] = column(ge=dt.time(8), lt=dt.time(20))",
        "x: Column[int] = column(isin=[1, 2], le=2)",
        "x: Column[int] = column(isin=[1.0, 2.0])",
        "x: Column[bool] = column(isin=[True])",
        r"x: Column[str] = column(pattern=r'\p{Lu}[[:alpha:]]*')",
        "x: Column[str] = column(isin=['a', 'aa'], pattern='a+')",
        "x: Column[int] = column(unique=True, nullable=True)",
        "x: Column[list[int]] = vector(length=1, unit=u.PIXEL_VALUE)",
        "x: Column[float] = column(unit=u.Times[u.USD, u.Per[u.ROW, u.HOUR]])",
        "x: 'Column[int]' = column(key=True)",
    ],
)
def test_limits_that_fit_are_none(body: str, tmp_path: Path) -> None:
    assert checked(f"class Rows(Contract, version='2.10', rows=(0, 5)):\n    {body}\n", tmp_path) == []


REFINED = """\
class Base(Contract{0}):
    x: Column[int] = column({1})

class Rows(Base{2}):
    {3}
"""


@pytest.mark.parametrize(
    ("base", "rows", "finding"),
    [
        (
            ("", "ge=0, le=9"),
            ("", "x: Column[int] = column(ge=0)"),
            (
                "SL218 'Rows' refines 'Base' and breaks its promise of column 'x'\n16\n13 promised here\n"
                "expected: 0 <= x <= 9\nfound: x >= 0\n"
                "help: keep the promise, or declare 'Rows' as a contract of its own"
            ),
        ),
        (
            ("", "key=True"),
            ("", "x: Column[int]"),
            (
                "SL218 'Rows' refines 'Base' and breaks its promise of column 'x'\n16\n13 promised here\n"
                "expected: no repeats\nfound: values that may repeat\n"
                "help: keep the promise, or declare 'Rows' as a contract of its own"
            ),
        ),
        (
            (", closed=True", ""),
            (", closed=True", "y: Column[int]"),
            (
                "SL218 'Rows' refines 'Base' and breaks its promise of column 'y'\n16\n12 promised here\n"
                "expected: no columns but x\nfound: also column 'y'\n"
                "help: keep the promise, or declare 'Rows' as a contract of its own"
            ),
        ),
        (
            ("", ""),
            (", rows=(0, None)", "y: Column[int]"),
            (
                "SL218 'Rows' refines 'Base' and breaks its promise of its number of rows\n15\n12 promised here\n"
                "expected: at least 1 row\nfound: any number of rows\n"
                "help: keep the promise, or declare 'Rows' as a contract of its own"
            ),
        ),
    ],
)
def test_a_refinement_that_takes_a_promise_back_is_a_finding(
    base: tuple[str, str], rows: tuple[str, str], finding: str, tmp_path: Path
) -> None:
    assert checked(REFINED.format(*base, *rows), tmp_path) == [finding]


@pytest.mark.parametrize(
    ("base", "rows"),
    [
        (("", "ge=0, le=9"), ("", "x: Column[int] = column(ge=1, le=9)")),
        (("", "ge=0, nullable=True"), ("", "x: Column[int] = column(isin=[0, 1], key=True)")),
        (("", "unique=True"), ("", "y: Column[int]")),
        ((", closed=True", ""), (", closed=True", "x: Column[int] = column(key=True)")),
        ((", rows=(0, None)", ""), (", rows=(1, None)", "y: Column[int]")),
    ],
)
def test_a_refinement_that_narrows_or_adds_is_none(
    base: tuple[str, str], rows: tuple[str, str], tmp_path: Path
) -> None:
    assert checked(REFINED.format(*base, *rows), tmp_path) == []


def test_a_weakened_refinement_is_not_reported_again_where_a_stage_relies_on_it(tmp_path: Path) -> None:
    text = (
        REFINED.format("", "ge=0", "", "x: Column[int]")
        + """
@stage
def use(rows: Table[Base, S]) -> Table[Base, S]: ...
"""
    )
    tail = TAIL.replace("outputs=[rows]", "outputs=[use(rows)]")
    assert [finding[:5] for finding in checked(text, tmp_path, tail)] == ["SL218"]


def test_a_contract_that_promises_nothing_is_a_warning_where_a_table_has_it(tmp_path: Path) -> None:
    assert checked("class Rows(Contract):\n    pass\n", tmp_path) == [
        (
            "SL219 contract 'Rows' has no columns, so it promises nothing\n12\n"
            "help: declare its columns, or write Table[Contract] for a table of any columns"
        )
    ]


def test_a_contract_without_columns_may_be_a_base_of_others(tmp_path: Path) -> None:
    text = "class Owned(Contract, owner='vision'):\n    pass\n\nclass Rows(Owned):\n    x: Column[int]\n"
    assert checked(text, tmp_path) == []


def test_a_table_of_any_columns_promises_nothing_and_may(tmp_path: Path) -> None:
    text = "class Rows(Contract):\n    x: Column[int]\n\n@stage\ndef use(rows: Table[Contract]) -> Table[Rows]: ...\n"
    assert checked(text, tmp_path, TAIL.replace("outputs=[rows]", "outputs=[use(rows)]")) == []


TWICE = """\
class Rows(Contract):
    x: Column[int]

first = source(Rows, "first.parquet")

class Rows(Contract):
    x: Column[{}]
"""


def test_two_contracts_of_one_name_are_a_finding_where_they_promise_different_things(tmp_path: Path) -> None:
    tail = TAIL.replace("outputs=[rows]", "outputs=[first, rows]")
    assert checked(TWICE.format("str"), tmp_path, tail) == [
        "SL220 two contracts are called 'Rows' and promise different things\n17\n12 the other\nhelp: rename one of them"
    ]


def test_two_contracts_of_one_name_that_promise_the_same_are_none(tmp_path: Path) -> None:
    tail = TAIL.replace("outputs=[rows]", "outputs=[first, rows]")
    assert checked(TWICE.format("int"), tmp_path, tail) == []


def test_a_contract_of_that_name_that_no_table_has_is_none(tmp_path: Path) -> None:
    assert (
        checked(TWICE.format("str").replace('first = source(Rows, "first.parquet")\n', "\n"), tmp_path) == []
    )


SPLIT = """\
class Rows(Contract):
    id: Column[int] = column(key=True)
    patient: Column[int] = column(group=True)
    seen: Column[dt.date] = column(time=True)
    billed: Column[dt.date] = column()
    step: Column[int] = column(time=True)

class Other(Contract):
    patients: Column[int] = column(key=True)
    far_away: Column[int] = column(key=True)

rows = source(Rows, "rows.parquet")
halves = {}
pipeline = Pipeline(name="p", seed=1, outputs=[halves.train, halves.test])
"""


@pytest.mark.parametrize(
    ("split", "finding"),
    [
        (
            "split(rows, by=Other.patients, test=0.5)",
            (
                "SL222 split 'split_rows' divides by 'patients', which 'Rows' doesn't have\n24\n"
                "12 the table's contract\n"
                "expected: a column of 'Rows': id, patient, seen, billed, step\nfound: patients\n"
                "help: did you mean 'patient'?"
            ),
        ),
        (
            "split(rows, by=Other.far_away, test=0.5)",
            (
                "SL222 split 'split_rows' divides by 'far_away', which 'Rows' doesn't have\n24\n"
                "12 the table's contract\n"
                "expected: a column of 'Rows': id, patient, seen, billed, step\nfound: far_away\n"
                "help: divide by one of its columns, such as 'id'"
            ),
        ),
        (
            "split_by_time(rows, by=Rows.billed, test_from=dt.date(2026, 1, 1))",
            (
                "SL223 split 'split_rows' divides by 'billed', which isn't declared for it\n24\n16 declared here\n"
                "expected: the rows' time\nfound: a column without time=True\n"
                "help: declare time=True where the column is that, or divide by one that is"
            ),
        ),
        (
            "split_by_time(rows, by=Rows.step, test_from=dt.date(2026, 1, 1))",
            (
                "SL223 split 'split_rows' divides by 'step', which isn't declared for it\n24\n17 declared here\n"
                "expected: a date or a datetime\nfound: a column of int\n"
                "help: divide by a column of dates or datetimes"
            ),
        ),
    ],
)
def test_a_split_by_a_column_that_does_not_divide_is_a_finding(
    split: str, finding: str, tmp_path: Path
) -> None:
    assert checked(SPLIT.replace("column(group=True)", "column()").format(split), tmp_path, "") == [finding]


def test_a_split_by_a_plain_column_is_a_finding(tmp_path: Path) -> None:
    text = SPLIT.replace("column(group=True)", "column()").format("split(rows, by=Rows.patient, test=0.5)")
    assert checked(text, tmp_path, "") == [
        (
            "SL223 split 'split_rows' divides by 'patient', which isn't declared for it\n24\n14 declared here\n"
            "expected: a key or a group\nfound: a column without group=True\n"
            "help: declare group=True where the column is that, or divide by one that is"
        )
    ]


def test_a_split_that_parts_a_group_is_left_to_the_rule_on_leakage(tmp_path: Path) -> None:
    text = SPLIT.format("split(rows, by=Rows.billed, test=0.5)")
    assert [finding[:5] for finding in checked(text, tmp_path, "")] == ["SL608"]


@pytest.mark.parametrize(
    "split",
    [
        "split(rows, by=Rows.patient, test=0.5)",
        "split_by_time(rows, by=Rows.seen, test_from=dt.date(2026, 1, 1))",
    ],
)
def test_a_split_by_group_or_time_is_none(split: str, tmp_path: Path) -> None:
    text = SPLIT if "time" not in split else SPLIT.replace("column(group=True)", "column()")
    assert checked(text.format(split), tmp_path, "") == []


def test_a_split_by_a_key_where_rows_have_no_group_is_none(tmp_path: Path) -> None:
    text = SPLIT.replace("column(group=True)", "column()").format("split(rows, by=Rows.id, test=0.5)")
    assert checked(text, tmp_path, "") == []
