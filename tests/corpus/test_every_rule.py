"""No rule comes without specs that break it and specs that nearly do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from stagelang_compiler.checks import RULES
from tests.corpus.leakage.test_programs import PROGRAMS
from tests.corpus.specs import blocks

LEAST = 3


def _counted() -> Counter[tuple[str, str]]:
    """Count wrong and right specs of each rule; a clean program of leakage is near to what the leaky ones of its kind break."""
    folders = [each for each in sorted(Path(__file__).parent.iterdir()) if each.is_dir()]
    counted = Counter((block.code, block.kind) for folder in folders for block in blocks(folder))
    broken: dict[str, set[str]] = {}
    for program in PROGRAMS:
        counted.update((code, "wrong") for code in program.codes)
        broken.setdefault(program.kind, set()).update(program.codes)
    for program in PROGRAMS:
        if not program.codes:
            counted.update((code, "right") for code in broken[program.kind])
    return counted


def test_every_rule_has_three_wrong_specs_and_three_near_misses() -> None:
    counted = _counted()
    few = [
        rule.code for rule in RULES if min(counted[rule.code, "wrong"], counted[rule.code, "right"]) < LEAST
    ]
    assert few == []


def test_every_spec_is_of_a_rule_that_there_is() -> None:
    assert {code for code, _ in _counted()} <= {rule.code for rule in RULES}
