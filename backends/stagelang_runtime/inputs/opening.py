"""Opening a file of a source, wherever it is; the one module that knows fsspec and compression."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import fsspec

from stagelang_runtime.inputs.errors import InputError, InputProblem

UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a broken, truncated or forbidden file raises."""


def is_url(location: str) -> bool:
    """Say whether a location is for fsspec, as in 's3://bucket/key'."""
    return "://" in location


def file_system(url: str) -> tuple[Any, str]:
    """Give the file system that a URL names, and the path within it.

    Raises:
        InputError: there is none of that name, or its library is not installed.
    """
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        remedy = f"install what it needs: {error}"
        raise InputError(
            [InputProblem(file=url, message="no library for such a URL", help=remedy)]
        ) from error
    except ValueError as error:
        remedy = "name a path below the pipeline's folder, or a URL that fsspec knows"
        raise InputError([InputProblem(file=url, message=str(error).lower(), help=remedy)]) from error
    return system, path


@contextmanager
def open_input(name: str, root: Path) -> Generator[BinaryIO]:
    """Open a file for reading, unpacked if its name ends in '.gz'. Raises InputError, or one of UNREADABLE."""
    with open_raw(name, root) as raw:
        if name.endswith(".gz"):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield raw


def open_raw(name: str, root: Path) -> BinaryIO:
    """Open a file for reading as it is. Raises InputError, or one of UNREADABLE."""
    if not is_url(name):
        return (root / name).open("rb")
    system, path = file_system(name)
    opened: BinaryIO = system.open(path, "rb")
    return opened


@contextmanager
def open_text(name: str, root: Path) -> Generator[TextIO]:
    """Open a file as `open_input` does, as UTF-8 with or without a byte order mark, line ends untouched."""
    with open_input(name, root) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        yield text


def unreadable(name: str, error: BaseException) -> InputProblem:
    """Say that a file can't be read through to its end."""
    reason = getattr(error, "strerror", None) or str(error)
    if name.endswith(".gz") and not getattr(error, "errno", None):
        message = f"a broken gzip file: {reason[:1].lower()}{reason[1:]}"
        return InputProblem(file=name, message=message, help="fetch or pack the file again")
    message = f"can't be read: {reason[:1].lower()}{reason[1:]}"
    return InputProblem(file=name, message=message, help="make the file readable for this user")
