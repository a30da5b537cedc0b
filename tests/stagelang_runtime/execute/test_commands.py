"""A command gets its inputs as files and its parameters as text, without a shell; what it writes is read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.store import sha256_bytes
from stagelang_runtime.store.tables import read_table
from tests.stagelang_runtime.execute.conftest import ORIGIN, await_end, awaited

if TYPE_CHECKING:
    from stagelang_runtime.execute.failure import Failure
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
import pyarrow as pa
class Rows(Contract):
    k: Column[int] = column(key=True)
class Two(NamedTuple):
    rows: Table[Rows]
    count: Value[int]
@stage
def made(*, first: int = 1) -> Table[Rows]: return Table.of(Rows, pa.table({"k": [first, 2, 3]}))
@stage
def number() -> Value[int]: return Value.of(40)
def tool(rows: Table[Rows], more: Sequence[Table[Rows]] = (), number: Value[int] | None = None, *,
         word: str = "") -> Two: ...
tool = command("python", "tool.py")(tool)
def plain(rows: Table[Rows]) -> Value[int]: ...
plain = command("python", "tool.py")(plain)
def folder() -> Files: ...
folder = command("python")(folder)
"""

TOOL = """
import sys
rows, number, out, count, word, seed, *more = sys.argv[1:]
text = open(rows).read()
open(out, "w").write(text + "".join(f"{9 + i}\\n" for i, _ in enumerate(more)))
open(count, "w").write(str(int(open(number).read()) + len(more)) + "\\n\\n")
print(word, seed)
"""

ARGUMENTS = (
    "python",
    "tool.py",
    "{rows:csv}",
    "{number}",
    "{out.rows:csv}",
    "{count}",
    "{word}",
    "{seed}",
    "{more}",
)


@pytest.fixture
def commands(project: Project) -> Project:
    project.code(CODE)
    (project.root / "tool.py").write_text(TOOL)
    project.contract("Rows", p.Column(name="k", type="int", key=True, unique=True, origin=ORIGIN))
    project.node("made", gives="table", promises={"out": "Rows"})
    project.node("other", "made", gives="table", promises={"out": "Rows"}, params={"first": 7})
    project.node("number")
    return project


def program(*argv: str, **files: str) -> p.Command:
    return p.Command(argv=argv, files={name: sha256_bytes(text.encode()) for name, text in files.items()})


def tool(project: Project, command: p.Command, **said: Any) -> None:
    project.stage("tool", "command", command=command, **said)
    project.node(
        "tool",
        reads={"rows": "made", "number": "number", "more": ["made", "other"]},
        gives={"rows": "table", "count": "value"},
        promises={"rows": "Rows"},
        params={"word": "a 'b' $c; {d}"},
        kind="command",
        seed=12,
    )


def failure_of(project: Project, node: str) -> Failure:
    failure = project.run().nodes[node].failure
    assert failure is not None
    return failure


def test_a_program_reads_and_writes_files_without_a_shell(commands: Project) -> None:
    tool(commands, p.Command(argv=ARGUMENTS, files={"tool.py": sha256_bytes(TOOL.encode())}))
    result = commands.run()
    assert [str(node.failure) for node in result.of_state("failed")] == []
    rows, count = result.nodes["tool"].outputs
    assert read_table(commands.store.get_path(rows.object)).to_pydict() == {"k": [1, 2, 3, 9, 10]}
    assert commands.store.get_bytes(count.object) == b"42\n"
    receipt = result.nodes["tool"].receipt
    assert receipt is not None
    assert receipt["stdout"] == "a 'b' $c; {d} 12"
    assert receipt["memory"]["measured"] == "the larger of the program's peak and its worker's"
    assert 1e6 < receipt["memory"]["peak_bytes"] < 1e9


def test_a_program_that_fails_is_a_failure_with_what_it_said(commands: Project) -> None:
    tool(commands, program("python", "-c", "import sys; sys.exit('no such luck')"))
    failure = failure_of(commands, "tool")
    assert (
        failure.message
        == "command 'tool' ended with exit code 1: python -c import sys; sys.exit('no such luck')"
    )
    assert failure.stderr == "no such luck"


WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "a": ("command 'a' can't start 'no-such-program': no such file or directory", ("no-such-program",)),
    "b": ("command 'b' names '{rowz}', which is none of its inputs, outputs or parameters", ("python", "{rowz}")),
    "c": ("command 'c' is never told where to write its output 'out'", ("python", "-c", "")),
    "d": ("command 'd' ended without writing its output 'out'", ("python", "-c", "", "{out}")),
    "e": ("command 'e' was ended by signal 9: python -c import os; os.kill(os.getpid(), 9)",
          ("python", "-c", "import os; os.kill(os.getpid(), 9)")),
    "f": ("output of 'f' can't be stored: the stored value has another type: expected int, got str 'x' @ $",
          ("python", "-c", "import sys; open(sys.argv[1], 'w').write('\"x\"')", "{out}")),
}  # fmt: skip


def test_what_is_wrong_with_a_command_is_said(commands: Project) -> None:
    for name, (_, argv) in WRONG.items():
        commands.stage(name, "command", command=program(*argv), qualname="plain")
        commands.node(name, reads={"rows": "made"}, kind="command")
    result = commands.run(keep_going=True)
    said = {name: result.nodes[name].failure for name in WRONG}
    assert {name: failure.message if failure else "" for name, failure in said.items()} == {
        name: message for name, (message, _) in WRONG.items()
    }


def test_braces_of_the_programs_own_are_doubled(commands: Project) -> None:
    commands.stage(
        "folder", "command", command=program("python", "-c", "open('{out}/a', 'w').write('{{x}}')")
    )
    commands.node("folder", gives="files", kind="command")
    result = commands.run()
    assert [str(node.failure) for node in result.of_state("failed")] == []
    ((name, digest, size),) = json.loads(commands.store.get_bytes(result.nodes["folder"].outputs[0].object))
    assert (name, size, commands.store.get_bytes(digest)) == ("a", 3, b"{x}")


def test_a_changed_program_file_asks_for_a_new_plan(commands: Project) -> None:
    tool(commands, p.Command(argv=ARGUMENTS, files={"tool.py": sha256_bytes(b"another text")}))
    failure = failure_of(commands, "tool")
    assert failure.message == "file 'tool.py' of command 'tool' changed after the plan was made"


def test_a_program_that_takes_too_long_is_stopped_with_its_children(commands: Project) -> None:
    child = "import os, time; open('child', 'w').write(str(os.getpid())); time.sleep(600)"
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    tool(commands, program("python", "-c", parent, child), resources=p.Resources(time_seconds=2.0))
    assert failure_of(commands, "tool").message == "'tool' was stopped: it took longer than its 2 s"
    await_end(int(awaited(commands.root / "child")))
