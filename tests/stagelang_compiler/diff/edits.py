"""Edits of the examples, and their plans."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan

EXAMPLES = Path(__file__).parents[3] / "examples"


@frozen
class Edit:
    """Texts replaced in an example's pipeline, and files put beside it; what `moved` names goes into `helpers.py`."""

    example: str
    replaced: tuple[tuple[str, str], ...]
    moved: tuple[str, str] | None = None


_BLUR = """@stage(owner="vision")
def blur(scans: Table[CleanScans, S]) -> Table[CleanScans, S]:
    return scans


"""
_HELPERS = ("def grid(", '@stage(owner="vision")\ndef clean(')
EDITS: Mapping[str, Edit] = {
    "a_formula": Edit("digit_reader", (("pixels.max(axis=1) > 0", "pixels.max(axis=1) > 1"),)),
    "a_default": Edit("flight_delays", (("missed: float = 20.0", "missed: float = 25.0"),)),
    "a_parameter": Edit(
        "digit_reader", (("fit(embed(parts.train))", "fit(embed(parts.train, components=4), c=0.5)"),)
    ),
    "a_helper": Edit(
        "digit_reader", (("scaled = logits / temperature", "scaled = logits / (temperature + 1)"),)
    ),
    "a_constant": Edit("flight_delays", (("LATE_MINUTES = 15", "LATE_MINUTES = 20"),)),
    "a_renamed_stage": Edit("digit_reader", (("embed", "encode"),)),
    "a_renamed_and_edited_neighbour": Edit(
        "digit_reader", (("temperature(", "heat_of("), ("pixels.max(axis=1) > 0", "pixels.max(axis=1) > 1"))
    ),
    "a_renamed_scope": Edit("flight_delays", (('scope("operations")', 'scope("ops")'),)),
    "a_renamed_helper": Edit("flight_delays", (("is_late(", "arrived_late("),)),
    "a_contract": Edit(
        "flight_delays",
        (
            ('class Warnings(Contract, version="1.0"', 'class Warnings(Contract, version="2.0"'),
            (
                "    cost: Column[float] = column(ge=0, unit=u.USD)\n",
                "    cost: Column[float] = column(unit=u.USD)\n",
            ),
            (
                "    late: Column[bool]",
                "    terminal: Column[str] = column(nullable=True)\n    late: Column[bool]",
            ),
        ),
    ),
    "an_added_stage": Edit(
        "digit_reader",
        (
            ('@stage(owner="vision")\ndef fit(', _BLUR + '@stage(owner="vision")\ndef fit('),
            ("embed(parts.train)", "embed(blur(parts.train))"),
        ),
    ),
    "a_removed_metric": Edit("digit_reader", (("[read_right, miscalibration(decisions)", "[read_right"),)),
    "a_metric": Edit(
        "flight_delays",
        (
            (
                'aggregate=f1(),\n    undefined="error",\n    version="1"',
                'aggregate=f1(),\n    undefined="error",\n    version="2"',
            ),
        ),
    ),
    "gates": Edit(
        "digit_reader",
        (
            ("read_right.at_least(0.93)", "read_right.at_least(0.95)"),
            ("cost.at_most(0.12)", 'cost.at_most(0.12, judged_on="estimate")'),
            (", to_human.at_most(0.35)]", "]"),
        ),
    ),
    "data": Edit(
        "digit_reader",
        (("data/scans.parquet", "data/scans-2026.parquet"), ("test=0.3, val", "test=0.4, val")),
    ),
    "settings": Edit(
        "digit_reader",
        (
            ("seed=20261123", "seed=7"),
            ('schedule="0 6 * * 1"', 'schedule="0 7 * * 1"'),
            ('owner="post-office",\n    metrics', 'owner="mail",\n    metrics'),
            ("2min", "3min"),
        ),
    ),
    "a_budget_and_an_owner": Edit(
        "digit_reader",
        (
            (
                '@stage(owner="vision", budget=Budget(wall="20s", memory="1GB"))',
                '@stage(owner="ocr", budget=Budget(wall="30s"))',
            ),
        ),
    ),
    "experiments": Edit(
        "digit_reader",
        (
            ("components=[4, 6, 8]), Seeds(5)", "components=[4, 8]), Seeds(9)"),
            ("Swap(embed, raw_pixels), ", ""),
        ),
    ),
    "a_refactoring": Edit(
        "digit_reader",
        (
            ("def rows(", "# how lists are kept\ndef rows("),
            ("Drop blank scans", "Leave out blank scans"),
            (
                "return PerRow(decisions.pandas[Decisions.cost])",
                "return PerRow(\n        decisions.pandas[Decisions.cost]\n    )  # dollars",
            ),
        ),
    ),
    "a_moved_helper": Edit("digit_reader", (), _HELPERS),
}


@functools.cache
def plan_of(example: str, edit: str = "") -> Plan:
    """Compile an example, with one of the edits."""
    text, files = (EXAMPLES / example / "pipeline.py").read_text(encoding="utf-8"), dict[str, str]()
    if edit:
        text, files = _edited(text, EDITS[edit])
    return compiled(text, files)


def compiled(text: str, files: Mapping[str, str] | None = None) -> Plan:
    """Compile a spec that needs no data."""
    with tempfile.TemporaryDirectory() as made:
        for name, content in {"pipeline.py": text, **(files or {})}.items():
            path = Path(made) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        result = check_file(Path(made) / "pipeline.py")
    assert result.plan is not None, result.diagnostics
    return result.plan


def _edited(text: str, edit: Edit) -> tuple[str, dict[str, str]]:
    for old, new in edit.replaced:
        assert old in text, old
        text = text.replace(old, new)
    if edit.moved is None:
        return text, {}
    start, end = (text.index(mark) for mark in edit.moved)
    helpers = f"import numpy as np\nimport pandas as pd\n\n\n{text[start:end]}"
    text = f"{text[:start]}from lib.helpers import grid, probabilities, rows\n\n\n{text[end:]}"
    return text, {"lib/helpers.py": helpers, "lib/__init__.py": ""}
