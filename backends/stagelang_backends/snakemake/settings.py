"""Reads `[tool.stagelang.snakemake]` of pyproject.toml: what a site's batch system wants to know and no pipeline says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias, final

from attrs import field, frozen

from stagelang_backends.protocol import WrongSettings

Scalar: TypeAlias = str | int
_WORD = re.compile(r"[A-Za-z_]\w*")


@final
@frozen(kw_only=True)
class Settings:
    """What may stand in `[tool.stagelang.snakemake]`.

    Args:
        slurm: default resources of every job on Slurm, such as `slurm_account`, `slurm_partition`, `qos`, `constraint`;
            `mem_mb` and `runtime` (minutes) count for stages that don't say their own.
    """

    slurm: Mapping[str, Scalar] = field(factory=dict[str, Scalar])


def read_settings(table: Mapping[str, Any]) -> Settings:
    """Read the table. Raises WrongSettings."""
    unknown = sorted(set(table) - {"slurm"})
    if unknown:
        raise WrongSettings(
            f"[tool.stagelang.snakemake] holds {unknown[0]!r}, which means nothing\n"
            "  help: it may hold a table 'slurm' of default resources, such as slurm_account",
            (unknown[0],),
        )
    slurm: Any = table.get("slurm", {})
    if not isinstance(slurm, Mapping):
        raise WrongSettings(
            f"[tool.stagelang.snakemake] slurm is {slurm!r}\n"
            '  help: write it as a table, such as slurm = {slurm_account = "validation"}',
            ("slurm",),
        )
    return Settings(slurm={str(name): _scalar(str(name), value) for name, value in slurm.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _scalar(name: str, value: object) -> Scalar:
    if not _WORD.fullmatch(name) or isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongSettings(
            f"[tool.stagelang.snakemake.slurm] {name} is {value!r}\n"
            "  help: give each resource of Snakemake a text or a whole number",
            ("slurm", name),
        )
    return value
