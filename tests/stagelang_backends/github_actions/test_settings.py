"""`[tool.stagelang.gha]` is read strictly: what can't be meant is named with what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from stagelang_backends.github_actions.settings import Runner, Settings, settings_of
from stagelang_backends.protocol import WrongSettings


def test_nothing_said_gives_the_defaults() -> None:
    assert settings_of({}) == Settings()


def test_all_that_can_be_said_is_read() -> None:
    found = settings_of(
        {"python": "3.13", "jobs": "one", "runners": [{"labels": ["gpu"], "gpus": 2, "memory": "1TB"}]}
    )
    assert (found.python, found.jobs) == ("3.13", "one")
    assert found.runners == (Runner(labels=("gpu",), gpus=2, memory="1TB"),)
    assert (found.runners[0].is_hosted, found.runners[0].minutes) == (False, 7200)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"pyhton": "3.12"}, "[tool.stagelang.gha] has no setting 'pyhton'\n  help: expected one of actions, "),
    ({"python": 3.12}, "[tool.stagelang.gha] python = 3.12\n  help: expected a text of one line"),
    ({"python": "${{ x }}"}, "[tool.stagelang.gha] python = '${{ x }}'\n  help: expected a text without an expression"),
    ({"lock": "../else.lock"}, "[tool.stagelang.gha] lock = '../else.lock'\n  help: expected a path below the"),
    ({"jobs": "many"}, "[tool.stagelang.gha] jobs = 'many'\n  help: expected 'auto', 'one' or 'each'"),
    ({"jobs": ["auto"]}, "[tool.stagelang.gha] jobs = ['auto']\n  help: expected 'auto', 'one' or 'each'"),
    ({"comment": 1}, "[tool.stagelang.gha] comment = 1\n  help: expected true or false"),
    ({"retention_days": 91}, "[tool.stagelang.gha] retention_days = 91\n  help: expected a whole number from 1 to 90"),
    ({"retention_days": True}, "[tool.stagelang.gha] retention_days = True\n  help: expected a whole number"),
    ({"secrets": ["A-B"]}, "[tool.stagelang.gha] secrets = 'A-B'\n  help: expected names of environment variables"),
    ({"secrets": "A"}, "[tool.stagelang.gha] secrets = 'A'\n  help: expected a list of texts"),
    ({"secrets": ["A"], "variables": ["A"]}, "[tool.stagelang.gha] names 'A' as a secret and as a variable\n"),
    ({"runners": []}, "[tool.stagelang.gha] runners = []\n  help: expected tables such as "),
    ({"runners": [{"cpu": 2}]}, "[tool.stagelang.gha] runners = 'cpu'\n  help: expected labels, cpus, memory, gpus"),
    ({"runners": [{"memory": "8"}]}, "[tool.stagelang.gha] runners.memory = '8'\n  help: expected a size such as '16GB'"),
    ({"runners": [{"labels": []}]}, "[tool.stagelang.gha] runners.labels = []\n  help: expected at least one label"),
    ({"actions": ["x"]}, "[tool.stagelang.gha] actions = ['x']\n  help: expected a table such as "),
]  # fmt: skip


@pytest.mark.parametrize(("table", "said"), WRONG)
def test_what_can_t_be_meant_is_named(table: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongSettings) as error:
        settings_of(table)
    assert str(error.value).startswith(said)
