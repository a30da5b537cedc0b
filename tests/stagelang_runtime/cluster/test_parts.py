"""The parts of a run on a cluster, each on its own: the bundle, the surroundings, the guard."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.cluster import guard
from stagelang_runtime.cluster.bundle import ship, unpack
from stagelang_runtime.cluster.surroundings import Surroundings, differences
from stagelang_runtime.store import DamagedObject, MissingObject, sha256_bytes, sha256_file
from tests.stagelang_runtime.execute.conftest import Project, await_end, awaited


def bundled(project: Project) -> p.Plan:
    project.code("x = 1\n")
    (project.root / "tools").mkdir()
    (project.root / "tools" / "say.sh").write_text("echo hello\n")
    tool = {"tools/say.sh": sha256_file(project.root / "tools" / "say.sh")}
    project.stage("say", "command", command=p.Command(argv=("tools/say.sh",), files=tool))
    return evolve(project.plan, files={"pipeline.py": sha256_file(project.root / "pipeline.py")})


def test_code_and_programs_arrive_as_they_were_sent(project: Project, tmp_path: Path) -> None:
    plan, store = bundled(project), project.store
    digest = ship(plan, dumps(plan), project.root, store)
    assert digest == sha256_bytes(dumps(plan).encode())
    assert unpack(digest, store, tmp_path / "there") == plan
    there = tmp_path / "there" / "code"
    assert (there / "pipeline.py").read_text() == project.text
    assert stat.S_IMODE((there / "tools" / "say.sh").stat().st_mode) == 0o755
    assert sorted(each.name for each in there.rglob("*")) == ["pipeline.py", "say.sh", "tools"]


def test_code_that_is_not_what_the_plan_says_is_never_unpacked(project: Project, tmp_path: Path) -> None:
    plan, store = bundled(project), project.store
    digest = ship(plan, dumps(plan), project.root, store)
    path = store.get_path(plan.files["pipeline.py"], verify=False)
    path.chmod(0o644)
    path.write_text("import evil\n")
    with pytest.raises(DamagedObject):
        unpack(digest, store, tmp_path / "there")
    with pytest.raises(MissingObject):
        unpack("sha256:" + "0" * 64, store, tmp_path / "there")


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "a/../../evil.py"])
def test_no_file_is_unpacked_outside_of_its_folder(name: str, project: Project, tmp_path: Path) -> None:
    project.code("")
    digest = project.store.put_bytes(b"import evil\n")
    plan = evolve(project.plan, files={name: digest})
    sent = project.store.put_bytes(dumps(plan).encode())
    with pytest.raises(ValueError, match="leads out of the pipeline's folder"):
        unpack(sent, project.store, tmp_path / "there")


def place(
    python: str = "3.11",
    distributions: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Surroundings:
    return Surroundings(
        stagelang="1.0", python=python, distributions=distributions or {}, variables=variables or {}
    )


def test_equal_surroundings_differ_in_nothing() -> None:
    assert [*differences(place(distributions={"a": "1"}), place(distributions={"a": "1"}), "w")] == []


def test_every_difference_names_both_sides_and_no_value_of_a_variable() -> None:
    here = place(
        distributions={"numpy": "2.0", "scipy": "1"},
        variables={"A": "sha256:1", "B": "unset", "C": "sha256:2"},
    )
    there = place("3.12", {"numpy": "1.26", "extra": "3"}, {"A": "sha256:9", "B": "sha256:8", "C": "unset"})
    assert [*differences(here, there, "tcp://w")] == [
        "Python is 3.11 here and 3.12 on tcp://w",
        "distribution 'extra' is missing here and 3 on tcp://w",
        "distribution 'numpy' is 2.0 here and 1.26 on tcp://w",
        "distribution 'scipy' is 1 here and missing on tcp://w",
        "variable 'A' is set here and set to something else on tcp://w",
        "variable 'B' is unset here and set on tcp://w",
        "variable 'C' is set here and unset on tcp://w",
    ]


_KEEPER = """
import subprocess, sys, time
from stagelang_runtime.cluster.guard import Guard
guard = Guard()
command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
groups = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) for _ in range(2)]
children = [group.stdout.readline().strip() for group in groups]
for group in groups: guard.watch(group.pid)
guard.unwatch(groups[1].pid)
print(*(group.pid for group in groups), *children, flush=True)
time.sleep(1000)
"""


def test_what_is_watched_ends_with_its_keeper_and_what_is_not_lives_on() -> None:
    with subprocess.Popen([sys.executable, "-c", _KEEPER], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        watched, unwatched, watched_child, unwatched_child = map(int, keeper.stdout.readline().split())
        keeper.kill()
    await_end(watched)
    await_end(watched_child)
    assert Path(f"/proc/{unwatched}").exists()
    assert Path(f"/proc/{unwatched_child}").exists()
    os.killpg(unwatched, signal.SIGKILL)


def test_a_guard_that_is_closed_ends_what_is_left(tmp_path: Path) -> None:
    watching = guard.Guard()
    kept = subprocess.Popen(["sh", "-c", f"echo $$ > {tmp_path}/pid; sleep 1000"], start_new_session=True)
    awaited(tmp_path / "pid")
    watching.watch(kept.pid)
    watching.close()
    assert kept.wait() == -9
    watching.watch(1)  # nobody listens any more
