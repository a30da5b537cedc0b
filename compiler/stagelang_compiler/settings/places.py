"""Says which files hold a project's settings: the pyproject.toml beside the pipeline, and those above it."""

from __future__ import annotations

from pathlib import Path

NAME = "pyproject.toml"


def settings_files(folder: Path) -> tuple[Path, ...]:
    """Give the files that are looked for, the nearest first, whether they are there or not.

    They lie in the pipeline's folder and in those above, up to the root of the repository; outside of any repository, up to the
    first that is there.
    """
    folder = folder.absolute()
    way = (folder, *folder.parents)
    depth = next((number for number, each in enumerate(way) if (each / ".git").exists()), None)
    if depth is None:
        depth = next((number for number, each in enumerate(way) if (each / NAME).is_file()), 0)
    return tuple(each / NAME for each in way[: depth + 1])
