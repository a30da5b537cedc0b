from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.dot import dot_of, dot_text, escaped, quoted
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing
from stagelang_backends.lineage.picture import renderer
from stagelang_compiler.plan import Plan

HOSTILE = [
    "end", "graph", "node", "a|b", 'x"y', "süß", "a\\", 'a\\"', "<b>", "&amp;", "]", "}", "-->", "a:b:c", "two\nlines", "\x00",
    "\\N", "\\l", "日本語", "%s", "{a|b}", "//", "#", "\u2028", "\ud800", "a" * 400,
]  # fmt: skip


def read_by(program: str, dot: str) -> dict[str, Any]:
    """What graphviz itself reads: objects and edges, as JSON."""
    done = subprocess.run([program, "-Tdot_json"], input=dot.encode(), capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_boxes_stand_in_the_clusters_of_their_scopes_and_say_what_they_are(building: Any) -> None:
    building.contract("Rows", "1.2")
    building.node("eu/rows", scope="eu", owner="mailroom")
    building.node("eu/score", "eu/rows", scope="eu", owner="vision", population="Test")
    text = dot_of(building.plan())
    assert text.splitlines()[4:] == [
        '  subgraph "cluster_eu" {',
        (
            '    graph [id=c1 class=scope label=<<font point-size="8">SCOPE</font>  <font point-size="11"><b>eu</b></font>> '
            'labeljust=l labelloc=t fontcolor="#59636e" style="filled,rounded" fillcolor="#f6f8fa" color="#d1d9e0" margin=12]'
        ),
        (
            '    "eu/rows" [id=n1 class=source shape=cylinder style="filled" fillcolor="#fff8e6" color="#d4a72c" label=<'
            '<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
            '<tr><td align="left"><font point-size="8" color="#7d4e00">SOURCE · mailroom</font></td></tr>'
            '<tr><td align="left"><font point-size="12" color="#1f2328"><b>rows</b></font></td></tr>'
            '<tr><td align="left"><font point-size="9" color="#59636e">rows.csv</font></td></tr>'
            '<tr><td align="left"><font point-size="9" color="#59636e">→ Rows 1.2</font></td></tr></table>>]'
        ),
        (
            '    "eu/score" [id=n2 class=stage shape=box style="filled,rounded" fillcolor="#fbfcfd" color="#afb8c1" label=<'
            '<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
            '<tr><td align="left"><font point-size="8" color="#57606a">STAGE · vision</font></td>'
            '<td align="center" bgcolor="#dafbe1" style="rounded" cellpadding="2">'
            '<font point-size="7" color="#044f1e"><b>TEST</b></font></td></tr>'
            '<tr><td align="left" colspan="2"><font point-size="12" color="#1f2328"><b>score</b></font></td></tr>'
            '<tr><td align="left" colspan="2"><font point-size="9" color="#59636e">→ Rows 1.2</font></td></tr></table>>]'
        ),
        "  }",
        '  "eu/rows" -> "eu/score" [id=e1 label=<&#160;Rows 1.2&#160;>]',
        "}",
    ]


def test_a_scope_within_a_scope_is_a_cluster_within_a_cluster(building: Any) -> None:
    for scope in ("a", "a/b", "a/b/c", "a/d", "a-b", "e/f"):
        building.node(f"{scope}/n", scope=scope)
    inside = dot_of(building.plan()).splitlines()[1:-1]
    nesting = [line for line in inside if "subgraph" in line or line.strip() == "}"]
    assert nesting == [
        '  subgraph "cluster_a" {',
        '    subgraph "cluster_a/b" {',
        '      subgraph "cluster_a/b/c" {',
        "      }",
        "    }",
        '    subgraph "cluster_a/d" {',
        "    }",
        "  }",
        '  subgraph "cluster_a-b" {',
        "  }",
        '  subgraph "cluster_e" {',
        '    subgraph "cluster_e/f" {',
        "    }",
        "  }",
    ]


def test_contracts_are_listed_column_by_column_when_asked_for(building: Any) -> None:
    building.contract("Rows", columns=["row_id", "value"])
    building.node("rows")
    plan = building.plan()
    assert "row_id" not in dot_of(plan)
    listed = dot_of(plan, contracts=True)
    assert "row_id</font>  <font" in listed and ">value</font>  <font" in listed
    assert "shape=box" in listed and "cylinder" not in listed


def test_a_long_text_is_shortened_in_its_box(building: Any) -> None:
    building.node("a" * 100)
    assert f"<b>{'a' * 45}…</b>" in dot_of(building.plan())


def test_the_box_in_focus_is_drawn_with_a_thick_line(digit_reader: Plan) -> None:
    from stagelang_backends.lineage.collapse import focused

    thick = [
        line
        for line in dot_text(focused(drawing_of(digit_reader), "fit", hops=1)).splitlines()
        if "penwidth=2.6" in line
    ]
    assert len(thick) == 1 and thick[0].strip().startswith('"fit" [')


def hostile_drawing(names: list[str]) -> Drawing:
    boxes = tuple(
        Box(key=name, kind="stage", heading=name, title=name, scope=name.replace("/", ""), owner=name, details=(name,), population=name,
            badges=(Badge(text=name),))
        for name in names
    )  # fmt: skip
    arrows = (Arrow(tail=tail, head=head, label=tail) for tail, head in itertools.pairwise(names))
    return Drawing(name=names[0], note=names[0], boxes=boxes, arrows=tuple(arrows))


def programs() -> list[str]:
    first = renderer()
    assert first is not None
    system = shutil.which("dot")
    return [first, *([system] if system else [])]


@pytest.mark.parametrize("program", programs(), ids=lambda each: Path(each).name)
def test_graphviz_reads_hostile_names_one_node_and_one_edge_each(program: str) -> None:
    read = read_by(program, dot_text(hostile_drawing(HOSTILE)))
    nodes = [each for each in read["objects"] if each.get("id", "").startswith("n")]
    assert len(nodes) == len(HOSTILE)
    assert len(read["edges"]) == len(HOSTILE) - 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=12, unique=True))
def test_graphviz_reads_any_names(names: list[str]) -> None:
    read = read_by(programs()[0], dot_text(hostile_drawing(names)))
    assert len([each for each in read["objects"] if each.get("id", "").startswith("n")]) == len(names)


def test_texts_are_escaped_for_where_they_stand() -> None:
    assert quoted('a"b\\c\nd') == '"a\\"b\\\\c\\\\u000ad"'
    assert escaped("<b>&\x00\ud800") == "&lt;b&gt;&amp;\\\\u0000\\\\ud800"
