"""The report: verdict first, every number with its interval, nothing from outside, and names that stay names."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan_codec import digest
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.judge.outcomes import MetricOutcome
from stagelang_runtime.location import locate_store
from stagelang_runtime.report import report_html
from stagelang_runtime.report.charts import interval_svg
from stagelang_runtime.report.facts import licence_text
from stagelang_runtime.session import read_outcome, run_session

HOSTILE = "<script>alert('x')</script>\\\"&]]>"
SPEC = f'''
from stagelang import Column, Contract, PerRow, Pipeline, Table, column, mean, metric, source
from stagelang import units as u


class Rides(Contract, owner="{HOSTILE}"):
    """{HOSTILE}"""

    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, unit=u.USD)


@metric(unit=u.USD, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1", owner="{HOSTILE}")
def fare(rides: Table[Rides]) -> PerRow[u.USD]:
    """{HOSTILE}"""
    return PerRow(rides.pandas["fare"])


money = fare(source(Rides, "rides.csv", owner="{HOSTILE}"))
pipeline = Pipeline("rides", seed=1, owner="{HOSTILE}", metrics=[money], gates=[money.at_least(3.0), money.at_least(9.0)])
'''


class _Tags(HTMLParser):
    """Collects tags with their attributes, and the text outside of style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text.append(data)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    folder = tmp_path_factory.mktemp("rides")
    (folder / "pipeline.py").write_text(SPEC)
    (folder / "rides.csv").write_text("ride,fare\n" + "".join(f"{n},{4 + n % 3}\n" for n in range(90)))
    plan = check_file(folder / "pipeline.py").plan
    assert plan is not None
    mark = digest(plan)
    code = run_session(
        plan,
        digest=mark,
        root=folder,
        location=locate_store(folder / "store", folder),
        options=RunOptions(jobs=1),
    )
    assert code == 1
    outcome = read_outcome(folder / "store", "rides")
    assert outcome is not None
    picture = '<svg xmlns="http://www.w3.org/2000/svg"><title>the picture</title></svg>'

    def written(compared_with: str) -> str:
        now = compared_with or mark
        return report_html(
            plan, outcome, digest=now, location=locate_store(folder / "store", folder), lineage_svg=picture
        )

    return written


@pytest.fixture(scope="module")
def page(report: Callable[[str], str]) -> str:
    return report("")


def test_the_verdict_comes_first(page: str) -> None:
    headings = re.findall(r"<h[12]>(.*?)</h[12]>", page, re.DOTALL)
    assert headings[0] == "rides <strong>failed</strong>"
    assert headings[1:] == [
        "Gates",
        "Metrics",
        "Contracts and budgets",
        "Lineage",
        "Stages",
        "To get these numbers again",
    ]


def test_every_gate_is_listed_with_its_verdict_in_words(page: str) -> None:
    text = " ".join(" ".join(_Tags(page).text).split())
    assert "fare at least 3 ✓ pass" in text
    assert "fare at least 9 ✗ fail" in text
    assert "rides: Rides ✓ pass" in text


def test_a_metric_stands_with_its_interval_its_unit_and_what_it_was_measured_over(page: str) -> None:
    text = " ".join(" ".join(_Tags(page).text).split())
    assert re.search(r"fare higher is better 5 4\.\d+ to 5\.\d+ USD .*90 rows delta method, t", text)


def test_names_of_the_spec_stay_text(page: str) -> None:
    tags = _Tags(page)
    assert "script" not in {tag for tag, _ in tags.tags}
    assert not any(name.startswith("on") for _, attributes in tags.tags for name in attributes)
    assert "<script>alert('x')</script>" in " ".join(tags.text)


def test_nothing_is_loaded_from_outside(page: str) -> None:
    tags = _Tags(page).tags
    policy = next(attributes["content"] for _, attributes in tags if attributes.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not [
        value for _, attributes in tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert "url(" not in page


def test_the_reproducibility_block_names_plan_seed_data_and_environment(page: str) -> None:
    text = " ".join(_Tags(page).text)
    for word in (
        "plan",
        "seed",
        "commit",
        "source rides",
        "rides.csv, 90 rows",
        "python",
        "hash seed",
        "pandas",
    ):
        assert word in text


def test_a_report_of_another_plan_says_so(report: Callable[[str], str]) -> None:
    said = "The pipeline has changed since this run"
    assert said not in report("")
    assert said in report("sha256:" + "0" * 64)


def test_an_interval_is_drawn_in_order_on_its_axis() -> None:
    metric = MetricOutcome(name="a<b", unit="1", better="higher", value=0.9, low=0.8, high=0.95)
    drawn = ET.fromstring(interval_svg(metric, [0.85], 0.0, 1.0))
    places = {each.get("class"): each for each in drawn if each.get("class")}
    low, high = (float(places["interval"].get(end) or "nan") for end in ("x1", "x2"))
    value, bound = float(places["value"].get("cx") or "nan"), float(places["bound"].get("x1") or "nan")
    assert low < bound < value < high
    assert drawn.findtext("title") == "a<b: 0.9, 95 % interval 0.8 to 0.95; bound 0.85"


def test_a_licence_is_told_in_the_words_of_the_command_line() -> None:
    assert licence_text("pandas") == "BSD-3-Clause"
    assert licence_text("no-such-distribution") == "unknown (not installed here)"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_shows_the_page_without_an_error(page: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(page)
    shown = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr", "--dump-dom", (tmp_path / "report.html").as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "<strong>failed</strong>" in shown.stdout
    assert "CONSOLE" not in shown.stderr
