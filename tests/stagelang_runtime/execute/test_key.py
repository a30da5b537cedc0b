"""A key holds what a node computes, component by component, and nothing of where."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from stagelang_runtime.execute.key import Artifact, Read, components, key_of
from tests.stagelang_runtime.execute.conftest import ORIGIN, metric, sha

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project


@pytest.fixture
def known(project: Project) -> Project:
    project.contract("Rows", p.Column(name="k", type="int", origin=ORIGIN))
    project.node("made", gives="table", promises={"out": "Rows"})
    project.stage("fit", env=("B", "A"), digest="sha256:code")
    project.node(
        "fit",
        reads={"rows": "made", "more": ["made"]},
        params={"c": {"float": "1.0"}, "a": "x" * 300},
        needs={"rows": "Rows", "more": "Rows"},
        seed=9,
    )
    return project


def components_of(project: Project, name: str = "fit", **said: Any) -> dict[str, str]:
    node = project.nodes[name]
    artifact = Artifact(
        node="made", port="out", kind="table", codec="parquet", content="sha256:1", object="sha256:2", size=3
    )
    reads = [Read(input=bound, artifact=artifact) for bound in node.inputs]
    return components(project.plan, node, reads, **{"source_files": {}, "variables": {"A": "1"}, **said})


def test_all_components_stand_in_the_order_in_which_they_are_compared(known: Project) -> None:
    found = components_of(known)
    digest = known.contracts["Rows"].digest
    assert list(found.items())[:11] == [
        ("format", "1"),
        ("kind", "stage"),
        ("code", "sha256:code"),
        ("parameter a", "sha256:" + hashlib.sha256(b'"' + b"x" * 300 + b'"').hexdigest()),
        ("parameter c", '{"float":"1.0"}'),
        ("seed", "9"),
        ("contract of input rows", digest),
        ("contract of input more[0]", digest),
        ("storage of output out", '["value","",""]'),
        ("variable A", "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"),
        ("variable B", "unset"),
    ]
    assert list(found.items())[12:] == [("input rows", "sha256:1"), ("input more[0]", "sha256:1")]


@pytest.mark.parametrize("field", ["name", "id", "owner", "scope", "origin"])
def test_names_places_and_owners_change_no_key(known: Project, field: str) -> None:
    before = key_of(components_of(known))
    changed: dict[str, Any] = {field: evolve(ORIGIN, line=77) if field == "origin" else sha("other")}
    known.nodes["fit"] = evolve(known.nodes["fit"], **changed)
    assert key_of(components_of(known)) == before


def test_a_declared_variable_is_hashed_and_not_shown(known: Project) -> None:
    found = components_of(known, variables={"A": "a secret", "PATH": "/home/me"})
    assert "a secret" not in str(found)
    assert "/home/me" not in str(found)
    assert found["variable A"] != components_of(known)["variable A"]


def test_the_column_that_groups_a_metrics_rows_is_part_of_its_key(known: Project) -> None:
    known.node("measured", reads={"rows": "made"}, gives="metric", kind="metric")
    known.metrics.append(metric("measured"))
    before = components_of(known, "measured")
    known.metrics[0] = metric("measured", cluster="k")
    after = components_of(known, "measured")
    assert (before["measure"], after["measure"]) == ('[1,"",{}]', '[1,"k",{}]')


def test_the_key_columns_that_name_a_metrics_rows_are_part_of_its_key(known: Project) -> None:
    known.contract("Rows", p.Column(name="k", type="int", key=True, origin=ORIGIN))
    known.node("measured", reads={"rows": "made"}, gives="metric", kind="metric")
    known.metrics.append(metric("measured"))
    assert components_of(known, "measured")["measure"] == '[1,"",{"rows":["k"]}]'


def test_a_stage_that_is_always_run_has_a_new_key_each_time(known: Project) -> None:
    known.recode("fit", always_run=True)
    assert key_of(components_of(known)) != key_of(components_of(known))


def test_a_sources_files_are_part_of_its_key_and_its_seed_is_not(known: Project) -> None:
    source = p.Source(location="data/*.csv", format="csv")
    known.node("rows", gives="table", promises={"out": "Rows"}, kind="source", source=source)
    found = components_of(known, "rows", source_files={"data/b.csv": "sha256:b", "data/a.csv": "sha256:a"})
    assert list(found) == [
        "format",
        "kind",
        "source",
        "source file data/a.csv",
        "source file data/b.csv",
        "contract of output out",
        "storage of output out",
    ]
