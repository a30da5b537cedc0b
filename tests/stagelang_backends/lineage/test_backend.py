from __future__ import annotations

from pathlib import PurePosixPath

from stagelang_backends.lineage import BACKEND
from stagelang_backends.lineage.dot import dot_of
from stagelang_backends.lineage.mermaid import mermaid_of
from stagelang_backends.lineage.page import html_of
from stagelang_backends.lineage.picture import svg_of
from stagelang_backends.protocol import Backend, EmitOptions, find_backend
from stagelang_compiler.plan import Plan


def test_the_lineage_target_is_found_by_its_name() -> None:
    found: Backend = find_backend("lineage")
    assert found is BACKEND
    assert found.name == "lineage"


def test_it_emits_one_picture_in_each_language(digit_reader: Plan) -> None:
    files = BACKEND.emit(digit_reader, EmitOptions(to_root=PurePosixPath("..")))
    assert files == {
        PurePosixPath("pipeline.dot"): dot_of(digit_reader),
        PurePosixPath("pipeline.svg"): svg_of(digit_reader),
        PurePosixPath("pipeline.mmd"): mermaid_of(digit_reader),
        PurePosixPath("pipeline.html"): html_of(digit_reader),
    }
