from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stagelang_runtime.store import NotADigest, sha256_bytes, sha256_file
from stagelang_runtime.store.digest import hex_of

# FIPS 180-4, the example of one block.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_bytes_and_files_have_the_published_digest(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_bytes(b"abc") == f"sha256:{ABC}"
    assert sha256_bytes(memoryview(b"abc")) == f"sha256:{ABC}"
    assert sha256_file(tmp_path / "f") == f"sha256:{ABC}"


def test_a_large_file_has_the_digest_that_sha256sum_gives(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(range(256)) * 5000 + b"x")
    stranger = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True)
    assert sha256_file(path) == f"sha256:{stranger.stdout.split()[0]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ABC,
        f"sha256:{ABC.upper()}",
        f"sha256:{ABC[1:]}",
        f"sha256:{ABC}\n",
        f"md5:{ABC}",
        f"sha256:../{ABC[3:]}",
    ],
)
def test_a_text_that_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(NotADigest) as caught:
        hex_of(text)
    assert (
        str(caught.value) == f"{text!r} is not a digest\n  help: give 'sha256:' and 64 lower-case hex digits"
    )
