"""Two plans side by side: what was added, removed, changed or renamed, why, and which metrics that can reach."""

from stagelang_compiler.diff.compare import diff, nothing
from stagelang_compiler.diff.json_form import to_json
from stagelang_compiler.diff.model import (
    Cause,
    Change,
    Edge,
    EdgeChange,
    Kind,
    NodeState,
    PlanDiff,
    Reason,
    Subject,
)
from stagelang_compiler.diff.telling import (
    Entry,
    Group,
    Name,
    Words,
    asides,
    counted,
    counts_words,
    groups_of,
    listed,
    moved_words,
    shortened,
    summary,
    words_of,
)
from stagelang_compiler.diff.text import MARKS, diff_text

__all__ = [
    "MARKS", "Cause", "Change", "Edge", "EdgeChange", "Entry", "Group", "Kind", "Name", "NodeState", "PlanDiff", "Reason",
    "Subject", "Words", "asides", "counted", "counts_words", "diff", "diff_text", "groups_of", "listed", "moved_words", "nothing",
    "shortened", "summary", "to_json", "words_of",
]  # fmt: skip
