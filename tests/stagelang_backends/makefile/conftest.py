"""Emitted Makefiles in real folders, with a stagelang that only writes down what it is asked, or with the real one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, final

import pytest
from attrs import define

from stagelang.origin import Origin
from stagelang_backends.makefile import BACKEND
from stagelang_backends.protocol import EmitOptions
from stagelang_compiler import plan as p

ORIGIN = Origin("pipeline.py", 1)
STAND_IN = """\
#!/bin/sh
# Does with the notes what stagelang would, and writes down what it was asked. Files in 'told' say what comes of it.
printf '%s\\n' "$1 $2" >> log
case $1 in
run-node)
    mkdir -p "$(dirname ".notes/$2")"
    rm -f .notes/.settled
    if test -e "told/fail-$2"; then rm -f ".notes/$2.json"; echo "$2 failed" >&2; exit 3; fi
    made=$(cat "told/$2" 2>/dev/null)
    test "$made" = "$(cat ".notes/$2.out" 2>/dev/null)" && test -e ".notes/$2.out" || printf '%s\\n' "$made" > ".notes/$2.out"
    echo done > ".notes/$2.json" ;;
remake)
    if test -e told/fail-remake; then echo "error[SL000]: no" >&2; exit 1; fi
    while test $# -gt 0; do if test "$1" = --with; then word=$2; fi; shift; done
    printf 'settled.with := %s\\n' "$word" > .notes/.settled ;;
verdict)
    if test -e told/fail-verdict; then echo "gate failed"; exit 1; fi ;;
esac
"""


def plan_of(reads: Mapping[str, Sequence[str]], **stages: p.Stage) -> p.Plan:
    """Give a plan of nodes by name, each with what it reads; a stage of a node's name is its own."""
    nodes = [
        p.Node(
            name=name,
            id="sha256:" + "0" * 64,
            kind="stage" if name in stages else "source",
            stage=name if name in stages else "",
            inputs=tuple(p.Input(argument=f"x{i}", node=each, output="out") for i, each in enumerate(needed)),
            outputs=(p.Output(name="out", kind="value"),),
            origin=ORIGIN,
        )
        for name, needed in reads.items()
    ]
    return p.Plan(
        name="test",
        seed=1,
        spec="pipeline.py",
        contracts={},
        stages=stages,
        nodes=tuple(nodes),
        metrics=(),
        gates=(),
        origin=ORIGIN,
    )


def stage_of(name: str, **said: Any) -> p.Stage:
    code = p.Code(module="pipeline", qualname=name, file="pipeline.py", digest="sha256:" + "0" * 64)
    return p.Stage(name=name, kind="stage", code=code, owner="", description="", origin=ORIGIN, **said)


@final
@define
class Made:
    """A folder with a Makefile."""

    folder: Path
    program: Path

    def make(self, *words: str, code: int = 0, variables: Mapping[str, str] | None = None) -> str:
        """Call make with this stagelang, check its exit code, and give what was printed."""
        done = subprocess.run(
            ["make", f"STAGELANG={self.program}", *words],
            cwd=self.folder,
            env={**os.environ, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def asked(self) -> list[str]:
        """Give what the stand-in was asked since the last time, in order."""
        log = self.folder / "log"
        said = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [each for each in said if not each.startswith("remake")]

    def tell(self, name: str, text: str = "") -> Path:
        """Tell the stand-in what comes of a node."""
        path = self.folder / "told" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def forget(self, name: str) -> None:
        """Take a node's note away, as settling does where something has changed; all else is as if of long ago."""
        self.age()
        (self.folder / ".notes" / f"{name}.json").unlink()

    def age(self) -> None:
        """Make all notes older by the same time: what a test does in a millisecond takes a person longer."""
        for path in (self.folder / ".notes").rglob("*"):
            seen = path.stat()
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns - 10_000_000_000))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "stand-in"
    path.write_text(STAND_IN)
    path.chmod(0o755)
    return path


def emit(plan: p.Plan, folder: Path, to_root: str = "../..") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in BACKEND.emit(plan, EmitOptions(to_root=PurePosixPath(to_root))).items():
        (folder / name).write_text(text, encoding="utf-8")


DIAMOND = {
    "rows": [],
    "left": ["rows"],
    "right": ["rows"],
    "eu/join.all": ["left", "right"],
    "end": ["eu/join.all"],
}


@pytest.fixture
def diamond(tmp_path: Path, program: Path) -> Made:
    """A Makefile of rows -> left, right -> eu/join.all -> end."""
    folder = tmp_path / "project" / "build" / "make"
    emit(plan_of(DIAMOND), folder)
    return Made(folder, program)


SPEC = """\
from helper import factor
from stagelang import Column, Contract, Pipeline, Table, Value, column, metric, PerRow, mean, source, stage, units as u


class Rides(Contract):
    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0)


@stage(env=("EXTRA",))
def count(rides: Table[Rides], *, plus: int = 0) -> Value[int]:
    import os

    return Value.of(rides.arrow.num_rows + plus + int(os.environ.get("EXTRA", "0")))


@stage
def sign(count: Value[int]) -> Value[int]:
    return Value.of(1 if count.value > 0 else -1)


@stage
def end(sign: Value[int]) -> Value[int]:
    return Value.of(sign.value * factor())


pipeline = Pipeline("rides", seed=1, outputs=[end(sign(count(source(Rides, "data/*.csv", name="rides"))))])
"""
HELPER = "def factor() -> int:\n    return 7\n"


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose Makefile has been made once, by the real stagelang."""
    root = tmp_path_factory.mktemp("warm") / "my $project #1"
    (root / "data").mkdir(parents=True)
    (root / "pipeline.py").write_text(SPEC)
    (root / "helper.py").write_text(HELPER)
    (root / "data" / "a=1 #b.csv").write_text("ride,fare\n1,2.5\n2,3\n")
    _compile(root)
    made = Made(root / "build" / "make", _real(root))
    made.make("-j2")
    return root


def _compile(root: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "stagelang_backends.cli", "compile", "-t", "make"],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _real(root: Path) -> Path:
    """Give the real stagelang, which writes down what it is asked; its path is the same whichever project asks."""
    path = root.parent / "stagelang"
    path.write_text(
        f'#!/bin/sh\nprintf \'%s\\n\' "$1 $2" >> log\nexec {sys.executable} -m stagelang_backends.cli "$@"\n'
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def rides(warm: Path, tmp_path: Path) -> Made:
    """A copy of the project, in another folder: times as they were, so that nothing has changed."""
    root = tmp_path / "another folder" / "p"
    shutil.copytree(warm, root, symlinks=True)
    (root / "build" / "make" / "log").unlink(missing_ok=True)
    return Made(root / "build" / "make", warm.parent / "stagelang")
