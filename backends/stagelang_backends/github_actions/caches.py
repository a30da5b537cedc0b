"""Asks GitHub which results are kept in its cache. Where it doesn't answer, nothing is known, and everything runs."""

from __future__ import annotations

import http.client
import json
import sys
import urllib.parse
import urllib.request
from typing import Any

from stagelang_backends.github_actions.surroundings import Surroundings

_PAGE = 100
_MOST_PAGES = 50
_SECONDS = 20


def kept_keys(around: Surroundings, prefix: str) -> frozenset[str] | None:
    """Give the keys that begin with a prefix and that this run may read; None where that can't be learnt, which is told."""
    if not (around.api and around.repository and around.token):
        return None
    found: set[str] = set()
    try:
        for page in range(1, _MOST_PAGES + 1):
            rows = _page(around, prefix, page)
            found |= {row["key"] for row in rows if row["ref"] in around.refs}
            if len(rows) < _PAGE:
                break
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        print(f"warning: which results are kept can't be learnt, so all nodes run: {error}", file=sys.stderr)
        return None
    return frozenset(found)


def _page(around: Surroundings, prefix: str, page: int) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"key": prefix, "per_page": _PAGE, "page": page})
    request = urllib.request.Request(
        f"{around.api}/repos/{around.repository}/actions/caches?{query}",
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {around.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["actions_caches"]
    return rows
