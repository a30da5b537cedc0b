"""What each kind of change is to producers and consumers: the whole table, as it is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from attrs import evolve

from stagelang_compiler.diff import PlanDiff, diff
from stagelang_compiler.lower.contracts import promise_digest
from stagelang_compiler.plan import Aggregate, Column, Contract, Expression, Gate, Metric, Unit, Window
from tests.stagelang_compiler.diff.synthetic import AT, Step, model

NOTHING, SAFE, BREAKING = "", "safe", "breaking"
PRODUCERS, CONSUMERS = "breaking for producers", "breaking for consumers"

USD, EUR = Unit(text="USD", factor=1.0, powers={"USD": 1}), Unit(text="EUR", factor=1.0, powers={"EUR": 1})
CENT, HUNDREDTH = (Unit(text=text, factor=0.01, powers={"USD": 1}) for text in ("cent", "USD%"))
MODEL = model(5)
PLAN = MODEL.plan()


def contract(columns: Sequence[Column], name: str = "Rides", **said: Any) -> Contract:
    """Make a contract as the compiler lowers it."""
    made = Contract(
        name=name,
        version="1.0",
        owner="",
        description="",
        closed=False,
        min_rows=1,
        max_rows=None,
        columns=tuple(columns),
        digest="",
        origin=AT,
    )
    made = evolve(made, **said)
    return evolve(made, digest=promise_digest(made))


def col(type_: str = "int", name: str = "x", **limits: Any) -> Column:
    return Column(name=name, type=type_, origin=AT, **limits)


def between(old: Contract, new: Contract) -> PlanDiff:
    """Compare two plans that differ in a contract."""
    return diff(
        evolve(PLAN, contracts={old.name: old}),
        evolve(PLAN, contracts={new.name: new}),
    )


def words(found: PlanDiff) -> str:
    """Say the one grade that was given, or nothing."""
    assert len(found.graded) <= 1, found.graded
    return found.graded[0].grade.words() if found.graded else NOTHING


ID = col(name="id", key=True, unique=True)

# column x: before, after, what that is; a column that isn't there is None
COLUMNS: Mapping[str, tuple[Column | None, Column | None, str]] = {
    "add": (None, col(), PRODUCERS),
    "add one that may be missing": (None, col(nullable=True), PRODUCERS),
    "remove": (col(), None, CONSUMERS),
    "rename": (col(), col(name="y"), BREAKING),
    "rename and change": (col(), col("str", name="y"), BREAKING),
    "another type": (col("int"), col("str"), BREAKING),
    "int to float": (col("int"), col("float"), BREAKING),
    "int that every float holds, to float": (col("int", ge=0, le=9), col("float", ge=0, le=9), CONSUMERS),
    "int of few values, to float": (col("int", isin=(1, 2)), col("float", isin=(1, 2)), CONSUMERS),
    "int beyond 2**53, to float": (col("int", ge=0, le=2**53 + 1), col("float"), BREAKING),
    "float to int": (col("float"), col("int"), BREAKING),
    "float to int that every float holds": (col("float", ge=0, le=9), col("int", ge=0, le=9), PRODUCERS),
    "list of int to list of float": (col("list<int>", ge=0, le=9), col("list<float>"), CONSUMERS),
    "date to datetime": (col("date"), col("datetime"), BREAKING),
    "bool to int": (col("bool"), col("int"), BREAKING),
    "nullable": (col(), col(nullable=True), CONSUMERS),
    "no more nullable": (col(nullable=True), col(), PRODUCERS),
    "lower bound added": (col(), col(ge=0), PRODUCERS),
    "lower bound removed": (col(ge=0), col(), CONSUMERS),
    "lower bound raised": (col(ge=0), col(ge=1), PRODUCERS),
    "lower bound lowered": (col(ge=0), col(ge=-1), CONSUMERS),
    "upper bound raised": (col("float", le=1), col("float", le=2), CONSUMERS),
    "upper bound lowered": (col("float", le=2), col("float", le=1), PRODUCERS),
    "upper bound open": (col("float", le=1), col("float", lt=1), PRODUCERS),
    "upper bound closed": (col("float", lt=1), col("float", le=1), CONSUMERS),
    "the same bound in other words": (col("int", gt=0), col("int", ge=1), SAFE),
    "range moved": (col(ge=0, le=9), col(ge=1, le=10), BREAKING),
    "range of days widened": (col("date", ge="2026-01-02"), col("date", ge="2026-01-01"), CONSUMERS),
    "range of moments narrowed": (
        col("datetime", ge="2026-01-01T00:00:00"),
        col("datetime", ge="2026-01-02"),
        PRODUCERS,
    ),
    "category added": (col("str", isin=("a",)), col("str", isin=("a", "b")), CONSUMERS),
    "category removed": (col("str", isin=("a", "b")), col("str", isin=("a",)), PRODUCERS),
    "category renamed": (col("str", isin=("a", "b")), col("str", isin=("a", "c")), BREAKING),
    "categories given": (col("str"), col("str", isin=("a",)), PRODUCERS),
    "categories given up": (col("str", isin=("a",)), col("str"), CONSUMERS),
    "categories for their range": (col(isin=(1, 2, 3)), col(ge=1, le=3), SAFE),
    "pattern added": (col("str"), col("str", pattern="[a-z]+"), PRODUCERS),
    "pattern removed": (col("str", pattern="[a-z]+"), col("str"), CONSUMERS),
    "pattern changed": (col("str", pattern="[a-z]+"), col("str", pattern="[a-z]*"), BREAKING),
    "pattern for values that match it": (
        col("str", isin=("a", "b")),
        col("str", isin=("a", "b"), pattern="[ab]"),
        SAFE,
    ),
    "length given": (col("list<float>"), col("list<float>", length=8), PRODUCERS),
    "length given up": (col("list<float>", length=8), col("list<float>"), CONSUMERS),
    "length changed": (col("list<float>", length=8), col("list<float>", length=9), BREAKING),
    "unit added": (col("float"), col("float", unit=USD), PRODUCERS),
    "unit removed": (col("float", unit=USD), col("float"), CONSUMERS),
    "unit changed": (col("float", unit=USD), col("float", unit=EUR), BREAKING),
    "unit scaled": (col("float", unit=USD), col("float", unit=CENT), BREAKING),
    "unit in other words": (col("float", unit=CENT), col("float", unit=HUNDREDTH), SAFE),
    "key": (col(), col(key=True, unique=True), PRODUCERS),
    "no more the key": (col(key=True, unique=True), col(), CONSUMERS),
    "unique": (col(), col(unique=True), PRODUCERS),
    "no more unique": (col(unique=True), col(), CONSUMERS),
    "key for unique values": (col(unique=True), col(key=True, unique=True), SAFE),
    "group": (col(), col(group=True), PRODUCERS),
    "no more the group": (col(group=True), col(), CONSUMERS),
    "time": (col("datetime"), col("datetime", time=True), PRODUCERS),
    "no more the time": (col("datetime", time=True), col("datetime"), CONSUMERS),
    "role added": (col(), col(role="label"), PRODUCERS),
    "role removed": (col(role="label"), col(), CONSUMERS),
    "role changed": (col(role="label"), col(role="feature"), BREAKING),
    "scale: nothing said, then all allowed": (col(), col(scale="ratio"), PRODUCERS),
    "scale: nothing said, then only an order": (col(), col(scale="ordinal"), BREAKING),
    "scale strengthened": (col(scale="ordinal"), col(scale="interval"), PRODUCERS),
    "scale weakened": (col(scale="ratio"), col(scale="interval"), CONSUMERS),
    "scale given up": (col(scale="interval"), col(), BREAKING),
    "sums: nothing said, then all mean something": (col(), col(adds="always"), PRODUCERS),
    "sums: nothing said, then none means anything": (col(), col(adds="never"), CONSUMERS),
    "sums over time": (col(adds="not_over_time"), col(adds="always"), PRODUCERS),
    "no more sums": (col(adds="not_over_time"), col(adds="never"), CONSUMERS),
    "known later": (col(), col(known_after_seconds=60.0), CONSUMERS),
    "known later still": (col(known_after_seconds=60.0), col(known_after_seconds=90.0), CONSUMERS),
    "known at once, in other words": (col(), col(known_after_seconds=0.0), SAFE),
    "made of named columns": (col(), col(made_of=("a", "b")), PRODUCERS),
    "made of fewer": (col(made_of=("a", "b")), col(made_of=("b",)), PRODUCERS),
    "made of others": (col(made_of=("a",)), col(made_of=("b",)), BREAKING),
    "made of the same, in another order": (col(made_of=("a", "b")), col(made_of=("b", "a")), SAFE),
    "description": (col(), col(description="words"), NOTHING),
    "moved lines": (col(), evolve(col(), origin=evolve(AT, line=99)), NOTHING),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_change_of_a_column_is_graded(name: str) -> None:
    old, new, expected = COLUMNS[name]
    before, after = ([ID] + ([each] if each else []) for each in (old, new))
    assert words(between(contract(before), contract(after))) == expected


@pytest.mark.parametrize("name", COLUMNS)
def test_the_way_back_swaps_the_sides(name: str) -> None:
    old, new, expected = COLUMNS[name]
    before, after = ([ID] + ([each] if each else []) for each in (old, new))
    back = {PRODUCERS: CONSUMERS, CONSUMERS: PRODUCERS}.get(expected, expected)
    assert words(between(contract(after), contract(before))) == back


TABLES: Mapping[str, tuple[Contract, Contract, str]] = {
    "order of columns": (contract([ID, col()]), contract([col(), ID]), SAFE),
    "closed": (contract([ID]), contract([ID], closed=True), PRODUCERS),
    "opened": (contract([ID], closed=True), contract([ID]), CONSUMERS),
    "add to a closed one": (contract([ID], closed=True), contract([ID, col()], closed=True), BREAKING),
    "remove from a closed one": (contract([ID, col()], closed=True), contract([ID], closed=True), BREAKING),
    "rows: fewest raised": (contract([ID]), contract([ID], min_rows=10), PRODUCERS),
    "rows: fewest lowered": (contract([ID]), contract([ID], min_rows=0), CONSUMERS),
    "rows: none for nothing said": (contract([ID], min_rows=0), contract([ID], min_rows=None), SAFE),
    "rows: most given": (contract([ID]), contract([ID], max_rows=9), PRODUCERS),
    "rows: most given up": (contract([ID], max_rows=9), contract([ID]), CONSUMERS),
    "rows: most raised, fewest raised": (
        contract([ID], min_rows=1, max_rows=9),
        contract([ID], min_rows=2, max_rows=10),
        BREAKING,
    ),
    "rows in order": (contract([ID]), contract([ID], sorted_by=("id",)), PRODUCERS),
    "rows no more in order": (contract([ID], sorted_by=("id",)), contract([ID]), CONSUMERS),
    "rows in another order": (
        contract([ID, col()], sorted_by=("x",)),
        contract([ID, col()], sorted_by=("id",)),
        BREAKING,
    ),
    "age given": (contract([ID]), contract([ID], max_age_seconds=3600.0), PRODUCERS),
    "may be older": (
        contract([ID], max_age_seconds=3600.0),
        contract([ID], max_age_seconds=7200.0),
        CONSUMERS,
    ),
    "must be newer": (
        contract([ID], max_age_seconds=3600.0),
        contract([ID], max_age_seconds=60.0),
        PRODUCERS,
    ),
    "version": (contract([ID]), contract([ID], version="2.0"), SAFE),
    "owner": (contract([ID]), contract([ID], owner="others"), NOTHING),
    "description": (contract([ID]), contract([ID], description="words"), NOTHING),
    "rename": (contract([ID]), contract([ID], name="Trips"), BREAKING),
    "its module's name before it": (contract([ID]), contract([ID], name="pipeline.Rides"), SAFE),
    "nothing": (contract([ID, col()]), contract([ID, col()]), NOTHING),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_change_of_a_contract_is_graded(name: str) -> None:
    old, new, expected = TABLES[name]
    assert words(between(old, new)) == expected


def test_an_added_contract_is_safe_and_a_removed_one_breaks_consumers() -> None:
    plan = evolve(PLAN, contracts={"Rides": contract([ID])})
    assert words(diff(PLAN, plan)) == SAFE
    assert words(diff(plan, PLAN)) == CONSUMERS


def test_a_renamed_contract_is_told_as_renamed() -> None:
    found = between(contract([ID]), contract([ID], name="Trips"))
    (graded,) = found.graded
    assert (graded.kind, graded.old and graded.old.name, graded.new and graded.new.name) == (
        "renamed",
        "Rides",
        "Trips",
    )


def test_a_renamed_column_is_told_as_renamed_and_of_several_reasons_each_has_its_grade() -> None:
    old = contract([ID, col(name="fare", type_="float"), col(name="tip", nullable=True)])
    new = contract([ID, col(name="price", type_="float"), col(name="tip")], version="2.0")
    (graded,) = between(old, new).graded
    told = [(each.reason.what, each.reason.kind, each.grade.words()) for each in graded.reasons]
    assert told == [
        ("version", "changed", SAFE),
        ("column", "renamed", BREAKING),
        ("column tip", "changed", PRODUCERS),
    ]


# metrics: what is another in the head's metric, and what that is

METRIC = PLAN.metrics[0]
MEAN = Aggregate(kind="mean", columns=1)
METRICS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], str]] = {
    "unit": ({"unit": USD}, {"unit": EUR}, BREAKING),
    "unit scaled under one name": ({"unit": USD}, {"unit": evolve(USD, factor=0.5)}, BREAKING),
    "direction": ({"better": "higher"}, {"better": "lower"}, BREAKING),
    "direction given up": ({"better": "higher"}, {"better": "none"}, BREAKING),
    "range widened": ({"high": 1.0}, {"high": 2.0}, CONSUMERS),
    "range narrowed": ({"low": 0.0}, {"low": 0.5}, PRODUCERS),
    "range moved": ({"low": 0.0, "high": 1.0}, {"low": 0.5, "high": 1.5}, BREAKING),
    "range opened": ({"high": 1.0}, {"high": None}, CONSUMERS),
    "aggregation": ({"aggregate": MEAN}, {"aggregate": evolve(MEAN, kind="total")}, BREAKING),
    "aggregation's parameter": (
        {"aggregate": evolve(MEAN, kind="quantile", parameter=0.5)},
        {"aggregate": evolve(MEAN, kind="quantile", parameter=0.9)},
        BREAKING,
    ),
    "where undefined": ({"undefined": "error"}, {"undefined": 0.0}, BREAKING),
    "population": ({"population": "Test"}, {"population": "Validation"}, BREAKING),
    "unit of independence": ({"cluster": ""}, {"cluster": "day"}, BREAKING),
    "a slice more": ({"slices": ("size",)}, {"slices": ("size", "ward")}, SAFE),
    "another slice": ({"slices": ("size",)}, {"slices": ("ward",)}, CONSUMERS),
    "window": (
        {"window": Window(every="day", zone="UTC", by="at")},
        {"window": Window(every="day", zone="Europe/Vienna", by="at")},
        BREAKING,
    ),
    "no more reported": ({"reported": True}, {"reported": False}, CONSUMERS),
    "reported": ({"reported": False}, {"reported": True}, SAFE),
    "version": ({"version": "1"}, {"version": "2"}, SAFE),
    "owner": ({"owner": ""}, {"owner": "others"}, NOTHING),
    "description": ({"description": ""}, {"description": "words"}, NOTHING),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_change_of_a_metric_is_graded(name: str) -> None:
    before, after, expected = METRICS[name]
    old, new = (evolve(PLAN, metrics=(evolve(METRIC, **each), *PLAN.metrics[1:])) for each in (before, after))
    assert words(diff(old, new)) == expected


def test_code_and_parameters_of_a_metric_are_its_formula_and_its_thresholds() -> None:
    code = evolve(MODEL, code={**MODEL.code, "metric0": "edited"})
    steps = tuple(evolve(step, level=9) if step.name == "metric0" else step for step in MODEL.steps)
    for edited in (code, evolve(MODEL, steps=steps)):
        (graded,) = diff(PLAN, edited.plan()).graded
        assert (graded.subject, graded.name, graded.grade.words()) == ("metric", "metric0", BREAKING)


def measured_on_rounded(rows: Any) -> PlanDiff:
    """Compare plans of which the second has another stage between the first metric and what it was measured on."""
    at, metric0 = next((place, step) for place, step in enumerate(MODEL.steps) if step.name == "metric0")
    steps = (
        *MODEL.steps[:at],
        Step(name="rounded", stage="rounded", reads=metric0.reads),
        evolve(metric0, reads=("rounded",)),
        *MODEL.steps[at + 1 :],
    )
    plan = evolve(MODEL, steps=steps, code={**MODEL.code, "rounded": "rounded"}).plan()
    rounded = plan.node("rounded")
    of = evolve(rounded.outputs[0], rows=rows, rows_of=rounded.inputs[0].argument)
    nodes = [evolve(node, outputs=(of,)) if node is rounded else node for node in plan.nodes]
    return diff(PLAN, evolve(plan, nodes=tuple(nodes)))


def test_what_a_metric_is_measured_on_breaks_both_sides_unless_its_rows_are_shown_to_be_the_same() -> None:
    steps = tuple(
        evolve(step, reads=("source0",)) if step.name == "metric0" else step for step in MODEL.steps
    )
    rewired = evolve(MODEL, steps=steps).plan()
    assert diff(PLAN, rewired).metrics_reached == ("metric0",)
    assert words(diff(PLAN, rewired)) == BREAKING
    for rows, grade in (("one-to-one", SAFE), ("filter", BREAKING), ("", BREAKING)):
        (graded,) = measured_on_rounded(rows).graded
        assert (graded.name, graded.grade.words()) == ("metric0", grade), rows
        assert [each.reason.cause for each in graded.reasons] == ["wiring"]


def test_whose_a_metric_is_is_not_what_it_means() -> None:
    assert diff(PLAN, evolve(MODEL, owners={"metric0": "others"}).plan()).graded == ()


def test_a_metric_may_be_added_and_not_renamed_or_removed() -> None:
    sum_ = Expression(operation="+", operands=("metric0", "metric1"))
    more = evolve(METRIC, name="sum", node="", expression=sum_)
    plan = evolve(PLAN, metrics=(*PLAN.metrics, more))
    assert words(diff(PLAN, plan)) == SAFE
    assert words(diff(plan, PLAN)) == CONSUMERS
    named = evolve(PLAN, metrics=(*PLAN.metrics, evolve(more, name="total")))
    (graded,) = diff(plan, named).graded
    assert (graded.kind, graded.grade.words()) == ("renamed", CONSUMERS)
    other = evolve(PLAN, metrics=(*PLAN.metrics, evolve(more, expression=evolve(sum_, operation="-"))))
    assert words(diff(plan, other)) == BREAKING


def _gate(kind: str, **asks: Any) -> Gate:
    settings: dict[str, Any] = {
        "judged_on": "interval",
        "origin": AT,
        "metric": "metric0",
        "kind": kind,
        **asks,
    }
    name = " ".join(f"{each}" for each in (kind, *asks.values()))
    return Gate(name=name, **settings)


BOTH = {"low": 0.5, "high": 0.9}
GATES: Mapping[str, tuple[Gate | None, Gate | None, str]] = {
    "add": (None, _gate("at_least", low=0.5), PRODUCERS),
    "raised": (_gate("at_least", low=0.5), _gate("at_least", low=0.6), PRODUCERS),
    "at most raised": (_gate("at_most", high=0.5), _gate("at_most", high=0.6), CONSUMERS),
    "between narrowed": (_gate("between", **BOTH), _gate("between", low=0.6, high=0.9), PRODUCERS),
    "between moved": (_gate("between", **BOTH), _gate("between", low=0.6, high=1.0), BREAKING),
    "a second bound": (_gate("at_least", low=0.5), _gate("between", **BOTH), PRODUCERS),
    "the other bound": (_gate("at_least", low=0.5), _gate("at_most", high=0.5), BREAKING),
    "judged on the estimate": (
        _gate("at_least", low=0.5),
        _gate("at_least", low=0.5, judged_on="estimate"),
        CONSUMERS,
    ),
    "tolerance": (
        _gate("not_worse_than", alias="good", tolerance=0.1),
        _gate("not_worse_than", alias="good", tolerance=0.2),
        CONSUMERS,
    ),
    "compared with another": (
        _gate("not_worse_than", alias="good", tolerance=0.1),
        _gate("not_worse_than", alias="best", tolerance=0.1),
        BREAKING,
    ),
    "compared instead of bounded": (
        _gate("at_least", low=0.5),
        _gate("not_worse_than", alias="good", tolerance=0.1),
        BREAKING,
    ),
    "in each slice instead of all rows": (
        _gate("at_least", low=0.5),
        _gate("at_least", low=0.5, in_each="size"),
        BREAKING,
    ),
    "raised in each slice": (
        _gate("at_least", low=0.5, in_each="size"),
        _gate("at_least", low=0.6, in_each="size"),
        PRODUCERS,
    ),
    "more false alarms": (
        _gate("as_usual", windows=99, alpha=0.05),
        _gate("as_usual", windows=99, alpha=0.1),
        PRODUCERS,
    ),
    "other windows": (
        _gate("as_usual", windows=99, alpha=0.05),
        _gate("as_usual", windows=30, alpha=0.05),
        BREAKING,
    ),
    "as usual instead of bounded": (
        _gate("at_least", low=0.5),
        _gate("as_usual", windows=99, alpha=0.05),
        BREAKING,
    ),
    "nothing": (_gate("at_least", low=0.5), _gate("at_least", low=0.5), NOTHING),
}


@pytest.mark.parametrize("name", GATES)
def test_a_change_of_a_gate_is_graded_and_the_way_back_swaps_the_sides(name: str) -> None:
    old, new, expected = GATES[name]
    before, after = (evolve(PLAN, gates=(each,) if each else ()) for each in (old, new))
    back = {PRODUCERS: CONSUMERS, CONSUMERS: PRODUCERS}.get(expected, expected)
    assert (words(diff(before, after)), words(diff(after, before))) == (expected, back)


def test_users_are_named_with_their_owners() -> None:
    found = diff(PLAN, evolve(PLAN, metrics=(evolve(METRIC, better="lower"), *PLAN.metrics[1:])))
    (graded,) = found.graded
    gates = [(user.kind, user.name, user.owner) for user in graded.consumers]
    assert gates == [("gate", "metric0 at least 0.5", "")]
    made = PLAN.node("metric0").inputs[0].node
    assert [(user.kind, user.name, user.owner) for user in graded.producers] == [("node", made, "team")]
    assert isinstance(found.head.metrics[0], Metric)
