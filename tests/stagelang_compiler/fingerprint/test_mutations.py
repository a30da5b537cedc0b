"""A project in which every number is a mutation: `embed` reaches the code with 1xx, and not that with 9xx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from stagelang_compiler.fingerprint import Fingerprint, first_difference

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

PIPELINE = '''
"""Spec."""
from __future__ import annotations

import functools
import json
import os.path
import decimal as dec
from typing import TYPE_CHECKING, NamedTuple

from stagelang import Budget, Contract, Column, Pipeline, Table, Train, Value, column, source, split, stage

import plain
import toolkit.deep.inner
import toolkit.numbers as nums
from toolkit import Cleaner, prefix, text
from toolkit.deco import counted, repeated, timed
from toolkit.shown import show

if TYPE_CHECKING:
    from toolkit.unused import Nothing

LIMIT = 101
UNUSED = 901
SHADOWED = 902
TABLE = {"a": 102}
TABLE["b"] = 103
TABLE.update(c=104)
OTHER = {"a": 903}
OTHER["b"] = 904
OTHER.update(c=905)
first, second = 105, 163
scaled = [nums.scale(each, 106) for each in range(107)]
rounding: int = 108
rounding += 109
prepared = functools.partial(nums.shift, by=110)
pick = lambda row: row[: 111]

if os.path.sep == "/":
    SEPARATOR = 112
else:
    SEPARATOR = 113
try:
    import missing_module as fast
except ImportError:
    fast = 114
for number in range(115):
    last = number * 116
with dec.localcontext() as context:
    context.prec = 117
    precise = dec.Decimal(1) / 118


class Rows(Contract):
    ink: Column[float] = column(ge=0, le=907)


class Options(NamedTuple):
    size: int = 119


class Base:
    level = 120

    def method(self) -> int:
        return 121


class Model(Base):
    def run(self) -> int:
        """Run it."""
        return super().method() + nested(122)


class Unrelated(Base):
    level = 908


def nested(value: int, default: int = 123) -> int:
    def inner(more: int) -> int:
        return more + 124

    return inner(value) + default


@timed
def measured(value: int) -> int:
    return value + 125


@repeated(126)
def often(value: int) -> int:
    return value


@functools.lru_cache(maxsize=127)
def cached(value: int) -> int:
    return helper_of_cached(value)


def helper_of_cached(value: int) -> int:
    return value + 128


def unrelated(value: int = 909) -> int:
    return value + LIMIT + 910


@timed
def unrelated_but_decorated(value: int) -> int:
    return value + 911


def recursive(value: int) -> int:
    return mutual(value - 1) if value else 129


def mutual(value: int) -> int:
    return recursive(value) + 130


def only_in_a_default() -> int:
    return 131


def only_in_a_string() -> int:
    return 132


@stage(owner="vision", budget=Budget(wall="912s"))
def clean(rows: Table[Rows, Train], *, size: int = 133) -> Value[int]:
    return size


@stage(owner="vision", budget=Budget(wall="913s"))
def embed(rows: Table[Rows, Train], options: Options, *, size: int = only_in_a_default()) -> Value[int]:
    """Embed."""
    import toolkit.late as late
    from toolkit.late import sooner as soon

    SHADOWED = size
    total: int = SHADOWED + LIMIT + first + len(TABLE) + len(scaled) + rounding + prepared(1)
    total += Model().run() + text.width + Cleaner().clean("x") + plain.starred() + measured(1) + often(2)
    total += cached(1) + recursive(2) + late.called() + soon() + toolkit.deep.inner.found(1) + counted.limit
    total += [unrelated + 134 for unrelated in range(2)][0] + (lambda UNUSED: UNUSED + 135)(1)
    total += show(1) + getattr(nums, "chosen") + len(prefix) + pick([1])[0] + fast + last + precise + SEPARATOR
    total += rows.pandas.query("ink > @only_in_a_string()").size
    if size:
        clean(rows, size=136)
    return total


@stage(owner="vision")
def decide(rows: Table[Rows, Train], *, size: int = 914) -> Value[int]:
    return size + UNUSED + 915


scans = source(Rows, "data/scans-916.parquet")
halves = split(scans, by=Rows.ink, test=0.917)
with_options = embed.options(owner="918")
made = decide(halves.train, size=919)
pipeline = Pipeline(name="p", seed=920, metrics=[])

if __name__ == "__main__":
    print(921)
'''

FILES = {
    "pipeline.py": PIPELINE,
    "plain.py": """
        from starred import *
        from starred_too import *

        def own() -> int:
            return 930
        """,
    "starred.py": """
        FACTOR = 140

        def starred() -> int:
            return FACTOR + 141

        def not_asked_for() -> int:
            return 931
        """,
    "starred_too.py": """
        def something_else() -> int:
            return 932
        """,
    "toolkit/__init__.py": """
        from .cleaning import Cleaner
        from . import text

        prefix = "142"
        suffix = "933"
        """,
    "toolkit/text.py": """
        width = 143
        height = 934
        """,
    "toolkit/cleaning.py": """
        from __future__ import annotations

        import decimal

        from .numbers import shift as move
        from . import numbers

        decimal.getcontext().prec = 144

        class Meta(type):
            def __call__(cls, *args):
                return super().__call__(*args)

            def extra(cls) -> int:
                return 145

        class Washer(metaclass=Meta):
            def clean(self, text: str) -> int:
                return move(len(text), by=146) + self.hook()

            def hook(self) -> int:
                return 147

        class Cleaner(Washer):
            def hook(self) -> int:
                return numbers.cleaned + 148

        class Dryer(Washer):
            def hook(self) -> int:
                return 935
        """,
    "toolkit/numbers.py": """
        import math

        cleaned = 149
        chosen = 150
        ignored = 936

        def scale(value: int, factor: int) -> int:
            return value * factor + 151

        def shift(value: int, by: int) -> int:
            return math.floor(value) + by + 152

        def unused(value: int) -> int:
            return value + 937
        """,
    "toolkit/deco.py": """
        import functools

        def timed(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args) + 153
            return wrapper

        def repeated(times):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*args):
                    return function(*args) * times + 154
                return wrapper
            return decorate

        def counted():
            return 155

        counted.limit = 156

        def unused():
            return 938

        unused.limit = 939
        """,
    "toolkit/shown.py": """
        import functools

        @functools.singledispatch
        def show(value: object) -> int:
            return 157

        @show.register
        def _(value: int) -> int:
            return value + of_int()

        @show.register
        def _(value: str) -> int:
            return 158

        def of_int() -> int:
            return 159

        @functools.singledispatch
        def hide(value: object) -> int:
            return 940

        @hide.register
        def _(value: int) -> int:
            return 941
        """,
    "toolkit/late.py": """
        def called() -> int:
            return 161

        def sooner() -> int:
            return 162

        def never() -> int:
            return 946
        """,
    "toolkit/deep/__init__.py": "depth = 942\n",
    "toolkit/deep/inner.py": """
        from ..numbers import shift
        from .. import text as words

        def found(value: int) -> int:
            return shift(value, by=160) + words.width

        def lost(value: int) -> int:
            return 943
        """,
    "toolkit/unused.py": "Nothing = 944\n",
    "unimported.py": "nothing = 945\n",
}
NUMBER = re.compile(r"(?<!\d)([19]\d\d)(?!\d)")
MUTATIONS = [
    (name, match.start(), match[0]) for name, text in FILES.items() for match in NUMBER.finditer(text)
]
REACHED = [each for each in MUTATIONS if each[2].startswith("1")]
NOT_REACHED = [each for each in MUTATIONS if each[2].startswith("9")]


def mutated(name: str, start: int) -> dict[str, str]:
    """Give one file with the number at a place changed."""
    text = FILES[name]
    return {name: f"{text[:start]}{int(text[start : start + 3]) + 50}{text[start + 3 :]}"}


@pytest.fixture(scope="module")
def project(shared_folder: Folder) -> Folder:
    """Write the project."""
    shared_folder.write(FILES)
    return shared_folder


@pytest.fixture(scope="module")
def original(project: Folder) -> Fingerprint:
    """Take the fingerprint of the project as it is written above."""
    return project.take()


def with_one_number_changed(project: Folder, name: str, start: int) -> Fingerprint:
    """Take the fingerprint with the number at a place changed."""
    text = FILES[name]
    project.write({name: f"{text[:start]}{int(text[start : start + 3]) + 50}{text[start + 3 :]}"})
    try:
        return project.take()
    finally:
        project.write({name: text})


def test_the_project_uses_nothing_that_widens(original: Fingerprint) -> None:
    assert original.conservative == ()


@pytest.mark.parametrize(("name", "start", "number"), REACHED, ids=[each[2] for each in REACHED])
def test_a_change_in_reached_code_changes_the_digest_and_is_named(
    project: Folder, original: Fingerprint, name: str, start: int, number: str
) -> None:
    changed = with_one_number_changed(project, name, start)
    assert changed.digest != original.digest
    assert first_difference(original, changed) is not None
    assert {each.origin.partition(":")[0] for each in {*changed.components} - {*original.components}} == {
        name
    }


@pytest.mark.parametrize(("name", "start", "number"), NOT_REACHED, ids=[each[2] for each in NOT_REACHED])
def test_a_change_in_code_that_is_not_reached_changes_nothing(
    project: Folder, original: Fingerprint, name: str, start: int, number: str
) -> None:
    assert with_one_number_changed(project, name, start) == original


def test_every_number_of_the_project_is_used_once() -> None:
    numbers = [number for _, _, number in MUTATIONS]
    assert sorted(numbers) == sorted(set(numbers))
    assert (len(REACHED), len(NOT_REACHED)) == (60, 37)
