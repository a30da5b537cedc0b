"""Small random pipelines of which it is known, without asking the compiler, what each node computes and when it has to run again.

A world writes itself down as a project. Beside each text there is the plain value that the text means: `results` computes what a run must
come to, and what each node's work is made of. A node must run if and only if no run before was of the same work.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from attrs import define, field

PRIME = 997


@final
@define(kw_only=True)
class Helper:
    """A function of `helpers.py`; it may call one that has a greater number, and use a constant."""

    factor: int
    calls: int | None
    constant: int | None


@final
@define(kw_only=True)
class Function:
    """A stage's function: what its body does with the sum of what it reads; `twist` is code that changes no number."""

    factor: int
    modulus: int
    twist: int
    default: int
    helper: int | None
    constant: int | None
    reads_variable: bool
    reads_library: bool
    wordy: bool = False
    note: int = 0
    owner: int = 0


@final
@define(kw_only=True)
class Node:
    """One call of a function; `given` is its parameter where the call names it."""

    function: int
    reads: list[int]
    given: int | None = None


@final
@define(kw_only=True)
class World:
    """A project: its code, its data and what surrounds it."""

    helpers: list[Helper]
    constants: list[int]
    functions: list[Function]
    nodes: list[Node]
    rows: list[int]
    least: int = 1
    """Rows of a lesser level are left out by a stage from table to table."""
    contract: int = 0
    highest: int = 10_000
    """The version of the contract, and the largest level that it allows."""
    variable: int = 3
    library: int = 2
    seed: int = 1
    # what no result depends on
    quoted: bool = False
    unused: int = 0
    words: int = 0
    gate: int = 100
    order: int = 0
    other_variable: int = 0
    jobs: int = 1
    notes: list[int] = field(factory=lambda: [0])

    def write(self, folder: Path, site: Path) -> None:
        """Write the project, and the library that is installed for it."""
        (folder / "pipeline.py").write_text(self._spec(), encoding="utf-8")
        (folder / "helpers.py").write_text(self._helpers(), encoding="utf-8")
        (folder / "rows.csv").write_text(self.csv, encoding="utf-8")
        for old in site.glob("affected_library*"):
            for path in [*old.glob("*"), old] if old.is_dir() else [old]:
                path.rmdir() if path.is_dir() else path.unlink()
        version = f"1.{self.library}"
        (site / "affected_library.py").write_text(f"def more(x):\n    return x + {self.library}\n")
        info = site / f"affected_library-{version}.dist-info"
        info.mkdir()
        (info / "RECORD").write_text("affected_library.py,,\n")
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: affected-library\nVersion: {version}\n")

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of a run."""
        return {"AFFECTED_LEVEL": str(self.variable), "AFFECTED_OTHER": str(self.other_variable)}

    @property
    def csv(self) -> str:
        """The source's text."""
        quote = '"' if self.quoted else ""
        lines = [f"{number},{quote}{level}{quote}" for number, level in enumerate(self.rows)]
        return "\n".join(["key,level", *lines, ""])

    def _helpers(self) -> str:
        lines = [f"K{number} = {value}" for number, value in enumerate(self.constants)]
        lines += ["", "", f"def unused():\n    return {self.unused}"]
        for number, helper in enumerate(self.helpers):
            inner = f"h{helper.calls}(x)" if helper.calls is not None else "x"
            more = f" + K{helper.constant}" if helper.constant is not None else ""
            note = f"    # note {self.notes[0]}\n" if self.notes[0] else ""
            lines += [
                "",
                "",
                f"def h{number}(x):\n{note}    return ({inner} * {helper.factor}{more}) % {PRIME}",
            ]
        return "\n".join([*lines, ""])

    def _spec(self) -> str:
        blocks = [self._function(number) for number in range(len(self.functions))]
        random.Random(self.order).shuffle(blocks)
        calls: list[str] = []
        for number, node in enumerate(self.nodes):
            reads = [f"n{each}" if each >= 0 else "total" for each in node.reads]
            given = [f"p={node.given}"] if node.given is not None else []
            calls.append(f'n{number} = f{node.function}.named("n{number}")({", ".join([*reads, *given])})')
        ends = ", ".join(f"n{number}" for number in range(len(self.nodes)))
        head = _HEAD.format(version=self.contract, highest=self.highest, words=self.words, least=self.least)
        tail = _TAIL.format(calls="\n".join(calls), gate=self.gate, ends=ends, seed=self.seed)
        return head + "".join(blocks) + tail

    def _function(self, number: int) -> str:
        it = self.functions[number]
        value = "sum(i * x.value for i, x in enumerate(xs, 1))"
        helper = f"helpers.h{it.helper}" if it.helper is not None else ""
        terms = [
            f"{helper}({value})" if helper else value,
            *([f"helpers.K{it.constant}"] if it.constant is not None else []),
            *(['int(os.environ["AFFECTED_LEVEL"])'] if it.reads_variable else []),
            *(["affected_library.more(0)"] if it.reads_library else []),
            "p",
            f"0 * {it.twist}",
        ]
        said = [f'owner="team{it.owner}"', *(['env=["AFFECTED_LEVEL"]'] if it.reads_variable else [])]
        doc = f'    """Number {it.note}."""\n' if it.wordy else ""
        note = f"    # note {it.note}\n" if it.note else ""
        library = "    import affected_library\n\n" if it.reads_library else ""
        gap = "\n        " if it.wordy else " "
        together = f"{gap}+ ".join(terms)
        return (
            f"@stage({', '.join(said)})\ndef f{number}(*xs: Value[int], p: int = {it.default}) -> Value[int]:\n{doc}{note}{library}"
            f"    return Value.of((\n        {together}\n    ) * {it.factor} % {it.modulus})\n\n\n"
        )

    def results(self) -> dict[str, tuple[str, Any]]:
        """Give of each node what its work is made of, as a text, and what comes out."""
        contract = (self.contract, self.highest)
        kept = [level for level in self.rows if level >= self.least]
        found: dict[str, tuple[Any, Any]] = {
            "rows": ((self.csv, contract), self.rows),
            "kept": ((self.least, self.rows, contract, self.seed), kept),
            "amount": ((kept, contract, self.seed), sum(kept)),
            "level": ((kept, contract, self.seed), kept),
        }
        for number, node in enumerate(self.nodes):
            inputs = [found[f"n{each}" if each >= 0 else "amount"][1] for each in node.reads]
            found[f"n{number}"] = self._work(number, inputs), self._result(node, inputs)
        return {name: (json.dumps(made_of), value) for name, (made_of, value) in found.items()}

    def _work(self, number: int, inputs: list[int]) -> tuple[Any, ...]:
        node = self.nodes[number]
        it = self.functions[node.function]
        return (
            *(number, node.function, it.factor, it.modulus, it.twist, self.seed),
            self._reached(it.helper),
            (it.constant, self.constants[it.constant]) if it.constant is not None else None,
            self.variable if it.reads_variable else None,
            self.library if it.reads_library else None,
            it.default if node.given is None else node.given,
            inputs,
        )

    def _reached(self, helper: int | None) -> list[Any]:
        if helper is None:
            return []
        it = self.helpers[helper]
        constant = (it.constant, self.constants[it.constant]) if it.constant is not None else None
        return [(helper, it.factor, it.calls, constant), *self._reached(it.calls)]

    def _helped(self, helper: int, x: int) -> int:
        it = self.helpers[helper]
        inner = self._helped(it.calls, x) if it.calls is not None else x
        return (inner * it.factor + (self.constants[it.constant] if it.constant is not None else 0)) % PRIME

    def _result(self, node: Node, inputs: list[int]) -> int:
        it = self.functions[node.function]
        value = sum(i * x for i, x in enumerate(inputs, 1))
        value = self._helped(it.helper, value) if it.helper is not None else value
        value += self.constants[it.constant] if it.constant is not None else 0
        value += self.variable if it.reads_variable else 0
        value += self.library if it.reads_library else 0
        value += it.default if node.given is None else node.given
        return value * it.factor % it.modulus


_HEAD = '''\
import os

import helpers
from stagelang import Column, Contract, PerRow, Pipeline, S, Table, Value, column, mean, metric, source, stage
from stagelang import units as u


class Rows(Contract, version="1.{version}"):
    """One row a row, {words}."""

    key: Column[int] = column(key=True)
    level: Column[int] = column(ge=0, le={highest})
    """How high it is, {words}."""


@stage
def kept(rows: Table[Rows, S]) -> Table[Rows, S]:
    import pyarrow.compute as pc

    return rows.derive(Rows, rows.arrow.filter(pc.greater_equal(rows.arrow["level"], {least})))


@stage
def amount(rows: Table[Rows]) -> Value[int]:
    return Value.of(sum(rows.arrow["level"].to_pylist()))


@metric(unit=u.COUNT, better="none", range=(0, None), aggregate=mean(), undefined="error", version="1")
def level(rows: Table[Rows]) -> PerRow[u.COUNT]:
    return PerRow(rows.arrow["level"])


'''
_TAIL = """\
rows = source(Rows, "rows.csv", name="rows")
left = kept(rows)
total = amount(left)
{calls}
high = level(left)
pipeline = Pipeline("affected", seed={seed}, metrics=[high], gates=[high.at_most({gate})], outputs=[{ends}])
"""


def drawn(chance: random.Random) -> World:
    """Draw a world of three to seven nodes."""
    constants = [chance.randrange(100) for _ in range(4)]

    def one_of(count: int) -> int | None:
        place = chance.randrange(count + 1)
        return place if place < count else None

    helpers = [
        Helper(
            factor=chance.randrange(2, 50),
            calls=chance.choice([None, *range(number + 1, 4)]),
            constant=one_of(len(constants)),
        )
        for number in range(4)
    ]
    functions = [
        Function(
            factor=chance.randrange(1, 50),
            modulus=chance.choice([2, 5, PRIME]),
            twist=0,
            default=chance.randrange(10),
            helper=one_of(len(helpers)),
            constant=one_of(len(constants)),
            reads_variable=chance.random() < 0.3,
            reads_library=chance.random() < 0.3,
        )
        for _ in range(chance.randrange(3, 6))
    ]
    nodes = [
        Node(
            function=number % len(functions),
            reads=chance.sample(range(-1, number), chance.randint(1, min(3, number + 1))),
            given=chance.choice([None, None, chance.randrange(10)]),
        )
        for number in range(chance.randrange(3, 8))
    ]
    return World(
        helpers=helpers,
        constants=constants,
        functions=functions,
        nodes=nodes,
        rows=[chance.randrange(40) + 1 for _ in range(6)],
    )
