"""A node that fails says where and why in the user's words, and stops only what depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stagelang_compiler import plan as p
from tests.stagelang_runtime.execute.conftest import Kind, Project

if TYPE_CHECKING:
    from stagelang_runtime.execute.failure import Failure
    from stagelang_runtime.execute.results import RunResult

CODE = """
import os, sys, time, threading
@stage
def one() -> Value[int]: return Value.of(1)
def helper(x: int) -> int:
    return 1 // (x - 1)
@stage
def divides(x: Value[int]) -> Value[int]: return Value.of(helper(x.value))
@stage
def exits(x: Value[int]) -> Value[int]: sys.exit("enough")
@stage
def dies(x: Value[int]) -> Value[int]:
    print("last words", flush=True)
    os._exit(7)
@stage
def is_killed(x: Value[int]) -> Value[int]:
    os.kill(os.getpid(), 9)
@stage
def prints(x: Value[int]) -> Value[int]:
    print("to stdout"); print("to stderr", file=sys.stderr); os.system("echo from a program")
    return x
@stage
def lasts(x: Value[int]) -> Value[int]:
    time.sleep(60)
@stage
def gives_nothing(x: Value[int]) -> Value[int]: pass
@stage
def gives_data(x: Value[int]) -> Value[int]: return 5
@stage
def gives_text(x: Value[int]) -> Value[int]: return Value.of("five")
@stage
def gives_another_kind(x: Value[int]) -> Value[int]: return Files.of(Path("."))
@stage
def gives_text_for_a_folder(x: Value[int]) -> Files: return Files.of("out")
@stage
def calls_itself(x: Value[int]) -> Value[int]: return calls_itself(x)
class Silent(Exception):
    def __str__(self): raise RuntimeError
@stage
def interrupts(x: Value[int]) -> Value[int]: raise KeyboardInterrupt
@stage
def raises_without_words(x: Value[int]) -> Value[int]: raise Silent
class Two(NamedTuple):
    a: Value[int]
    b: Value[int]
@stage
def gives_one_of_two(x: Value[int]) -> Two: return Value.of(1)
@stage
def gives_unpicklable(x: Value[int]) -> Model[Any]: return Model.of(threading.Lock())
@stage
def items() -> Value[list[int]]: return Value.of([3, 1, 2])
@stage
def sorts(x: Value[list[int]]) -> Value[list[int]]:
    x.value.sort()
    return Value.of(x.value)
@stage
def later(x: Value[int]) -> Value[int]: return x
"""


FAILING: dict[str, Kind] = {
    "divides": "value",
    "exits": "value",
    "dies": "value",
    "is_killed": "value",
    "lasts": "value",
    "gives_nothing": "value",
    "gives_data": "value",
    "gives_another_kind": "value",
    "gives_text": "value",
    "gives_unpicklable": "model",
    "gives_text_for_a_folder": "files",
    "calls_itself": "value",
    "interrupts": "value",
    "raises_without_words": "value",
    "absent": "value",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """All that can go wrong, in one run that keeps going."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.code(CODE)
    project.node("one")
    project.node("items")
    project.stage("lasts", resources=p.Resources(time_seconds=0.5))
    for name, kind in FAILING.items():
        project.node(name, reads={"x": "one"}, gives=kind)
    project.node("sorts", reads={"x": "items"})
    project.node("gives_one_of_two", reads={"x": "one"}, gives={"a": "value", "b": "value"})
    project.node("prints", reads={"x": "one"})
    project.node("later", reads={"x": "prints"})
    return project.run(keep_going=True)


def failure_of(result: RunResult, node: str) -> Failure:
    failure = result.nodes[node].failure
    assert failure is not None
    return failure


def test_a_run_with_failed_stages_ends_with_3(result: RunResult) -> None:
    assert result.exit_code == 3
    assert {node.node for node in result.of_state("failed")} == {*FAILING, "sorts", "gives_one_of_two"}


def test_an_exception_shows_the_users_frames_only(result: RunResult) -> None:
    failure = failure_of(result, "divides")
    assert str(failure) == (
        "stage 'divides' raised ZeroDivisionError: integer division or modulo by zero\n"
        "  pipeline.py:12 in divides\n"
        "    def divides(x: Value[int]) -> Value[int]: return Value.of(helper(x.value))\n"
        "  pipeline.py:10 in helper\n"
        "    return 1 // (x - 1)"
    )
    assert "execute/body.py" in failure.traceback


def test_a_body_that_exits_is_a_failure(result: RunResult) -> None:
    failure = failure_of(result, "exits")
    assert failure.message == "stage 'exits' called sys.exit('enough')"
    assert failure.help == "raise an exception where a stage can't go on; return its result where it can"


@pytest.mark.parametrize(
    ("function", "name"), [("interrupts", "KeyboardInterrupt"), ("raises_without_words", "Silent")]
)
def test_whatever_a_body_raises_is_its_own_failure(result: RunResult, function: str, name: str) -> None:
    failure = failure_of(result, function)
    assert (failure.kind, failure.message) == ("exception", f"stage {function!r} raised {name}")


def test_a_recursion_without_end_shows_its_first_and_last_frames(result: RunResult) -> None:
    failure = failure_of(result, "calls_itself")
    assert failure.message.startswith("stage 'calls_itself' raised RecursionError: maximum recursion depth")
    assert len(failure.frames) == 20


def test_a_dead_process_is_a_failure_with_its_last_words_and_is_replaced(result: RunResult) -> None:
    failure = failure_of(result, "dies")
    assert failure.kind == "died"
    assert failure.message == "the process that carried out 'dies' ended by itself with exit code 7"
    assert failure.stdout == "last words"
    assert result.nodes["later"].state == "ran"


def test_a_killed_process_is_a_failure_that_names_the_signal(result: RunResult) -> None:
    failure = failure_of(result, "is_killed")
    assert failure.message == "the process that carried out 'is_killed' was killed by SIGKILL"


def test_a_stage_that_takes_too_long_is_stopped(result: RunResult) -> None:
    failure = failure_of(result, "lasts")
    assert failure.kind == "time limit"
    assert failure.message == "'lasts' was stopped: it took longer than its 0.5 s"


def test_what_a_body_prints_is_in_its_receipt_and_in_no_other(result: RunResult) -> None:
    mine, next_one = result.nodes["prints"].receipt, result.nodes["later"].receipt
    assert mine is not None
    assert next_one is not None
    assert (mine["stdout"], mine["stderr"]) == ("to stdout\nfrom a program", "to stderr")
    assert (next_one["stdout"], next_one["stderr"]) == ("", "")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("gives_nothing", "expected a Value handle, found None (is a return missing?)"),
        ("gives_data", "expected a Value handle, found int 5"),
        ("gives_another_kind", "expected a Value handle, found a Files handle"),
        ("gives_text_for_a_folder", "expected Files.of(Path(...)), found Files.of(str 'out')"),
        ("gives_one_of_two", "expected a NamedTuple with the fields a, b, found a Value handle"),
    ],
)
def test_a_wrong_return_names_the_stage_and_what_was_expected(
    result: RunResult, function: str, said: str
) -> None:
    assert str(failure_of(result, function)) == (
        f"stage {function!r} gave back the wrong thing: {said}\n"
        "  --> pipeline.py:1\n"
        "  help: return what the function's annotation says"
    )


def test_a_value_of_another_type_than_declared_is_refused(result: RunResult) -> None:
    assert failure_of(result, "gives_text").message == (
        "output of 'gives_text' can't be stored: the value doesn't fit its type: expected int, got str 'five' @ $"
    )


def test_a_model_without_a_codec_says_what_to_do(result: RunResult) -> None:
    failure = failure_of(result, "gives_unpicklable")
    assert (
        failure.message == "output of 'gives_unpicklable' can't be stored: a value of any type has no codec"
    )
    assert failure.help == "annotate what the value is, or name a codec"


def test_a_body_that_changes_its_input_is_a_failure(result: RunResult) -> None:
    assert failure_of(result, "sorts").message == "stage 'sorts' changed its input 'x', which 'items' made"


def test_a_stage_that_is_gone_from_its_module_asks_for_a_new_plan(result: RunResult) -> None:
    failure = failure_of(result, "absent")
    assert failure.message == "stage 'absent' is not in module 'pipeline': expected it as 'absent'"
    assert failure.help == "compile the pipeline again: its code changed after the plan was made"


@pytest.fixture
def failing(project: Project) -> Project:
    project.code(CODE)
    project.node("one")
    return project


def test_a_module_that_raises_when_imported_is_a_failure(failing: Project) -> None:
    failing.code("raise RuntimeError('not today')")
    failure = failing.run().nodes["one"].failure
    assert failure is not None
    assert str(failure) == (
        "importing 'pipeline' raised RuntimeError: not today\n"
        "  pipeline.py:5 in <module>\n"
        "    raise RuntimeError('not today')"
    )


@pytest.fixture
def branches(failing: Project) -> Project:
    """The chain one -> divides (fails) -> after -> last, and one -> other."""
    failing.node("divides", reads={"x": "one"})
    failing.node("after", "later", reads={"x": "divides"})
    failing.node("last", "later", reads={"x": "after"})
    failing.node("other", "later", reads={"x": "one"}, params={})
    return failing


def test_a_failure_stops_the_run_and_blocks_what_depends_on_it(branches: Project) -> None:
    result = branches.run()
    assert {name: (node.state, node.blocked_by) for name, node in result.nodes.items()} == {
        "one": ("ran", ()),
        "divides": ("failed", ()),
        "after": ("blocked", ("divides",)),
        "last": ("blocked", ("divides",)),
        "other": ("not started", ()),
    }


def test_keep_going_finishes_what_does_not_depend_on_the_failure(branches: Project) -> None:
    result = branches.run(keep_going=True)
    assert {name: node.state for name, node in result.nodes.items()} == {
        "one": "ran",
        "divides": "failed",
        "after": "blocked",
        "last": "blocked",
        "other": "ran",
    }


def test_after_a_failure_only_what_failed_or_never_ran_is_run(branches: Project) -> None:
    branches.run(keep_going=True)
    branches.code(CODE.replace("1 // (x - 1)", "x"))
    branches.recode("divides", digest="sha256:" + "0" * 64)
    assert branches.states() == {
        "one": "hit",
        "divides": "ran",
        "after": "ran",
        "last": "ran",
        "other": "hit",
    }
