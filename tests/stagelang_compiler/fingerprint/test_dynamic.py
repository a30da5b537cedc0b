"""Code that no name stands for: the fingerprint widens, and says where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stagelang_compiler.fingerprint import first_difference

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

ALL = "all first-party code counts"
WIDENING = {
    "getattr on a module": (
        "import helpers\ndef embed(name):\n    return getattr(helpers, name)()\n",
        f"pipeline.py:3: 'helpers' is asked for a name that is chosen at run time; {ALL}",
    ),
    "importlib": (
        "import importlib as il\ndef embed(name):\n    return il.import_module(name)\n",
        f"pipeline.py:3: 'importlib.import_module' can reach any code; {ALL}",
    ),
    "import_module by name": (
        "from importlib import import_module\ndef embed(name):\n    return import_module(name)\n",
        f"pipeline.py:3: 'importlib.import_module' can reach any code; {ALL}",
    ),
    "__import__": (
        "def embed(name):\n    return __import__(name)\n",
        f"pipeline.py:2: '__import__' can reach any code; {ALL}",
    ),
    "exec": ("def embed(text):\n    exec(text)\n", f"pipeline.py:2: 'exec' can reach any code; {ALL}"),
    "eval": ("def embed(text):\n    return eval(text)\n", f"pipeline.py:2: 'eval' can reach any code; {ALL}"),
    "globals": (
        "def embed(name):\n    return globals()[name]\n",
        f"pipeline.py:2: 'globals' can reach any code; {ALL}",
    ),
    "sys.modules": (
        "import sys\ndef embed(name):\n    return sys.modules[name]\n",
        f"pipeline.py:3: 'sys.modules' can reach any code; {ALL}",
    ),
    "unpickling": (
        "import pickle\ndef embed(data):\n    return pickle.loads(data)\n",
        f"pipeline.py:3: 'pickle.loads' can reach any code; {ALL}",
    ),
    "subclasses": (
        "class Base: ...\ndef embed():\n    return Base.__subclasses__()\n",
        f"pipeline.py:3: '__subclasses__' gives access to code by no name; {ALL}",
    ),
    "in a helper": (
        "from more import choose\ndef embed(name):\n    return choose(name)\n",
        f"more.py:2: 'eval' can reach any code; {ALL}",
    ),
    "at the top of a module": (
        "import top\ndef embed():\n    return 1\n",
        f"top.py:1: 'exec' can reach any code; {ALL}",
    ),
}
OTHERS = {
    "helpers.py": "def clean():\n    '''Clean.'''\n    return 1\n",
    "more.py": "def choose(name):\n    return eval(name)\n",
    "top.py": "exec('x = 1')\n",
    "deep/plugin.py": "def run():\n    return 1\n",
    "broken.py": "def (:\n",
    "env/pyvenv.cfg": "",
    "env/bin/activate_this.py": "PATH = 1\n",
    ".venv/lib/site-packages/other.py": "def run():\n    return 1\n",
}


@pytest.mark.parametrize(("source", "why"), WIDENING.values(), ids=WIDENING)
def test_dynamic_code_counts_everything_and_says_so(folder: Folder, source: str, why: str) -> None:
    folder.write({**OTHERS, "pipeline.py": source})
    before = folder.take()
    assert why in before.conservative
    folder.edit("deep/plugin.py", "return 1", "return 2")
    after = folder.take()
    assert first_difference(before, after) == "dynamic code may use deep/plugin.py changed"
    folder.edit("broken.py", "(:", "(::")
    assert first_difference(after, folder.take()) == "file broken.py changed"


def test_wide_is_not_wider_than_it_must_be(folder: Folder) -> None:
    declared = "from stagelang import stage\n@stage(owner='a')\ndef other(x: int) -> int: return x\nmade = other(x=1)\n"
    folder.write({**OTHERS, "pipeline.py": f"{declared}def embed(text):\n    return eval(text)\n"})
    before = folder.take()
    folder.edit("helpers.py", "'''Clean.'''", "'''Clean up.'''  # so")
    folder.edit("pipeline.py", "owner='a'", "owner='b'")
    folder.edit("pipeline.py", "other(x=1)", "other(x=2)")
    folder.edit("env/bin/activate_this.py", "PATH = 1", "PATH = 2")
    folder.edit(".venv/lib/site-packages/other.py", "return 1", "return 2")
    assert folder.take().digest == before.digest


def test_a_module_that_is_used_as_a_value_counts_whole_but_alone(folder: Folder) -> None:
    folder.write(
        {
            **OTHERS,
            "pipeline.py": "import helpers\nTOOLS = [helpers]\ndef embed():\n    return TOOLS[0].clean()\n",
        }
    )
    before = folder.take()
    assert before.conservative == ("pipeline.py:2: module 'helpers' is used as a value; all of it counts",)
    folder.edit("deep/plugin.py", "return 1", "return 2")
    assert folder.take().digest == before.digest
    folder.edit("helpers.py", "return 1", "return 2")
    assert first_difference(before, folder.take()) == "helper helpers.py:clean changed"


STATIC = {
    "getattr on an installed module": "import math\ndef embed(name):\n    return getattr(math, name)\n",
    "getattr on an object": "def embed(row, name):\n    return getattr(row, name)\n",
    "getattr with a constant": "import helpers\ndef embed():\n    return getattr(helpers, 'clean')()\n",
    "a local variable called eval": "def embed(eval):\n    return eval(1)\n",
    "a function of the project's own called exec": "def exec(x): return x\ndef embed(x):\n    return exec(x)\n",
    "a method called eval": "def embed(model):\n    return model.eval()\n",
    "versions of installed packages": (
        "import importlib.metadata\ndef embed():\n    return importlib.metadata.version('attrs')\n"
    ),
    "a module's own name and file": "import helpers\ndef embed():\n    return helpers.__name__, __file__\n",
}


@pytest.mark.parametrize("source", STATIC.values(), ids=STATIC)
def test_what_only_looks_dynamic_does_not_widen(folder: Folder, source: str) -> None:
    folder.write({**OTHERS, "pipeline.py": source})
    assert folder.take().conservative == ()
