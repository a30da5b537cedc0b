"""What each command prints, writes and gives as its exit code."""

from __future__ import annotations

import json
import os
import stat
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stagelang_compiler.checks import RULES
from tests.stagelang_backends.cli.conftest import SPEC, Call, at_rest

FAULT = SPEC.replace("test=0.5", "test=1.5")


# check


def test_check_says_what_a_right_pipeline_holds(folder: Path, call: Call) -> None:
    assert call("check") == (0, "no findings\nrides: 4 nodes, 1 contract, 1 metric, 1 gate\n", "")


def test_check_prints_findings_and_fails(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text(FAULT)
    said = call("check")
    assert (said.code, said.err) == (1, "")
    assert said.out == (
        "error[SL616]: 'split_paid' asks for parts of 1.5\n"
        "  --> pipeline.py:20\n"
        "   |\n"
        '20 | halves = split(paid(source(Rides, "rides.csv")), by=Rides.ride, test=1.5)\n'
        "   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "   |\n"
        "  expected: shares above 0 whose sum is below 1\n"
        "  help: leave a share for training\n"
        "\n"
        "found 1 error\n"
        "to learn more: stagelang explain SL616\n"
    )
    assert call("check", "--exit-zero").code == 0


def test_check_and_plan_say_what_is_left_to_a_gate_in_the_run(folder: Path, call: Call) -> None:
    text = SPEC.replace("def paid(rides: Table[Rides]", "def paid(rides: Table[Paid]").replace(
        "@stage\n",
        "class Paid(Contract, closed=True):\n    ride: Column[float]\n    fare: Column[float]\n\n\n@stage\n",
    )
    (folder / "pipeline.py").write_text(text.replace('"rides.csv")', '"rides.csv").as_contract(Paid)'))
    assert call("check").out == (
        "no findings\n"
        "can't be told from the declarations, so gates judge it in the run:\n"
        "  'rides' of 'paid': no columns but ride, fare, promised columns that it doesn't name\n"
        "  'rides' of 'paid': ride: float, promised int\n"
        "rides: 4 nodes, 2 contracts, 1 metric, 1 gate\n"
    )
    unknown = "ride: float, promised int; no columns but ride, fare, promised columns that it doesn't name"
    assert f"    rides <- rides as Paid (to be gated: {unknown})\n" in call("plan").out


def test_check_in_json_and_sarif_names_the_rule_and_the_line(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text("print('noise')\n" + FAULT)
    (finding,) = json.loads(call("check", "--format", "json").out)
    assert (finding["code"], finding["severity"]) == ("SL616", "error")
    (run,) = json.loads(call("check", "--format", "sarif").out)["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "SL616"
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("pipeline.py", 21)


def test_check_for_github_and_junit(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text(FAULT)
    assert call("check", "--format", "github").out.startswith("::error file=pipeline.py,line=20,title=SL616")
    suite = ET.fromstring(call("check", "--format", "junit").out)
    assert [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None] != []


def test_check_with_data_looks_at_the_sources(folder: Path, call: Call) -> None:
    assert call("check", "--data").code == 0
    (folder / "rides.csv").write_text("ride,fair\n1,2\n")
    said = call("check", "--data")
    assert said.code == 1
    assert "fare" in said.out
    (folder / "rides.csv").unlink()
    said = call("check", "--data")
    assert said.code == 1
    assert "error: source 'rides': " in said.out


# lineage


def test_lineage_says_what_each_column_is_made_of(folder: Path, call: Call) -> None:
    assert call("lineage").out == (
        "rides: ride  (source)\n"
        "rides: fare  (source)\n"
        "paid: ride <- rides: ride  (read)\n"
        "paid: fare <- rides: fare  (read)\n"
        "paid: (which rows) <- rides: *  (read)\n"
        "split_paid.train: ride <- paid: ride  (kept)\n"
        "split_paid.train: fare <- paid: fare  (kept)\n"
        "split_paid.test: ride <- paid: ride  (kept)\n"
        "split_paid.test: fare <- paid: fare  (kept)\n"
        "fare: (metric) <- split_paid.test: fare  (read)\n"
    )
    assert call("lineage", "--of", "fare").out.splitlines()[0] == "rides: fare  (source)"
    assert "ride" not in {
        line.split(": ")[1].split(" ")[0] for line in call("lineage", "--of", "fare").out.splitlines()
    }


def test_lineage_in_json_names_node_output_and_column(folder: Path, call: Call) -> None:
    found = json.loads(call("lineage", "--format", "json", "--of", "paid:fare").out)
    assert found == {
        "pipeline": "rides",
        "columns": [
            {"node": "rides", "output": "out", "column": "fare", "how": "source", "of": []},
            {
                "node": "paid",
                "output": "out",
                "column": "fare",
                "how": "read",
                "of": [{"node": "rides", "output": "out", "column": "fare"}],
            },
        ],
    }


def test_lineage_is_drawn_with_a_box_for_each_column(folder: Path, call: Call) -> None:
    dot = call("lineage", "--format", "dot", "--of", "fare").out
    assert dot.startswith("digraph")
    assert call("lineage", "--format", "svg", "--of", "fare").out.count("<g ") > 4
    assert "n1 --> n2" in call("lineage", "--format", "mermaid", "--of", "paid:fare").out


def test_lineage_of_what_is_not_there_says_what_is_meant(folder: Path, call: Call) -> None:
    said = call("lineage", "--of", "paid:fair")
    assert (said.code, said.err) == (2, "error: 'paid' has no column 'fair'\n  help: did you mean 'fare'?\n")
    assert "has no node 'payed'\n  help: did you mean 'paid'?" in call("lineage", "--of", "payed").err


# plan


def test_plan_prints_text_json_and_the_schema_that_the_json_keeps_to(folder: Path, call: Call) -> None:
    text, raw, schema = (call("plan", "--format", each) for each in ("text", "json", "schema"))
    assert [each.code for each in (text, raw, schema)] == [0, 0, 0]
    assert text.out.startswith("pipeline rides  seed 1\n\ncontract Rides  ")
    validator: Any = jsonschema.Draft202012Validator(json.loads(schema.out))
    validator.validate(json.loads(raw.out))
    assert raw.out.count("\n") == 1


def test_plan_of_a_faulty_pipeline_prints_findings_to_the_standard_error(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text(FAULT)
    said = call("plan")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error[SL616]")


def test_plan_knows_the_pipelines_of_a_file_by_name(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text(SPEC + 'other = Pipeline("other", seed=2, metrics=[price])\n')
    assert call("plan").code == 1
    assert call("plan", "--pipeline", "other").out.startswith("pipeline other  seed 2\n")
    said = call("plan", "--pipeline", "othre")
    assert "error[SL106]: 'pipeline.py' declares no pipeline 'othre'" in said.err
    assert "did you mean 'other'?" in said.err


# explain


def test_explain_lists_all_rules(call: Call) -> None:
    said = call("explain")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == [rule.code for rule in RULES]


@pytest.mark.parametrize("word", ["SL616", "sl616", "bad-share"])
def test_explain_takes_a_code_or_a_name(call: Call, word: str) -> None:
    said = call("explain", word)
    assert said.code == 0
    assert "SL616" in said.out
    assert "bad-share" in said.out


def test_explain_of_an_unknown_rule_is_wrong_usage(call: Call) -> None:
    said = call("explain", "SL6166")
    assert (said.code, said.out) == (2, "")
    assert "did you mean 'SL616'?" in said.err


# compile


def test_compile_writes_files_once_and_says_so(folder: Path, call: Call) -> None:
    assert call("compile") == (0, "wrote build/local/run.py\nwrote build/local/plan.json\n", "")
    assert call("compile") == (0, "unchanged build/local/run.py\nunchanged build/local/plan.json\n", "")
    assert (folder / "build/local/run.py").stat().st_mode & stat.S_IXUSR
    assert not (folder / "build/local/plan.json").stat().st_mode & stat.S_IXUSR


def test_compile_names_the_way_back_from_another_folder(folder: Path, call: Call) -> None:
    assert call("compile", "-o", "deep/er/out").code == 0
    assert 'root=here / "../../.."' in (folder / "deep/er/out/run.py").read_text()


def test_compile_check_shows_what_is_stale_and_writes_nothing(folder: Path, call: Call) -> None:
    said = call("compile", "--check")
    assert said.code == 1
    assert said.err == "error: 2 of 2 files are stale\n  help: compile again without --check\n"
    assert not (folder / "build").exists()
    call("compile")
    assert call("compile", "--check") == (0, "all 2 files are up to date\n", "")
    script = folder / "build" / "local" / "run.py"
    script.write_text(script.read_text().replace("do not edit", "edited"))
    said = call("compile", "--check")
    assert said.code == 1
    assert said.err == "error: 1 of 2 files are stale\n  help: compile again without --check\n"
    assert said.out.splitlines()[:7] == [
        "--- build/local/run.py (there)",
        "+++ build/local/run.py (compiled)",
        "@@ -1,3 +1,3 @@",
        " #!/usr/bin/env python3",
        "-# Generated by stagelang from pipeline.py: edited, compile again.",
        "+# Generated by stagelang from pipeline.py: do not edit, compile again.",
        " # plan " + said.out.splitlines()[6].removeprefix(" # plan "),
    ]
    assert "edited" in script.read_text()


def test_compile_check_of_an_edited_spec_is_stale(folder: Path, call: Call) -> None:
    call("compile")
    (folder / "pipeline.py").write_text(SPEC.replace("least: float = 1.0", "least: float = 2.0"))
    assert call("compile", "--check").code == 1
    call("compile")
    assert call("compile", "--check").code == 0


# run, why


def test_run_says_what_ran_and_then_that_nothing_changed(folder: Path, call: Call) -> None:
    at_rest(folder)
    first = call("run", "-j", "1")
    assert first.code == 0
    assert "\nrides: pass  (4 ran in " in first.out
    again = call("run")
    assert again.code == 0
    assert again.out.startswith("rides: pass  (nothing changed: all 4 nodes are up to date)\n")


def test_a_dry_run_says_why_and_runs_nothing(folder: Path, call: Call) -> None:
    said = call("run", "--dry-run")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "4 of 4 nodes would run"
    assert call("run", "--dry-run", "--exit-code").code == 1
    call("run")
    said = call("run", "--dry-run", "--exit-code")
    assert (said.code, said.out.splitlines()[-1]) == (0, "all 4 nodes are up to date")
    (folder / "pipeline.py").write_text(SPEC.replace('"rides.csv"))', '"rides.csv"), least=2.0)'))
    said = call("run", "--dry-run", "--exit-code")
    assert said.code == 1
    assert said.out.splitlines()[1:] == [
        "paid: would run: parameter least changed: 1.0 -> 2.0",
        "split_paid: may run: its input from paid may change",
        "fare: may run: its input from split_paid may change",
        "3 of 4 nodes would run",
    ]


def test_why_names_the_first_difference_old_and_new(folder: Path, call: Call) -> None:
    assert call("why", "paid").out == "paid: would run: it had never run\n"
    call("run")
    (folder / "pipeline.py").write_text(SPEC.replace('"rides.csv"))', '"rides.csv"), least=2.0)'))
    assert call("why", "paid") == (0, "paid: would run: parameter least changed: 1.0 -> 2.0\n", "")


def test_why_of_an_unknown_node_names_the_nearest(folder: Path, call: Call) -> None:
    assert call("why", "payd") == (
        2,
        "",
        "error: pipeline 'rides' has no node 'payd'\n  help: did you mean 'paid'?\n",
    )
    assert call("why", "x") == (
        2, "", "error: pipeline 'rides' has no node 'x'\n  help: name one of: rides, paid, split_paid, fare\n"
    )  # fmt: skip


def test_a_failed_gate_gives_1_and_a_failed_stage_gives_3(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text(SPEC.replace("at_most(5", "at_most(1"))
    said = call("run")
    assert said.code == 1
    assert "rides: fail" in said.out
    (folder / "pipeline.py").write_text(SPEC.replace("rides.pandas.query", "rides.pandas.quarry"))
    said = call("run")
    assert said.code == 3
    assert "quarry" in said.out + said.err


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_wrong_number_of_jobs_is_wrong_usage(folder: Path, call: Call, jobs: str) -> None:
    said = call("run", f"--jobs={jobs}")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: argument -j/--jobs: ")
    assert not (folder / ".stagelang").exists()


def test_commands_take_a_pipeline_of_another_folder(folder: Path, call: Call) -> None:
    (folder / "elsewhere").mkdir()
    os.chdir(folder / "elsewhere")
    assert call("check", "../pipeline.py").code == 0
    assert call("compile", "../pipeline.py").code == 0
    assert (folder / "build" / "local" / "run.py").is_file()
    assert list((folder / "elsewhere").iterdir()) == []
