"""A GitHub of one repository on the loopback interface: its caches, and the comments of its pull requests.

A request needs the run's token; that of a fork may read only; what no job has permission for is refused.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, final
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from tests.github.events import OWNER
from tests.github.standins import caches

LONGEST_BODY = 65_536
LARGEST_PAGE = 100
BOT = {"login": "github-actions[bot]", "type": "Bot"}


@final
@frozen(kw_only=True)
class Answer:
    """What a request gets."""

    status: int
    body: Any
    link: str = ""


@final
@define(kw_only=True)
class FakeGitHub:
    """The state behind the API."""

    store: Path
    url: str = ""
    comments: dict[int, dict[str, Any]] = field(factory=dict[int, dict[str, Any]])
    pulls: dict[int, dict[str, Any]] = field(factory=dict[int, dict[str, Any]])
    requests: list[str] = field(factory=list[str])
    may_write: bool = True
    permissions: frozenset[str] = frozenset()
    """What the running workflow's jobs ask for, such as `actions: read`."""
    after_listing: Callable[[], object] | None = None
    """What happens just after the caches were listed, such as an eviction."""
    refusals: int = 0
    """So many bodies are still to be found too long, whatever their length."""

    def bodies(self) -> list[str]:
        """Give the texts of all comments, oldest first."""
        return [comment["body"] for comment in self.comments.values()]

    def answer(self, method: str, target: str, body: Any) -> Answer:
        """Answer a request."""
        self.requests.append(f"{method} {target}")
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for verb, pattern, permissions, handle in self._routes():
            found = re.fullmatch(f"/repos/{OWNER}/{pattern}", parts.path)
            if found and verb == method:
                if self._is_forbidden(method, permissions):
                    return Answer(status=403, body={"message": "Resource not accessible by integration"})
                return handle(query, body, *map(int, found.groups()))
        return Answer(status=404, body={"message": "Not Found"})

    def _is_forbidden(self, method: str, permissions: tuple[str, ...]) -> bool:
        if method != "GET" and not self.may_write:
            return True
        return not any(
            f"{one}: {level}" in self.permissions
            for one in permissions
            for level in (("read", "write") if method == "GET" else ("write",))
        )

    def _routes(self) -> tuple[tuple[str, str, tuple[str, ...], Callable[..., Answer]], ...]:
        talk = ("pull-requests", "issues")
        return (
            ("GET", "actions/caches", ("actions",), self._list_caches),
            ("GET", r"issues/(\d+)/comments", talk, self._list_comments),
            ("POST", r"issues/(\d+)/comments", talk, self._post_comment),
            ("PATCH", r"issues/comments/(\d+)", talk, self._patch_comment),
            ("GET", r"pulls/(\d+)", ("pull-requests",), self._get_pull),
        )

    def _list_caches(self, query: Mapping[str, str], _body: object) -> Answer:
        found = [
            cache
            for cache in caches.listed(self.store / "caches")
            if cache.key.startswith(query.get("key", "")) and cache.ref == query.get("ref", cache.ref)
        ]
        rows = [{**asdict(cache), "created_at": "2026-01-01T00:00:00Z"} for cache in found]
        answer = _page(query, f"{self.url}/repos/{OWNER}/actions/caches", rows)
        if self.after_listing:
            self.after_listing()
        body = {"total_count": len(found), "actions_caches": answer.body}
        return Answer(status=200, body=body, link=answer.link)

    def _list_comments(self, query: Mapping[str, str], _body: object, number: int) -> Answer:
        found = [comment for comment in self.comments.values() if comment["number"] == number]
        return _page(query, f"{self.url}/repos/{OWNER}/issues/{number}/comments", found)

    def _post_comment(self, _query: object, body: Mapping[str, str], number: int) -> Answer:
        if refused := self._too_long(body):
            return refused
        return Answer(status=201, body=self.say(number, body["body"]))

    def say(self, number: int, body: str, user: Mapping[str, str] = BOT) -> dict[str, Any]:
        """Add a comment to a pull request, as the workflow's bot or as somebody else."""
        comment = {"id": len(self.comments) + 1, "number": number, "body": body, "user": dict(user)}
        self.comments[len(self.comments) + 1] = comment
        return comment

    def _patch_comment(self, _query: object, body: Mapping[str, str], which: int) -> Answer:
        if which not in self.comments:
            return Answer(status=404, body={"message": "Not Found"})
        if refused := self._too_long(body):
            return refused
        self.comments[which]["body"] = body["body"]
        return Answer(status=200, body=self.comments[which])

    def _too_long(self, body: Mapping[str, str]) -> Answer | None:
        if self.refusals == 0 and len(body["body"]) <= LONGEST_BODY:
            return None
        self.refusals = max(0, self.refusals - 1)
        message = f"Body is too long (maximum is {LONGEST_BODY} characters)"
        error = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": message}
        return Answer(status=422, body={"message": "Validation Failed", "errors": [error]})

    def _get_pull(self, _query: object, _body: object, number: int) -> Answer:
        if number not in self.pulls:
            return Answer(status=404, body={"message": "Not Found"})
        return Answer(status=200, body=self.pulls[number])


def _page(query: Mapping[str, str], url: str, found: list[Any]) -> Answer:
    size = min(int(query.get("per_page", 30)), LARGEST_PAGE)
    page = int(query.get("page", 1))
    rest = {name: value for name, value in query.items() if name != "page"}
    link = ""
    if page * size < len(found):
        words = "&".join([*(f"{name}={value}" for name, value in rest.items()), f"page={page + 1}"])
        link = f'<{url}?{words}>; rel="next"'
    return Answer(status=200, body=found[(page - 1) * size : page * size], link=link)


@contextmanager
def serve(github: FakeGitHub) -> Generator[FakeGitHub]:
    """Answer requests at a free port until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body: Any = json.loads(self.rfile.read(length) or b"null")
            if (self.headers.get("Authorization") or "").split()[-1:] != ["token-of-the-run"]:
                self._give(Answer(status=401, body={"message": "Bad credentials"}))
                return
            with lock:
                answer = github.answer(self.command, self.path, body)
            self._give(answer)

        def _give(self, answer: Answer) -> None:
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if answer.link:
                self.send_header("Link", answer.link)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
