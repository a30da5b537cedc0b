"""Stand in for `pip install`: installs nothing, but refuses what a careful workflow must not ask for.

The interpreter that setup-python's stand-in gives has everything already.
A requirements file has to exist and pin each line with hashes; the note it leaves lets `stagelang` be found afterwards.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


class Refused(Exception):
    """What pip, or a careful reader, fails with."""


def check_requirements(text: str) -> int:
    """Count the pinned lines of a requirements file, or refuse it."""
    lines = re.sub(r"\\\n", " ", text).splitlines()
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", "--"))]
    for line in wanted:
        if "==" not in line or "--hash=" not in line:
            raise Refused(f"a requirement is not pinned with ==, or has no hash: {line.strip()[:60]}")
    return len(wanted)


def main() -> int:
    """Be pip."""
    words = sys.argv[1:]
    try:
        print(f"would install {_install(words)} pinned requirements")
    except Refused as why:
        print(f"::error::pip: {why}")
        return 1
    (Path(os.environ["RUNNER_TEMP"]) / "installed").touch()
    return 0


def _install(words: list[str]) -> int:
    if words[:1] != ["install"]:
        raise Refused(f"the stand-in knows 'install' only, got {words}")
    files = [words[n + 1] for n, word in enumerate(words[:-1]) if word in ("-r", "--requirement")]
    if not files or "--require-hashes" not in words:
        raise Refused("expected --require-hashes and -r FILE")
    missing = [file for file in files if not Path(file).is_file()]
    if missing:
        raise Refused(f"could not open requirements file: {missing[0]}")
    return sum(check_requirements(Path(file).read_text()) for file in files)


if __name__ == "__main__":
    sys.exit(main())
