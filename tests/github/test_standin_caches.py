from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.github.standins.caches import (
    Refused,
    check_keys,
    evict,
    find,
    listed,
    save,
    scopes,
    version_of,
)

MAIN = "refs/heads/main"


def _workspace(top: Path, text: str = "x") -> Path:
    (top / "out").mkdir(parents=True, exist_ok=True)
    (top / "out/file").write_text(text)
    return top


def _hit(store: Path, *keys: str, ref: str = MAIN, paths: tuple[str, ...] = ("out",)) -> str | None:
    found = find(store, refs=[ref], keys=keys, version=version_of(paths))
    return None if found is None else found[0].key


@pytest.mark.parametrize("key", ["a,b", "k" * 513, ""])
def test_a_key_with_a_comma_or_of_more_than_512_characters_is_refused(key: str) -> None:
    with pytest.raises(Refused, match="key validation error"):
        check_keys([key])


def test_512_characters_and_10_keys_are_taken_and_no_more() -> None:
    check_keys(["k" * 512] * 10)
    with pytest.raises(Refused, match="maximum of 10"):
        check_keys(["k"] * 11)


def test_a_key_is_written_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first, second = _workspace(tmp_path / "1", "first"), _workspace(tmp_path / "2", "second")
    assert save(store, ref=MAIN, key="k", paths=["out"], workspace=first)
    assert not save(store, ref=MAIN, key="k", paths=["out"], workspace=second)
    assert save(store, ref="refs/heads/other", key="k", paths=["out"], workspace=second)


def test_a_cache_is_found_only_by_the_paths_that_it_was_saved_with(tmp_path: Path) -> None:
    save(tmp_path / "store", ref=MAIN, key="k", paths=["out"], workspace=_workspace(tmp_path))
    assert _hit(tmp_path / "store", "k") == "k"
    assert _hit(tmp_path / "store", "k", paths=("out/",)) is None
    assert _hit(tmp_path / "store", "k", paths=("out", "more")) is None


def test_a_key_finds_itself_then_what_begins_with_it_then_restore_keys(tmp_path: Path) -> None:
    store, there = tmp_path / "store", _workspace(tmp_path)
    for key in ("shard-1", "shard-10", "shard-2"):
        save(store, ref=MAIN, key=key, paths=["out"], workspace=there)
    assert _hit(store, "shard-1") == "shard-1"
    evict(store, "shard-2")
    assert _hit(store, "shard-2") is None
    assert _hit(store, "shard-2", "shard-") == "shard-10"
    save(store, ref=MAIN, key="shard-20", paths=["out"], workspace=there)
    assert _hit(store, "shard-2") == "shard-20"


def test_a_run_sees_its_own_ref_then_its_base_then_the_default_branch() -> None:
    def seen(ref: str, base: str = "") -> list[str]:
        return scopes({"GITHUB_REF": ref, "GITHUB_BASE_REF": base, "STANDIN_DEFAULT_BRANCH": "main"})

    assert seen("refs/heads/main") == [MAIN]
    assert seen("refs/heads/topic") == ["refs/heads/topic", MAIN]
    assert seen("refs/pull/7/merge", "main") == ["refs/pull/7/merge", MAIN]
    assert seen("refs/pull/7/merge", "next") == ["refs/pull/7/merge", "refs/heads/next", MAIN]


def test_the_nearest_ref_wins_even_with_a_mere_prefix(tmp_path: Path) -> None:
    store, there = tmp_path / "store", _workspace(tmp_path)
    save(store, ref=MAIN, key="k", paths=["out"], workspace=there)
    save(store, ref="refs/pull/7/merge", key="k-old", paths=["out"], workspace=there)
    found = find(store, refs=["refs/pull/7/merge", MAIN], keys=["k"], version=version_of(["out"]))
    assert found is not None
    assert found[0].key == "k-old"


def test_a_pull_requests_caches_are_invisible_to_the_default_branch(tmp_path: Path) -> None:
    save(tmp_path / "store", ref="refs/pull/7/merge", key="k", paths=["out"], workspace=_workspace(tmp_path))
    assert _hit(tmp_path / "store", "k", ref=MAIN) is None


def test_permission_bits_are_kept(tmp_path: Path) -> None:
    there = _workspace(tmp_path)
    (there / "out/file").chmod(0o751)
    save(tmp_path / "store", ref=MAIN, key="k", paths=["out", "missing"], workspace=there)
    found = find(tmp_path / "store", refs=[MAIN], keys=["k"], version=version_of(["out", "missing"]))
    assert found is not None
    assert stat.S_IMODE((there / "out/file").stat().st_mode) == 0o751


def test_nothing_is_saved_where_no_path_exists(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="path validation error"):
        save(tmp_path / "store", ref=MAIN, key="k", paths=["out"], workspace=tmp_path)
    assert listed(tmp_path / "store") == []


def test_the_newest_is_listed_first_and_an_eviction_takes_by_prefix(tmp_path: Path) -> None:
    store, there = tmp_path / "store", _workspace(tmp_path)
    for key in ("a1", "b1", "a2"):
        save(store, ref=MAIN, key=key, paths=["out"], workspace=there)
    assert [cache.key for cache in listed(store)] == ["a2", "b1", "a1"]
    assert evict(store, "a") == 2
    assert [cache.key for cache in listed(store)] == ["b1"]
