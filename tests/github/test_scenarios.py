"""The emitted workflow, carried out: see `scenarios` for what must hold, and `mutations` for ten ways to get it wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from tests.github import scenarios
from tests.github.fake_github import FakeGitHub, serve
from tests.github.hub import Hub
from tests.github.linters import TOOLS, lint_workflow
from tests.github.mutations import MUTATIONS
from tests.github.outcomes import Run

FILE = ".github/workflows/numbers.yml"


@frozen
class Settled:
    """What a first run leaves."""

    root: Path
    run: Run


@contextmanager
def _hub(root: Path) -> Generator[Hub]:
    with serve(FakeGitHub(store=root / "store")) as github:
        yield Hub(github=github, root=root, file=FILE)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    root = tmp_path_factory.mktemp("first")
    with _hub(root) as hub:
        return Settled(root, scenarios.settle(hub))


@pytest.fixture
def after(settled: Settled, tmp_path: Path) -> Iterator[Hub]:
    """The state after the first run."""
    for name in ("repository", "store"):
        shutil.copytree(settled.root / name, tmp_path / name, symlinks=True)
    with _hub(tmp_path) as hub:
        hub.runs = 1
        yield hub


def test_a_first_run_runs_everything_once(settled: Settled) -> None:
    scenarios.first_run(settled.run)


def test_what_is_emitted_has_no_finding(settled: Settled) -> None:
    assert lint_workflow(settled.root / "repository" / FILE) == dict.fromkeys(TOOLS, ())


@pytest.mark.parametrize("scenario", scenarios.FROM_A_FIRST_RUN, ids=lambda each: each.__name__)
def test_after_a_first_run(after: Hub, scenario: Callable[[Hub], None]) -> None:
    scenario(after)


CATCHES: dict[str, tuple[Callable[[Hub], None], str]] = {
    "the default condition": (scenarios.one_stage_edited, "carried_out(run)"),
    "no merging of artifacts": (scenarios.one_stage_edited, "carried_out(run)"),
    "a missing edge": (scenarios.one_stage_edited, "carried_out(run)"),
    "always": (scenarios.stage_failure, '("failure", "skipped")'),
    "nothing saved": (scenarios.one_stage_edited, "again.started()"),
    "another path saved": (scenarios.one_stage_edited, 'again.result("report")'),
    "a comment on forks": (scenarios.fork, 'run.result("comment") == "skipped"'),
    "no gate": (scenarios.failing_gate, 'not run.may_merge("report")'),
    "a hidden folder": (scenarios.everything_evicted, "carried_out(run)"),
    "a bad name": (scenarios.one_stage_edited, "carried_out(run)"),
}
"""By which scenario each mistake is caught, and at which of its assertions."""


def test_there_are_ten_mistakes_and_each_has_its_scenario() -> None:
    assert list(CATCHES) == list(MUTATIONS)
    assert len(CATCHES) == 10


@pytest.mark.long
@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_of_the_emitter_is_caught(after: Hub, mistake: str) -> None:
    after.mutation = mistake
    scenarios.compile_workflow(after)
    after.commit({})
    scenario, where = CATCHES[mistake]
    with pytest.raises(AssertionError) as caught:
        scenario(after)
    assert where in str(caught.traceback[-1].statement)
