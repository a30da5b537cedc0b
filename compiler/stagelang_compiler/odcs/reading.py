"""Reads ODCS 3.x as contracts.

before  schema: [{name: Scans, properties: [{name: ink, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}}]}]
after   Contract(name="Scans", columns=(Column(name="ink", type="float", ge=0, le=1, nullable=True),))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from typing import Any, final

from attrs import evolve, frozen

from stagelang.origin import Origin
from stagelang_compiler.lower.contracts import promise_digest
from stagelang_compiler.odcs.problems import Malformed, Note
from stagelang_compiler.odcs.properties import read_column
from stagelang_compiler.odcs.tables import Said, Table
from stagelang_compiler.odcs.words import custom_name
from stagelang_compiler.odcs.yaml_text import loads
from stagelang_compiler.plan import Column, Contract

_LIST: Any = list
_VERSION = re.compile(r"v?([0-9]+(\.[0-9]+)*)")


@final
@frozen(kw_only=True)
class Imported:
    """The contracts of a file, and what of it has no counterpart in them."""

    contracts: tuple[Contract, ...]
    lost: tuple[Note, ...]


def read(text: str, file: str = "contract.odcs.yaml") -> Imported:
    """Read a file's contracts; one for each object of its schema. Raises Malformed."""
    said = Said()
    document = Table(loads(text), "", 1, said)
    if said.problems:
        raise Malformed(tuple(said.problems))
    _head(document)
    found = [*_contracts(document, file)]
    document.lose_rest()
    if said.problems:
        raise Malformed(tuple(said.problems))
    return Imported(contracts=tuple(found), lost=tuple(said.lost))


def _head(document: Table) -> None:
    version = document.needed("apiVersion", str)
    if version is not None and not version.startswith("v3."):
        document.problem(f"expected v3.0 or v3.1, found {version!r}", "apiVersion")
    kind = document.needed("kind", str)
    if kind not in (None, "DataContract"):
        document.problem(f"expected 'DataContract', found {kind!r}", "kind")
    for key in ("id", "status"):
        document.needed(key, str)
    if document.ask("name") is not None:
        document.take("name", str)


def _contracts(document: Table, file: str) -> Iterator[Contract]:
    version, owner = _version(document), _owner(document)
    names: set[str] = set()
    tables = [*document.tables("schema")]
    if not tables:
        document.problem("there is no schema, so there is no contract in it")
    for table in tables:
        name = table.needed("name", str) or ""
        own = class_name(name)
        if name and not own:
            table.problem(f"no class can be called {name!r}", "name")
        if own in names:
            table.problem(f"another object is called {own!r} as well", "name")
        if own and own != name:
            table.lose(f"{name!r} is called {own} as a class", "name")
        names.add(own)
        yield _contract(table, own or "Unnamed", version, owner, file)


def class_name(name: str) -> str:
    """Give the name of a class for an object: 'Orders' for 'orders', 'OrderLines' for 'order_lines'; nothing where there is none."""
    if name.isidentifier() and name[:1].isupper() and not iskeyword(name):
        return name
    words = re.split(r"[^0-9a-zA-Z]+", name)
    made = "".join(word[:1].upper() + word[1:] for word in words if word)
    return made if made.isidentifier() and not iskeyword(made) else ""


def _version(document: Table) -> str:
    version = document.needed("version", str) or ""
    custom = custom_properties(document)
    if custom.pop("unversioned", False) is True:
        version = ""
    _lose_custom(document, custom)
    written = _VERSION.fullmatch(version)
    if version and not written:
        document.lose(f"{version!r} isn't numbers joined by dots", "version")
    return written[1] if written else ""


def _owner(document: Table) -> str:
    team = document.ask("team")
    if team is None or isinstance(team, _LIST):
        document.asked -= {"team"}  # a list of people names no team
        return ""
    table = document.table("team")
    assert table is not None, "it was seen above"
    owner = table.take("name", str) or ""
    table.lose_rest()
    return owner


def _contract(table: Table, name: str, version: str, owner: str, file: str) -> Contract:
    for key, usual in (("logicalType", "object"), ("physicalType", "table"), ("physicalName", name)):
        if table.ask(key) not in (None, usual):
            table.lose("it has no counterpart in a contract", key)
    description = table.take("description", str) or ""
    least, most = _rows(table)
    custom = custom_properties(table)
    closed = custom.pop("closed", False) is True
    order, age = custom.pop("sortedBy", None), custom.pop("maxAgeSeconds", None)
    _lose_custom(table, custom)
    found: dict[str, Column] = {}
    properties = [*table.tables("properties")]
    if not properties:
        table.problem("it has no properties, so it promises nothing")
    keys = [each for each in properties if each.content.get("primaryKey") is True]
    for each in properties:
        column = read_column(each, Origin(file, each.line), is_only_key=len(keys) == 1)
        if column is not None and column.name in found:
            each.problem(f"column {column.name!r} is there twice", "name")
        elif column is not None:
            found[column.name] = column
    table.lose_rest()
    order = () if order is None else tuple(map(str, order)) if isinstance(order, _LIST) else (str(order),)
    if not set(order) <= set(found):
        table.lose("the order of its rows is of columns that aren't there")
        order = ()
    contract = Contract(
        name=name,
        version=version,
        owner=owner,
        description=description,
        closed=closed,
        min_rows=least,
        max_rows=most,
        sorted_by=order,
        max_age_seconds=float(age) if isinstance(age, int | float) else None,
        columns=tuple(found.values()),
        digest="",
        origin=Origin(file, table.line),
    )
    return evolve(contract, digest=promise_digest(contract))


def _rows(table: Table) -> tuple[int | None, int | None]:
    """Read how many rows there may be from the rules; all others are lost."""
    least: list[int] = []
    most: list[int] = []
    for rule in table.tables("quality"):
        found = _row_count(rule)
        if found is None:
            rule.lose("this rule has no counterpart in a contract")
            continue
        least += [found[0]] if found[0] is not None else []
        most += [found[1]] if found[1] is not None else []
    return max(least, default=None), min(most, default=None)


def _row_count(rule: Table) -> tuple[int | None, int | None] | None:
    """Give the fewest and the most rows that a rule allows; None for a rule about anything else."""
    asked = {key: value for key, value in rule.content.items() if key not in ("type", "description", "name")}
    is_count = asked.pop("metric", None) == "rowCount" and asked.pop("unit", "rows") == "rows"
    if not is_count or len(asked) != 1 or rule.content.get("type", "library") != "library":
        return None
    match next(iter(asked.items())):
        case "mustBe", int() as count if not isinstance(count, bool):
            return count, count
        case "mustBeGreaterOrEqualTo", int() as count:
            return count, None
        case "mustBeGreaterThan", int() as count:
            return count + 1, None
        case "mustBeLessOrEqualTo", int() as count:
            return None, count
        case "mustBeLessThan", int() as count:
            return None, count - 1
        case "mustBeBetween", [int() as low, int() as high]:
            return low, high
        case _:
            return None


def custom_properties(table: Table) -> dict[str, Any]:
    """Read our own custom properties, by their names without the prefix; others by their whole names."""
    found: dict[str, Any] = {}
    ours = {custom_name(name): name for name in _OURS}
    for each in table.tables("customProperties"):
        name = each.needed("property", str) or ""
        found[ours.get(name, name)] = each.ask("value")
    return found


_OURS = ("unversioned", "closed", "sortedBy", "maxAgeSeconds")


def _lose_custom(table: Table, left: dict[str, Any]) -> None:
    for name in left:
        table.lose(f"custom property {name!r} has no counterpart in a contract", "customProperties")
