"""What is said where a table is read under a contract that its own doesn't imply, and what isn't said."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.checks.contract_edges import proved
from stagelang_compiler.compiler import check_file
from stagelang_compiler.graph import Edge

HEAD = """\
import datetime as dt
from typing import NamedTuple

from stagelang import Column, Contract, Pipeline, S, Table, column, scope, source, split, stage, vector
from stagelang import units as u

"""


def checked(text: str, folder: Path) -> list[str]:
    """Give each finding as lines: its code and message, its places, and its remarks."""
    file = folder / "pipeline.py"
    file.write_text(HEAD + text, encoding="utf-8")
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


def read_as(given: str, needed: str) -> str:
    """Give a pipeline that views a table of Scans, from line 7, as Clean, from line 10, at line 16."""
    return f"""\
class Scans({given.partition(";")[0]}):
    {given.partition("; ")[2]}

class Clean({needed.partition(";")[0]}):
    {needed.partition("; ")[2]}

@stage
def embed(scans: Table[Clean, S]) -> Table[Clean, S]: ...

embedded = embed(source(Scans, "scans.parquet").as_contract(Clean))
pipeline = Pipeline(name="digits", seed=1, outputs=[embedded])
"""


def column_as(given: str, needed: str) -> str:
    return read_as(f"Contract; {given}", f"Contract; {needed}")


def said(
    message: str, expected: str, found: str, action: str, places: str = "16\n8 promised here\n11 needed here"
) -> str:
    return f"{message}\n{places}\nexpected: {expected}\nfound: {found}\nhelp: {action}"


WRONG = [
    (
        "x: Column[int]",
        "y: Column[int]",
        said(
            "SL201 the view as 'Clean' needs column 'y', which 'Scans' doesn't promise",
            "column 'y' of int",
            "only x",
            "add 'y' to 'Scans', or pass a table that has it",
            "16\n7 'Scans' is declared here\n11 needed here",
        ),
    ),
    (
        "writer: Column[int]",
        "wirter: Column[list[float]] = vector()",
        said(
            "SL201 the view as 'Clean' needs column 'wirter', which 'Scans' doesn't promise",
            "column 'wirter' of list<float>",
            "only writer",
            "did you mean 'writer'?",
            "16\n7 'Scans' is declared here\n11 needed here",
        ),
    ),
    (
        "x: Column[str]",
        "x: Column[int] = column(ge=0)",
        said(
            "SL202 the view as 'Clean' needs column 'x' in another type than 'Scans' gives it",
            "int",
            "str",
            "convert it in the stage that gives 'Scans', and declare it there as int",
        ),
    ),
    (
        "x: Column[dt.date]",
        "x: Column[dt.datetime]",
        said(
            "SL202 the view as 'Clean' needs column 'x' in another type than 'Scans' gives it",
            "datetime",
            "date",
            "convert it in the stage that gives 'Scans', and declare it there as datetime",
        ),
    ),
    (
        "x: Column[int] = column(nullable=True)",
        "x: Column[int]",
        said(
            "SL203 the view as 'Clean' needs every value of column 'x', and 'Scans' lets some be missing",
            "no missing values",
            "nullable=True",
            "fill or drop missing values in the stage that gives 'Scans', and declare nullable=False there",
        ),
    ),
    (
        "x: Column[int] = column(nullable=True, unique=True)",
        "x: Column[int] = column(key=True)",
        said(
            "SL203 the view as 'Clean' needs every value of column 'x', and 'Scans' lets some be missing",
            "no missing values",
            "nullable=True",
            "fill or drop missing values in the stage that gives 'Scans', and declare nullable=False there",
        ),
    ),
    (
        "x: Column[float] = column(gt=0)",
        "x: Column[float] = column(ge=0, lt=1)",
        said(
            "SL204 the view as 'Clean' needs column 'x' within a range that 'Scans' doesn't promise",
            "0 <= x < 1",
            "x > 0",
            "declare ge=0, lt=1 in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int] = column(isin=[1, 2, 12])",
        "x: Column[int] = column(le=9)",
        said(
            "SL204 the view as 'Clean' needs column 'x' within a range that 'Scans' doesn't promise",
            "x <= 9",
            "also 12",
            "declare le=9 in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[dt.date] = column()",
        "x: Column[dt.date] = column(ge=dt.date(2026, 1, 1))",
        said(
            "SL204 the view as 'Clean' needs column 'x' within a range that 'Scans' doesn't promise",
            "x >= 2026-01-01",
            "any x",
            "declare ge=datetime.date(2026, 1, 1) in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[str] = column(isin=['a', 'b', 'c'])",
        "x: Column[str] = column(isin=['a'])",
        said(
            "SL205 the view as 'Clean' needs column 'x' to hold named values, and 'Scans' allows others",
            "one of 'a'",
            "also 'b', 'c'",
            "declare isin=['a'] in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int] = column(ge=0)",
        "x: Column[int] = column(isin=range(12))",
        said(
            "SL205 the view as 'Clean' needs column 'x' to hold named values, and 'Scans' allows others",
            "one of 0, 1, 2, 3, 4, 5, 6, 7 and 4 more",
            "x >= 0",
            "declare isin=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[str]",
        "x: Column[str] = column(pattern='a+')",
        said(
            "SL206 the view as 'Clean' needs column 'x' to match a pattern that 'Scans' doesn't promise",
            "text that matches 'a+'",
            "any text",
            "declare pattern='a+' in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[str] = column(isin=['a', 'ab'])",
        "x: Column[str] = column(pattern='a+')",
        said(
            "SL206 the view as 'Clean' needs column 'x' to match a pattern that 'Scans' doesn't promise",
            "text that matches 'a+'",
            "also 'ab'",
            "declare pattern='a+' in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[list[float]] = vector(length=8)",
        "x: Column[list[float]] = vector(length=16)",
        said(
            "SL207 the view as 'Clean' needs lists of one length in column 'x', which 'Scans' doesn't promise",
            "lists of 16 items",
            "lists of 8 items",
            "declare length=16 in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[list[int]] = vector()",
        "x: Column[list[int]] = vector(length=16)",
        said(
            "SL207 the view as 'Clean' needs lists of one length in column 'x', which 'Scans' doesn't promise",
            "lists of 16 items",
            "lists of any length",
            "declare length=16 in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[float] = column(unit=u.HOUR, ge=0)",
        "x: Column[float] = column(unit=u.SECOND, ge=5)",
        said(
            "SL208 the view as 'Clean' needs column 'x' in another unit than 'Scans' gives it",
            "values in s",
            "values in h",
            "multiply by 3600 in the stage that gives 'Scans', and declare unit=u.SECOND there",
        ),
    ),
    (
        "x: Column[float]",
        "x: Column[float] = column(unit=u.Per[u.USD, u.HOUR])",
        said(
            "SL208 the view as 'Clean' needs column 'x' in another unit than 'Scans' gives it",
            "values in USD/h",
            "values without a unit",
            "declare unit=u.Per[u.USD, u.HOUR] in 'Scans', if the values are in it",
        ),
    ),
    (
        "x: Column[float] = column(unit=u.EUR)",
        "x: Column[float] = column(unit=u.USD)",
        said(
            "SL208 the view as 'Clean' needs column 'x' in another unit than 'Scans' gives it",
            "values in USD",
            "values in EUR",
            "pass a column that measures the same thing",
        ),
    ),
    (
        "x: Column[int]",
        "x: Column[int] = column(key=True)",
        said(
            "SL209 the view as 'Clean' needs column 'x' without repeats, which 'Scans' doesn't promise",
            "no repeats",
            "values that may repeat",
            "declare key=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int] = column(group=True)",
        "x: Column[int] = column(unique=True)",
        said(
            "SL209 the view as 'Clean' needs column 'x' without repeats, which 'Scans' doesn't promise",
            "no repeats",
            "values that may repeat",
            "declare unique=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int]",
        "x: Column[int] = column(group=True)",
        said(
            "SL210 the view as 'Clean' needs column 'x' as the group, which 'Scans' doesn't promise",
            "group=True",
            "no group",
            "declare group=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int] = column(key=True)",
        "x: Column[int] = column(group=True)",
        said(
            "SL210 the view as 'Clean' needs column 'x' as the group, which 'Scans' doesn't promise",
            "group=True",
            "no group",
            "declare group=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[dt.date]",
        "x: Column[dt.date] = column(time=True)",
        said(
            "SL211 the view as 'Clean' needs column 'x' as the time, which 'Scans' doesn't promise",
            "time=True",
            "no time",
            "declare time=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[dt.datetime] = column(unique=True)",
        "x: Column[dt.datetime] = column(time=True)",
        said(
            "SL211 the view as 'Clean' needs column 'x' as the time, which 'Scans' doesn't promise",
            "time=True",
            "no time",
            "declare time=True in 'Scans', if it holds",
        ),
    ),
    (
        "x: Column[int] = column(role='prediction')",
        "x: Column[int] = column(role='label')",
        said(
            "SL212 the view as 'Clean' needs column 'x' in another role than 'Scans' gives it",
            "role='label'",
            "role='prediction'",
            "pass the column that is for it, or declare role='label' in 'Scans'",
        ),
    ),
    (
        "x: Column[int]",
        "x: Column[int] = column(role='weight')",
        said(
            "SL212 the view as 'Clean' needs column 'x' in another role than 'Scans' gives it",
            "role='weight'",
            "no role",
            "pass the column that is for it, or declare role='weight' in 'Scans'",
        ),
    ),
]


@pytest.mark.parametrize(("given", "needed", "finding"), WRONG)
def test_a_promise_that_does_not_imply_the_need_is_a_finding(
    given: str, needed: str, finding: str, tmp_path: Path
) -> None:
    assert checked(column_as(given, needed), tmp_path) == [finding]


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ("y: Column[int]; x: Column[int]", "x: Column[int]"),
        ("Writer: Column[int]; writer: Column[int]", "writer: Column[int]"),
        ("x: Column[int]", "x: Column[float]"),
        ("x: Column[list[int]] = vector()", "x: Column[list[float]] = vector()"),
        ("x: Column[int]", "x: Column[int] = column(nullable=True)"),
        ("x: Column[int] = column(nullable=True)", "x: Column[int] = column(nullable=True)"),
        ("x: Column[int] = column(gt=3)", "x: Column[int] = column(ge=4)"),
        ("x: Column[float] = column(gt=0, lt=1)", "x: Column[float] = column(ge=0, le=1)"),
        ("x: Column[int] = column(isin=[1, 2])", "x: Column[int] = column(le=9)"),
        ("x: Column[int] = column(ge=0, le=9)", "x: Column[int] = column(isin=range(10))"),
        ("x: Column[str] = column(isin=['a'])", "x: Column[str] = column(isin=['a', 'b'])"),
        ("x: Column[str] = column(pattern='a|b')", "x: Column[str] = column(isin=['a', 'b'])"),
        ("x: Column[str] = column(pattern='a')", "x: Column[str] = column(pattern='a+')"),
        ("x: Column[str] = column(isin=['a', 'aa'])", "x: Column[str] = column(pattern='a+')"),
        ("x: Column[list[float]] = vector(length=8)", "x: Column[list[float]] = vector()"),
        ("x: Column[list[float]] = vector(length=8)", "x: Column[list[float]] = vector(length=8)"),
        ("x: Column[float] = column(unit=u.USD)", "x: Column[float]"),
        ("x: Column[float] = column(unit=u.PERCENT)", "x: Column[float] = column(unit=u.PERCENTAGE_POINT)"),
        ("x: Column[int] = column(key=True)", "x: Column[int] = column(unique=True)"),
        ("x: Column[int] = column(unique=True)", "x: Column[int] = column(key=True)"),
        ("x: Column[int] = column(group=True)", "x: Column[int]"),
        ("x: Column[int] = column(group=True, key=True)", "x: Column[int] = column(group=True)"),
        ("x: Column[dt.date] = column(time=True)", "x: Column[dt.date]"),
        ("x: Column[dt.date] = column(time=True)", "x: Column[dt.date] = column(time=True)"),
        ("x: Column[int] = column(role='label')", "x: Column[int]"),
        ("x: Column[int] = column(role='label')", "x: Column[int] = column(role='label')"),
    ],
)
def test_a_promise_that_implies_the_need_or_leaves_it_to_the_gate_is_none(
    given: str, needed: str, tmp_path: Path
) -> None:
    assert checked(column_as(given, needed), tmp_path) == []


@pytest.mark.parametrize(
    ("given", "needed", "finding"),
    [
        (
            "Contract; x: Column[int]; y: Column[int] = column()",
            "Contract, closed=True; x: Column[int]",
            said(
                "SL213 the view as 'Clean' takes no column 'y', which 'Scans' has",
                "no columns but x",
                "also column 'y'",
                "drop the column in a stage before, or don't close 'Clean'",
                "16\n8 promised here\n10 'Clean' is declared here",
            ),
        ),
        (
            "Contract; x: Column[int]",
            "Contract, rows=(2, None); x: Column[int]",
            said(
                "SL214 the view as 'Clean' needs a number of rows that 'Scans' doesn't promise",
                "at least 2 rows",
                "at least 1 row",
                "declare rows=(2, None) on 'Scans', if it holds",
                "16\n7 promised here\n10 needed here",
            ),
        ),
        (
            "Contract, rows=(0, 9); x: Column[int]",
            "Contract, rows=(1, 5); x: Column[int]",
            said(
                "SL214 the view as 'Clean' needs a number of rows that 'Scans' doesn't promise",
                "1 to 5 rows",
                "at most 9 rows",
                "declare rows=(1, 5) on 'Scans', if it holds",
                "16\n7 promised here\n10 needed here",
            ),
        ),
        ("Contract; x: Column[int]", "Contract, closed=True; x: Column[int]", None),
        (
            "Contract, closed=True; x: Column[int]",
            "Contract, closed=True; x: Column[int]",
            None,
        ),
        ("Contract, rows=(5, 5); x: Column[int]", "Contract, rows=(1, 5); x: Column[int]", None),
        ("Contract, rows=(0, None); x: Column[int]", "Contract, rows=(None, None); x: Column[int]", None),
    ],
)
def test_a_table_as_a_whole_is_compared_too(
    given: str, needed: str, finding: str | None, tmp_path: Path
) -> None:
    assert checked(read_as(given, needed), tmp_path) == ([] if finding is None else [finding])


def test_a_closed_contract_reports_each_column_that_it_does_not_name(tmp_path: Path) -> None:
    text = read_as(
        "Contract; x: Column[int]; y: Column[int]; z: Column[int]", "Contract, closed=True; x: Column[int]"
    )
    assert [finding.split("\n")[0] for finding in checked(text, tmp_path)] == [
        "SL213 the view as 'Clean' takes no column 'y', which 'Scans' has",
        "SL213 the view as 'Clean' takes no column 'z', which 'Scans' has",
    ]


def test_independent_faults_of_one_column_are_all_reported(tmp_path: Path) -> None:
    text = column_as(
        "x: Column[str] = column(nullable=True)",
        "x: Column[int] = column(key=True, group=True, role='label', unit=u.COUNT, ge=0)",
    )
    assert [finding[:5] for finding in checked(text, tmp_path)] == [
        "SL202", "SL203", "SL208", "SL209", "SL210", "SL212",
    ]  # fmt: skip


CHAIN = """\
class Raw(Contract):
    x: Column[float]

class Positive(Contract):
    x: Column[float] = column(ge=0)

class Share(Contract):
    x: Column[float] = column(ge=0, le=1)

@stage
def use(rows: Table[Share, S], more: Table[Share, S]) -> Table[Share, S]: ...

raw = source(Raw, "raw.parquet")
positive = raw.as_contract(Positive)
"""


def test_views_are_judged_step_by_step_each_at_its_own_line(tmp_path: Path) -> None:
    text = CHAIN + 'used = use(positive, positive)\np = Pipeline(name="p", seed=1, outputs=[used])\n'
    found = checked(text, tmp_path)
    assert [finding.split("\nexpected")[0] for finding in found] == [
        f"SL204 {reader} needs column 'x' within a range that {giver} doesn't promise\n{places}"
        for reader, giver, places in (
            ("the view as 'Positive'", "'Raw'", "20\n8 promised here\n11 needed here"),
            ("argument 'more' of 'use'", "'Positive'", "21\n11 promised here\n14 needed here"),
            ("argument 'rows' of 'use'", "'Positive'", "21\n11 promised here\n14 needed here"),
        )
    ]


def test_a_call_in_a_loop_over_scopes_is_reported_once(tmp_path: Path) -> None:
    text = CHAIN + (
        "used = []\n"
        "for region in ('eu', 'us'):\n"
        "    with scope(region):\n"
        "        used.append(use(positive.as_contract(Share), raw))\n"
        'p = Pipeline(name="p", seed=1, outputs=used)\n'
    )
    found = checked(text, tmp_path)
    assert [finding.split("\n")[0] for finding in found] == [
        "SL204 the view as 'Positive' needs column 'x' within a range that 'Raw' doesn't promise",
        "SL204 argument 'more' of 'use' needs column 'x' within a range that 'Raw' doesn't promise",
        "SL204 the view as 'Share' needs column 'x' within a range that 'Positive' doesn't promise",
    ]


def test_a_view_before_a_split_is_judged(tmp_path: Path) -> None:
    text = """\
class Raw(Contract):
    id: Column[int]

class Keyed(Contract):
    id: Column[int] = column(key=True)

halves = split(source(Raw, "raw.parquet").as_contract(Keyed), by=Keyed.id, test=0.5)
p = Pipeline(name="p", seed=1, outputs=[halves.train, halves.test])
"""
    assert checked(text, tmp_path) == [
        said(
            "SL209 the view as 'Keyed' needs column 'id' without repeats, which 'Raw' doesn't promise",
            "no repeats",
            "values that may repeat",
            "declare key=True in 'Raw', if it holds",
            "13\n8 promised here\n11 needed here",
        )
    ]


def test_a_table_of_any_columns_is_asked_for_its_contract(tmp_path: Path) -> None:
    text = """\
class Clean(Contract):
    x: Column[int]

@stage
def load() -> Table[Contract]: ...
@stage
def use(rows: Table[Clean]) -> Table[Contract]: ...
@stage
def use_any(rows: Table[Contract]) -> Table[Clean]: ...
q = Pipeline(name="p", seed=1, outputs=[use(load()), use_any(load())])
"""
    assert checked(text, tmp_path) == [
        said(
            "SL201 argument 'rows' of 'use' needs column 'x', which 'Contract' doesn't promise",
            "column 'x' of int",
            "no columns",
            "annotate the table with the contract that it keeps, where it is made",
            "16\n8 needed here",
        )
    ]


def test_a_refined_contract_is_taken_for_its_base(tmp_path: Path) -> None:
    text = read_as("Contract; x: Column[int] = column(ge=0)", "Scans; y: Column[int]").replace(
        "source(Scans, ", "source(Clean, "
    )
    assert checked(text.replace("Table[Clean, S]) -> ", "Table[Scans, S]) -> "), tmp_path) == []


def edges(text: str, folder: Path) -> list[Edge]:
    file = folder / "pipeline.py"
    file.write_text(HEAD + text, encoding="utf-8")
    graph = check_file(file).graph
    assert graph is not None
    return [edge for node in graph.nodes for edge in node.inputs]


@pytest.mark.parametrize(
    ("given", "needed", "holds"),
    [
        ("x: Column[int] = column(gt=3)", "x: Column[int] = column(ge=4)", True),
        ("x: Column[int]", "x: Column[float]", False),
        ("x: Column[str] = column(pattern='a+')", "x: Column[str] = column(pattern='a*')", False),
        ("x: Column[int]", "x: Column[int] = column(ge=4)", False),
    ],
)
def test_a_gate_is_left_out_only_where_every_need_is_proved(
    given: str, needed: str, holds: bool, tmp_path: Path
) -> None:
    (edge,) = edges(column_as(given, needed), tmp_path)
    assert proved(edge) is holds


def test_what_a_view_leaves_open_is_not_proved_by_the_stage_that_reads_it(tmp_path: Path) -> None:
    text = column_as("x: Column[str] = column(pattern='a+')", "x: Column[str] = column(pattern='a*')")
    (edge,) = edges(text, tmp_path)
    assert [view.__name__ for view, _ in edge.views] == ["Clean"]
    assert edge.needed is not None and edge.needed.contract is edge.views[0][0]
    assert not proved(edge)


def test_an_edge_that_needs_no_contract_is_proved(tmp_path: Path) -> None:
    text = """\
class A(Contract):
    x: Column[int] = column(key=True)

halves = split(source(A, "a.csv"), by=A.x, test=0.5)
p = Pipeline(name="p", seed=1, outputs=[*halves])
"""
    (edge,) = edges(text, tmp_path)
    assert edge.needed is None and proved(edge)
