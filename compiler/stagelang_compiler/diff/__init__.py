"""Two plans side by side: what was added, removed, changed or renamed, why, and which metrics that can reach."""

from stagelang_compiler.diff.beside import SAME, Beside, beside_receipts
from stagelang_compiler.diff.compare import diff, nothing
from stagelang_compiler.diff.grades import Grade
from stagelang_compiler.diff.json_form import to_json
from stagelang_compiler.diff.model import (
    Cause,
    Change,
    Edge,
    EdgeChange,
    Graded,
    GradedReason,
    Kind,
    NodeState,
    PlanDiff,
    Promise,
    Reason,
    Subject,
    User,
)
from stagelang_compiler.diff.telling import (
    Entry,
    Group,
    asides,
    counts_words,
    groups_of,
    moved_words,
    summary,
)
from stagelang_compiler.diff.text import MARKS, diff_text
from stagelang_compiler.diff.versions import version_findings
from stagelang_compiler.diff.wording import Name, Words, counted, listed, plain, shortened, words_of

__all__ = [
    "MARKS", "SAME", "Beside", "Cause", "Change", "Edge", "EdgeChange", "Entry", "Grade", "Graded", "GradedReason", "Group", "Kind",
    "Name", "NodeState", "PlanDiff", "Promise", "Reason", "Subject", "User", "Words", "asides", "beside_receipts", "counted",
    "counts_words", "diff", "diff_text", "groups_of", "listed", "moved_words", "nothing", "plain", "shortened", "summary", "to_json",
    "version_findings", "words_of",
]  # fmt: skip
