"""Stand in for GitHub's artifacts: the rules of upload-artifact v7 and download-artifact v8, over a folder.

Each rule is the real actions' own and not a choice of ours: names, hidden files, roots, conflicts, patterns, folders.
A step calls this file as a program; its inputs come by environment, as `INPUT_*`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

NOT_IN_NAMES = '":<>|*?\r\n\\/'
NOT_IN_PATHS = '":<>|*?\r\n'
MOST_PER_JOB = 500


class Refused(Exception):
    """What the real action fails with."""


# Names


def check_name(name: str) -> None:
    """Refuse an artifact name that GitHub refuses."""
    for character in NOT_IN_NAMES:
        if character in name:
            raise Refused(f"the artifact name is not valid: {name!r} contains {character!r}")
    if not name:
        raise Refused("artifact name cannot be empty")


def _check_path(path: str) -> None:
    for character in NOT_IN_PATHS:
        if character in path:
            raise Refused(f"the path for one of the files in artifact is not valid: {path!r}")


# What is uploaded


def find_files(patterns: str, *, workspace: Path, hidden: bool) -> tuple[Path, tuple[Path, ...]]:
    """Give the root of an upload and its files: patterns by line, `!` takes away, a folder means all below it.

    The root is the least common ancestor of what was searched, and the folder of the file where that is a single file.
    """
    lines = [line.strip() for line in patterns.splitlines() if line.strip()]
    wanted = [_absolute(line, workspace) for line in lines if not line.startswith("!")]
    unwanted = {
        file for line in lines if line.startswith("!") for file in _walk(_absolute(line[1:], workspace), True)
    }
    roots = [_search_root(pattern) for pattern in wanted]
    files = sorted({file for pattern in wanted for file in _walk(pattern, hidden)} - unwanted)
    root = Path(os.path.commonpath(roots)) if roots else workspace
    if files == [root]:
        root = root.parent
    return root, tuple(files)


def _absolute(pattern: str, workspace: Path) -> str:
    return os.path.normpath(workspace / os.path.expanduser(pattern))  # noqa: PTH111 - a pattern is no path


def _search_root(pattern: str) -> Path:
    parts = Path(pattern).parts
    plain = next((n for n, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return Path(*parts[:plain])


def _walk(pattern: str, hidden: bool) -> Iterator[Path]:
    root = _search_root(pattern)
    rest = str(Path(pattern).relative_to(root))
    is_plain = rest == "."
    matches = [root] if is_plain else sorted(root.glob(rest))
    for match in matches:
        above = [folder for folder in match.parents if root in folder.parents or folder == root]
        if hidden or not any(folder.name.startswith(".") for folder in above):
            yield from _below(match, hidden)


def _below(path: Path, hidden: bool) -> Iterator[Path]:
    # The root's own name counts too: 'path: .stagelang' uploads nothing.
    if not hidden and path.name.startswith("."):
        return
    if path.is_dir():
        for child in sorted(path.iterdir()):
            yield from _below(child, hidden)
    elif path.exists():
        yield path


# Upload


def upload(run: Path, *, name: str, root: Path, files: tuple[Path, ...], overwrite: bool, job: str) -> Path:
    """Keep files as a run's artifact, as a zip without permission bits."""
    check_name(name)
    paths = [file.relative_to(root).as_posix() for file in files]
    for path in paths:
        _check_path(path)
    run.mkdir(parents=True, exist_ok=True)
    archive = run / f"{name}.zip"
    if overwrite:
        archive.unlink(missing_ok=True)
    _count_for(run, job)
    try:
        with zipfile.ZipFile(archive, "x") as zipped:
            for file, path in zip(files, paths, strict=True):
                zipped.writestr(zipfile.ZipInfo(path), file.read_bytes())
    except FileExistsError:
        raise Refused(
            "failed to CreateArtifact: (409) Conflict: an artifact with this name already exists on the workflow run"
        ) from None
    return archive


def _count_for(run: Path, job: str) -> None:
    tally = run / f"{hashlib.sha256(job.encode()).hexdigest()}.count"
    with tally.open("a") as file:
        file.write(".")
    if tally.stat().st_size > MOST_PER_JOB:
        raise Refused(f"an individual job may upload at most {MOST_PER_JOB} artifacts")


# Download


def expand_braces(pattern: str) -> list[str]:
    """Expand `{a,b}` as minimatch does: braces around a single word stay braces."""
    found = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if found is None:
        return [pattern]
    head, tail = pattern[: found.start()], pattern[found.end() :]
    return list(chain.from_iterable(expand_braces(head + word + tail) for word in found[1].split(",")))


def matches(pattern: str, name: str) -> bool:
    """Say whether an artifact's name matches a minimatch pattern of `*`, `?`, and braces."""
    if ".." in pattern or re.search(r"[\[!+@(]", pattern):
        raise Refused(f"the stand-in knows '*', '?' and '{{a,b}}' in a pattern only, got {pattern!r}")
    return any(re.fullmatch(_regex(one), name) for one in expand_braces(pattern))


def _regex(pattern: str) -> str:
    return "".join({"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)) for character in pattern)


def download(run: Path, *, name: str, pattern: str, into: Path, merge: bool) -> list[str]:
    """Bring artifacts of a run into a folder, and give their names.

    A named artifact that is missing is refused; a pattern that matches nothing is not.
    A pattern that matches exactly one drops that artifact's own folder, and so does `merge-multiple`.
    """
    there = sorted(file.name.removesuffix(".zip") for file in run.glob("*.zip"))
    if name:
        if name not in there:
            raise Refused(f"unable to download artifact(s): artifact not found for name: {name}")
        chosen = [name]
    else:
        chosen = [one for one in there if not pattern or matches(pattern, one)]
    is_flat = bool(name) or merge or len(chosen) == 1
    for one in chosen:
        _extract(run / f"{one}.zip", into if is_flat else into / one)
    return chosen


def _extract(archive: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.namelist():
            target = into / member
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)


# The program that a step calls


def _truth(name: str) -> bool:
    word = os.environ[name]
    if word not in ("true", "false"):
        raise Refused(f"{name} has to be true or false, got {word!r}")
    return word == "true"


def _upload_step(run: Path, workspace: Path) -> None:
    root, files = find_files(
        os.environ["INPUT_PATH"], workspace=workspace, hidden=_truth("INPUT_INCLUDE_HIDDEN_FILES")
    )
    if not _truth("INPUT_ARCHIVE"):
        raise Refused("the stand-in knows no artifacts without an archive")
    days = int(os.environ["INPUT_RETENTION_DAYS"] or 0)
    if not 0 <= days <= 90:
        raise Refused(f"invalid retention-days: {days}, expected 1 to 90")
    name = os.environ["INPUT_NAME"]
    if not files:
        what = f"no files were found with the provided path: {os.environ['INPUT_PATH']}"
        if os.environ["INPUT_IF_NO_FILES_FOUND"] == "error":
            raise Refused(what)
        if os.environ["INPUT_IF_NO_FILES_FOUND"] == "warn":
            print(f"::warning::{what}")
        return
    job = os.environ["GITHUB_JOB"] + os.environ["RUNNER_TEMP"]
    archive = upload(run, name=name, root=root, files=files, overwrite=_truth("INPUT_OVERWRITE"), job=job)
    _output("artifact-digest", hashlib.sha256(archive.read_bytes()).hexdigest())
    _output("artifact-id", str(int(hashlib.sha256(name.encode()).hexdigest()[:7], 16)))
    print(f"artifact {name} has {len(files)} files")


def _download_step(run: Path, workspace: Path) -> None:
    for unknown in ("INPUT_ARTIFACT_IDS", "INPUT_SKIP_DECOMPRESS"):
        if os.environ[unknown] not in ("", "false"):
            raise Refused(f"the stand-in doesn't know {unknown}")
    if os.environ["INPUT_RUN_ID"] not in ("", os.environ["GITHUB_RUN_ID"]):
        run = run.parent / os.environ["INPUT_RUN_ID"]
    into = workspace / Path(os.environ["INPUT_PATH"]).expanduser()
    name, pattern = os.environ["INPUT_NAME"], os.environ["INPUT_PATTERN"]
    names = download(run, name=name, pattern=pattern, into=into, merge=_truth("INPUT_MERGE_MULTIPLE"))
    _output("download-path", str(into))
    print(f"total of {len(names)} artifact(s) downloaded: {' '.join(names)}")


def _output(name: str, value: str) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"{name}={value}\n")


def main() -> int:
    """Be the step."""
    run = Path(os.environ["STANDIN_STORE"]) / "artifacts" / os.environ["GITHUB_RUN_ID"]
    workspace = Path(os.environ["GITHUB_WORKSPACE"])
    steps = {"upload": _upload_step, "download": _download_step}
    try:
        steps[sys.argv[1]](run, workspace)
    except Refused as why:
        print(f"::error::{why}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
