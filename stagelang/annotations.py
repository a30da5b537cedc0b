"""Annotations as types, whether Python evaluated them when it met them or left them as text."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Mapping
from typing import Any


def resolved(annotation: Any, names: dict[str, Any], local: Mapping[str, Any]) -> Any:
    """Evaluate an annotation, quoted parts of it too: names are looked up in `local`, then in `names`.

    Raises:
        Exception: whatever evaluating it raises; a name that isn't there is a NameError.
    """
    if _is_evaluated(annotation):
        return annotation
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, names, local)["it"]


def _is_evaluated(annotation: Any) -> bool:
    """Tell of the usual annotations, quickly, that they are made of classes only; no is no answer."""
    if isinstance(annotation, type):
        return True
    return isinstance(typing.get_origin(annotation), type) and all(
        map(_is_evaluated, typing.get_args(annotation))
    )


def module_names(owner: Any) -> dict[str, Any]:
    """Give the names of the module in which a class was written."""
    module = sys.modules.get(owner.__module__)
    return vars(module) if module is not None else {}
