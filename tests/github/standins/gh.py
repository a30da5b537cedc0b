"""Stand in for `gh api`: asks the API that `GITHUB_API_URL` names, with fields, filters and pages as gh has them."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import Any


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    api = parser.add_subparsers(required=True).add_parser("api", allow_abbrev=False)
    api.add_argument("endpoint")
    api.add_argument("-X", "--method")
    api.add_argument("-F", "--field", action="append", default=[])
    api.add_argument("-f", "--raw-field", action="append", default=[])
    api.add_argument("-H", "--header", action="append", default=[])
    api.add_argument("-q", "--jq")
    api.add_argument("--input")
    api.add_argument("--paginate", action="store_true")
    api.add_argument("--silent", action="store_true")
    return parser.parse_args()


def typed(text: str) -> Any:
    """Read a field's value as gh does: a file's text after '@', numbers and the three words of JSON as such."""
    if text.startswith("@"):
        return sys.stdin.read() if text == "@-" else Path(text[1:]).read_text()
    if re.fullmatch(r"-?\d+|true|false|null", text):
        return json.loads(text)
    return text


def _body(words: argparse.Namespace) -> bytes | None:
    if words.input:
        return sys.stdin.buffer.read() if words.input == "-" else Path(words.input).read_bytes()
    fields = {name: value for name, _, value in (field.partition("=") for field in words.raw_field)}
    fields |= {name: typed(value) for name, _, value in (field.partition("=") for field in words.field)}
    return json.dumps(fields).encode() if fields else None


def _print(words: argparse.Namespace, text: str) -> None:
    if words.silent:
        return
    if words.jq is None:
        print(text)
        return
    for found in import_module("jq").compile(words.jq).input_text(text):
        print(found if isinstance(found, str) else json.dumps(found))


def _ask(words: argparse.Namespace, url: str, body: bytes | None) -> str:
    """Ask for one page, print it, and give the address of the next."""
    method = words.method or ("GET" if body is None else "POST")
    headers = {"Authorization": f"token {os.environ['GH_TOKEN']}", "Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(url, data=body, method=method, headers=headers)
    ) as got:
        _print(words, got.read().decode())
        following = re.search(r'<([^>]*)>; rel="next"', got.headers.get("Link") or "")
        return following[1] if following and words.paginate else ""


def main() -> int:
    """Be gh."""
    words = _words()
    if not os.environ.get("GH_TOKEN"):
        print("gh: set the GH_TOKEN environment variable", file=sys.stderr)
        return 4
    url = f"{os.environ['GITHUB_API_URL']}/{words.endpoint.lstrip('/')}"
    body = _body(words)
    try:
        while url:
            url = _ask(words, url, body)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode()
        if not words.silent:
            print(text)
        print(f"gh: {json.loads(text)['message']} (HTTP {error.code})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
