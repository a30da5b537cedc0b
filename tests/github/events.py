"""What starts a workflow: the event's name, the ref that it runs on, its payload, and what its token may do."""

from __future__ import annotations

from typing import Any, final

from attrs import evolve, frozen

OWNER = "octo/pipeline"
DEFAULT_BRANCH = "main"


@final
@frozen(kw_only=True)
class Event:
    """One event, as act and the stand-ins are told of it."""

    name: str
    branch: str
    """The branch that triggers are compared with: the pushed one, or the base of a pull request."""
    head: str
    """What is checked out: a branch of the project."""
    payload: dict[str, Any]
    is_fork: bool = False
    """Its token is read-only, and no secret reaches it."""

    def at(self, *, base: str, head: str) -> Event:
        """Fill in the commits of a pull request."""
        request = self.payload["pull_request"]
        ends = {"base": {**request["base"], "sha": base}, "head": {**request["head"], "sha": head}}
        return evolve(self, payload={**self.payload, "pull_request": {**request, **ends}})


def _payload(**more: object) -> dict[str, Any]:
    return {"repository": {"full_name": OWNER, "default_branch": DEFAULT_BRANCH}, **more}


def push(branch: str = DEFAULT_BRANCH) -> Event:
    """Push to a branch."""
    return Event(
        name="push", branch=branch, head=branch, payload=_payload(ref=f"refs/heads/{branch}", deleted=False)
    )


def pull_request(
    number: int = 7, *, head: str = "topic", base: str = DEFAULT_BRANCH, fork: bool = False
) -> Event:
    """Open or update a pull request, from a branch of the repository itself or from a fork."""
    whose = "stranger/pipeline" if fork else OWNER
    request = {
        "number": number,
        "head": {"ref": head, "sha": "0" * 40, "repo": {"full_name": whose, "fork": fork}},
        "base": {"ref": base, "sha": "0" * 40, "repo": {"full_name": OWNER, "fork": False}},
    }
    payload = _payload(action="synchronize", number=number, pull_request=request)
    return Event(name="pull_request", branch=base, head=head, payload=payload, is_fork=fork)


def schedule(cron: str = "17 3 * * 1") -> Event:
    """Reach a scheduled time, always on the default branch."""
    return Event(name="schedule", branch=DEFAULT_BRANCH, head=DEFAULT_BRANCH, payload=_payload(schedule=cron))


def dispatch(**inputs: str) -> Event:
    """Press the button, with inputs as texts."""
    payload = _payload(inputs=inputs, ref=f"refs/heads/{DEFAULT_BRANCH}")
    return Event(name="workflow_dispatch", branch=DEFAULT_BRANCH, head=DEFAULT_BRANCH, payload=payload)
