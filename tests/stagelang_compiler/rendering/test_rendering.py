"""Tests of the five formats, on one small project with a finding of each kind."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from attrs import evolve
from junitparser import Failure, JUnitXml, Skipped

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import INTERNAL_ERROR, Diagnostic, Place, Rule, Severity, internal_error
from stagelang_compiler.rendering import Format, render, wants_colour

_WRONG_TYPE = Rule(
    code="SL901", name="column-type-mismatch", severity=Severity.ERROR, summary="a column has another type"
)
_UNUSED = Rule(
    code="SL902", name="unused-output", severity=Severity.WARNING, summary="nothing reads an output"
)
_SLOW = Rule(code="SL903", name="no-budget", severity=Severity.NOTE, summary="a stage has no budget")

_PIPELINE = """\
from contracts import Scans

def clean(scans): ...


if True:
\tmodel = fit(clean(scans))
halves = split(scans)
"""
_CONTRACTS = "\n" * 99 + "    ink: Column[str]\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pipeline.py").write_text(_PIPELINE)
    (project / "contracts.py").write_text(_CONTRACTS)
    return project


@pytest.fixture
def findings(root: Path) -> list[Diagnostic]:
    """Three findings, neither sorted nor all with the same kind of path."""
    return [
        Diagnostic(
            rule=_UNUSED,
            message="nothing reads 'halves'",
            places=(Place(Origin("pipeline.py", 8)),),
            subject="digits/halves",
            help="remove 'halves'",
            waived_by="vision until 2026-12-31: used by the next release",
        ),
        Diagnostic(
            rule=_WRONG_TYPE,
            message="'fit' needs column 'ink' as float, 'clean' gives text",
            places=(
                Place(Origin(str(root / "pipeline.py"), 7), "needed here"),
                Place(Origin("contracts.py", 100), "promised here"),
            ),
            subject="digits/fit.train",
            expected="float",
            found="text",
            help="give 'Scans.ink' the type float",
        ),
        Diagnostic(
            rule=_UNUSED,
            message="nothing reads 'clean'",
            places=(Place(Origin("pipeline.py", 3)),),
            subject="digits/clean",
            help="remove 'clean'",
        ),
    ]


_TEXT = """\
warning[SL902]: nothing reads 'clean'
  --> pipeline.py:3
   |
 3 | def clean(scans): ...
   | ^^^^^^^^^^^^^^^^^^^^^
   |
  help: remove 'clean'

error[SL901]: 'fit' needs column 'ink' as float, 'clean' gives text
   --> pipeline.py:7: needed here
    |
  7 |     model = fit(clean(scans))
    |     ^^^^^^^^^^^^^^^^^^^^^^^^^
    |
   ::: contracts.py:100: promised here
    |
100 |     ink: Column[str]
    |
   expected: float
   found: text
   help: give 'Scans.ink' the type float

waived[SL902]: nothing reads 'halves'
  --> pipeline.py:8
  waived by: vision until 2026-12-31: used by the next release

found 1 error, 1 warning (1 waived)
to learn more: stagelang explain CODE
"""


def test_text_frames_every_place_and_ends_with_a_summary(root: Path, findings: list[Diagnostic]) -> None:
    assert render(findings, format="text", root=root) == _TEXT


@pytest.mark.parametrize("form", get_args(Format))
def test_the_order_of_findings_is_not_that_of_the_checks(
    form: Format, root: Path, findings: list[Diagnostic]
) -> None:
    assert render(findings, format=form, root=root) == render(findings[::-1], format=form, root=root)


@pytest.mark.parametrize("form", get_args(Format))
def test_no_format_names_the_folder_that_the_project_lies_in(
    form: Format, root: Path, findings: list[Diagnostic]
) -> None:
    assert str(root.parent) not in render(findings, format=form, root=root)


def test_a_root_reached_through_a_link_is_the_same_root(
    root: Path, findings: list[Diagnostic], tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    assert render(findings, format="text", root=link) == _TEXT
    (root / "deep").mkdir()
    (root / "deep/more.py").write_text("x = 1\n")
    finding = evolve(findings[2], places=(Place(Origin(str(root.resolve() / "deep/more.py"), 1)),))
    assert "\n  --> deep/more.py:1\n   |\n 1 | x = 1\n" in render([finding], format="text", root=link)


def test_nothing_found_is_said(root: Path) -> None:
    assert render([], format="text", root=root) == "no findings\n"


def test_what_is_only_waived_is_said(root: Path, findings: list[Diagnostic]) -> None:
    assert render(findings[:1], format="text", root=root).splitlines()[-2:] == [
        "no findings (1 waived)",
        "to learn more: stagelang explain SL902",
    ]


def test_a_place_without_a_readable_line_has_no_frame_and_one_shown_before_has_no_second(root: Path) -> None:
    finding = Diagnostic(
        rule=_WRONG_TYPE,
        message="m",
        places=(
            Place(Origin("pipeline.py", 8)),
            Place(Origin("pipeline.py", 8), "again"),
            Place(Origin("pipeline.py", 0), "the file"),
            Place(Origin("pipeline.py", 4), "a blank line"),
            Place(Origin("pipeline.py", 400), "past the end"),
            Place(Origin("gone.py", 1), "not there"),
            Place(Origin("/elsewhere/lib.py", 3), "not below the root"),
            Place(Origin("<stdin>", 1), "typed in"),
        ),
        help="h",
    )
    assert render([finding], format="text", root=root) == (
        "error[SL901]: m\n"
        "   --> pipeline.py:8\n"
        "    |\n"
        "  8 | halves = split(scans)\n"
        "    | ^^^^^^^^^^^^^^^^^^^^^\n"
        "    |\n"
        "   ::: pipeline.py:8: again\n"
        "   ::: pipeline.py: the file\n"
        "   ::: pipeline.py:4: a blank line\n"
        "   ::: pipeline.py:400: past the end\n"
        "   ::: gone.py:1: not there\n"
        "   ::: lib.py:3: not below the root\n"
        "   ::: <stdin>:1: typed in\n"
        "   help: h\n"
        "\n"
        "found 1 error\n"
        "to learn more: stagelang explain SL901\n"
    )


def test_a_changed_file_is_read_again(root: Path, findings: list[Diagnostic]) -> None:
    render(findings[2:], format="text", root=root)
    (root / "pipeline.py").write_text("\n\nnow something longer than before\n")
    assert " 3 | now something longer than before\n" in render(findings[2:], format="text", root=root)


def test_carets_are_as_wide_as_the_terminal_shows_the_line(root: Path) -> None:
    (root / "pipeline.py").write_text("f('数字', 'e\u0301')\n", encoding="utf-8")
    finding = Diagnostic(rule=_WRONG_TYPE, message="m", places=(Place(Origin("pipeline.py", 1)),), help="h")
    assert "\n   | " + "^" * len("f('....', '.')") + "\n" in render([finding], format="text", root=root)


def test_a_very_long_line_is_cut(root: Path) -> None:
    (root / "pipeline.py").write_text("x = '" + "a" * 5000 + "'\n")
    finding = Diagnostic(rule=_WRONG_TYPE, message="m", places=(Place(Origin("pipeline.py", 1)),), help="h")
    frame = render([finding], format="text", root=root).splitlines()[3:5]
    assert frame == [" 1 | x = '" + "a" * 154 + "…", "   | " + "^" * 160]


_HOSTILE = "a\x1b[31m\r\n::error::x%0A\u202e\x00</failure>]]>|`,:\ud800é"


@pytest.fixture
def hostile(root: Path) -> Diagnostic:
    (root / "pipeline.py").write_text("x = '\x1b[31m'\n")
    return Diagnostic(
        rule=_WRONG_TYPE,
        message=_HOSTILE,
        places=(Place(Origin("pipeline.py", 1), _HOSTILE), Place(Origin("a,b:c%\n.py", 1), _HOSTILE)),
        subject=_HOSTILE,
        expected=_HOSTILE,
        found=_HOSTILE,
        help=_HOSTILE,
    )


@pytest.mark.parametrize("waived_by", ["", _HOSTILE])
@pytest.mark.parametrize("form", get_args(Format))
def test_hostile_names_are_escaped_in_every_format(
    form: Format, waived_by: str, root: Path, hostile: Diagnostic
) -> None:
    text = render([evolve(hostile, waived_by=waived_by)], format=form, root=root)
    text.encode()
    assert re.findall(r"[^\x20-\x7e\né]", text) == []
    assert not any(line.startswith("::error::") for line in text.splitlines())


def test_text_escapes_control_characters_of_names_and_of_source(root: Path, hostile: Diagnostic) -> None:
    lines = render([hostile], format="text", root=root).splitlines()
    assert lines[0] == r"error[SL901]: a\x1b[31m\r\n::error::x%0A\u202e\x00</failure>]]>|`,:\ud800é"
    assert lines[3] == r" 1 | x = '\x1b[31m'"


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_colour_adds_to_the_text_and_changes_nothing_of_it(
    root: Path, findings: list[Diagnostic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = render(findings, format="text", root=root, colour=True)
    assert _ANSI.sub("", text) == _TEXT
    assert "\x1b[1;31merror[SL901]\x1b[0m\x1b[1m: 'fit' needs" in text
    assert "\x1b[1;33mwarning[SL902]\x1b[0m" in text


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (_Terminal(), {}, True),
        (_Terminal(), {"NO_COLOR": ""}, True),
        (_Terminal(), {"NO_COLOR": "1"}, False),
        (_Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_whose_user_did_not_refuse_it(
    stream: io.StringIO, environment: dict[str, str], wanted: bool
) -> None:
    assert wants_colour(stream, environment) is wanted


def test_json_gives_every_field(root: Path, findings: list[Diagnostic]) -> None:
    assert json.loads(render(findings, format="json", root=root))[1:] == [
        {
            "code": "SL901",
            "name": "column-type-mismatch",
            "severity": "error",
            "message": "'fit' needs column 'ink' as float, 'clean' gives text",
            "subject": "digits/fit.train",
            "places": [
                {"file": "pipeline.py", "line": 7, "text": "needed here"},
                {"file": "contracts.py", "line": 100, "text": "promised here"},
            ],
            "expected": "float",
            "found": "text",
            "help": "give 'Scans.ink' the type float",
            "waived_by": "",
        },
        {
            "code": "SL902",
            "name": "unused-output",
            "severity": "warning",
            "message": "nothing reads 'halves'",
            "subject": "digits/halves",
            "places": [{"file": "pipeline.py", "line": 8, "text": ""}],
            "expected": "",
            "found": "",
            "help": "remove 'halves'",
            "waived_by": "vision until 2026-12-31: used by the next release",
        },
    ]


_SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas/sarif/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
)


def _sarif_run(findings: list[Diagnostic], root: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(findings, format="sarif", root=root))
    jsonschema.Draft4Validator(_SCHEMA).validate(log)  # pyright: ignore[reportUnknownMemberType]
    (run,) = log["runs"]
    return dict(run)


def test_sarif_gives_a_result_with_both_ends(root: Path, findings: list[Diagnostic]) -> None:
    run = _sarif_run(findings, root)
    assert run["results"][1] == {
        "ruleId": "SL901",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "'fit' needs column 'ink' as float, 'clean' gives text\n"
            "expected: float\nfound: text\nhelp: give 'Scans.ink' the type float"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "pipeline.py"},
                    "region": {"startLine": 7},
                },
                "message": {"text": "needed here"},
                "logicalLocations": [{"fullyQualifiedName": "digits/fit.train"}],
            }
        ],
        "relatedLocations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "contracts.py"},
                    "region": {"startLine": 100},
                },
                "message": {"text": "promised here"},
            }
        ],
        "partialFingerprints": run["results"][1]["partialFingerprints"],
        "suppressions": [],
    }
    assert run["results"][2]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "vision until 2026-12-31: used by the next release",
        }
    ]


def test_sarif_of_nothing_and_of_hostile_names_is_valid(root: Path, hostile: Diagnostic) -> None:
    assert _sarif_run([], root)["results"] == []
    (result,) = _sarif_run([hostile], root)["results"]
    uri = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%2Cb%3Ac%25%0A.py"


def test_sarif_describes_each_rule_that_was_broken_by_its_page_or_else_its_summary(
    root: Path, findings: list[Diagnostic]
) -> None:
    crash = internal_error("SL201", KeyError("ink"))
    rules = _sarif_run([*findings, crash], root)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SL100", "SL901", "SL902"]
    assert rules[0]["shortDescription"] == {"text": INTERNAL_ERROR.summary}
    assert rules[0]["fullDescription"]["text"].startswith("What that check looks for has not been looked for")
    assert rules[0]["help"]["markdown"].startswith("# SL100: internal-error\n")
    assert rules[2] == {
        "id": "SL902",
        "name": "unused-output",
        "shortDescription": {"text": "nothing reads an output"},
        "fullDescription": {"text": "nothing reads an output"},
        "defaultConfiguration": {"level": "warning"},
    }


def _fingerprints(findings: list[Diagnostic], root: Path) -> list[str]:
    results = _sarif_run(findings, root)["results"]
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]


def test_a_fingerprint_stays_when_the_line_moves_or_is_indented(
    root: Path, findings: list[Diagnostic]
) -> None:
    (before,) = _fingerprints(findings[2:], root)
    (root / "pipeline.py").write_text("#\n#\n#\n#\n  def clean( scans ) : ...\n")
    moved = evolve(findings[2], places=(Place(Origin("pipeline.py", 5)),))
    assert _fingerprints([moved], root) == [before]
    assert re.fullmatch(r"[0-9a-f]{16}:1", before)


def test_a_fingerprint_differs_by_rule_subject_line_and_repetition(
    root: Path, findings: list[Diagnostic]
) -> None:
    finding = findings[2]
    others = [
        evolve(finding, rule=_SLOW),
        evolve(finding, subject="digits/other"),
        evolve(finding, places=(Place(Origin("pipeline.py", 8)),)),
        evolve(finding, message="another message on the same line"),
    ]
    digests = dict(fingerprint.split(":") for fingerprint in _fingerprints([finding, *others], root))
    assert sorted(digests.values()) == ["1", "1", "1", "2"]


def test_sarif_keeps_the_most_severe_results_that_github_takes_and_says_so(root: Path) -> None:
    at = (Place(Origin("gone.py", 1)),)
    notes = [Diagnostic(rule=_SLOW, message=f"{n:05}", places=at, help="h") for n in range(25_000)]
    error = Diagnostic(rule=_WRONG_TYPE, message="z", places=(Place(Origin("last.py", 1)),), help="h")
    (run,) = json.loads(render([*notes, error, error], format="sarif", root=root))["runs"]
    assert len(run["results"]) == 25_000
    assert [result["level"] for result in run["results"][:3]] == ["error", "error", "note"]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == (
        "2 more findings are left out, since a SARIF run may hold 25,000"
    )


def test_github_annotates_the_primary_line_and_what_is_waived_as_notices(
    root: Path, findings: list[Diagnostic]
) -> None:
    assert render(findings, format="github", root=root) == (
        "::warning file=pipeline.py,line=3,title=SL902 unused-output::"
        "nothing reads 'clean'%0Ahelp: remove 'clean'\n"
        "::error file=pipeline.py,line=7,title=SL901 column-type-mismatch::"
        "'fit' needs column 'ink' as float, 'clean' gives text%0Apromised here: contracts.py:100%0A"
        "expected: float%0Afound: text%0Ahelp: give 'Scans.ink' the type float\n"
        "::notice file=pipeline.py,line=8,title=waived SL902 unused-output::"
        "nothing reads 'halves'%0Awaived by: vision until 2026-12-31: used by the next release\n"
    )


def test_github_escapes_properties_and_messages_as_the_runner_reads_them(root: Path) -> None:
    finding = Diagnostic(
        rule=_SLOW, message="100 %: a, b", places=(Place(Origin("a,b:c%.py", 0)),), help="50%0A"
    )
    assert render([finding], format="github", root=root) == (
        "::notice file=a%2Cb%3Ac%25.py,title=SL903 no-budget::100 %25: a, b%0Ahelp: 50%250A\n"
    )


def _many(rule: Rule, count: int) -> list[Diagnostic]:
    return [
        Diagnostic(rule=rule, message="m", places=(Place(Origin("p.py", n + 1)),), help="h")
        for n in range(count)
    ]


def test_github_gets_no_more_than_ten_of_a_kind_and_a_count_of_the_rest(root: Path) -> None:
    findings = [*_many(_WRONG_TYPE, 13), *_many(_UNUSED, 11), *_many(_SLOW, 11)]
    lines = render(findings, format="github", root=root).splitlines()
    kinds = [line.split()[0] for line in lines]
    assert {kind: kinds.count(kind) for kind in kinds} == {"::error": 10, "::warning": 10, "::notice": 10}
    assert lines[-1] == (
        "::notice title=stagelang::not shown here, since GitHub shows ten of a kind: "
        "3 more errors, 1 more warning, 2 more notes"
    )


def test_github_counts_waived_findings_that_it_does_not_show_and_keeps_its_lines_for_those_that_stand(
    root: Path,
) -> None:
    waived = [evolve(each, waived_by="vision") for each in _many(_UNUSED, 11)]
    lines = render([*waived, *_many(_SLOW, 2)], format="github", root=root).splitlines()
    assert [line.split("title=")[1].split("::")[0] for line in lines] == [
        *["SL903 no-budget"] * 2,
        *["waived SL902 unused-output"] * 7,
        "stagelang",
    ]
    assert lines[-1] == (
        "::notice title=stagelang::not shown here, since GitHub shows ten of a kind: 4 more waived findings"
    )


def test_github_is_told_nothing_where_nothing_is_found(root: Path) -> None:
    assert render([], format="github", root=root) == ""


def _suite(text: str) -> Any:
    """Read a JUnit file with a stranger's reader, which is typed in part only."""
    (suite,) = JUnitXml.fromstring(text.encode())
    return suite


def test_junit_has_a_failing_case_for_each_finding_and_skips_a_waived_one(
    root: Path, findings: list[Diagnostic]
) -> None:
    suite = _suite(render(findings, format="junit", root=root))
    unused, wrong_type, waived = suite
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == (
        "stagelang check",
        3,
        2,
        0,
        1,
    )
    assert (wrong_type.classname, wrong_type.name) == (
        "pipeline.py",
        "SL901 column-type-mismatch: 'fit' needs column 'ink' as float, 'clean' gives text",
    )
    assert [type(result) for result in wrong_type.result] == [Failure]
    failure = wrong_type.result[0]
    assert (failure.type, failure.text) == ("error SL901", _TEXT.split("\n\n")[1] + "\n")
    assert unused.is_failure
    assert [type(result) for result in waived.result] == [Skipped]
    assert waived.result[0].message == "waived by vision until 2026-12-31: used by the next release"


def test_junit_has_one_passing_case_where_nothing_is_found(root: Path) -> None:
    suite = _suite(render([], format="junit", root=root))
    (case,) = suite
    assert (suite.tests, suite.failures, case.name, case.is_passed) == (1, 0, "no findings", True)


def test_junit_keeps_hostile_names_as_text(root: Path, hostile: Diagnostic) -> None:
    tree = ET.fromstring(render([hostile], format="junit", root=root).encode())
    failure = tree.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == (r"a\x1b[31m\r\n::error::x%0A\u202e\x00</failure>]]>|`,:\ud800é")
