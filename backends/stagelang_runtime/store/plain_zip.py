"""Zip archives that are a function of their members alone: no times, no permissions, no compression."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_UNIX = 3


def write_members(members: Mapping[str, bytes]) -> bytes:
    """Give an archive of these members, in this order."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = _UNIX
            archive.writestr(info, data)
    return sink.getvalue()


def read_members(data: bytes) -> dict[str, bytes]:
    """Give an archive's members. Raises BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
