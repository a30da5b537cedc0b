"""Foretells what nodes depend on, before anything runs: by what is known of code, settings, environment and source files.

A node's forecast changes whenever its key may: it is the hash of the components that are known beforehand and of the forecasts of
what the node reads. Two equal forecasts promise equal keys; two different ones promise nothing, since an upstream that runs again may
give what it gave before.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.failure import NodeFailed
from stagelang_runtime.execute.key import components, key_of, label
from stagelang_runtime.execute.prepare import unreadable
from stagelang_runtime.inputs.errors import InputError
from stagelang_runtime.inputs.files import locate


def forecasts(plan: Plan, *, root: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Give the forecast of each node, by name, as 'sha256:<hex>'.

    A source that can't be read gets one that nothing else has, so that it is tried, and fails where its failure is told.

    Args:
        plan: the plan.
        root: the pipeline's folder.
        variables: the environment; a declared variable that isn't in it, such as a secret, counts as unset.
    """
    found: dict[str, str] = {}
    for node in plan.nodes:
        reads = {f"forecast {label(bound)}": f"{found[bound.node]} {bound.output}" for bound in node.inputs}
        known = components(plan, node, (), source_files=_files(node, root), variables=variables)
        found[node.name] = key_of(known | reads)
    return found


def _files(node: Node, root: Path) -> Mapping[str, str]:
    if node.source is None:
        return {}
    try:
        return {file.name: file.digest for file in locate(node.source, root)}
    except InputError as error:
        return {str(NodeFailed(unreadable(node, error))): uuid.uuid4().hex}
