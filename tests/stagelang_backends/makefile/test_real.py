"""A Makefile that calls the real stagelang: what must run again does, nothing else, and results are those of a run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main
from tests.stagelang_backends.makefile.conftest import HELPER, SPEC, Made

CSV = "a=1 #b.csv"


def _root(made: Made) -> Path:
    return made.folder.parents[1]


def _made(made: Made, *words: str) -> list[str]:
    """Make, and give the nodes that were carried out; then nothing may be left to do."""
    made.make(*words)
    asked = [each.removeprefix("run-node ") for each in made.asked() if each.startswith("run-node")]
    assert made.make(*words) == "make: Nothing to be done for 'all'.\n"
    assert made.asked() == []
    return asked


def _objects(made: Made, node: str) -> Path:
    """Give the file of a node's result in the store."""
    note = json.loads((made.folder / ".notes" / f"{node}.json").read_text())
    digest: str = note["receipt"]["outputs"][0]["object"].removeprefix("sha256:")
    return _root(made) / ".stagelang" / "store" / "objects" / digest[:2] / digest


def test_a_project_that_was_copied_is_up_to_date_without_any_python(rides: Made, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("make", "cksum"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    done = subprocess.run(
        [f"{tools}/make", f"STAGELANG={rides.program}"],
        cwd=rides.folder,
        env={"PATH": str(tools)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(": Nothing to be done for 'all'.\n")
    assert not (rides.folder / "log").exists(), "nobody was asked"


def test_a_change_of_the_data_runs_what_it_reaches(rides: Made) -> None:
    data = _root(rides) / "data"
    (data / "more.csv").write_text("ride,fare\n3,1\n")
    assert _made(rides) == ["rides", "count", "sign"]
    (data / "more.csv").unlink()
    assert _made(rides) == [], "what was made before is in the store"
    (data / CSV).write_text("ride,fare\n7,1.5\n8,2\n")
    assert _made(rides) == ["rides", "count"], "there are two rides as before"


def test_a_change_of_code_runs_just_what_reaches_it(rides: Made) -> None:
    before = (rides.folder / "Makefile").read_text()
    helper = _root(rides) / "helper.py"
    helper.write_text("# a comment\n" + HELPER)
    assert _made(rides) == []
    helper.write_text(HELPER.replace("7", "8"))
    assert _made(rides) == ["end"]
    assert (rides.folder / "Makefile").read_text() != before, "it names the plan"
    spec = _root(rides) / "pipeline.py"
    spec.write_text(SPEC.replace('name="rides"))', 'name="rides"), plus=1)'))
    assert _made(rides) == ["count", "sign"], "the sign of 3 is that of 2"


def test_a_node_added_to_the_pipeline_is_made(rides: Made) -> None:
    spec = _root(rides) / "pipeline.py"
    spec.write_text(SPEC.replace("outputs=[end(", "outputs=[end.named('last')("))
    assert _made(rides) == ["last"]
    assert "last" in rides.make("nodes").split()


def test_a_declared_variable_runs_the_stages_that_declare_it(rides: Made) -> None:
    assert _made(rides, "EXTRA=-5") == ["count", "sign", "end"]
    assert _made(rides) == []


def test_a_broken_pipeline_stops_make_with_its_findings(rides: Made) -> None:
    spec = _root(rides) / "pipeline.py"
    spec.write_text(SPEC.replace('"data/*.csv"', "7"))
    for _ in range(2):
        assert "error[SL" in rides.make(code=2)
    spec.write_text(SPEC)
    assert _made(rides) == []


@pytest.mark.parametrize("harm", ["gone", "shorter", "as long"])
def test_a_result_that_is_lost_or_damaged_is_made_again(rides: Made, harm: str) -> None:
    path = _objects(rides, "count")
    right = path.read_bytes()
    path.unlink()
    if harm != "gone":
        path.write_bytes(b"x" * (len(right) if harm == "as long" else 1))
    assert _made(rides) == ["count"]
    assert path.read_bytes() == right


def test_lost_notes_or_a_lost_plan_come_back(rides: Made) -> None:
    (rides.folder / ".notes" / "sign.json").unlink()
    (rides.folder / ".notes" / ".settled").unlink()
    (rides.folder / "plan.json").unlink()
    assert _made(rides) == []
    rides.make("clean")
    assert _made(rides) == []


def test_a_store_elsewhere_is_made_once_and_stays_warm_when_it_is_copied(rides: Made, tmp_path: Path) -> None:
    store = tmp_path / "a store's #1"
    shutil.copytree(_root(rides) / ".stagelang" / "store", store)
    assert _made(rides, f"STORE={store}") == []


def test_results_are_those_of_a_run(rides: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(_root(rides) / "pipeline.py"), "--store", str(tmp_path / "store")]) == 0
    receipts = [json.loads(path.read_text())["receipt"] for path in (tmp_path / "store").glob("receipts/*/*")]
    run = {each["key"]: [output["content"] for output in each["outputs"]] for each in receipts}
    notes = [
        json.loads((rides.folder / ".notes" / f"{name}.json").read_text())
        for name in ("rides", "count", "sign", "end")
    ]
    assert {
        note["receipt"]["key"]: [output["content"] for output in note["receipt"]["outputs"]] for note in notes
    } == run
    capfd.readouterr()


def test_an_edited_makefile_is_not_written_over(rides: Made) -> None:
    makefile = rides.folder / "Makefile"
    makefile.write_text(makefile.read_text() + "# mine\n")
    (_root(rides) / "helper.py").write_text(HELPER.replace("7", "9"))
    said = rides.make(code=2)
    assert "-# mine\n" in said
    assert "error: Makefile was edited by hand, or isn't stagelang's: nothing was written\n" in said
    assert makefile.read_text().endswith("# mine\n")


_SLOW = """
@stage
def sign(count: Value[int]) -> Value[int]:
    import os, time
    from pathlib import Path

    there = Path({there!r})
    if not there.exists():
        there.write_text("begun")
        time.sleep(600)
    return Value.of(1)
"""


def test_after_a_kill_in_the_middle_make_goes_on(rides: Made, tmp_path: Path) -> None:
    spec, there = _root(rides) / "pipeline.py", tmp_path / "there"
    head, _, tail = SPEC.partition("@stage\ndef sign")
    spec.write_text(head + _SLOW.format(there=str(there)) + tail[tail.index("\n\n\n") :])
    process = subprocess.Popen(
        ["make", f"STAGELANG={rides.program}"],
        cwd=rides.folder,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while not there.exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    rides.asked()
    assert _made(rides) == ["sign"]


def test_two_makes_at_once_both_end_well(rides: Made) -> None:
    rides.make("clean")
    shutil.rmtree(_root(rides) / ".stagelang")
    command = ["make", "-j2", f"STAGELANG={rides.program}"]
    both = [
        subprocess.Popen(
            command, cwd=rides.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    for each in both:
        said, _ = each.communicate()
        assert each.returncode == 0, said
    rides.asked()
    rides.make()
    assert _made(rides) == []
