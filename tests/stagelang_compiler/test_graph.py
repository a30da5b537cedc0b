"""How calls become nodes: binding, merging, naming, order."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang import Contract, PerRow, Pipeline, Table, Value, column, mean, metric, source, stage
from stagelang import units as u
from stagelang.contract import Column
from stagelang.recording import record
from stagelang_compiler.graph import (
    Graph,
    _bound_quickly,  # pyright: ignore[reportPrivateUsage]
    build,
)
from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.conftest import Said

PlanOf = Callable[[str], Plan]


def _reads(plan: Plan) -> dict[str, list[str]]:
    """Give, for each node, what it reads: 'argument[index]=node.port'."""

    def word(each: Any) -> str:
        index = "" if each.index is None else f"[{each.index}]"
        port = "" if each.output == "out" else f".{each.output}"
        return f"{each.argument}{index}={each.node}{port}"

    return {node.name: [word(each) for each in node.inputs] for node in plan.nodes}


_MERGES = """
@stage
def merge(*tables: Table[Scans], level: int = 2) -> Table[Scans]:
    return tables[0]

@stage
def join(parts: Sequence[Table[Scans]], extra: Optional[Table[Scans]] = None, note: str = "none") -> Table[Scans]:
    return parts[0]
"""


@pytest.mark.parametrize(
    ("call", "reads", "params"),
    [
        ("clean(scans)", ["scans=scans"], {"level": 1}),
        ("clean(scans=scans, level=3)", ["scans=scans"], {"level": 3}),
        ("merge(scans, halves.train)", ["tables[0]=scans", "tables[1]=split_scans.train"], {"level": 2}),
        ("merge()", [], {"level": 2}),
        ("join([scans, halves.test])", ["parts[0]=scans", "parts[1]=split_scans.test"], {"note": "none"}),
        ("join((scans,), halves.train, 'x')", ["extra=split_scans.train", "parts[0]=scans"], {"note": "x"}),
        ("join([], extra=None)", [], {"note": "none"}),
    ],
)
def test_arguments_are_bound_as_python_binds_them(
    plan_of: PlanOf, call: str, reads: list[str], params: dict[str, Any]
) -> None:
    plan = plan_of(f"{_MERGES}\npipeline = Pipeline('p', seed=1, outputs=[{call}, halves.train])")
    node = next(node for node in plan.nodes if node.kind == "stage")
    assert (_reads(plan)[node.name], dict(node.params)) == (reads, params)


def test_each_field_of_a_named_tuple_is_an_output_of_one_node(plan_of: PlanOf) -> None:
    plan = plan_of("""
        class Fitted(NamedTuple):
            model: Model[dict[str, float]]
            left: Table[Scans, Train]

        @stage
        def fit_some(train: Table[Scans, Train]) -> Fitted:
            raise NotImplementedError

        fitted = fit_some(halves.train)
        pipeline = Pipeline("p", seed=1, outputs=[score(fitted.model, fitted.left)])
    """)
    assert _reads(plan)["score"] == ["model=fit_some.model", "scans=fit_some.left"]
    assert [(each.name, each.kind) for each in plan.node("fit_some").outputs] == [
        ("model", "model"),
        ("left", "table"),
    ]


def test_equal_calls_are_one_node_and_different_ones_are_not(plan_of: PlanOf) -> None:
    plan = plan_of("""
        model = fit(clean(halves.train), c=2.0)
        again = fit(clean(halves.train, level=1), c=2.0)
        pipeline = Pipeline("p", seed=1, outputs=[score(model, halves.test), score.named("second")(again, clean(halves.test))])
    """)
    assert sorted(node.name for node in plan.nodes if node.stage in ("fit", "clean")) == [
        "clean.test",
        "clean.train",
        "fit",
    ]


def test_two_sources_of_one_location_and_contract_are_one_node(plan_of: PlanOf) -> None:
    plan = plan_of("""
        again = source(Scans, "data/scans.parquet")
        pipeline = Pipeline("p", seed=1, outputs=[clean(again), halves.train])
    """)
    assert [node.name for node in plan.nodes] == ["scans", "clean", "split_scans"]


def test_nodes_of_one_stage_are_named_by_their_population(plan_of: PlanOf) -> None:
    plan = plan_of(
        "pipeline = Pipeline('p', seed=1, outputs=[clean(halves.train), clean(halves.test), clean(scans)])"
    )
    assert [node.name for node in plan.nodes if node.stage] == ["clean", "clean.test", "clean.train"]


def test_calls_that_nothing_tells_apart_are_a_finding(said: Said) -> None:
    assert said(
        "pipeline = Pipeline('p', seed=1, outputs=[clean(scans), clean(scans, level=2), halves.train])"
    ).startswith(
        "error[SL109]: 'clean' is called 2 times, and the populations of its rows don't tell the calls apart\n"
    )


def test_scopes_prefix_names_and_nest(plan_of: PlanOf) -> None:
    plan = plan_of("""
        made = []
        for country in ("eu", "us"):
            with scope(country):
                with scope("inner"):
                    made.append(clean(source(Scans, f"data/{country}.csv")))
        pipeline = Pipeline("p", seed=1, outputs=[*made, halves.train])
    """)
    assert [(node.name, node.scope) for node in plan.nodes] == [
        ("eu/inner/eu", "eu/inner"),
        ("eu/inner/clean", "eu/inner"),
        ("scans", ""),
        ("split_scans", ""),
        ("us/inner/us", "us/inner"),
        ("us/inner/clean", "us/inner"),
    ]


def test_a_stage_and_an_expression_bear_the_name_that_they_are_given(plan_of: PlanOf) -> None:
    plan = plan_of("""
        right, spent = accuracy(halves.test), cost(halves.test)
        renamed = clean.named("tidy")(halves.train)
        combined = [spent.per(right), 2 * spent, -right, spent - spent, (spent + spent).named("twice"), spent.times(right)]
        pipeline = Pipeline("p", seed=1, metrics=combined, outputs=[renamed])
    """)
    assert [metric.name for metric in plan.metrics] == [
        "accuracy", "cost", "cost-per-accuracy", "cost-times-2", "accuracy-negative", "cost-minus-cost", "twice", "cost-times-accuracy",
    ]  # fmt: skip
    assert "tidy" in plan.by_name


def test_equal_expressions_are_one_metric(plan_of: PlanOf) -> None:
    plan = plan_of("""
        spent = cost(halves.test)
        pipeline = Pipeline("p", seed=1, metrics=[2 * spent], gates=[(spent * 2).at_most(1.5)])
    """)
    assert [metric.name for metric in plan.metrics] == ["cost", "cost-times-2"]
    assert [gate.metric for gate in plan.gates] == ["cost-times-2"]


def test_a_view_under_another_contract_is_no_node(plan_of: PlanOf) -> None:
    plan = plan_of("""
        class Ids(Contract):
            scan_id: Column[int] = column(key=True)

        @stage
        def count(ids: Table[Ids]) -> Value[int]:
            return Value.of(1)

        pipeline = Pipeline("p", seed=1, outputs=[count(scans.as_contract(Ids)), halves.train])
    """)
    (read,) = plan.node("count").inputs
    assert (read.node, read.contract, read.promised, read.proved) == ("scans", "Ids", "Scans", True)


def test_a_call_that_nothing_reads_is_a_warning_and_no_node(said: Said) -> None:
    assert said("clean(scans)\npipeline = Pipeline('p', seed=1, outputs=[halves.train])") == (
        "warning[SL120]: nothing reads what 'clean' gives\n"
        "  --> pipeline.py:43\n"
        "  help: remove the call, or name its result in outputs=[...]"
    )


class Rows(Contract):
    row_id: Column[int] = column(key=True)


@stage
def step(*before: Table[Rows], level: int = 0) -> Table[Rows]:
    return before[0]


@stage
def total(*before: Table[Rows]) -> Value[int]:
    return Value.of(0)


def _graph_of(edges: dict[int, list[int]], names: dict[int, str]) -> Graph:
    """Wire a graph whose node i reads the nodes edges[i], all with lower numbers."""
    with record() as recording:
        made: dict[int, Table[Rows]] = {}
        for number in sorted(edges):
            made[number] = step.named(names[number])(*(made[each] for each in edges[number]), level=number)
        pipeline = Pipeline("p", seed=1, outputs=[total(*made.values())])
    return build(pipeline, recording, repr)


@st.composite
def _dags(draw: st.DrawFn) -> tuple[dict[int, list[int]], dict[int, str]]:
    count = draw(st.integers(1, 14))
    edges = {
        number: draw(st.lists(st.integers(0, number - 1), unique=True, max_size=4)) if number else []
        for number in range(count)
    }
    names = draw(st.permutations([f"n{number:02}" for number in range(count)]))
    return edges, dict(enumerate(names))


@settings(max_examples=60, deadline=None)
@given(_dags())
def test_nodes_stand_in_networkx_s_lexicographic_topological_order(
    dag: tuple[dict[int, list[int]], dict[int, str]],
) -> None:
    edges, names = dag
    expected: nx.DiGraph[str] = nx.DiGraph()
    expected.add_nodes_from(names.values())
    expected.add_edges_from(
        (names[before], names[number]) for number, read in edges.items() for before in read
    )
    given_order = [node.name for node in _graph_of(edges, names).nodes if node.name != "total"]
    assert given_order == list(nx.lexicographical_topological_sort(expected))


@settings(max_examples=30, deadline=None)
@given(_dags(), st.randoms(use_true_random=False))
def test_the_order_of_definition_leaves_no_trace(
    dag: tuple[dict[int, list[int]], dict[int, str]], random: Any
) -> None:
    edges, names = dag
    graph = _graph_of(edges, names)
    shuffled: dict[int, str] = {}
    wired: dict[int, Table[Rows]] = {}
    with record() as recording:
        waiting = list(edges)
        while waiting:
            number = random.choice(
                [each for each in waiting if all(before in wired for before in edges[each])]
            )
            waiting.remove(number)
            shuffled[number] = names[number]
            wired[number] = step.named(names[number])(*(wired[each] for each in edges[number]), level=number)
        pipeline = Pipeline("p", seed=1, outputs=[total(*(wired[number] for number in edges))])
    assert [node.name for node in build(pipeline, recording, repr).nodes] == [
        node.name for node in graph.nodes
    ]


@pytest.fixture
def without_collecting() -> Iterator[None]:
    """Keep the cyclic collector from walking a graph that only grows, as the compiler does."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collecting")
def test_a_chain_of_20000_needs_no_recursion() -> None:
    with record() as recording:
        table: Table[Any] = source(Rows, "rows.csv")
        for number in range(20_000):
            table = step(table, level=number)
        pipeline = Pipeline("p", seed=1, outputs=[table])
    graph = build(pipeline, recording, repr)
    assert [node.params.get("level", -1) for node in graph.nodes] == list(range(-1, 20_000))


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1")
def share(rows: Table[Rows]) -> PerRow[u.RATIO]:
    return PerRow(rows.pandas["row_id"])


@pytest.mark.usefixtures("without_collecting")
def test_a_chain_of_5000_expressions_needs_no_recursion() -> None:
    with record() as recording:
        number = share(source(Rows, "rows.csv"))
        for position in range(5_000):
            number = (number + number).named(f"e{position}")
        pipeline = Pipeline("p", seed=1, metrics=[number])
    graph = build(pipeline, recording, repr)
    assert [graph.names[id(each)] for each in graph.expressions] == [f"e{number}" for number in range(5_000)]


def test_a_list_that_grows_after_a_call_was_read_as_it_was(plan_of: PlanOf) -> None:
    plan = plan_of(
        _MERGES
        + "parts = [scans]\n"
        + "for number in range(2):\n    parts.append(join.named(f'join{number}')(parts))\n"
        + "pipeline = Pipeline('p', seed=1, outputs=parts[-1:])\n"
    )
    assert _reads(plan) == {
        "scans": [],
        "join0": ["parts[0]=scans"],
        "join1": ["parts[0]=scans", "parts[1]=join0"],
    }


_PARAMETERS = ("a", "b", "c", "d")


@given(st.data())
def test_calls_are_bound_as_python_binds_them(data: st.DataObject) -> None:
    """A call that Python refuses, and any of what is rarely declared, is left to be told by whoever asks Python."""
    plain = data.draw(st.integers(0, 4))
    given_defaults = [data.draw(st.booleans()) for _ in _PARAMETERS]
    spelled: list[str] = []
    only = data.draw(st.integers(0, plain))
    for index, name in enumerate(_PARAMETERS):
        spelled += ["/"] if index == only > 0 else []
        spelled += ["*"] if index == plain else []
        may_be_required = index >= plain or not any(given_defaults[:index])
        spelled.append(f"{name}=0" if given_defaults[index] or not may_be_required else name)
    spelled += data.draw(st.sampled_from([[], ["**more"]]))
    names: dict[str, Any] = {}
    exec(f"def function({', '.join(spelled)}): ...", names)
    positional = data.draw(st.lists(st.integers(), max_size=4))
    named = data.draw(st.dictionaries(st.sampled_from([*_PARAMETERS, "e"]), st.integers(), max_size=4))
    quick = _bound_quickly(names["function"], positional, named)
    try:
        bound = inspect.signature(names["function"]).bind(*positional, **named)
    except TypeError:
        assert quick is None
        return
    bound.apply_defaults()
    if {"/", "**more"} & {*spelled}:
        assert quick is None
    else:
        assert quick is not None and [*quick.items()] == [*bound.arguments.items()]
