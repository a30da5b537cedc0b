"""The wheel works in a fresh environment, in a folder whose modules are called compiler and backends too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Release

USES = """\
import backends
import compiler
import stagelang
import stagelang_backends
import stagelang_compiler
import stagelang_runtime

words: list[str] = [compiler.WORD, backends.word()]

for package in (stagelang, stagelang_compiler, stagelang_runtime, stagelang_backends):
    words.append(str(package.__file__))

print("\\n".join(words))
"""


@attrs.frozen
class Client:
    """A user's folder and the environment that it runs in."""

    folder: Path
    python: Path
    site_packages: Path

    def run(self, *command: str) -> str:
        """Run the environment's Python in the folder, and give what it printed."""
        return self._done([str(self.python), *command])

    def program(self, *command: str) -> str:
        """Run a program that the wheel installed."""
        return self._done(list(command))

    def judge(self, *command: str) -> str:
        """Run a type checker of ours over the folder, as seen from its environment."""
        return self._done([sys.executable, "-m", *command])

    def _done(self, command: list[str]) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY"))}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def client(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = tmp_path_factory.mktemp("client")
    (folder / "compiler.py").write_text('WORD = "the user\'s compiler"\n', encoding="utf-8")
    (folder / "backends").mkdir()
    (folder / "backends" / "__init__.py").write_text(
        'def word() -> str:\n    return "the user\'s backends"\n', encoding="utf-8"
    )
    (folder / "use.py").write_text(USES, encoding="utf-8")
    return _with_environment(folder, tmp_path_factory.mktemp("fresh"), release.wheel)


def _with_environment(folder: Path, environment: Path, wheel: Path) -> Client:
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-qq",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*install, str(wheel)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([str(python), "-c", where], capture_output=True, text=True, check=True)
    site_packages = Path(told.stdout.strip())
    # Dependencies come from our own environment; a path in a .pth file brings no editable install along.
    ours = Path(attrs.__file__).parents[1]
    (site_packages / "dependencies.pth").write_text(f"{ours}\n", encoding="utf-8")
    return Client(folder, python, site_packages)


def test_both_sides_modules_are_imported_each_from_its_place(client: Client) -> None:
    assert client.run("use.py").splitlines() == [
        "the user's compiler",
        "the user's backends",
        *(
            str(client.site_packages / package / "__init__.py")
            for package in ("stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends")
        ),
    ]


def test_mypy_strict_finds_nothing_in_the_users_folder(client: Client) -> None:
    command = [
        "mypy",
        "--strict",
        "--no-incremental",
        "--config-file=",
        "--python-executable",
        str(client.python),
    ]
    assert client.judge(*command, ".") == "Success: no issues found in 3 source files\n"


def test_pyright_strict_finds_nothing_in_the_users_folder(client: Client) -> None:
    (client.folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}\n', encoding="utf-8")
    said = client.judge("pyright", "--pythonpath", str(client.python))
    assert said.splitlines()[-1] == "0 errors, 0 warnings, 0 informations"


def test_the_demo_pipeline_runs_from_the_wheel(client: Client, tmp_path: Path) -> None:
    """The whole way: check, compile and run from the installed command, then again from the emitted script."""
    folder = tmp_path / "mine"
    shutil.copytree(client.folder, folder, ignore=shutil.ignore_patterns("use.py", "__pycache__", "*.json"))
    example = Path(__file__).parents[2] / "examples" / "digit_reader"
    shutil.copytree(
        example,
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".stagelang", "build", "__pycache__"),
    )
    user = attrs.evolve(client, folder=folder)
    command = str(client.python.with_name("stagelang"))
    assert "digit-reader: 15 nodes" in user.program(command, "check")
    user.program(command, "compile", "--target", "local", "--output", "emitted")
    assert "digit-reader: pass  (15 ran" in user.program(command, "run")
    assert "digit-reader: pass  (15 up to date" in user.run("emitted/run.py")
    assert "digit-reader: pass  (15 ran" in user.run("emitted/run.py", "--store", "another/store")
