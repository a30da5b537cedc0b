from __future__ import annotations

import pytest

from tests.github.standins.pip import Refused, check_requirements

PINNED = """\
# comment
--only-binary :all:
a==1 \\
    --hash=sha256:00 \\
    --hash=sha256:11
b==2 ; python_version > '3' --hash=sha256:22
"""


def test_pinned_and_hashed_requirements_are_counted() -> None:
    assert check_requirements(PINNED) == 2


@pytest.mark.parametrize("line", ["c>=3 --hash=sha256:33", "c==3", "c @ git+https://example.com/c"])
def test_a_requirement_without_a_version_or_a_hash_is_refused(line: str) -> None:
    with pytest.raises(Refused, match="not pinned"):
        check_requirements(f"{PINNED}{line}\n")
