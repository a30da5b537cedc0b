"""What differs beside the plans, files of sources and libraries, is told with all that it reaches."""

from __future__ import annotations

from stagelang_compiler.diff import Beside, beside_receipts, diff, diff_text
from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.diff.synthetic import Model, Step


def plan() -> Plan:
    return Model(
        sources={"rides": "rides.csv", "weather": "weather/*.csv"},
        code={"paid": "1", "dry": "1", "fare": "1"},
        helpers={"kept": "1"},
        steps=(
            Step(name="paid", stage="paid", reads=("rides",)),
            Step(name="dry", stage="dry", reads=("weather",)),
            Step(name="fare", stage="fare", reads=("paid", "dry")),
        ),
        metrics={"fare": 2.0},
    ).plan()


def test_a_few_files_are_told_by_name_and_many_are_counted() -> None:
    one = Beside(files={"rides": {"rides.csv": "changed"}})
    found = diff(plan(), plan(), one)
    assert (found.affected, found.upstream) == (("rides", "paid", "fare"), ("paid", "fare"))
    assert diff_text(found) == (
        "synthetic: 1 source changed; the metric can differ\n\nsources\n"
        "  ~ rides\n      file rides.csv changed\n      reaches fare\n\n"
        "downstream of these (2 nodes)\n  paid, fare\n\n"
        "can differ\n  metrics  fare\n  gates    fare at least 2\n"
    )
    many = Beside(files={"weather": {f"{day}.csv": "added" if day > 1 else "removed" for day in range(31)}})
    said = "  ~ weather\n      29 files added\n      2 files removed\n      reaches fare\n"
    assert said in diff_text(diff(plan(), plan(), many))


def test_a_library_is_told_with_the_nodes_that_depend_on_it() -> None:
    beside = Beside(libraries={"pandas": ("2.2.3", "2.3.0"), "numba": ("", "0.60")}, users=frozenset({"dry"}))
    found = diff(plan(), plan(), beside)
    assert not found.is_empty
    assert (found.affected, found.upstream) == (("dry", "fare"), ("dry", "fare"))
    assert diff_text(found) == (
        "synthetic: 1 library added, 1 library changed; the metric can differ\n\nlibraries\n"
        "  + numba  0.60\n  ~ pandas  2.2.3 → 2.3.0\n\n"
        "downstream of these (2 nodes)\n  dry, fare\n\n"
        "can differ\n  metrics  fare\n  gates    fare at least 2\n"
    )


def test_receipts_of_both_sides_tell_files_and_libraries_and_nothing_of_what_plans_tell() -> None:
    before = {
        "rides": {
            "source file rides.csv": "sha256:1",
            "source file gone.csv": "sha256:2",
            "code": "sha256:3",
        },
        "paid": {"python": "3.11", "distribution pandas": "2.2.3", "input rides": "sha256:4"},
        "dry": {"python": "3.12", "distribution numpy": "1.26"},
        "removed": {"distribution pandas": "1.0"},
    }
    after = {
        "rides": {"source file rides.csv": "sha256:9", "source file new.csv": "sha256:8", "code": "sha256:7"},
        "paid": {"python": "3.12", "distribution pandas": "2.3.0", "input rides": "sha256:5"},
        "dry": {"python": "3.12", "distribution numpy": "1.26"},
        "added": {"distribution pandas": "3.0"},
    }
    assert beside_receipts(before, after, ["rides"]) == Beside(
        files={"rides": {"rides.csv": "changed", "gone.csv": "removed", "new.csv": "added"}},
        libraries={"python": ("3.11", "3.12"), "pandas": ("2.2.3", "2.3.0")},
        users=frozenset({"paid"}),
    )
