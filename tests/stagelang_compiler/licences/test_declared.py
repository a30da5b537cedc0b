"""A distribution's licence is what its metadata say, if they say one; and each is reached by the shortest way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagelang_compiler.fingerprint import distributions
from stagelang_compiler.licences import declared
from stagelang_compiler.licences.declared import licence_of
from stagelang_compiler.licences.reached import ways


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    caches = (declared._declared, distributions.required, distributions._is_installed)  # pyright: ignore[reportPrivateUsage]
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    for cached in caches:
        cached.cache_clear()


def install(folder: Path, name: str, *lines: str) -> None:
    place = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    place.mkdir()
    head = ("Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0")
    (place / "METADATA").write_text("\n".join((*head, *lines)) + "\n")


OSI = "Classifier: License :: OSI Approved :: "
ANSWERS: list[tuple[list[str], str, str]] = [
    (["License-Expression: mit OR Apache-2.0"], "MIT OR Apache-2.0", "License-Expression: mit OR Apache-2.0"),
    (["License-Expression: Mine", f"{OSI}MIT License"], "", "License-Expression: Mine"),
    ([f"{OSI}MIT License"], "MIT", "classifier: MIT License"),
    ([f"{OSI}BSD License"], "", "classifier: BSD License"),
    ([f"{OSI}BSD License", "License: BSD 3-Clause"], "BSD-3-Clause", "classifier: BSD License; License: BSD 3-Clause"),
    ([f"{OSI}MIT License", "License: MIT"], "MIT", "classifier: MIT License; License: MIT"),
    ([f"{OSI}MIT License", "License: GPLv3"], "", "classifier: MIT License; License: GPLv3"),
    ([f"{OSI}MIT License", f"{OSI}ISC License (ISCL)"], "ISC AND MIT", "classifier: MIT License, ISC License (ISCL)"),
    ([f"{OSI}MIT License", f"{OSI}BSD License"], "", "classifier: MIT License, BSD License"),
    (["Classifier: License :: Other/Proprietary License"], "", "classifier: License :: Other/Proprietary License"),
    (["License: Apache License, Version 2.0"], "Apache-2.0", "License: Apache License, Version 2.0"),
    (["License: " + "word " * 30], "", "its metadata don't say"),
    ([], "", "its metadata don't say"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "licence", "words"), ANSWERS)
def test_a_licence_is_what_the_metadata_say_if_they_say_one(
    lines: list[str], licence: str, words: str, installed: Path
) -> None:
    install(installed, "scan-lib", *lines)
    found = licence_of("scan-lib", {})
    assert (found.version, found.licence, found.words) == ("1.0", licence, words)


def test_what_isnt_installed_has_no_licence(installed: Path) -> None:
    found = licence_of("scan-lib", {})
    assert (found.version, found.licence, found.words) == ("", "", "not installed here")


def test_what_the_project_found_out_wins(installed: Path) -> None:
    install(installed, "scan-lib", f"{OSI}BSD License")
    assert licence_of("scan-lib", {"scan-lib": "BSD-3-Clause"}).licence == "BSD-3-Clause"


def test_a_distribution_is_reached_by_the_shortest_way_extras_left_out(installed: Path) -> None:
    install(
        installed,
        "top",
        "Requires-Dist: left>=1",
        "Requires-Dist: right",
        'Requires-Dist: more; extra == "x"',
    )
    install(installed, "left", "Requires-Dist: middle")
    install(installed, "middle", "Requires-Dist: bottom", "Requires-Dist: top")
    install(installed, "right", "Requires-Dist: bottom", "Requires-Dist: gone")
    install(installed, "bottom")
    install(installed, "more")
    assert ways(["top"]) == {
        "top": ("top",),
        "left": ("top", "left"),
        "right": ("top", "right"),
        "middle": ("top", "left", "middle"),
        "bottom": ("top", "right", "bottom"),
    }
