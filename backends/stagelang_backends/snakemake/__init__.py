"""The snakemake target: a Snakefile with one rule a stage, and profiles for this machine and for Slurm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, final

import attrs
from attrs import frozen

from stagelang_backends.protocol import CannotEmit, EmitOptions, Engine
from stagelang_backends.render import render
from stagelang_backends.snakemake.names import clashes
from stagelang_backends.snakemake.profiles import local_profile, slurm_profile
from stagelang_backends.snakemake.rules import MIB_BESIDE, Rule, rules_of
from stagelang_backends.snakemake.settings import read_settings
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps, text_digest

INSTALL = "pip install 'snakemake>=9' 'snakemake-executor-plugin-slurm>=2'"
ENGINE = Engine(name="Snakemake", program="snakemake", install=INSTALL)


@final
@frozen
class SnakemakeBackend:
    """Emits `Snakefile`, `nodes.json`, `plan.json` and `profiles/`."""

    name: str = "snakemake"
    summary: str = "a Snakefile, for Slurm and other batch systems that hold each stage to its resources"
    engine: Engine = ENGINE

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the Snakefile, its table of nodes, the plan, and the profiles. Raises CannotEmit, WrongSettings."""
        problems = tuple(clashes(plan))
        if problems:
            raise CannotEmit(problems)
        settings = read_settings(options.settings)
        text = dumps(plan)
        digest = text_digest(text)
        rules = rules_of(plan)
        snakefile = render(
            "snakemake/Snakefile.j2",
            plan=plan,
            digest=digest,
            to_root=options.to_root.as_posix(),
            rules=rules,
            beside=MIB_BESIDE,
            install=INSTALL,
        )
        return {
            PurePosixPath("Snakefile"): snakefile,
            PurePosixPath("nodes.json"): "\n".join(_table(digest, rules)) + "\n",
            PurePosixPath("plan.json"): text,
            PurePosixPath("profiles/local/config.yaml"): local_profile(),
            PurePosixPath("profiles/slurm/config.yaml"): slurm_profile(settings.slurm),
        }

    def settings(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what holds of `[tool.stagelang.snakemake]`. Raises WrongSettings."""
        return attrs.asdict(read_settings(table))


def _table(digest: str, rules: Iterable[Rule]) -> Iterator[str]:
    """Write the nodes of each rule and what each reads, a node a line so that a review shows what changed."""
    yield "{"
    yield f' "plan": {json.dumps(digest)},'
    yield ' "rules": {'
    yield ",\n".join(f"  {json.dumps(rule.name)}: {{\n{_nodes(rule)}\n  }}" for rule in rules)
    yield " }"
    yield "}"


def _nodes(rule: Rule) -> str:
    return ",\n".join(f"   {json.dumps(node)}: {json.dumps(reads)}" for node, reads in rule.nodes.items())


BACKEND = SnakemakeBackend()
