from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing
from stagelang_backends.lineage.mermaid import ARROWS, BOXES, CHARACTERS, escaped, mermaid_of, mermaid_text
from stagelang_compiler.plan import Plan

HOSTILE = [
    "end", "default", "graph", "subgraph", "a|b", 'x"y', "süß", "../a/b.c", "C:\\x\\y", "<script>alert(1)</script>", "]", "`x`",
    "two\nlines", "%%{init: {}}%%", "style: a#1;", "classDef x:y#;", "#quot;", "&lt;b&gt;", "n1 --> n2", "(((", "{{x}}", "日本語",
    "o", "x", "---", "\\", "'", ";", ":::c", "@{shape: x}", "1. list", "* item", "\u2028", "\x00", "a" * 500,
]  # fmt: skip


def hostile_drawing() -> Drawing:
    kinds: Any = ["source", "split", "stage", "command", "metric", "expression", "group"]
    boxes = [
        Box(
            key=name,
            kind=kinds[number % len(kinds)],
            heading="stage",
            title=name,
            scope=name if number % 3 else "",
            owner=name,
            details=(name,),
            population=name,
            badges=(Badge(text=name, verdict="pass"),),
        )
        for number, name in enumerate(HOSTILE)
    ]
    arrows = [
        Arrow(tail=tail, head=head, label=tail, population="Test")
        for tail, head in itertools.pairwise(HOSTILE)
    ]
    return Drawing(name="end", note="", boxes=tuple(boxes), arrows=tuple(arrows))


@pytest.fixture(scope="module")
def mermaid(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A page with the real Mermaid in it."""
    folder = tmp_path_factory.mktemp("mermaid")
    packed = Path(__file__).parent / "mermaid" / "mermaid.tiny.js.gz"
    (folder / "mermaid.js").write_bytes(gzip.decompress(packed.read_bytes()))
    (folder / "page.html").write_text('<meta charset="utf-8"><body><script src="mermaid.js"></script>')
    page = browser.open((folder / "page.html").as_uri())
    page.js("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
    return page


def parses(mermaid: Any, text: str) -> bool:
    said = mermaid.js(f"mermaid.parse({json.dumps(text)}).then((it) => it.diagramType, (e) => String(e))")
    assert said in ("flowchart-v2", "flowchart"), f"{said}\n{text}"
    return True


def shown(mermaid: Any, text: str) -> list[str]:
    """The lines of text in the rendered picture, box by box in the order of their numbers."""
    drawn = f"""mermaid.render('m', {json.dumps(text)}).then(({{ svg }}) => {{
      const home = document.createElement('div');
      home.innerHTML = svg;
      home.querySelectorAll('br').forEach((each) => each.replaceWith('\\n'));
      const nodes = [...home.querySelectorAll('.node')].map((each) => [Number(each.id.match(/n(\\d+)-/)[1]), each.textContent.trim()]);
      return nodes.sort((a, b) => a[0] - b[0]).map(([, label]) => label);
    }})"""
    found: list[str] = mermaid.js(drawn)
    return found


def test_a_pipeline_is_written_with_made_up_ids_and_its_names_in_quotes(building: Any) -> None:
    building.node("rows", owner="mailroom")
    building.node("end", "rows", owner="vision", population="Test")
    assert mermaid_of(building.plan()) == (
        "flowchart TB\n"
        '  n1[("source · mailroom<br/><b>rows</b><br/>rows.csv<br/>→ Rows")]\n'
        '  n2["stage · vision · Test<br/><b>end</b><br/>→ Rows"]\n'
        '  n1 -->|"Rows"| n2\n'
        "  classDef sourceLook fill:#fff8e6,stroke:#d4a72c,color:#1f2328\n"
        "  class n1 sourceLook\n"
        "  classDef stageLook fill:#fbfcfd,stroke:#afb8c1,color:#1f2328\n"
        "  class n2 stageLook\n"
    )


def test_what_is_no_letter_digit_or_harmless_sign_is_written_as_its_code() -> None:
    assert escaped('süß x"y a|b <b> `c` #d; 5:1') == (
        "süß x#34;y a#124;b #60;b#62; #96;c#96; #35;d#59; 5#58;1"
    )


@given(st.text(max_size=50))
def test_an_escaped_text_holds_no_sign_of_mermaids_and_gives_the_text_back(text: str) -> None:
    written = escaped(text)
    assert not re.search(r'["<>\[\]{}|`:&\n\\%@]', written)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), written) == text


@pytest.mark.parametrize("count", [1, 2, 39, 40, 41, 300, 1000, 5000])
@pytest.mark.parametrize("per_scope", [0, 1, 15])
def test_every_size_of_pipeline_keeps_within_the_limits(sized: Any, count: int, per_scope: int) -> None:
    text = mermaid_of(sized(count, per_scope=per_scope))
    boxes, arrows = (
        len(re.findall(r"^ +n\d+[\[({]", text, re.MULTILINE)),
        len(re.findall(r"^ +n\d+ [-=]", text, re.MULTILINE)),
    )
    assert 1 <= boxes <= BOXES
    assert arrows <= ARROWS
    assert len(text) <= CHARACTERS


def test_long_hostile_names_are_grouped_until_the_text_is_short_enough(building: Any) -> None:
    for number in range(40):
        building.node(f"{'😀' * 50}{number}", scope="😀" * 60, owner="😀" * 60, contract="😀" * 60)
    text = mermaid_of(building.plan())
    assert len(text) <= CHARACTERS
    assert "<br/>40 sources" in text


@pytest.mark.parametrize("count", [1, 2, 40, 41, 300, 5000])
@pytest.mark.parametrize("per_scope", [0, 15])
def test_the_real_parser_reads_every_size(mermaid: Any, sized: Any, count: int, per_scope: int) -> None:
    assert parses(mermaid, mermaid_of(sized(count, per_scope=per_scope)))


def test_the_real_parser_refuses_a_broken_diagram(mermaid: Any) -> None:
    with pytest.raises(AssertionError, match="Parse error"):
        parses(mermaid, 'flowchart TB\n  n1["x"y"]\n')


def test_the_real_parser_reads_hostile_names_and_shows_them_as_they_are(mermaid: Any) -> None:
    text = mermaid_text(hostile_drawing())
    assert parses(mermaid, text)
    labels = shown(mermaid, text)
    assert len(labels) == len(HOSTILE)
    for name, label in zip(HOSTILE, labels, strict=True):
        visible = re.sub(r"[\x00\n\u2028\ufffd]", " ", label)
        assert visible.count(re.sub(r"[\x00\n\u2028]", " ", name[:50]).strip()) >= 3, (name, label)
    assert mermaid.js("document.querySelectorAll('body > div script, body > script:not([src])').length") == 0
    assert mermaid.complaints == []


def test_the_real_parser_reads_the_examples(mermaid: Any, digit_reader: Plan, flight_delays: Plan) -> None:
    assert parses(mermaid, mermaid_of(digit_reader))
    assert parses(mermaid, mermaid_of(flight_delays))
    assert "decide" in " ".join(shown(mermaid, mermaid_of(digit_reader)))


@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=30))
def test_the_real_parser_reads_any_name(mermaid: Any, name: str) -> None:
    box = Box(key="a", kind="stage", heading="stage", title=name, scope=name, owner=name)
    other = Box(key="b", kind="metric", heading="metric", title=name)
    arrow = Arrow(tail="a", head="b", label=name)
    assert parses(mermaid, mermaid_text(Drawing(name=name, note="", boxes=(box, other), arrows=(arrow,))))


def test_a_drawing_of_no_nodes_is_a_diagram(mermaid: Any, building: Any) -> None:
    assert parses(mermaid, mermaid_text(drawing_of(building.plan())))
