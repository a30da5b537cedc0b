"""Start act, which carries out a workflow as GitHub's runners do, on this machine and without a network.

Where act differs from GitHub, `hub` and `outcomes` make up for it or refuse.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import final

from attrs import field, frozen

from tests.github.events import DEFAULT_BRANCH, OWNER, Event
from tests.github.workflow_text import STANDINS, Workflow, actions_used, labels

SCRIPTS = Path(sysconfig.get_path("scripts"))
PLENTY_OF_SECONDS = 300


@final
@frozen(kw_only=True)
class Errand:
    """One thing that act is sent to do."""

    workflow: Workflow
    file: str
    checkout: Path
    event: Event
    run_id: int
    attempt: int
    store: Path
    api: str
    scratch: Path
    secrets: Mapping[str, str] = field(factory=dict[str, str])
    interrupt_at: str | None = None
    """A text of the log at which the run is cancelled; a saved cache that is told with this text waits for that."""
    mutation: str = ""


def send(errand: Errand) -> list[str]:
    """Run act and give its JSON lines; a failed job is no error, a workflow that act can't run is one."""
    home = errand.scratch / "home"
    home.mkdir(parents=True)
    payload = errand.scratch / "event.json"
    payload.write_text(json.dumps(errand.event.payload))
    complaints = errand.scratch / "stderr"
    with (
        complaints.open("w") as stderr,
        subprocess.Popen(
            _command(errand, payload),
            cwd=errand.checkout,
            env=_environment(home),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        lines = _follow(process, errand.interrupt_at)
    said = complaints.read_text()
    has_failed_jobs = "failed" in said or '"jobResult":"failure"' in "".join(lines)
    assert process.returncode == 0 or has_failed_jobs, f"act could not run the workflow:\n{said}"
    assert any('"jobResult"' in line for line in lines), f"act ran no job:\n{said}"
    return lines


def _command(errand: Errand, payload: Path) -> list[str]:
    given = {
        "GITHUB_REPOSITORY": OWNER,
        "GITHUB_API_URL": errand.api,
        "GITHUB_RUN_ID": str(errand.run_id),
        "GITHUB_RUN_ATTEMPT": str(errand.attempt),
        "STANDIN_PYTHON": sys.executable,
        "STANDIN_ACTIONS": str(STANDINS),
        "STANDIN_STORE": str(errand.store),
        "STANDIN_DEFAULT_BRANCH": DEFAULT_BRANCH,
        "STANDIN_HOLD": errand.interrupt_at or "",
        "STANDIN_MUTATION": errand.mutation,
        "STANDIN_TOKEN": "read" if errand.event.is_fork else "write",
        # Nothing outside of this machine is ever asked for.
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    secrets = {"GITHUB_TOKEN": "token-of-the-run", **errand.secrets}
    return [
        str(SCRIPTS / "act"),
        errand.event.name,
        "--json",
        f"--workflows={errand.file}",
        "--action-offline-mode",
        "--no-cache-server",
        f"--action-cache-path={errand.scratch / 'act'}",
        f"--eventpath={payload}",
        *(f"--platform={label}=-self-hosted" for label in labels(errand.workflow)),
        *(f"--env={name}={value}" for name, value in given.items()),
        *(f"--secret={name}={value}" for name, value in secrets.items()),
        *(f"--local-repository={name}={folder}" for name, folder in actions_used(errand.workflow).items()),
    ]


def _environment(home: Path) -> dict[str, str]:
    # Of the caller's environment nothing is inherited, coverage of subprocesses included.
    path = os.pathsep.join([str(STANDINS / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "DOCKER_HOST": ""}


def _follow(process: subprocess.Popen[str], interrupt_at: str | None) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.append(line)
            if interrupt_at is not None and '"raw_output":true' in line and interrupt_at in line:
                process.send_signal(signal.SIGINT)
                interrupt_at = None
        process.wait(PLENTY_OF_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert interrupt_at is None, f"the run never said {interrupt_at!r}"
    return lines
