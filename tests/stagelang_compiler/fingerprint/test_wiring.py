"""Wiring runs no stage's body, so what a body does can't make its wiring count."""

from __future__ import annotations

from tests.stagelang_compiler.fingerprint.conftest import Folder

SPEC = """\
from stagelang import Pipeline, Value, stage

SEEN = 0

@stage()
def embed() -> Value[int]:
    return Value.of(1)

{decorator}
def count(a: Value[int]) -> Value[int]:
    global SEEN
    SEEN = SEEN + 1
    return Value.of(SEEN)

made = embed()
counted = {call}
"""


def written(folder: Folder, call: str, decorator: str = "@stage()") -> str:
    folder.write({"pipeline.py": SPEC.format(call=call, decorator=decorator)})
    return folder.take().digest


def test_the_wiring_of_a_stage_that_writes_a_global_does_not_count(folder: Folder) -> None:
    assert written(folder, "count(made)") == written(folder, "count(count(made))")


def test_a_plain_function_that_writes_a_global_counts_where_it_is_called(folder: Folder) -> None:
    undecorated = "# not a stage"
    assert written(folder, "count(1)", undecorated) != written(folder, "count(2)", undecorated)
