"""Files of other tools: what becomes of them, what is said to be lost, and where a file is malformed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stagelang_compiler.odcs import Malformed, read, source_of

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: orders-1\nversion: 2.1.0\nstatus: active\n"
FOREIGN = (
    HEAD
    + """\
name: orders
domain: sales
team:
  name: checkout
  members:
    - username: ann
servers:
  - server: prod
    type: postgres
schema:
  - name: order_lines
    physicalName: ORDER_LINES
    description: One line of an order.
    quality:
      - type: library
        metric: rowCount
        mustBeGreaterThan: 9
      - type: sql
        query: SELECT 1
        mustBe: 1
    properties:
      - name: order_id
        logicalType: string
        logicalTypeOptions:
          pattern: ^[A-Z]{3}-[0-9]+$
        primaryKey: true
        primaryKeyPosition: 1
        required: true
      - name: line
        logicalType: integer
        logicalTypeOptions:
          minimum: 1
          multipleOf: 1
        primaryKey: true
        primaryKeyPosition: 2
      - name: state
        logicalType: string
        required: true
        classification: public
        quality:
          - type: library
            metric: invalidValues
            arguments:
              validValues: [open, paid]
            mustBe: 0
          - metric: nullValues
            mustBe: 0
      - name: note
        logicalType: string
        logicalTypeOptions:
          maxLength: 80
      - name: code
        logicalType: string
        logicalTypeOptions:
          pattern: X
      - name: amount
        physicalType: DECIMAL(10,2)
      - name: placed-at
        logicalType: timestamp
      - name: weight
        physicalType: double
        required: true
      - name: shipped
        logicalType: date
        logicalTypeOptions:
          minimum: 2020-01-01
      - name: address
        logicalType: object
        properties:
          - name: street
            logicalType: string
      - name: tags
        logicalType: array
        items:
          logicalType: string
"""
)
SOURCE = '''\
"""Contracts of orders.odcs.yaml."""

from __future__ import annotations

import datetime as dt

from stagelang import Column, Contract, column, vector


class OrderLines(Contract, version="2.1.0", owner="checkout", rows=(10, None)):
    """One line of an order."""

    order_id: Column[str] = column(pattern="[A-Z]{3}-[0-9]+")
    line: Column[int] = column(ge=1)
    state: Column[str] = column(isin=["open", "paid"])
    note: Column[str] = column(nullable=True, pattern="(?s:.{0,80})")
    code: Column[str] = column(nullable=True, pattern="(?s:.*)(?:X)(?s:.*)")
    weight: Column[float]
    shipped: Column[dt.date] = column(nullable=True, ge=dt.date(2020, 1, 1))
    tags: Column[list[str]] = vector(nullable=True)
'''
LOST = """\
7: domain: it has no counterpart in a contract
10: team.members: it has no counterpart in a contract
12: servers: it has no counterpart in a contract
16: schema[0].name: 'order_lines' is called OrderLines as a class
17: schema[0].physicalName: it has no counterpart in a contract
23: schema[0].quality[1]: this rule has no counterpart in a contract
31: schema[0].properties[0].primaryKey: a key of several columns: a column of a contract is a key by itself, or none
38: schema[0].properties[1].logicalTypeOptions.multipleOf: it has no counterpart in a contract
39: schema[0].properties[1].primaryKey: a key of several columns: a column of a contract is a key by itself, or none
44: schema[0].properties[2].classification: it has no counterpart in a contract
51: schema[0].properties[2].quality[1]: this rule has no counterpart in a column
61: schema[0].properties[5].logicalType: a column can't be of 'DECIMAL(10,2)', so there is none of it
63: schema[0].properties[6].name: no attribute can be called 'placed-at', so there is no such column
73: schema[0].properties[9].logicalType: a column can't be of 'object', so there is none of it
"""


def test_a_file_of_another_tool_becomes_readable_source_and_what_is_lost_is_told_by_its_line() -> None:
    found = read(FOREIGN)
    assert source_of(found.contracts, "Contracts of orders.odcs.yaml.") == SOURCE
    notes = sorted(found.lost, key=lambda note: (note.line, note.text))
    assert "".join(f"{note.line}: {note.text}\n" for note in notes) == LOST


SCHEMA = "schema:\n  - name: A\n    properties:\n      - name: x\n        logicalType: integer\n"
MALFORMED: Mapping[str, tuple[str, list[str]]] = {
    "no YAML": ("a: [1\nb: 2\n", ["2: it is no YAML: expected ',' or ']', but got ':'"]),
    "a key twice": (
        "kind: a\nkind: b\n",
        ['2: it is no YAML: found duplicate key "kind" with value "b" (original value: "a")'],
    ),
    "a list": ("- 1\n", ["1: the file: expected keys and values, found a list"]),
    "nothing": ("", ["1: the file: expected keys and values, found nothing"]),
    "no head": (
        SCHEMA,
        [
            "1: the file: 'apiVersion' is missing",
            "1: the file: 'kind' is missing",
            "1: the file: 'id' is missing",
            "1: the file: 'status' is missing",
            "1: the file: 'version' is missing",
        ],
    ),
    "another standard": (
        HEAD.replace("v3.1.0", "v4.0.0").replace("DataContract", "DataProduct") + SCHEMA,
        [
            "1: apiVersion: expected v3.0 or v3.1, found 'v4.0.0'",
            "2: kind: expected 'DataContract', found 'DataProduct'",
        ],
    ),
    "no schema": (HEAD, ["1: the file: there is no schema, so there is no contract in it"]),
    "a version that is a number": (
        HEAD.replace("2.1.0", "2.1") + SCHEMA,
        ["4: version: expected a text, found 2.1"],
    ),
    "wrong types": (
        HEAD + SCHEMA + "        required: maybe\n        logicalTypeOptions:\n          minimum: one\n",
        [
            "11: schema[0].properties[0].required: expected true or false, found 'maybe'",
            "13: schema[0].properties[0].logicalTypeOptions.minimum: expected a number, found 'one'",
        ],
    ),
    "no day": (
        HEAD + SCHEMA.replace("integer", "date") + "        logicalTypeOptions:\n          maximum: soon\n",
        ["12: schema[0].properties[0].logicalTypeOptions.maximum: 'soon' is no date of ISO 8601"],
    ),
    "a column twice": (
        HEAD + SCHEMA + "      - name: x\n        logicalType: string\n",
        ["11: schema[0].properties[1].name: column 'x' is there twice"],
    ),
    "an object twice": (
        HEAD + SCHEMA + SCHEMA.removeprefix("schema:\n"),
        ["11: schema[1].name: another object is called 'A' as well"],
    ),
    "no name": (
        HEAD + SCHEMA.replace("name: x", "businessName: x"),
        ["9: schema[0].properties[0]: 'name' is missing"],
    ),
    "no properties": (
        HEAD + "schema:\n  - name: A\n",
        ["7: schema[0]: it has no properties, so it promises nothing"],
    ),
    "properties that are no list": (
        HEAD + "schema:\n  - name: A\n    properties: x\n",
        [
            "8: schema[0].properties: expected a list, found 'x'",
            "7: schema[0]: it has no properties, so it promises nothing",
        ],
    ),
    "a unit that is none": (
        HEAD
        + SCHEMA
        + "        customProperties:\n          - property: stagelangUnit\n            value: USD\n",
        ["11: schema[0].properties[0].customProperties: a unit has a text, a factor and powers"],
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_with_all_its_lines(name: str) -> None:
    text, expected = MALFORMED[name]
    with pytest.raises(Malformed) as caught:
        read(text)
    assert [f"{note.line}: {note.text}" for note in caught.value.notes] == expected
