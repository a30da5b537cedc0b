"""Any contract comes back from its file as it was, the file keeps to the standard's schema, and its source is such a contract."""

from __future__ import annotations

import datetime as dt
import functools
import json
import linecache
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from stagelang.contract import Contract as ContractClass
from stagelang_compiler.lower.contracts import lower_contract
from stagelang_compiler.odcs import export, read, source_of
from stagelang_compiler.odcs.yaml_text import loads
from stagelang_compiler.parsed_files import Files
from stagelang_compiler.plan import Column, Contract, Unit
from tests.stagelang_compiler.diff.synthetic import AT

SCHEMA = Path(__file__).parents[2] / "schemas" / "odcs" / "odcs-json-schema-v3.1.0.json"


@functools.cache
def _validator() -> Any:
    return Draft201909Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


NAMES = st.sampled_from(
    ["x", "ink", "no", "on", "y", "column", "vector", "dt", "u", "int", "größe", "_private", "Column2"]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12).map(
    str.strip
)
WORDS = TEXTS | st.sampled_from(
    ["", "no", "1.0", "2026-01-01", "a: b", "# c", "two\nlines", 'a "quoted" one"', "back\\slash", "'"]
)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)).map(dt.date.isoformat)
MOMENTS = st.datetimes().map(dt.datetime.isoformat)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**40), 2**40),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": WORDS.filter(bool),
    "bool": st.booleans(),
    "date": DAYS,
    "datetime": MOMENTS | MOMENTS.map(lambda text: f"{text}+00:00"),
    "time": st.times().map(dt.time.isoformat),
}
UNITS = st.sampled_from(
    [
        None,
        Unit(text="USD", factor=1.0, powers={"USD": 1}),
        Unit(text="1", factor=1.0, powers={}),
        Unit(text="ms", factor=0.001, powers={"s": 1}),
        Unit(text="USD/row", factor=1.0, powers={"USD": 1, "row": -1}),
        Unit(text="m*m", factor=1.0, powers={"m": 2}),
        Unit(text="parcel", factor=1.0, powers={"parcel": 1}),
        Unit(text="dozen parcels", factor=12.0, powers={"parcel": 1}),
        Unit(text="1/(m*s)", factor=1.0, powers={"m": -1, "s": -1}),
    ]
)


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    scalar = draw(st.sampled_from(sorted(VALUES)))
    is_list = draw(st.integers(0, 3)) == 0
    key = not is_list and draw(st.booleans())
    limits: dict[str, Any] = {}
    if scalar not in ("str", "bool"):
        for bound in draw(st.sets(st.sampled_from(["ge", "gt", "le", "lt"]), max_size=2)):
            limits[bound] = draw(VALUES[scalar])
    if draw(st.integers(0, 3)) == 0:
        members = draw(st.lists(VALUES[scalar], min_size=1, max_size=4, unique_by=repr))
        limits["isin"] = tuple(sorted(members, key=repr))
    if scalar == "str" and draw(st.booleans()):
        limits["pattern"] = draw(
            st.sampled_from(["[a-z]+", "a|b", r"\d{4}", "", ".*", "^a$", r"a\$", "(?:a)(?:b)"])
        )
    if is_list and draw(st.booleans()):
        return _vector(draw, name, scalar)
    return Column(
        name=name,
        type=f"list<{scalar}>" if is_list else scalar,
        nullable=not key and draw(st.booleans()),
        unique=key or draw(st.booleans()),
        key=key,
        group=draw(st.booleans()),
        time=scalar == "datetime" and draw(st.booleans()),
        unit=draw(UNITS),
        role=draw(st.sampled_from(["", "label", "no", 'a "role"'])),
        scale=draw(st.sampled_from(["", "nominal", "ordinal", "interval", "ratio"])),
        adds=draw(st.sampled_from(["", "always", "not_over_time", "never"])),
        known_after_seconds=draw(st.none() | st.integers(0, 99 * 86400).map(float)),
        made_of=draw(st.none() | st.lists(WORDS, max_size=3).map(tuple)),
        description=draw(WORDS),
        origin=AT,
        **limits,
    )


def _vector(draw: st.DrawFn, name: str, scalar: str) -> Column:
    """Give a list of one length, of which less can be said."""
    bounds = scalar not in ("str", "bool")
    return Column(
        name=name,
        type=f"list<{scalar}>",
        length=draw(st.integers(0, 9)),
        nullable=draw(st.booleans()),
        ge=draw(st.none() | VALUES[scalar]) if bounds else None,
        unit=draw(UNITS),
        role=draw(st.sampled_from(["", "feature"])),
        description=draw(WORDS),
        origin=AT,
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    made = [draw(columns(name)) for name in names]
    return Contract(
        name=draw(st.sampled_from(["Scans", "OrderLines", "No", "X1"])),
        version=draw(st.sampled_from(["", "1", "1.0", "2.10.3"])),
        owner=draw(WORDS.filter(lambda text: "\n" not in text)),
        description=draw(WORDS),
        closed=draw(st.booleans()),
        min_rows=draw(st.integers(0, 9)),
        max_rows=draw(st.none() | st.integers(9, 99)),
        sorted_by=tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2))),
        max_age_seconds=draw(st.none() | st.sampled_from([0.5, 60.0, 7200.0, 86400.0])),
        columns=tuple(made),
        digest="",
        origin=AT,
    )


def told(made: Contract) -> Contract:
    """Give a contract without its lines and its digest; no fewest rows are none."""
    unplaced = [evolve(column, origin=AT) for column in made.columns]
    return evolve(made, columns=tuple(unplaced), digest="", origin=AT, min_rows=made.min_rows or 0)


@settings(deadline=None)
@given(contracts())
def test_a_contract_comes_back_from_its_file_as_it_was(made: Contract) -> None:
    exported = export(made)
    _validator().validate(json.loads(json.dumps(_plain(loads(exported.text)))))
    found = read(exported.text)
    assert (*map(told, found.contracts),) == (told(made),)
    assert found.lost == ()


def _plain(value: Any) -> Any:
    """Take what ruamel remembers of its values off them."""
    if isinstance(value, MAPPING):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, LIST):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


MAPPING: Any = dict
LIST: Any = list


def executed(source: str, name: str, folder: Path) -> type[ContractClass]:
    """Run a module and give one of its contracts."""
    file = folder / "made.py"
    file.write_text(source, encoding="utf-8")
    linecache.checkcache()
    module = types.ModuleType(MODULE)
    module.__file__ = str(file)
    sys.modules[MODULE] = module  # where annotations are looked up
    exec(compile(source, str(file), "exec"), vars(module))
    found: type[ContractClass] = getattr(module, name)
    return found


MODULE = "made_from_a_file"


@settings(deadline=None)
@given(made=contracts())
def test_the_source_of_a_contract_declares_it(made: Contract, tmp_path_factory: Any) -> None:
    folder: Path = tmp_path_factory.mktemp("made")
    source = source_of([made], "A contract.")
    found = executed(source, made.name, folder)
    lowered = lower_contract(found, made.name, folder, Files())
    assert told(lowered) == told(made), source
