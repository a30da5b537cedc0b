from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from stagelang_backends.lineage import palette, picture
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.picture import NoRenderer, laid_out, renderer, svg_of, svg_text
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps

SVG = "{http://www.w3.org/2000/svg}"
README_PICTURE = Path(__file__).parents[3] / "docs" / "images" / "digit_reader.svg"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def test_the_readme_shows_what_is_drawn_today(digit_reader: Plan, bless: bool) -> None:
    drawn = svg_of(digit_reader)
    if bless:
        README_PICTURE.write_text(drawn, encoding="utf-8")
    assert README_PICTURE.read_text(encoding="utf-8") == drawn


def test_a_picture_has_a_title_and_says_in_words_what_it_shows(digit_reader: Plan) -> None:
    root = parsed(svg_of(digit_reader))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "title desc"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text == "Pipeline digit-reader"
    assert description is not None
    assert description.text == (
        "owner post-office · 15 nodes · 3 gates: 1 source, 9 stages, 1 split, 4 metrics. Data comes from scans. "
        "Gates stand on accuracy (≥ 0.93), handling_cost (≤ 0.12), human_share (≤ 0.35)."
    )


def test_every_box_and_arrow_is_an_element_of_its_own(digit_reader: Plan) -> None:
    drawing = drawing_of(digit_reader)
    found = {
        each.attrib["id"]: each
        for each in parsed(svg_of(digit_reader)).iter(f"{SVG}g")
        if "id" in each.attrib
    }
    for number, box in enumerate(drawing.boxes, 1):
        texts = ["".join(each.itertext()) for each in found[f"n{number}"].iter(f"{SVG}text")]
        assert found[f"n{number}"].attrib["class"] == f"node {box.kind}"
        assert box.title in texts
        assert f"{box.heading.upper()}{' · ' if box.owner else ''}{box.owner}" in texts
    assert {f"e{number}" for number in range(1, len(drawing.arrows) + 1)} <= set(found)


def test_hostile_texts_are_shown_as_they_are(building: Any) -> None:
    names = ["<b>&amp;</b>", "]]>", "-->", 'x" onload="y', "</svg><script>", "&#1;", "日本語", "{a|b}", "\\N"]
    building.node("rows")
    for name in names:
        building.node(name, "rows", scope=name.replace("/", ""), owner=name, population=name)
    root = parsed(svg_of(building.plan()))
    texts = ["".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")]
    for name in names:
        assert {name, name.upper(), name.replace("/", ""), f"STAGE · {name}"} <= set(texts), name
    assert not list(root.iter(f"{SVG}script"))


def test_a_picture_refers_to_nothing_outside_of_itself(digit_reader: Plan) -> None:
    svg = svg_of(digit_reader)
    assert set(re.findall(r"https?://[^\"'\s<>]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"href|url\(|@import|<script|<!DOCTYPE|<\?xml", svg)


def test_every_colour_has_a_counterpart_on_a_dark_background(digit_reader: Plan, sized: Any) -> None:
    drawn = svg_of(digit_reader) + svg_of(sized(300, per_scope=10))
    body = re.sub(r"<style>.*?</style>", "", drawn, flags=re.DOTALL)
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', body)) - {"none"}
    assert used and used <= set(palette.DARK)
    named = [colour for look in palette.LOOKS.values() for colour in (look.fill, look.line, look.ink)]
    named += [
        colour for stroke in palette.POPULATIONS.values() for colour in (stroke.line, stroke.fill, stroke.ink)
    ]
    named += [colour for sign in palette.SIGNS.values() for colour in (sign.fill, sign.ink)]
    assert set(named) <= set(palette.DARK)


def contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2.2: (lighter + 0.05) / (darker + 0.05) of relative luminances."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_is_readable_on_its_ground_in_light_and_dark() -> None:
    pairs = [
        (text, look.fill)
        for look in palette.LOOKS.values()
        for text in (look.ink, palette.TEXT, palette.QUIET)
    ]
    pairs += [
        (stroke.ink, stroke.fill) for stroke in (*palette.POPULATIONS.values(), palette.OTHER_POPULATION)
    ]
    pairs += [(stroke.ink, palette.PAPER) for stroke in palette.POPULATIONS.values()]
    pairs += [(sign.ink, sign.fill) for sign in palette.SIGNS.values()]
    pairs += [(palette.QUIET, palette.PAPER), (palette.QUIET, palette.SCOPE_FILL)]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink, ground)
        assert contrast(palette.DARK[ink], palette.DARK[ground]) >= 4.5, (ink, ground, "dark")


def test_populations_differ_by_more_than_colour() -> None:
    strokes = [*palette.POPULATIONS.values(), palette.OTHER_POPULATION]
    assert len({(each.style, each.width) for each in strokes}) == len(strokes)


def test_several_pictures_in_a_page_have_ids_of_their_own(digit_reader: Plan) -> None:
    drawing = drawing_of(digit_reader)
    one, other = svg_text(drawing, prefix="one-"), svg_text(drawing, prefix="other-")
    ids = [set(re.findall(r'id="([^"]+)"', each)) - {"graph0"} for each in (one, other)]
    assert "one-n1" in ids[0] and not ids[0] & ids[1]


def test_numbers_in_texts_are_not_rounded_with_the_coordinates(building: Any) -> None:
    building.node("rows")
    building.node("cost", "rows", kind="metric")
    building.metric("cost", node="cost")
    building.gate("cost", 0.0125)
    svg = svg_of(building.plan())
    assert "gate ≥ 0.0125" in svg
    assert not re.search(r' [xy]="-?\d+\.\d\d', svg)


PROGRAM = """
import sys
from stagelang_backends.lineage import BACKEND
from stagelang_backends.protocol import EmitOptions
from stagelang_compiler.plan_codec import loads
from pathlib import PurePosixPath
files = BACKEND.emit(loads(sys.stdin.read()), EmitOptions(to_root=PurePosixPath(".")))
sys.stdout.buffer.write("".join(f"{name}{text}" for name, text in files.items()).encode())
"""


def test_pictures_are_the_same_bytes_in_every_process(flight_delays: Plan) -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=dumps(flight_delays).encode(),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def no_files(name: str) -> None:
    """What is there of a package that was installed without a list of its files, or of a program that isn't there."""
    assert name in ("graphviz-pure", "dot")


def test_the_renderer_is_the_one_that_was_installed_with_stagelang() -> None:
    found = renderer()
    assert found is not None and Path(found).stem == "graphviz-pure"


def test_without_it_the_systems_graphviz_draws(monkeypatch: pytest.MonkeyPatch, digit_reader: Plan) -> None:
    if shutil.which("dot") is None:
        pytest.skip("no graphviz here: install it to see the fallback draw")
    monkeypatch.setattr(picture, "files", no_files)
    found = renderer()
    assert found is not None and Path(found).stem == "dot"
    root = parsed(svg_of(digit_reader))
    assert len([each for each in root.iter(f"{SVG}g") if each.get("class", "").startswith("node ")]) == 15


def test_without_any_graphviz_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "files", no_files)
    monkeypatch.setattr("shutil.which", no_files)
    with pytest.raises(NoRenderer) as caught:
        laid_out("digraph {}")
    assert str(caught.value) == (
        "a picture needs graphviz, and none is installed\n  help: 'pip install graphviz-pure', or your system's graphviz"
    )


def test_a_graphviz_that_fails_is_one_clear_error() -> None:
    with pytest.raises(NoRenderer, match=r"^graphviz-pure failed: "):
        laid_out("no graph")
