"""The colours of all pictures, each with its counterpart on a dark background; no meaning rests on a colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, final

from attrs import frozen

from stagelang_backends.lineage.drawing import ChangeState


@final
@frozen(kw_only=True)
class Look:
    """How a kind of box is drawn: graphviz shape and style, fill, line, and the colour of its heading."""

    shape: str
    style: str = "filled"
    fill: str
    line: str
    ink: str


PAPER = "#ffffff"
TEXT = "#1f2328"
QUIET = "#59636e"
LINE = "#8c959f"
SCOPE_FILL = "#f6f8fa"
SCOPE_LINE = "#d1d9e0"
FOCUS = "#bf3989"

LOOKS: Mapping[str, Look] = {
    "source": Look(shape="cylinder", fill="#fff8e6", line="#d4a72c", ink="#7d4e00"),
    "split": Look(shape="box", style="filled,diagonals", fill="#f3effe", line="#a48be0", ink="#6039b5"),
    "stage": Look(shape="box", style="filled,rounded", fill="#fbfcfd", line="#afb8c1", ink="#57606a"),
    "command": Look(shape="component", fill="#fafbfc", line="#6e7781", ink="#424a53"),
    "metric": Look(shape="box", style="filled", fill="#eaf5ff", line="#54aeff", ink="#0550ae"),
    "expression": Look(shape="box", style="filled,dashed", fill="#eaf5ff", line="#54aeff", ink="#0550ae"),
    "group": Look(shape="folder", fill="#f0f3f6", line="#848d97", ink="#3d444d"),
}


@final
@frozen(kw_only=True)
class Stroke:
    """How rows of a population are told apart: the colour and graphviz style of arrows, and the colours of the word."""

    line: str
    style: str = "solid"
    width: str = "1.2"
    fill: str
    ink: str


POPULATIONS: Mapping[str, Stroke] = {
    "Train": Stroke(line="#0969da", fill="#ddf4ff", ink="#0a3069"),
    "Validation": Stroke(line="#8250df", style="dashed", fill="#fbefff", ink="#512a97"),
    "Test": Stroke(line="#1a7f37", width="2.2", fill="#dafbe1", ink="#044f1e"),
}
OTHER_POPULATION = Stroke(line="#9a6700", style="dotted", width="1.6", fill="#fff8c5", ink="#633c01")


@final
@frozen(kw_only=True)
class Sign:
    """A verdict over a gate, or over what became of a metric: its mark and word, whether that is good, and its badge's colours."""

    mark: str
    word: str
    tone: Literal["good", "bad", "unsure", ""]
    fill: str
    ink: str


def _good(mark: str, word: str) -> Sign:
    return Sign(mark=mark, word=word, tone="good", fill="#dafbe1", ink="#044f1e")


def _bad(mark: str, word: str) -> Sign:
    return Sign(mark=mark, word=word, tone="bad", fill="#ffebe9", ink="#a40e26")


def _unsure(mark: str, word: str) -> Sign:
    return Sign(mark=mark, word=word, tone="unsure", fill="#fff8c5", ink="#633c01")


def _plain(mark: str, word: str) -> Sign:
    return Sign(mark=mark, word=word, tone="", fill="#f6f8fa", ink="#57606a")


SIGNS: Mapping[str, Sign] = {
    # gates
    "": Sign(mark="", word="gate", tone="", fill="#fff1e5", ink="#953800"),
    "pass": _good("✓", "pass"),
    "fail": _bad("✗", "fail"),
    "error": _bad("✗", "error"),
    "inconclusive": _unsure("?", "inconclusive"),
    "not_evaluated": _unsure("–", "not evaluated"),
    # what became of a metric
    "worse": _bad("✗", "worse"),
    "not_better": _bad("✗", "not better"),
    "not_comparable": _unsure("≠", "not comparable"),
    "not_measured": _unsure("–", "not measured"),
    "other_rows": _unsure("~", "over other rows"),
    "changed": _unsure("~", "changed"),
    "gone": _plain("−", "gone"),
    "new": _plain("+", "new"),
    "not_worse": _good("✓", "not worse"),
    "equivalent": _good("≈", "equivalent"),
    "better": _good("✓", "better"),
    "identical": _plain("=", "identical"),
}

DARK: Mapping[str, str] = {
    PAPER: "#0d1117",
    TEXT: "#f0f6fc",
    QUIET: "#9198a1",
    LINE: "#7d8590",
    SCOPE_FILL: "#151b23",
    SCOPE_LINE: "#3d444d",
    FOCUS: "#f778ba",
    # sources, splits, stages, commands, metrics, groups: fill, line, ink
    "#fff8e6": "#2b2205", "#d4a72c": "#9e6a03", "#7d4e00": "#e3b341",
    "#f3effe": "#231a38", "#a48be0": "#8256d0", "#6039b5": "#c8b0ff",
    "#fbfcfd": "#1c232c", "#afb8c1": "#565e68", "#57606a": "#a9b3bd",
    "#fafbfc": "#20262e", "#6e7781": "#7d8590", "#424a53": "#c5ced6",
    "#eaf5ff": "#0f2540", "#54aeff": "#1f6feb", "#0550ae": "#79c0ff",
    "#f0f3f6": "#232a33", "#848d97": "#6e7681", "#3d444d": "#d1d7e0",
    # populations
    "#0969da": "#4493f8", "#ddf4ff": "#12305c", "#0a3069": "#a5d6ff",
    "#8250df": "#ab7df8", "#fbefff": "#34205a", "#512a97": "#dfcaff",
    "#1a7f37": "#3fb950", "#dafbe1": "#12361f", "#044f1e": "#7ee787",
    "#9a6700": "#d29922", "#fff8c5": "#3b2c05", "#633c01": "#f2cc60",
    # gates, and those that failed
    "#fff1e5": "#3d2108", "#953800": "#ffb77c",
    "#ffebe9": "#4a1519", "#a40e26": "#ffa198", "#cf222e": "#f85149",
}  # fmt: skip


@final
@frozen(kw_only=True)
class ChangeLook:
    """How what changed is told from what didn't: a mark, a word, colours, and how lines are drawn."""

    mark: str
    word: str
    line: str
    fill: str
    ink: str
    width: str = "1.2"
    dashed: bool = False


CHANGES: Mapping[ChangeState, ChangeLook] = {
    "added": ChangeLook(mark="+", word="added", line="#1a7f37", fill="#dafbe1", ink="#044f1e", width="2.4"),
    "removed": ChangeLook(
        mark="−", word="removed", line="#cf222e", fill="#ffebe9", ink="#a40e26", width="1.8", dashed=True
    ),
    "changed": ChangeLook(
        mark="~", word="changed", line="#9a6700", fill="#fff8c5", ink="#633c01", width="2.4"
    ),
    "renamed": ChangeLook(
        mark="→", word="renamed", line="#8250df", fill="#fbefff", ink="#512a97", width="2.4"
    ),
    "upstream": ChangeLook(mark="↓", word="affected", line="#54aeff", fill="#eaf5ff", ink="#0550ae"),
    "unchanged": ChangeLook(mark="", word="", line="#d1d9e0", fill="#f6f8fa", ink="#59636e"),
}
"""What a diff says of boxes and arrows; the marks say all that the colours do."""


def stroke_of(population: str) -> Stroke | None:
    """Give how a population is drawn; None where no split has divided the rows."""
    return POPULATIONS.get(population, OTHER_POPULATION) if population else None
