"""How contract classes are named, documented and identified in a plan."""

from __future__ import annotations

from collections.abc import Callable

from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.conftest import PRELUDE, Check


def test_contracts_of_one_name_are_told_apart(plan_of: Callable[[str], Plan]) -> None:
    plan = plan_of("""
        def made(limit: int) -> Any:
            class Marks(Contract):
                mark_id: Column[int] = column(key=True)

            return source(Marks, f"marks{limit}.csv")

        class Marks(Contract):
            mark_id: Column[int] = column(key=True)

        outer = source(Marks, "marks.csv")
        pipeline = Pipeline("p", seed=1, outputs=[halves.train, outer, made(1), made(2)])
    """)
    assert sorted(plan.contracts) == [
        "Scans",
        "pipeline.Marks",
        "pipeline.made.<locals>.Marks",
        "pipeline.made.<locals>.Marks.2",
    ]
    assert [node.outputs[0].contract for node in plan.nodes if node.name.startswith("marks")] == [
        "pipeline.Marks", "pipeline.made.<locals>.Marks", "pipeline.made.<locals>.Marks.2",
    ]  # fmt: skip


_DOCS = '''
class Marks(Contract):
    """What was given.

    And when.
    """

    mark_id: Column[int] = column(key=True)
    """The mark's
    number."""
    grade: Column[str]
    note: Column[str] = column(description="said here")
    """not here"""


class More(Marks):
    extra: Column[int]
    """A further one."""


pipeline = Pipeline("p", seed=1, outputs=[halves.train, source(More, "marks.csv")])
'''


def test_columns_are_described_by_the_text_below_them(plan_of: Callable[[str], Plan]) -> None:
    more = plan_of(_DOCS).contracts["More"]
    assert [(column.name, column.description) for column in more.columns] == [
        ("mark_id", "The mark's\nnumber."), ("grade", ""), ("note", "said here"), ("extra", "A further one."),
    ]  # fmt: skip
    assert more.description == ""


def test_an_edited_file_is_read_anew(check: Check) -> None:
    for number in (1, 2):
        plan = check(PRELUDE + _DOCS.replace("A further one.", f"Number {number}.")).plan
        assert plan is not None
        assert plan.contracts["More"].columns[-1].description == f"Number {number}."


def test_words_about_a_contract_are_no_promise(plan_of: Callable[[str], Plan]) -> None:
    digests = [
        plan_of(_DOCS.replace(*edit)).contracts["More"].digest
        for edit in [
            ("", ""),
            ("And when.", "And how."),
            ("A further one.", ""),
            ("said here", "said there"),
            ("class More(Marks)", 'class More(Marks, owner="x")'),
        ]
    ]
    assert len(set(digests)) == 1
    other = [
        plan_of(_DOCS.replace(*edit)).contracts["More"].digest
        for edit in [
            ("Column[str]\n", "Column[int]\n"),
            ("class More(Marks)", 'class More(Marks, version="2")'),
            ("class More(Marks)", "class More(Marks, closed=True)"),
        ]
    ]
    assert len({*digests, *other}) == 4
