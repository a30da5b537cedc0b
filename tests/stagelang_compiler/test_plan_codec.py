"""Plans as texts: the same plan back, one text for one plan, and nothing else let in."""

from __future__ import annotations

import copy
import functools
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler import plan
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan_codec import PlanError, canonical, digest, dumps, loads
from stagelang_compiler.plan_schema import plan_schema
from tests.stagelang_compiler.conftest import PRELUDE, TODAY
from tests.stagelang_compiler.rich import RICH

EXAMPLES = Path(__file__).parents[2] / "examples"
Way: TypeAlias = tuple[str | int, ...]


@pytest.fixture(scope="session")
def rich_plan(tmp_path_factory: pytest.TempPathFactory) -> plan.Plan:
    """A plan that has everything a plan can hold."""
    folder = tmp_path_factory.mktemp("rich")
    (folder / "grow.sh").write_text("echo")
    (folder / "pipeline.py").write_text(PRELUDE + RICH)
    found = check_file(folder / "pipeline.py", today=TODAY).plan
    assert found is not None
    return found


@functools.cache
def _example_plan(name: str) -> plan.Plan:
    found = check_file(EXAMPLES / name / "pipeline.py", today=TODAY).plan
    assert found is not None
    return found


_texts = st.text(max_size=4)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _floats | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=4,
)
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: _texts, int: st.integers(), float: _floats, bool: st.booleans(), type(None): st.none(), Any: _json,
}  # fmt: skip


@functools.cache
def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Give values of a field's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([_values(each) for each in arguments])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(_values(each) for each in arguments))
    if origin is not None:
        return st.dictionaries(_texts, _values(arguments[1]), max_size=2)
    hints = typing.get_type_hints(hint, vars(plan) | {"Origin": Origin})
    return st.builds(hint, **{each.name: _values(hints[each.name]) for each in attrs.fields(hint)})


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(_values(plan.Plan).map(lambda each: attrs.evolve(each, schema=plan.SCHEMA_VERSION)))
def test_any_plan_comes_back_from_its_text(given_plan: plan.Plan) -> None:
    text = dumps(given_plan)
    assert loads(text) == given_plan
    assert dumps(loads(text)) == text
    assert _is_valid(json.loads(text))


@pytest.mark.parametrize("name", ["digit_reader", "flight_delays"])
def test_the_examples_plans_come_back_and_keep_to_the_schema(name: str) -> None:
    text = dumps(_example_plan(name))
    assert loads(text) == _example_plan(name)
    assert dumps(loads(text)) == text
    assert _is_valid(json.loads(text))


def test_the_text_is_canonical_json(rich_plan: plan.Plan) -> None:
    text = dumps(rich_plan)
    assert text == canonical(json.loads(text))
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest(rich_plan))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}])
def test_what_json_has_no_word_for_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(value)


def test_half_a_character_is_written_as_an_escape() -> None:
    assert canonical(["é\ud800"]) == '["é\\ud800"]\n'
    assert json.loads(canonical(["é\ud800"]).encode()) == ["é\ud800"]


def _is_valid(raw: Any) -> bool:
    """Ask a stranger, jsonschema, whether data keeps to the plan's schema."""
    return bool(_validator().is_valid(raw))


@functools.cache
def _validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    return jsonschema.Draft202012Validator(plan_schema())


def _hints(cls: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(cls, vars(plan) | {"Origin": Origin})


_DICT: Any = dict
_LIST: Any = list
_NESTED: Any = (dict, list)


def _ways(value: Any, hint: Any, way: Way, path: str) -> Iterator[tuple[Way, Any, str]]:
    """Give each place in a plan's JSON with its type and how an error names it."""
    yield way, hint, path
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        classes = [each for each in arguments if attrs.has(each) or typing.get_origin(each)]
        hint = classes[0] if classes and isinstance(value, _NESTED) else None
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, _DICT) and isinstance(hint, type) and attrs.has(hint):
        for name, item in value.items():
            yield from _ways(item, _hints(hint)[name], (*way, name), f"{path}.{name}")
    elif isinstance(value, _DICT) and origin:
        for name, item in value.items():
            yield from _ways(item, arguments[1], (*way, name), f"{path}[{name!r}]")
    elif isinstance(value, _LIST) and origin is tuple:
        for index, item in enumerate(value):
            inner = arguments[0] if arguments[-1] is Ellipsis else arguments[index]
            yield from _ways(item, inner, (*way, index), f"{path}[{index}]")


def _replaced(value: Any, way: Way, new: Any) -> Any:
    """Give the same data with one place changed; what isn't on the way to it is shared."""
    step, *rest = way
    copied = copy.copy(value)
    copied[step] = _replaced(value[step], tuple(rest), new) if rest else new
    return copied


def _members(hint: Any) -> list[type[Any]]:
    """Give the class of a field that holds an object, or an object or nothing."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return [
        each
        for each in (typing.get_args(hint) if is_union else (hint,))
        if isinstance(each, type) and attrs.has(each)
    ]


def _allows(hint: Any, value: Any) -> bool:
    """Tell whether a field's type takes a value of plain JSON."""
    if hint is Any:
        return True
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_allows(each, value) for each in typing.get_args(hint))
    if hint is float:
        return type(value) in (float, int)
    if attrs.has(hint) and value == {}:  # judged by the fields that it lacks
        return True
    return hint is type(value) or (typing.get_origin(hint) is tuple and value == [] and Ellipsis in typing.get_args(hint)) or (
        typing.get_origin(hint) not in (None, tuple, typing.Literal) and value == {}
    )  # fmt: skip


def test_each_wrong_type_at_each_place_is_refused_with_its_path(rich_plan: plan.Plan) -> None:
    raw = json.loads(dumps(rich_plan))
    tried: set[tuple[str, str]] = set()
    judged: set[str] = set()  # by the schema, once a place: it takes its time
    wrongs: tuple[Any, ...] = ("text", 5, True, None, [], {})
    for way, hint, path in _ways(raw, plan.Plan, (), "plan"):
        for wrong in wrongs:
            kind = (re.sub(r"\[[^]]*\]", "[]", path), type(wrong).__name__)
            if not way or way == ("schema",) or kind in tried or _allows(hint, wrong):
                continue
            tried.add(kind)
            changed = _replaced(raw, way, wrong)
            with pytest.raises(PlanError) as refused:
                loads(json.dumps(changed))
            assert re.search(rf"@ {re.escape(path)}($|;)", str(refused.value)), (path, str(refused.value))
            if kind[0] not in judged:
                judged.add(kind[0])
                assert not _is_valid(changed), path
    assert len(tried) > 600


def test_each_unknown_and_each_missing_field_is_refused_with_its_path(rich_plan: plan.Plan) -> None:
    raw = json.loads(dumps(rich_plan))
    tried: set[str] = set()
    for way, hint, path in _ways(raw, plan.Plan, (), "plan"):
        members = _members(hint)
        if not members or members[0].__name__ in tried:
            continue
        tried.add(members[0].__name__)
        changed = _replaced({"": raw}, ("", *way, "colour"), "red")[""]
        with pytest.raises(PlanError, match=re.escape(f"unknown field (colour) @ {path}")):
            loads(json.dumps(changed))
        assert not _is_valid(changed)
        for each in attrs.fields(members[0]):
            if each.default is attrs.NOTHING:
                changed = copy.deepcopy({"": raw})
                inner: Any = changed
                for step in ("", *way):
                    inner = inner[step]
                del inner[each.name]
                with pytest.raises(
                    PlanError, match=re.escape(f"required field missing ({each.name}) @ {path}")
                ):
                    loads(json.dumps(changed[""]))
                assert not _is_valid(changed[""])
    assert tried == {name for name, each in vars(plan).items() if isinstance(each, type) and attrs.has(each)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the plan is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "the plan is no JSON object: expected {...}, found list"),
        ('{"schema": 2}', "the plan's schema is 2, this stagelang reads 1: compile the pipeline again"),
        ("{}", "the plan's schema is None, this stagelang reads 1: compile the pipeline again"),
        ('{"schema": 1, "name": "a", "name": "b"}', "the plan is no JSON: field 'name' is there twice"),
        ('{"schema": 1, "seed": NaN}', "the plan is no JSON: NaN is no JSON number"),
        ('{"schema": 1, "seed": -Infinity}', "the plan is no JSON: -Infinity is no JSON number"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlanError, match=f"^{re.escape(message)}$"):
        loads(text)


def test_a_text_nested_without_end_is_refused() -> None:
    with pytest.raises(PlanError, match=r"^the plan is no JSON: maximum recursion depth exceeded"):
        loads('{"schema": 1, "seed": ' + "[" * 100_000)


def test_all_that_is_wrong_is_said_at_once(rich_plan: plan.Plan) -> None:
    raw = json.loads(dumps(rich_plan))
    raw["outputs"] = [["a"]]
    raw["nodes"][0]["kind"] = "sauce"
    del raw["gates"][1]["metric"]
    with pytest.raises(PlanError) as refused:
        loads(json.dumps(raw))
    assert str(refused.value) == (
        "expected one of 'source', 'split', 'stage', 'command', 'metric', found str 'sauce' @ plan.nodes[0].kind; "
        "required field missing (metric) @ plan.gates[1].metric; "
        "expected 2 items, found 1 @ plan.outputs[0]"
    )
