"""What is found in the bodies of this corpus is seen when they run, and nothing is seen of the right ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_runtime.execute.results import NodeResult, RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.location import locate_store
from tests.corpus.reproducibility.bodies import write
from tests.corpus.specs import Block, blocks

SEEN = {
    "SL303": "read",
    "SL304": "network",
    "SL305": "variable",
    "SL308": "random",
    "SL316": "program",
    "SL317": "wrote",
}
"""What a receipt calls what each of these rules finds."""
FAILS = {"SL314": "changed input", "SL315": "result"}
"""As what a run refuses what these rules find."""
UNSEEN = (
    "a file is read while the module is loaded",
    "a table is read beside the declared one, from a parameter",
    "a table is loaded by a helper that is given the place",
)
"""Bodies that a rule finds and no run sees: the module was loaded before, and Arrow opens files by itself."""
_SPEC = """\
import datetime as dt

from stagelang import Pipeline, Waiver
from prelude import scans
import {modules}

outputs = [module.made(scans) for module in ({modules},)]
accepted = [
    Waiver(rule=rule, where="*", owner="corpus", reason="the corpus runs them", expires=dt.date(2100, 1, 1))
    for rule in {rules}
]
pipeline = Pipeline("p", seed=1, outputs=outputs, waivers=accepted)
"""

BLOCKS = [each for each in blocks(Path(__file__).parent) if each.code != "SL301"]
"""All but what is about which code a change reaches: nothing of that is done in a run."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Block, NodeResult]]:
    """Run all blocks of the corpus as one pipeline."""
    root = tmp_path_factory.mktemp("corpus")
    named = write(BLOCKS, root)
    rules = sorted({block.code for block in BLOCKS})
    (root / "pipeline.py").write_text(_SPEC.format(modules=", ".join(named), rules=rules), encoding="utf-8")
    checked = check_file(root / "pipeline.py")
    assert checked.plan is not None, [
        (each.rule.code, each.message) for each in checked.diagnostics if not each.waived_by
    ]
    store = locate_store(None, root / ".stagelang").open()
    options = RunOptions(jobs=2, keep_going=True)
    results: Mapping[str, NodeResult] = run(checked.plan, root=root, store=store, options=options).nodes
    return [(block, results[f"{name}_f"]) for name, block in named.items()]


def _seen(node: NodeResult) -> set[str]:
    assert node.receipt is not None, f"{node.node}: {node.failure}"
    return {what for what, _ in node.receipt["beyond"]}


def test_what_a_wrong_body_reaches_is_in_its_receipt(ran: list[tuple[Block, NodeResult]]) -> None:
    missed = [
        str(block)
        for block, node in ran
        if block.kind == "wrong" and block.code in SEEN and SEEN[block.code] not in _seen(node)
    ]
    assert [each.partition(": ")[2] for each in missed if not each.endswith(UNSEEN)] == []


def test_what_can_not_be_let_pass_fails(ran: list[tuple[Block, NodeResult]]) -> None:
    wrong = [(block, node) for block, node in ran if block.kind == "wrong" and block.code in FAILS]
    assert [(str(block), node.failure and node.failure.kind) for block, node in wrong] == [
        (str(block), FAILS[block.code]) for block, _ in wrong
    ]


def test_nothing_is_seen_of_a_right_body(ran: list[tuple[Block, NodeResult]]) -> None:
    right = [(str(block), sorted(_seen(node))) for block, node in ran if block.kind == "right"]
    assert len(right) >= 50
    assert [each for each in right if each[1]] == []
