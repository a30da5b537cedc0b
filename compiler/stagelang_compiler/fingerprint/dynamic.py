"""Knows the ways to reach code that no name in the source stands for."""

from __future__ import annotations

from typing import Final

from stagelang_compiler.fingerprint.references import ANY

_BUILTINS: Final = frozenset({"exec", "eval", "__import__", "globals"})
_OPEN: Final = (
    "builtins.__import__", "builtins.eval", "builtins.exec", "builtins.globals", "cloudpickle", "code", "dill",
    "gc.get_objects", "gc.get_referrers", "imp", "importlib", "inspect.currentframe", "inspect.getmodule",
    "inspect.stack", "joblib.load", "pandas.read_pickle", "pickle.Unpickler", "pickle.load", "pickle.loads", "pkgutil",
    "runpy", "shelve", "sys._getframe", "sys.modules", "torch.load", "types.FunctionType",
)  # fmt: skip
_CLOSED: Final = ("importlib.metadata", "importlib.resources")
_ROOTS: Final = frozenset(name.partition(".")[0] for name in _OPEN)


def is_dynamic(dotted: str) -> bool:
    """Say whether a name outside the project can reach first-party code by text: imports, frames, unpickling."""
    root, _, rest = dotted.partition(".")
    if root not in _ROOTS or _starts(dotted, _CLOSED):
        return False
    return rest.startswith(ANY) or _starts(dotted, _OPEN)


def is_dynamic_builtin(name: str) -> bool:
    """Say the same of a builtin function."""
    return name in _BUILTINS


def _starts(dotted: str, names: tuple[str, ...]) -> bool:
    return any(dotted == name or dotted.startswith(f"{name}.") for name in names)
