from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.github.standins.artifacts import (
    Refused,
    check_name,
    download,
    expand_braces,
    find_files,
    matches,
    upload,
)


def _tree(top: Path, *names: str) -> Path:
    for name in names:
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return top


def _found(top: Path, patterns: str, *, hidden: bool = False) -> tuple[str, list[str]]:
    root, files = find_files(patterns, workspace=top, hidden=hidden)
    return root.relative_to(top).as_posix(), [file.relative_to(root).as_posix() for file in files]


def _keep(run: Path, name: str, top: Path, patterns: str, *, overwrite: bool = False) -> Path:
    root, files = find_files(patterns, workspace=top, hidden=False)
    return upload(run, name=name, root=root, files=files, overwrite=overwrite, job="a")


@pytest.mark.parametrize("character", list('":<>|*?\r\n\\/'))
def test_a_name_with_a_character_that_windows_forbids_is_refused(character: str) -> None:
    with pytest.raises(Refused, match="the artifact name is not valid"):
        check_name(f"a{character}b")


def test_a_name_may_hold_dots_dashes_and_braces() -> None:
    check_name("sl.result.a-b_{c}, d")


def test_the_root_is_what_all_that_is_searched_has_in_common(tmp_path: Path) -> None:
    _tree(tmp_path, "out/a/one", "out/b/two", "else/three")
    assert _found(tmp_path, "out") == ("out", ["a/one", "b/two"])
    assert _found(tmp_path, "out/a\nout/b") == ("out", ["a/one", "b/two"])
    assert _found(tmp_path, "out/a\nelse") == (".", ["else/three", "out/a/one"])
    assert _found(tmp_path, "out/a/one") == ("out/a", ["one"])
    assert _found(tmp_path, "out/*/one") == ("out", ["a/one"])
    assert _found(tmp_path, "out\n!out/b") == ("out", ["a/one"])
    assert _found(tmp_path, "nothing") == ("nothing", [])


def test_hidden_files_are_left_out_and_a_hidden_root_is_too(tmp_path: Path) -> None:
    _tree(tmp_path, "out/.secret", "out/.git/config", "out/plain", ".stagelang/cas/x")
    assert _found(tmp_path, "out") == ("out", ["plain"])
    assert _found(tmp_path, "out", hidden=True) == ("out", [".git/config", ".secret", "plain"])
    assert _found(tmp_path, ".stagelang") == (".stagelang", [])
    assert _found(tmp_path, ".stagelang/cas") == (".stagelang/cas", ["x"])


def test_a_second_artifact_of_a_name_is_a_conflict_unless_it_overwrites(tmp_path: Path) -> None:
    run, top = tmp_path / "run", _tree(tmp_path / "w", "a/x")
    _keep(run, "one", top, "a")
    with pytest.raises(Refused, match="409"):
        _keep(run, "one", top, "a")
    (top / "a/x").write_text("newer")
    _keep(run, "one", top, "a", overwrite=True)
    download(run, name="one", pattern="", into=tmp_path / "in", merge=False)
    assert (tmp_path / "in/x").read_text() == "newer"


def test_permission_bits_are_lost_and_so_are_empty_folders(tmp_path: Path) -> None:
    top = _tree(tmp_path / "w", "a/tool")
    (top / "a/empty").mkdir()
    (top / "a/tool").chmod(0o755)
    _keep(tmp_path / "run", "one", top, "a")
    download(tmp_path / "run", name="one", pattern="", into=tmp_path / "in", merge=False)
    assert [file.name for file in (tmp_path / "in").iterdir()] == ["tool"]
    assert not (tmp_path / "in/tool").stat().st_mode & stat.S_IXUSR


def test_a_file_name_that_windows_forbids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the path for one of the files in artifact is not valid"):
        _keep(tmp_path / "run", "one", _tree(tmp_path / "w", "a/x:y"), "a")


def test_a_job_uploads_at_most_500_artifacts(tmp_path: Path) -> None:
    top, run = _tree(tmp_path / "w", "a/x"), tmp_path / "run"
    for n in range(500):
        _keep(run, f"n{n}", top, "a")
    with pytest.raises(Refused, match="at most 500"):
        _keep(run, "one-more", top, "a")


def test_braces_around_one_word_stay_braces() -> None:
    assert expand_braces("sl.{a,b}.{c,d}") == ["sl.a.c", "sl.a.d", "sl.b.c", "sl.b.d"]
    assert expand_braces("sl.{a}") == ["sl.{a}"]
    assert not matches("sl.{a}", "sl.a")
    assert matches("sl.{a,b}", "sl.b")
    assert matches("sl.*", "sl.a")
    assert not matches("sl.a", "sl.ab")
    with pytest.raises(Refused, match="the stand-in knows"):
        matches("sl.[ab]", "sl.a")


def _two(tmp_path: Path) -> Path:
    top = _tree(tmp_path / "w", "a/x", "b/y")
    _keep(tmp_path / "run", "r.a", top, "a")
    _keep(tmp_path / "run", "r.b", top, "b")
    return tmp_path / "run"


def _brought(run: Path, into: Path, *, name: str = "", pattern: str = "", merge: bool = False) -> list[str]:
    download(run, name=name, pattern=pattern, into=into, merge=merge)
    return sorted(file.relative_to(into).as_posix() for file in into.rglob("*") if file.is_file())


def test_each_artifact_of_several_gets_a_folder_and_a_single_one_gets_none(tmp_path: Path) -> None:
    run = _two(tmp_path)
    assert _brought(run, tmp_path / "1", pattern="r.{a,b}") == ["r.a/x", "r.b/y"]
    assert _brought(run, tmp_path / "2", pattern="r.{a,c}") == ["x"]
    assert _brought(run, tmp_path / "3", pattern="r.{a,b}", merge=True) == ["x", "y"]
    assert _brought(run, tmp_path / "4", name="r.b") == ["y"]
    assert _brought(run, tmp_path / "5") == ["r.a/x", "r.b/y"]


def test_a_missing_name_fails_and_a_pattern_without_matches_does_not(tmp_path: Path) -> None:
    run = _two(tmp_path)
    with pytest.raises(Refused, match=r"artifact not found for name: r\.c"):
        download(run, name="r.c", pattern="", into=tmp_path / "in", merge=False)
    assert download(run, name="", pattern="z.*", into=tmp_path / "in", merge=False) == []
