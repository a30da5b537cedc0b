"""Puts blocks of this corpus, each in a module of its own, into one folder, so that their bodies can be run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from tests.corpus.specs import Block
from tests.stagelang_compiler.conftest import PRELUDE

_PIPELINE = re.compile(r'pipeline = Pipeline\("p", seed=1, outputs=\[(.*)\]\)\n')
_STAGE = re.compile(r"\b(f|texts|settings|fetch)\(")


def write(blocks: Iterable[Block], folder: Path) -> Mapping[str, Block]:
    """Write `prelude.py`, the data, and each block as a module with a function `made` that wires or, while running, calls it."""
    (folder / "data").mkdir()
    scans = pd.DataFrame(
        {"scan_id": range(8), "writer": [1, 1, 2, 2, 3, 3, 4, 4], "ink": [n / 8 for n in range(8)]}
    )
    scans.to_parquet(folder / "data" / "scans.parquet")
    (folder / "prelude.py").write_text(PRELUDE, encoding="utf-8")
    named = {f"block_{number:03}": block for number, block in enumerate(blocks)}
    for name, block in named.items():
        (expression,) = _PIPELINE.findall(block.spec)
        called = _STAGE.sub(rf'\1.named("{name}_\1")(', expression)
        made = f"{_PIPELINE.sub('', block.spec)}\n\ndef made(scans: Any) -> Any:\n    return {called}\n"
        text = f"from prelude import *\n\n{block.common}\n{made}"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return named
