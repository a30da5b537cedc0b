"""What is emitted for Snakemake: rules by stage, names that it can carry, resources in its measures, settings of a site."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stagelang_backends.protocol import CannotEmit, EmitOptions, WrongSettings
from stagelang_backends.snakemake import BACKEND
from stagelang_backends.snakemake.names import rule_names
from stagelang_backends.snakemake.profiles import slurm_profile
from stagelang_backends.snakemake.rules import rules_of
from stagelang_backends.snakemake.settings import read_settings
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan

HEAD = """\
from stagelang import Column, Contract, Pipeline, Resources, Table, column, scope, source, stage

class Rows(Contract):
    row: Column[int] = column(key=True)

@stage{options}
def keep(rows: Table[Rows]) -> Table[Rows]:
    return rows.derive(Rows, rows.pandas)

rows = source(Rows, "rows.csv", name={name!r})
"""


def _plan(folder: Path, body: str, *, options: str = "", name: str = "rows") -> Plan:
    (folder / "pipeline.py").write_text(HEAD.format(options=options, name=name) + body)
    result = check_file(folder / "pipeline.py")
    assert result.plan is not None, result
    return result.plan


def _emitted(plan: Plan, **settings: Any) -> dict[str, str]:
    options = EmitOptions(to_root=PurePosixPath("../.."), settings=settings)
    return {path.as_posix(): text for path, text in BACKEND.emit(plan, options).items()}


VARIANTS = """
outputs = []
for number in range(COUNT):
    with scope(f"v{number}"):
        outputs.append(keep(rows))
pipeline = Pipeline("many", seed=1, outputs=outputs)
"""


def test_the_snakefile_is_as_long_for_many_variants_as_for_one(tmp_path: Path) -> None:
    one, many = (
        _emitted(_plan(tmp_path, VARIANTS.replace("COUNT", count)))["Snakefile"] for count in ("1", "100")
    )
    assert re.sub(r"sha256:\w+|\d+ nodes", "", one) == re.sub(r"sha256:\w+|\d+ nodes", "", many)
    assert many.count("\nrule ") == 3
    assert len(many) < 5000


def test_the_table_has_a_line_for_each_node(tmp_path: Path) -> None:
    table = _emitted(_plan(tmp_path, VARIANTS.replace("COUNT", "2")))["nodes.json"]
    assert table.splitlines()[2:] == [
        ' "rules": {',
        '  "source": {',
        '   "rows": []',
        "  },",
        '  "keep": {',
        '   "v0/keep": ["rows"],',
        '   "v1/keep": ["rows"]',
        "  }",
        " }",
        "}",
    ]
    assert json.loads(table)["rules"]["keep"] == {"v0/keep": ["rows"], "v1/keep": ["rows"]}


def test_a_stages_resources_are_given_in_snakemakes_measures(tmp_path: Path) -> None:
    options = '(resources=Resources(cpus=3, memory="1GB", gpus=2, time="90s", attempts=4))'
    plan = _plan(tmp_path, 'pipeline = Pipeline("one", seed=1, outputs=[keep(rows)])', options=options)
    snakefile = _emitted(plan)["Snakefile"]
    assert (
        snakefile.partition("\nrule keep:\n")[2].partition("\n\n")[0]
        == """\
    input:
        reads,
    output:
        "notes/{node}.json",
    wildcard_constraints:
        node=nodes_of("keep"),
    log:
        "logs/{node}.log",
    threads: 3
    resources:
        attempt=attempt,
        mem_mb=mib(954),
        gpu=2,
        runtime=3,
    retries: tries(4)
    shell:
        RUN_NODE"""
    )
    source, keep = rules_of(plan)
    assert (source.threads, source.mib, source.gpus, source.minutes, source.attempts) == (1, None, 0, None, 1)
    assert (keep.threads, keep.mib, keep.gpus, keep.minutes, keep.attempts) == (3, 954, 2, 3, 4)


@pytest.mark.parametrize("ending", ["json", "out", "failed", "log"])
def test_a_node_whose_folder_would_be_anothers_file_is_refused(tmp_path: Path, ending: str) -> None:
    body = f'with scope("rows.{ending}"):\n    kept = keep(rows)\npipeline = Pipeline("p", seed=1, outputs=[kept])\n'
    with pytest.raises(CannotEmit) as refused:
        _emitted(_plan(tmp_path, body))
    assert str(refused.value) == (
        f"node 'rows.{ending}/keep' can't lie beside node 'rows': 'rows.{ending}' would have to be a folder and a file of 'rows'\n"
        "  --> pipeline.py:12\n"
        f"  help: call it 'rows_{ending}/keep', with .named(...), name=... or another scope(...)"
    )


def test_rules_are_named_after_stages_and_never_alike() -> None:
    assert rule_names(["fit", "a-b", "a_b", "a.b", "all", "class", "1st"]) == {
        "fit": "fit",
        "a-b": "a_b_2",
        "a_b": "a_b",
        "a.b": "a_b_3",
        "all": "all_2",
        "class": "class_2",
        "1st": "_1st",
    }


@given(st.lists(st.text("ab1_.-", min_size=1), unique=True))
def test_every_name_has_a_rule_of_its_own(names: list[str]) -> None:
    found = rule_names(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(each.isidentifier() for each in found.values())


def test_a_sites_resources_stand_in_the_profile(tmp_path: Path) -> None:
    settings = read_settings({"slurm": {"slurm_account": "a: #b", "mem_mb": 4000, "qos": "high"}})
    reader: Any = YAML(typ="safe")
    profile = reader.load(slurm_profile(settings.slurm))
    assert profile["default-resources"] == {
        "mem_mb": 4000,
        "runtime": 60,
        "slurm_account": "a: #b",
        "qos": "high",
    }
    assert (profile["executor"], profile["keep-going"], profile["rerun-incomplete"]) == ("slurm", True, True)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"account": "x"}, "[tool.stagelang.snakemake] holds 'account', which means nothing"),
        ({"slurm": "x"}, "[tool.stagelang.snakemake] slurm is 'x'"),
        ({"slurm": {"mem_mb": 1.5}}, "[tool.stagelang.snakemake.slurm] mem_mb is 1.5"),
        ({"slurm": {"a b": "x"}}, "[tool.stagelang.snakemake.slurm] a b is 'x'"),
        ({"slurm": {"requeue": True}}, "[tool.stagelang.snakemake.slurm] requeue is True"),
    ],
)
def test_settings_that_mean_nothing_are_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        read_settings(table)
    assert str(refused.value).partition("\n  help: ")[0] == said
