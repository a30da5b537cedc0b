"""Writes a contract as ODCS 3.1.

before  class Scans(Contract, version="1.1"): ink: Column[float] = column(ge=0, le=1, unit=u.RATIO)
after   schema: [{name: Scans, properties: [{name: ink, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}, ...}]}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

from attrs import frozen

from stagelang_compiler.odcs.problems import Note
from stagelang_compiler.odcs.words import API_VERSION, BOUNDS, CUSTOM, FORMATS, LOGICAL, custom_name
from stagelang_compiler.odcs.yaml_text import dumps
from stagelang_compiler.plan import Column, Contract

Table = dict[str, Any]


@final
@frozen(kw_only=True)
class Exported:
    """A file's text, and what of the contract other tools won't see in it."""

    text: str
    lost: tuple[Note, ...]


def export(contract: Contract) -> Exported:
    """Write a contract as a file of its own; what the standard has no word for stays in custom properties, and is told."""
    document: Table = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": contract.name.replace(".", "_"),
        "name": contract.name,
        "version": contract.version or "0",
        "status": "active",
    }
    if contract.owner:
        document["team"] = {"name": contract.owner}
    document |= _custom({} if contract.version else {"unversioned": True})
    document["schema"] = [_schema(contract)]
    return Exported(text=dumps(document), lost=tuple(_lost(contract)))


def _schema(contract: Contract) -> Table:
    found: Table = {"name": contract.name, "logicalType": "object", "physicalType": "table"}
    if contract.description:
        found["description"] = contract.description
    rules = [*_rows(contract)]
    found |= {"quality": rules} if rules else {}
    found |= _custom(_of_table(contract))
    keys = [column.name for column in contract.columns if column.key]
    found["properties"] = [_property(column, keys) for column in contract.columns]
    return found


def _of_table(contract: Contract) -> Table:
    said: Table = {"closed": True} if contract.closed else {}
    if contract.sorted_by:
        said["sortedBy"] = list(contract.sorted_by)
    if contract.max_age_seconds is not None:
        said["maxAgeSeconds"] = contract.max_age_seconds
    return said


def _rows(contract: Contract) -> Iterator[Table]:
    if contract.min_rows:
        yield {"metric": "rowCount", "mustBeGreaterOrEqualTo": contract.min_rows}
    if contract.max_rows is not None:
        yield {"metric": "rowCount", "mustBeLessOrEqualTo": contract.max_rows}


def _property(column: Column, keys: list[str]) -> Table:
    found: Table = {"name": column.name}
    is_list = column.type.startswith("list<")
    item = _typed(column, column.type[5:-1] if is_list else column.type)
    if is_list:
        length = {} if column.length is None else {"minItems": column.length, "maxItems": column.length}
        found |= {"logicalType": "array", **({"logicalTypeOptions": length} if length else {}), "items": item}
    else:
        found |= item
    if column.description:
        found["description"] = column.description
    found["required"] = column.key or not column.nullable
    if column.unique or column.key:
        found["unique"] = True
    if column.key:
        found |= {"primaryKey": True, "primaryKeyPosition": keys.index(column.name) + 1}
    return found | _custom(_of_column(column))


def _typed(column: Column, scalar: str) -> Table:
    """Write the type of a column, or of a list's items, and the limits of its values."""
    options: Table = {"format": FORMATS[scalar]} if scalar in FORMATS else {}
    bounds = ((word, getattr(column, name)) for name, word in BOUNDS.items())
    options |= {word: value for word, value in bounds if value is not None}
    if column.pattern is not None:
        options["pattern"] = f"^(?:{column.pattern})$"
    found: Table = {"logicalType": LOGICAL[scalar]}
    found |= {"logicalTypeOptions": options} if options else {}
    if column.isin is not None:
        found["quality"] = [
            {"metric": "invalidValues", "arguments": {"validValues": list(column.isin)}, "mustBe": 0}
        ]
    return found


def _of_column(column: Column) -> Table:
    said: Table = {word: True for word in ("group", "time") if getattr(column, word)}
    if column.unit is not None:
        unit = column.unit
        said["unit"] = {"text": unit.text, "factor": unit.factor, "powers": dict(sorted(unit.powers.items()))}
    said |= {word: getattr(column, word) for word in ("role", "scale", "adds") if getattr(column, word)}
    if column.known_after_seconds is not None:
        said["knownAfterSeconds"] = column.known_after_seconds
    if column.made_of is not None:
        said["madeOf"] = list(column.made_of)
    return said


def _custom(said: Mapping[str, Any]) -> Table:
    listed = [{"property": custom_name(name), "value": value} for name, value in said.items()]
    return {"customProperties": listed} if listed else {}


def _lost(contract: Contract) -> Iterator[Note]:
    kept = "kept as a custom property, which other tools don't read"
    if not contract.version:
        yield Note(
            f"{contract.name}: {CUSTOM['unversioned']}: the standard asks for one, so it is written as 0"
        )
    for name in _of_table(contract):
        yield Note(f"{contract.name}: {CUSTOM[name]}: {kept}")
    for column in contract.columns:
        for name in _of_column(column):
            yield Note(f"{contract.name}.{column.name}: {CUSTOM[name]}: {kept}")
        if column.pattern is not None:
            yield Note(
                f"{contract.name}.{column.name}: its pattern is RE2's, and other tools read it as ECMAScript's"
            )
