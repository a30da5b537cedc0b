"""The page, opened in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.page import html_of
from stagelang_compiler.plan import Plan

Opening = Callable[..., Any]


@pytest.fixture
def opening(browser: Any, tmp_path: Path) -> Opening:
    def open_(page: str, *, at: str = "", **how: Any) -> Any:
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        return browser.open(path.as_uri() + at, **how)

    return open_


def lit(page: Any) -> list[str]:
    """The boxes of the view that is seen which are not dimmed."""
    found: list[str] = page.js(
        "[...document.querySelectorAll('.view:not([hidden]) .node:not(.dim)')].map((each) => each.querySelector('title').textContent)"
    )
    return sorted(found)


def panel(page: Any) -> str:
    return re.sub(r"\n+", "\n", page.text("#panel"))


def part_seen(page: Any) -> list[float]:
    box: list[float] = page.js(
        "document.querySelector('.view:not([hidden]) svg').getAttribute('viewBox').split(' ').map(Number)"
    )
    return box


def test_a_page_stands_alone_and_the_browser_has_nothing_to_complain_of(
    opening: Opening, digit_reader: Plan
) -> None:
    page = opening(html_of(digit_reader))
    assert page.complaints == []
    assert [address for address in page.requested if not address.startswith("data:")] == [
        page.js("location.href")
    ]
    assert page.text("h1") == "digit-reader"
    assert page.js("document.querySelectorAll('.node').length") == 15
    assert page.text(".legend").split("\n") == ["Train rows", "Validation rows", "Test rows"]


def test_its_policy_lets_no_network_be_reached(opening: Opening, digit_reader: Plan) -> None:
    page = opening(html_of(digit_reader))
    assert page.js("fetch('https://example.org/').then(() => 'reached', () => 'refused')") == "refused"
    assert any("Content Security Policy" in each for each in page.complaints)


def test_a_click_lights_what_a_node_is_made_from_and_what_is_made_from_it(
    opening: Opening, digit_reader: Plan
) -> None:
    page = opening(html_of(digit_reader))
    page.click("#overview-n11")  # decide
    page.until("location.hash === '#decide'")
    assert lit(page) == sorted(
        ["scans", "clean", "split_clean", "embed.train", "embed.validation", "embed.test", "fit", "score.validation",
         "score.test", "temperature", "decide", "accuracy", "handling_cost", "human_share", "miscalibration"]
    )  # fmt: skip
    page.click("#overview-n5")  # embed.train
    page.until("location.hash === '#embed.train'")
    assert {"embed.test", "embed.validation"}.isdisjoint(lit(page)) and len(lit(page)) == 13
    dimmed = page.js("[...document.querySelectorAll('.edge.dim')].map((each) => each.id).sort()")
    sides = {"embed.test", "embed.validation"}
    assert dimmed == sorted(
        f"overview-e{number}"
        for number, arrow in enumerate(drawing_of(digit_reader).arrows, 1)
        if sides & {arrow.tail, arrow.head}
    )
    page.key("Escape")
    assert len(lit(page)) == 15
    assert page.js("location.hash") == ""


def test_the_panel_tells_all_that_is_known_of_a_node(opening: Opening, digit_reader: Plan) -> None:
    why = "parameter 'human' is 0.08, was 0.1"
    decide = {"state": "ran", "key": "sha256:0123456789abcdef", "seconds": 0.25, "reason": why}
    outcomes: dict[str, Any] = {"verdict": "fail", "metrics": [], "gates": []}
    outcome = {"seconds": 1.5, "nodes": {"decide": decide}, "outcomes": outcomes}
    page = opening(html_of(digit_reader, outcome=outcome), at="#decide")
    said = panel(page)
    node, stage = digit_reader.node("decide"), digit_reader.stages["decide"]
    for expected in (
        "STAGE\ndecide\nSend a scan to a human where that is cheaper than the mistakes to be expected, in dollars.",
        "LAST RUN\nstate\nran\ntook\n0.25 s\nwhy\nparameter 'human' is 0.08, was 0.1\nreceipt\n0123456789ab",
        f"owner\npost-office\ncode\npipeline.decide {stage.code.digest[7:19]}\nnode id\n{node.id[7:19]}",
        "PARAMETERS\nhuman\n0.08\nmistake\n2.5",
        "scores ← score.test Scores · Test",
        "table Decisions · Test",
        "CONTRACT DECISIONS 1.0",
        "chosen\tint",
    ):
        assert expected in said
    assert page.text(".verdict") == "✗ last run: fail"


def test_the_panel_of_a_metric_tells_its_value_and_its_verdict(opening: Opening, digit_reader: Plan) -> None:
    gate = digit_reader.gates[0]
    outcome = {
        "seconds": 1.5,
        "nodes": {"accuracy": {"state": "hit", "key": "sha256:00", "seconds": 0.0, "reason": ""}},
        "outcomes": {
            "verdict": "inconclusive",
            "metrics": [{"name": "accuracy", "value": 0.9349, "low": 0.912, "high": None, "undefined": ""}],
            "gates": [{"name": gate.name, "verdict": "inconclusive", "reason": "too few rows"}],
        },
    }
    page = opening(html_of(digit_reader, outcome=outcome), at="#accuracy")
    assert "last value\n0.9349 (0.912 to ∞)" in panel(page)
    assert "≥ 0.93 inconclusive: too few rows" in panel(page)
    assert "LAST RUN\nstate\nup to date\ntook\n0.00 s\nreceipt\n00" in panel(page)
    assert "? inconclusive ≥ 0.93" in page.js("document.getElementById('overview-n12').textContent")


def test_the_keyboard_alone_reaches_a_node_and_chooses_it(opening: Opening, digit_reader: Plan) -> None:
    page = opening(html_of(digit_reader))
    page.js("document.getElementById('stage').focus()")
    page.key("Tab")
    assert page.js("document.activeElement.getAttribute('aria-label')") == "source scans"
    assert page.js("document.activeElement.getAttribute('role')") == "button"
    page.key("Enter")
    page.until("location.hash === '#scans'")
    assert panel(page).startswith("×\nSOURCE\nscans\n")


def test_a_search_finds_nodes_and_goes_to_the_first(opening: Opening, digit_reader: Plan) -> None:
    page = opening(html_of(digit_reader))
    page.key("/")
    assert page.js("document.activeElement.id") == "search"
    page.type("SCORE")
    assert panel(page).split("\n") == ["2 found", "score.test", "score.validation"]
    page.key("Enter")
    page.until("location.hash === '#score.test'")


def test_zoom_and_pan_move_the_part_that_is_seen(opening: Opening, digit_reader: Plan) -> None:
    page = opening(html_of(digit_reader))
    x, y, width, height = part_seen(page)
    page.js("document.getElementById('stage').focus()")
    page.key("+")
    assert part_seen(page)[2] == pytest.approx(width / 1.25)
    page.key("-")
    page.key("ArrowRight")
    page.key("ArrowDown")
    moved = part_seen(page)
    assert moved[0] > x and moved[1] > y and moved[2:] == pytest.approx([width, height])
    page.key("0")
    across, down = page.centre("#stage")
    page.mouse("mouseWheel", across, down, deltaX=0, deltaY=-200)
    page.until(f"Number(document.querySelector('svg').getAttribute('viewBox').split(' ')[2]) < {width - 1}")
    before = part_seen(page)
    page.mouse("mousePressed", 60, 500, button="left", clickCount=1)
    page.mouse("mouseMoved", 160, 500, button="left", buttons=1)
    page.mouse("mouseReleased", 160, 500, button="left", clickCount=1)
    assert part_seen(page)[0] < before[0] and part_seen(page)[1] == pytest.approx(before[1])
    page.click("[data-zoom=in]")
    assert part_seen(page)[2] == pytest.approx(before[2] / 1.25)


@pytest.mark.parametrize("width", [360, 390, 420, 460, 500, 560, 640, 700])
def test_on_a_narrow_screen_no_room_is_left_beside_what_is_cut_off(
    opening: Opening, digit_reader: Plan, width: int
) -> None:
    page = opening(html_of(digit_reader), width=width)
    x, _, seen, _ = part_seen(page)
    page.key("0")
    left, _, fitted, _ = part_seen(page)
    if width / fitted >= 0.6:  # nearly as large as in life: all of it is seen
        assert (x, seen) == pytest.approx((left, fitted))
    else:
        assert width / seen == pytest.approx(0.75)
        assert left - 1e-6 <= x <= left + fitted - seen + 1e-6


def test_three_hundred_nodes_open_as_their_scopes_and_one_link_reaches_each(
    opening: Opening, sized: Any
) -> None:
    text = html_of(sized(300, per_scope=15))
    assert len(text.encode()) < 600_000
    page = opening(text)
    assert page.complaints == []
    assert page.js("document.querySelectorAll('#view-overview .node').length") == 20
    assert not page.js("document.getElementById('view-overview').hidden")
    page.click("#overview-n5")
    page.until("location.hash !== ''")
    assert panel(page).split("\n")[1:4] == ["SCOPE", "region_0004", "15 stages"]
    page.js("location.hash = encodeURIComponent('region_0004/step_66')")
    page.until("!document.getElementById('view-all').hidden && !!document.querySelector('.here')")
    assert "region_0004/step_66" in lit(page) and "region_0004/step_59" not in panel(page)
    spot, frame = page.centre(".here"), page.centre("#stage")
    assert abs(spot[0] - frame[0]) < 2 and abs(spot[1] - frame[1]) < 2


def test_a_scope_opens_in_the_picture_of_all_nodes(opening: Opening, sized: Any) -> None:
    page = opening(html_of(sized(300, per_scope=15)), at="#%5Bscope%20region_0004%5D")
    page.js(
        "[...document.querySelectorAll('#panel button')].find((each) => each.textContent.startsWith('Show')).click()"
    )
    assert not page.js("document.getElementById('view-all').hidden")
    frame = page.js(
        "(() => { const b = document.getElementById('stage').getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })()"
    )
    for number in range(61, 76):
        x, y = page.centre(f"#all-n{number}")
        assert frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]


def test_a_link_to_a_node_that_is_no_more_shows_the_whole(opening: Opening, digit_reader: Plan) -> None:
    page = opening(html_of(digit_reader), at="#gone")
    assert page.complaints == []
    assert len(lit(page)) == 15
    assert page.js("location.hash") == ""


def colours(page: Any) -> list[str]:
    found: list[str] = page.js(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.stage > path')).fill,"
        " getComputedStyle(document.querySelector('.stage text')).fill]"
    )
    return found


def test_light_and_dark_follow_the_reader(opening: Opening, digit_reader: Plan) -> None:
    text = html_of(digit_reader)
    assert colours(opening(text)) == ["rgb(255, 255, 255)", "rgb(251, 252, 253)", "rgb(87, 96, 106)"]
    assert colours(opening(text, dark=True)) == ["rgb(13, 17, 23)", "rgb(28, 35, 44)", "rgb(169, 179, 189)"]


def test_hostile_texts_stay_texts(opening: Opening, building: Any) -> None:
    name = "</script><img src=x onerror=\"document.title='pwned'\">`${1}'\"&lt;"
    building.contract(name, columns=[name])
    building.node("rows", owner=name, contract=name)
    building.node(
        name,
        "rows",
        scope=name,
        owner=name,
        contract=name,
        population=name,
        description=name,
        params={name: name},
    )
    page = opening(html_of(building.plan()))
    page.click("#overview-n2")
    page.until("location.hash !== ''")
    assert page.js("document.querySelectorAll('img').length") == 0
    assert page.js("document.title") == "hand-made: lineage"
    assert page.js("document.querySelector('#chosen h2').textContent") == name
    assert page.js("document.querySelector('#chosen td').textContent") == name
    assert page.complaints == []


def test_the_data_in_a_page_are_strict_json(digit_reader: Plan) -> None:
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', html_of(digit_reader), re.DOTALL
    )
    assert found is not None
    data = json.loads(found[1])
    assert list(data["nodes"]) == [node.name for node in digit_reader.nodes]
    assert data["contracts"]["Vectors"]["columns"] == [
        ["scan_id", "int", "key", ""],
        ["features", "list<float>", "", ""],
        ["label", "int", ">= 0 <= 9 role label", ""],
    ]


def test_a_page_of_too_many_nodes_shows_the_overview_only(sized: Any) -> None:
    text = html_of(sized(601, per_scope=100))
    assert 'id="view-overview"' in text and 'id="view-all"' not in text
    assert "region_0000/step_7" in text  # its members are told nevertheless


def test_a_part_of_a_plan_can_be_the_whole_page(opening: Opening, digit_reader: Plan) -> None:
    from stagelang_backends.lineage.collapse import focused

    near = focused(drawing_of(digit_reader), "fit", hops=1)
    page = opening(html_of(digit_reader, whole=near))
    assert lit(page) == ["embed.train", "fit", "score.test", "score.validation"]
    assert page.text(".note").startswith("4 nodes within 1 step of fit")
