from __future__ import annotations

import hashlib
import json
import os
import pickle
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest

from stagelang_compiler.plan import Source
from stagelang_runtime.inputs.errors import InputError, InputProblem
from stagelang_runtime.inputs.files import find, locate


def source(location: str, format: Any = "csv") -> Source:
    return Source(location=location, format=format)


def sha(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def settle(path: Path) -> None:
    """Set a file's modification time back; its change time can't be set."""
    os.utime(path, ns=(1_700_000_000_000_000_000, 1_700_000_000_000_000_000))


def message(location: str, root: Path, format: Any = "csv") -> str:
    with pytest.raises(InputError) as raised:
        find(source(location, format), root)
    return str(raised.value)


def test_one_file_is_found_by_its_path_below_the_pipelines_folder(tmp_path: Path) -> None:
    make(tmp_path, "data/a.csv")

    (found,) = locate(source("./data/../data/a.csv"), tmp_path)

    assert (found.name, found.size, found.digest) == ("data/a.csv", 10, sha(b"data/a.csv"))
    assert found.inode == (tmp_path / "data/a.csv").stat().st_ino


def test_a_glob_gives_its_files_in_the_order_of_their_names_without_folders_and_hidden_ones(
    tmp_path: Path,
) -> None:
    make(tmp_path, "d/b.csv", "d/a.csv", "d/B.csv", "d/.hidden.csv", "d/c.csv/inner", "d/e/a.csv", "d/x.txt")

    assert find(source("d/*.csv"), tmp_path) == ("d/B.csv", "d/a.csv", "d/b.csv")
    assert find(source("d/**/a.csv"), tmp_path) == ("d/a.csv", "d/e/a.csv")


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    make(tmp_path, "a[1].csv", "a1.csv")

    assert find(source("a[1].csv"), tmp_path) == ("a[1].csv",)


def test_a_file_outside_keeps_its_whole_path(tmp_path: Path) -> None:
    make(tmp_path, "shared/a.csv", "project/x")

    assert find(source("../shared/a.csv"), tmp_path / "project") == ((tmp_path / "shared/a.csv").as_posix(),)


def test_a_folder_of_plain_files_gives_all_that_is_in_it(tmp_path: Path) -> None:
    make(tmp_path, "d/b.png", "d/sub/a.png")

    assert find(source("d", "files"), tmp_path) == ("d/b.png", "d/sub/a.png")


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    make(tmp_path, "data/scans.parquet", "data/notes.txt")

    assert message("data/scan.parquet", tmp_path) == (
        "data/scan.parquet: no such file\n  help: did you mean 'data/scans.parquet'?"
    )
    assert (
        message("dat/scans.parquet", tmp_path)
        == "dat/scans.parquet: no such file\n  help: did you mean 'data'?"
    )
    assert message("data/zebra", tmp_path) == (
        "data/zebra: no such file\n  help: 'data' holds 'notes.txt', 'scans.parquet'"
    )


def test_a_glob_that_matches_nothing_says_what_is_there(tmp_path: Path) -> None:
    make(tmp_path, *(f"data/{number}.txt" for number in range(7)))
    (tmp_path / "empty").mkdir()

    assert message("data/*.csv", tmp_path) == (
        "data/*.csv: no file matches\n  help: 'data' holds '0.txt', '1.txt', '2.txt', '3.txt', '4.txt' and 2 more"
    )
    assert message("empty/*.csv", tmp_path) == (
        "empty/*.csv: no file matches\n  help: put the file there; 'empty' is empty"
    )


def test_a_folder_is_no_table_and_an_empty_folder_holds_no_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    assert message("data", tmp_path) == (
        "data: a folder, not a table\n  help: name its files with a glob, for example 'data/*.csv'"
    )
    assert message("data", tmp_path, "files") == (
        "data: the folder is empty\n  help: put the files there, or name another folder"
    )


def test_a_url_is_read_through_fsspec() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/files-test/b.csv": b"bb", "/files-test/a.csv": b"a", "/files-test/c.txt": b"c"})

    found = locate(source("memory://files-test/*.csv"), Path())

    assert [(file.name, file.size, file.digest) for file in found] == [
        ("memory:///files-test/a.csv", 1, sha(b"a")),
        ("memory:///files-test/b.csv", 2, sha(b"bb")),
    ]
    assert [file.size for file in locate(source("memory://files-test", "files"), Path())] == [1, 2, 1]
    assert message("memory://files-test/z.csv", Path()).startswith(
        "memory://files-test/z.csv: no such file\n"
    )


def test_a_file_url_is_read_too(tmp_path: Path) -> None:
    make(tmp_path, "a.csv")

    assert locate(source(f"file://{tmp_path}/a.csv"), Path())[0].digest == sha(b"a.csv")


def test_an_unknown_kind_of_url_says_so() -> None:
    assert message("carrier-pigeon://a/b", Path()) == (
        "carrier-pigeon://a/b: protocol not known: carrier-pigeon\n"
        "  help: name a path below the pipeline's folder, or a URL that fsspec knows"
    )


def remembered(cache: Path) -> dict[str, Any]:
    return dict(json.loads(cache.read_text())["files"]) if cache.exists() else {}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 10_000_000_000)


@pytest.mark.usefixtures("later")
def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    make(tmp_path, "a.csv")
    cache = tmp_path / ".stagelang" / "inputs.json"
    first = locate(source("a.csv"), tmp_path, cache)
    forged = json.loads(cache.read_text())
    forged["files"]["a.csv"][-1] = "sha256:forged"
    cache.write_text(json.dumps(forged))

    assert locate(source("a.csv"), tmp_path, cache)[0].digest == "sha256:forged"

    (tmp_path / "a.csv").write_bytes(b"b.csv")
    assert locate(source("a.csv"), tmp_path, cache)[0].digest == sha(b"b.csv")
    assert first[0].digest == sha(b"a.csv")


@pytest.mark.usefixtures("later")
def test_a_change_that_restores_size_and_time_is_still_seen(tmp_path: Path) -> None:
    make(tmp_path, "a.csv")
    cache = tmp_path / "inputs.json"
    settle(tmp_path / "a.csv")
    locate(source("a.csv"), tmp_path, cache)

    (tmp_path / "a.csv").write_bytes(b"A.csv")
    settle(tmp_path / "a.csv")

    assert locate(source("a.csv"), tmp_path, cache)[0].digest == sha(b"A.csv")


def test_the_digest_of_a_file_just_written_is_not_remembered(tmp_path: Path) -> None:
    make(tmp_path, "a.csv")
    cache = tmp_path / "inputs.json"

    locate(source("a.csv"), tmp_path, cache)

    assert remembered(cache) == {}


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": 99, "files": {"a.csv": []}}', '{"schema": 1, "files": {"a.csv": []}}']
)
def test_a_damaged_cache_remembers_nothing_and_is_written_anew(tmp_path: Path, text: str) -> None:
    make(tmp_path, "a.csv")
    cache = tmp_path / "inputs.json"
    cache.write_text(text)

    assert locate(source("a.csv"), tmp_path, cache)[0].digest == sha(b"a.csv")
    assert remembered(cache)["a.csv"][-1] == sha(b"a.csv")


def test_a_file_that_may_not_be_read_is_a_problem_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.csv", "b.csv")
    real: Any = Path.open

    def refuse(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError) as raised:
        locate(source("*.csv"), tmp_path)

    assert str(raised.value) == (
        "a.csv: can't be read: permission denied\n  help: make the file readable for this user"
    )


def test_an_error_pickles_with_all_its_problems() -> None:
    error = InputError([InputProblem(file="a", line=3, message="m", help="h")])

    assert pickle.loads(pickle.dumps(error)).problems == error.problems
