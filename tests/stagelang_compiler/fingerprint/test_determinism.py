"""One project, one digest: for every Python, hash seed, folder, working directory, order, and way of starting."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stagelang_compiler.fingerprint import Fingerprinter
from tests.stagelang_compiler.fingerprint.test_mutations import FILES

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

PYTHONS = ("3.11", "3.12", "3.13")
TAKE = """
import json, sys
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
import pipeline
from stagelang_compiler.fingerprint import Fingerprinter
printer = Fingerprinter(root)
for name in sys.argv[2:]:
    printed = printer.fingerprint(getattr(pipeline, name))
    print(json.dumps([name, printed.digest, [f"{c.kind} {c.name} {c.digest} {c.origin}" for c in printed.components]]))
"""


def interpreter(version: str) -> Path | None:
    """Find a Python of a minor version: on the path, or among pyenv's."""
    on_path = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*sorted(pyenv.glob(f"{version}.*/bin/python")), *([Path(on_path)] if on_path else [])]
    for each in found:
        asked = [str(each), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return each
    return None


def import_path() -> str:
    """Give the folders of the packages that the fingerprints need; all of them are pure Python."""
    names = ("stagelang", "stagelang_compiler", "attrs", "typing_extensions")
    origins = [importlib.util.find_spec(name) for name in names]
    files = [Path(each.origin) for each in origins if each is not None and each.origin is not None]
    folders = [file.parent.parent if file.name == "__init__.py" else file.parent for file in files]
    return os.pathsep.join(dict.fromkeys(str(folder) for folder in folders))


def taken(
    root: Path, *names: str, python: Path | None = None, cwd: Path | None = None, seed: str = "0"
) -> list[object]:
    """Take fingerprints in a fresh process."""
    command = [python or sys.executable, "-B", "-c", TAKE, str(root), *(names or ("embed", "decide"))]
    environment = {**os.environ, "PYTHONPATH": import_path(), "PYTHONHASHSEED": seed}
    ran = subprocess.run(
        command, env=environment, cwd=cwd or root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture(scope="module")
def project(shared_folder: Folder) -> Folder:
    shared_folder.write(FILES)
    return shared_folder


@pytest.fixture(scope="module")
def expected(project: Folder) -> list[object]:
    return taken(project.root)


@pytest.mark.parametrize("version", PYTHONS)
def test_every_python_gives_the_same(project: Folder, expected: list[object], version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    assert taken(project.root, python=python) == expected


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_hash_seeds_and_working_directories_change_nothing(
    project: Folder, expected: list[object], tmp_path: Path, seed: str
) -> None:
    assert taken(project.root, seed=seed, cwd=tmp_path) == expected


def test_a_copy_elsewhere_gives_the_same_and_holds_no_path(
    project: Folder, expected: list[object], tmp_path: Path
) -> None:
    copy = tmp_path / "else where" / "é"
    shutil.copytree(project.root, copy)
    assert taken(copy) == expected
    assert str(project.root) not in json.dumps(expected)


def test_the_order_in_which_functions_are_asked_for_changes_nothing(
    project: Folder, expected: list[object]
) -> None:
    assert taken(project.root, "decide", "clean", "embed")[::-2] == expected


def test_started_as_a_script_or_imported_is_the_same(folder: Folder) -> None:
    folder.write(
        {
            "pipeline.py": """
                import attrs

                @attrs.frozen
                class Options:
                    k: int

                def make(options):
                    def embed(): return options.k
                    return embed

                embed = make(Options(1))
                if __name__ == "__main__":
                    from pathlib import Path
                    from stagelang_compiler.fingerprint import Fingerprinter
                    print(Fingerprinter(Path(__file__).parent).fingerprint(embed).digest)
                """
        }
    )
    environment = {**os.environ, "PYTHONPATH": import_path()}
    script = [sys.executable, "-B", str(folder.root / "pipeline.py")]
    ran = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == folder.take().digest


def test_a_fingerprint_is_taken_once(folder: Folder) -> None:
    folder.write({"pipeline.py": "def embed(): return 1\n"})
    embed = folder.load("embed")
    printer = Fingerprinter(folder.root)
    first = printer.fingerprint(embed)
    folder.edit("pipeline.py", "return 1", "return 2")
    assert printer.fingerprint(embed) is first
    assert Fingerprinter(folder.root).fingerprint(embed) != first
