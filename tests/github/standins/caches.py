"""Stand in for GitHub's caches: the rules of actions/cache v6 and of the service behind it, over a folder.

A cache belongs to a ref; a run sees those of its own ref, of its pull request's base, and of the default branch, in that order.
Keys are written once; a restore finds the key itself, then what begins with it, then what begins with a restore key.
A step calls this file as a program; its inputs come by environment, as `INPUT_*`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LONGEST_KEY = 512
MOST_KEYS = 10
READ_ONLY_EVENTS = ("pull_request_target", "issue_comment", "workflow_run", "issues", "discussion")


class Refused(Exception):
    """What the real action fails with."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """One cache, as the service lists it."""

    id: int
    ref: str
    key: str
    version: str
    size_in_bytes: int


def check_keys(keys: Sequence[str]) -> None:
    """Refuse keys that the action refuses."""
    if len(keys) > MOST_KEYS:
        raise Refused(f"key validation error: keys are limited to a maximum of {MOST_KEYS}")
    for key in keys:
        if not key:
            raise Refused("key validation error: a key is required")
        if len(key) > LONGEST_KEY:
            raise Refused(f"key validation error: {key} cannot be larger than {LONGEST_KEY} characters")
        if "," in key:
            raise Refused(f"key validation error: {key} cannot contain commas")


def version_of(paths: Sequence[str]) -> str:
    """Give a cache's version: it changes with the paths as they are written, and with their order."""
    return hashlib.sha256("|".join([*paths, "zstd-without-long", "1.0"]).encode()).hexdigest()


def scopes(environment: Mapping[str, str]) -> list[str]:
    """List the refs whose caches a run sees, nearest first."""
    base = environment.get("GITHUB_BASE_REF", "")
    refs = [environment["GITHUB_REF"], *([f"refs/heads/{base}"] if base else [])]
    return list(dict.fromkeys([*refs, f"refs/heads/{environment['STANDIN_DEFAULT_BRANCH']}"]))


def listed(store: Path) -> list[Cache]:
    """Give all caches, newest first."""
    return sorted((cache for cache, _ in _entries(store)), key=lambda cache: -cache.id)


def evict(store: Path, beginning: str = "") -> int:
    """Throw away the caches whose key begins so, and say how many there were."""
    gone = [folder for cache, folder in _entries(store) if cache.key.startswith(beginning)]
    for folder in gone:
        shutil.rmtree(folder)
    return len(gone)


def save(store: Path, *, ref: str, key: str, paths: Sequence[str], workspace: Path) -> bool:
    """Keep paths under a key of a ref, unless that key is taken; say whether they were kept."""
    check_keys([key])
    there = [path for path in paths if (workspace / path).exists()]
    if not there:
        raise Refused("path validation error: path(s) specified in the action for caching do(es) not exist")
    version = version_of(paths)
    folder = store / hashlib.sha256(f"{ref}\n{key}\n{version}".encode()).hexdigest()
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    archive = folder / "files.tar"
    subprocess.run(["tar", "-cPf", archive, "-C", workspace, "--", *there], check=True)
    cache = Cache(id=time.time_ns(), ref=ref, key=key, version=version, size_in_bytes=archive.stat().st_size)
    written = folder / "cache.new"
    written.write_text(json.dumps(asdict(cache)))
    written.replace(folder / "cache.json")
    return True


def find(store: Path, *, refs: Sequence[str], keys: Sequence[str], version: str) -> tuple[Cache, Path] | None:
    """Find what a restore brings: ref by ref, the first key itself, then its prefixes, then the other keys'."""
    entries = sorted(_entries(store), key=lambda entry: -entry[0].id)
    for ref in refs:
        mine = [entry for entry in entries if entry[0].ref == ref and entry[0].version == version]
        for key in keys:
            exact = [entry for entry in mine if entry[0].key == key]
            near = [entry for entry in mine if entry[0].key.startswith(key)]
            for entry in (*exact, *near):
                return entry
    return None


def _entries(store: Path) -> Iterator[tuple[Cache, Path]]:
    for file in store.glob("*/cache.json"):
        yield Cache(**json.loads(file.read_text())), file.parent


# The program that a step calls


def _lines(name: str) -> list[str]:
    return [line.strip() for line in os.environ[name].splitlines() if line.strip()]


def _output(name: str, value: str) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"{name}={value}\n")


def _restore_step(store: Path, workspace: Path) -> None:
    keys = [os.environ["INPUT_KEY"], *_lines("INPUT_RESTORE_KEYS")]
    check_keys(keys)
    _output("cache-primary-key", keys[0])
    found = find(store, refs=scopes(os.environ), keys=keys, version=version_of(_lines("INPUT_PATH")))
    if found is None:
        if os.environ["INPUT_FAIL_ON_CACHE_MISS"] == "true":
            raise Refused(f"failed to restore cache entry: fail-on-cache-miss is set, input key: {keys[0]}")
        print(f"cache not found for input keys: {', '.join(keys)}")
        return
    cache, folder = found
    if os.environ["INPUT_LOOKUP_ONLY"] != "true":
        subprocess.run(["tar", "-xPf", folder / "files.tar", "-C", workspace], check=True)
    _output("cache-matched-key", cache.key)
    _output("cache-hit", "true" if cache.key == keys[0] else "false")
    print(f"cache restored from key: {cache.key}")


def _save_step(store: Path, workspace: Path) -> None:
    # The real action's failures to save are warnings, all of them.
    key = os.environ["INPUT_KEY"]
    if os.environ["GITHUB_EVENT_NAME"] in READ_ONLY_EVENTS:
        print("::warning::cache save failed: the token of this event may only read caches")
        return
    try:
        kept = save(
            store, ref=os.environ["GITHUB_REF"], key=key, paths=_lines("INPUT_PATH"), workspace=workspace
        )
    except Refused as why:
        print(f"::warning::{why}")
        return
    if not kept:
        print(
            f"failed to save: unable to reserve cache with key {key}, another job may be creating this cache"
        )
        return
    said = f"cache saved with key: {key}"
    print(said, flush=True)
    if os.environ["STANDIN_HOLD"] and os.environ["STANDIN_HOLD"] in said:
        time.sleep(60)  # a run is to be cancelled here, and must not go on before it is


def main() -> int:
    """Be the step."""
    store, workspace = Path(os.environ["STANDIN_STORE"]) / "caches", Path(os.environ["GITHUB_WORKSPACE"])
    steps = {"restore": _restore_step, "save": _save_step}
    try:
        steps[sys.argv[1]](store, workspace)
    except Refused as why:
        print(f"::error::{why}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
