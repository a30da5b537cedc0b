"""Runs every fenced block of README.md and docs/, as its reader would. CONTRIBUTING.md says how blocks are written."""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
)

JUDGED_ELSEWHERE = {
    "docs/explanations/what-the-editor-shows.md": "tests/typing/test_what_the_editor_shows.py",
    "docs/reference/command-line.md": "tests/docs/test_generated.py",
    "docs/reference/language.md": "tests/docs/test_generated.py",
    "docs/reference/rules.md": "tests/docs/test_generated.py",
}
"""Pages that a test of their own compares with what the program says."""

NOT_RUN: Mapping[str, tuple[str, ...]] = {
    "README.md": ("CI runs both, from a clean clone",),
    "docs/how-to/run-on-slurm.md": ("it needs Snakemake",),
    "docs/how-to/run-on-a-cluster-with-dask.md": ("the workers of a cluster run it",) * 2,
    "docs/how-to/validate-on-github-actions.md": ("it asks a package index",),
    "docs/how-to/share-results-between-machines.md": ("a bucket of your own runs it",),
    "docs/reference/resources.md": ("a line of a spec",),
    "docs/how-to/write-a-backend.md": ("the conformance suite runs it", "the conformance suite runs it"),
}
"""The blocks that say why they aren't run, by page."""

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\b\d+(\.\d+)? (ms|s|min)\b")
_DIGEST = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{12,64}\b")
_FRACTION = re.compile(r"\d+\.\d+")
_PROGRESS = re.compile(r"^\[ *\d+/\d+\] ")
_PRECISION = 1e-3
_ALIKE = 0.6


class BlockError(AssertionError):
    """A block isn't written as CONTRIBUTING.md says, or doesn't do what it shows."""


@frozen
class Block:
    """A fenced block: its language, the words after it, and its text from `start` to `end` of the page."""

    language: str
    said: Mapping[str, str]
    body: str
    start: int
    end: int


def blocks_of(text: str) -> list[Block]:
    """Find the blocks of a page, in order."""
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        words = (word.partition("=") for word in shlex.split(match[2]))
        said = {name: value for name, _, value in words}
        unknown = set(said) - {"title", "excerpt", "exit", "skip"}
        if unknown:
            raise BlockError(
                f"a block says {sorted(unknown)}, which means nothing: {match[0].splitlines()[0]}"
            )
        found.append(Block(match[1], said, match[3], match.start(3), match.end(3)))
    fences = len(re.findall(r"^ *```", text, re.MULTILINE))
    if fences != 2 * len(found):
        raise BlockError("a block is indented, isn't closed, or doesn't name its language")
    return found


def run_page(text: str, folder: Path, *, bless: bool = False) -> str:
    """Do what a page's blocks say, one after another in one folder, and give the page with the outputs that came."""
    console = Console(folder)
    replaced: list[tuple[Block, str]] = []
    for block in blocks_of(text):
        match block.language, block.said:
            case _, {"skip": reason} if reason:
                pass
            case _, {"excerpt": file}:
                expect_excerpt(block.body, (ROOT / file).read_text(encoding="utf-8"), file)
            case "diff", {"title": name}:
                edit(console.place / name, block.body)
            case language, {"title": name}:
                write(console.place / name, block.body, language)
            case "console", said:
                output = console.run(block.body, said.get("exit", "0"), compared=not bless)
                replaced.append((block, output))
            case "python", _:
                with chdir(console.place):
                    exec(compile(block.body, str(folder / "block.py"), "exec"), {"__name__": "block"})
            case language, _:
                raise BlockError(f"a {language} block has no title=..., is not run, and has no skip=...")
    for block, output in reversed(replaced):
        text = text[: block.start] + output + text[block.end :]
    return text


def write(path: Path, body: str, language: str) -> None:
    """Write the file that a block shows whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")
    if language == "python":
        compile(body, str(path), "exec")


def edit(path: Path, difference: str) -> None:
    """Make the change that a block shows: what it takes away must be in the file, once."""
    text = path.read_text(encoding="utf-8")
    for hunk in re.split(r"^@@.*\n", difference, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        found = [match.span() for match in re.finditer(rf"^{re.escape(old)}", text, re.MULTILINE)]
        if len(found) != 1:
            raise BlockError(f"{path.name} doesn't hold this once:\n{old}")
        ((start, end),) = found
        text = text[:start] + new + text[end:]
    path.write_text(text, encoding="utf-8")


def expect_excerpt(shown: str, whole: str, file: str) -> None:
    """Expect each paragraph of an excerpt to be lines of the file, in the file's order."""
    position = 0
    for part in re.split(r"(?:^ *\.\.\.\n)|(?:^\n)+", shown, flags=re.MULTILINE):
        found = whole.find(part, position)
        if found < 0:
            raise BlockError(f"{file} doesn't hold, in this place:\n{part}")
        position = found + len(part)


class Console:
    """Runs the commands of console blocks, each in the folder that the ones before it went to."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.place = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "docs"),
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "COLUMNS": "120",
            **{f"GIT_{who}_NAME": "A reader" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "reader@example.org" for who in ("AUTHOR", "COMMITTER")},
        }

    def run(self, body: str, exit_code: str, *, compared: bool) -> str:
        """Run a block's commands and give it with the outputs that came, as it was where they say the same."""
        came: list[str] = []
        commands = list(commands_of(body))
        for number, (command, shown) in enumerate(commands, 1):
            output, code = self._output(command)
            wanted = int(exit_code) if number == len(commands) else 0
            if code != wanted:
                raise BlockError(f"'{command}' ended with {code} instead of {wanted}:\n{output}")
            if compared and not same(shown, output):
                raise BlockError(f"'{command}' printed this (if it is right, run with --bless):\n{output}")
            came.append(f"$ {command}\n{shown if same(shown, output) else shortened(output, shown)}")
        return "".join(came)

    def _let_settle(self) -> None:
        """Wait as a reader does: a run believes the times of files when they are a second old."""
        paths = [self.folder, *(path for path in self.folder.rglob("*") if ".stagelang" not in path.parts)]
        newest = max(path.stat().st_mtime for path in paths)
        time.sleep(max(0.0, newest + 1.2 - time.time()))

    def _output(self, command: str) -> tuple[str, int]:
        if command.startswith("cd "):
            self.place = (self.place / command[3:]).resolve(strict=True)
            return "", 0
        if "stagelang run" in command:
            self._let_settle()
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        lines = (line.rstrip() for line in done.stdout.splitlines())
        text = "".join(f"{line}\n" for line in lines)
        return text.replace(f"{self.place}/", "").replace(f"{self.folder}/", ""), done.returncode


def commands_of(body: str) -> Iterator[tuple[str, str]]:
    """Give each command of a console block with the output that is shown for it."""
    opening, *rest = re.split(r"^\$ ", body, flags=re.MULTILINE)
    if opening or not rest:
        raise BlockError("a console block starts with '$ ' and a command")
    for each in rest:
        command, _, shown = each.partition("\n")
        yield command, shown


def same(shown: str, came: str) -> bool:
    """Tell whether two outputs say the same; a line '...' stands for any lines."""
    first, *parts = [_lines(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    lines = _lines(came)
    if not parts:
        return _same_lines(first, lines)
    if not _same_lines(first, lines[: len(first)]):
        return False
    *middle, last = parts
    lines = lines[len(first) :]
    for part in middle:
        starts = (at for at in range(len(lines)) if _same_lines(part, lines[at : at + len(part)]))
        start = next(starts, None)
        if start is None:
            return False
        lines = lines[start + len(part) :]
    return _same_lines(last, lines[len(lines) - len(last) :]) if last else True


def shortened(came: str, shown: str) -> str:
    """Give an output shortened by lines '...' in the places where the one shown is, or whole if they can't be found."""
    kept: list[str] = []
    lines = came.splitlines(keepends=True)
    for number, part in enumerate(re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)):
        size = part.count("\n")
        windows = {at: "".join(lines[at : at + size]) for at in range(len(lines) - size + 1)}
        alike = {at: SequenceMatcher(a=window, b=part).ratio() for at, window in windows.items()}
        best = max(alike, key=lambda at: (alike[at], -at), default=None)
        if best is None or alike[best] < _ALIKE:
            return came
        kept += [*(["...\n"] if number else []), windows[best]]
        lines = lines[best + size :]
    text = "".join(kept)
    return text if same(text, came) else came


def _lines(text: str) -> list[str]:
    """Give the lines to compare: those of a run's progress without their count, in an order that no machine decides."""
    found: list[str] = []
    progress: list[str] = []
    for line in [*text.splitlines(), ""]:
        if _PROGRESS.match(line):
            progress.append(_PROGRESS.sub("", line))
            continue
        found += [*sorted(progress, key=_masked), line]
        progress = []
    return found[:-1]


def _same_lines(shown: list[str], came: list[str]) -> bool:
    return len(shown) == len(came) and all(map(_same_line, shown, came))


def _same_line(shown: str, came: str) -> bool:
    if _masked(shown) != _masked(came):
        return False
    pairs = zip(_FRACTION.findall(_timeless(shown)), _FRACTION.findall(_timeless(came)), strict=True)
    return all(math.isclose(float(one), float(other), rel_tol=_PRECISION) for one, other in pairs)


def _timeless(line: str) -> str:
    return _DIGEST.sub("DIGEST", _TIME.sub("TIME", line))


def _masked(line: str) -> str:
    return _FRACTION.sub("#.#", _timeless(line))


@pytest.mark.parametrize("page", [page for page in PAGES if page not in JUDGED_ELSEWHERE])
def test_every_block_of_a_page_does_what_the_page_shows(page: str, tmp_path: Path, bless: bool) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    if "examples/" in text:
        shutil.copytree(
            ROOT / "examples",
            tmp_path / "examples",
            ignore=shutil.ignore_patterns(".stagelang", "build", "__pycache__"),
        )
    blessed = run_page(text, tmp_path, bless=bless)
    if bless:
        (ROOT / page).write_text(blessed, encoding="utf-8")


def test_the_blocks_that_are_not_run_are_these() -> None:
    reasons = {
        page: tuple(
            block.said["skip"]
            for block in blocks_of((ROOT / page).read_text(encoding="utf-8"))
            if "skip" in block.said
        )
        for page in PAGES
        if page not in JUDGED_ELSEWHERE
    }
    assert {page: said for page, said in reasons.items() if said} == NOT_RUN


def test_the_pages_that_are_judged_elsewhere_are_pages_and_so_are_their_judges() -> None:
    assert set(JUDGED_ELSEWHERE) <= set(PAGES)
    assert all((ROOT / judge).is_file() for judge in JUDGED_ELSEWHERE.values())


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CHANGELOG.md", *PAGES])
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    linked = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    files = [target for target in linked if target and not target.startswith("https://")]
    assert [target for target in files if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)\s]+\.md)\)", index))
    pages = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")}
    assert pages - linked == {"index.md"}


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```console\n$ echo one\ntwo\n```\n", "'echo one' printed this (if it is right, run with --bless):\none\n"),
        ("```console\n$ false\n```\n", "'false' ended with 1 instead of 0:\n"),
        ("```console exit=1\n$ true\n```\n", "'true' ended with 0 instead of 1:\n"),
        ("```console\necho one\n```\n", "a console block starts with '$ ' and a command"),
        ('```csv title="a.csv"\na\n```\n```diff title="a.csv"\n-b\n+c\n```\n', "a.csv doesn't hold this once:\nb\n"),
        ('```csv title="a.csv"\na\na\n```\n```diff title="a.csv"\n-a\n+c\n```\n', "a.csv doesn't hold this once:\na\n"),
        ('```python excerpt="README.md"\nno such\n```\n', "README.md doesn't hold, in this place:\nno such\n"),
        ("```text\nanything\n```\n", "a text block has no title=..., is not run, and has no skip=..."),
        ("```\nanything\n```\n", "a block is indented, isn't closed, or doesn't name its language"),
        ("- one\n\n  ```python\n  x = 1\n  ```\n", "a block is indented, isn't closed, or doesn't name its language"),
        ("```python run\nx = 1\n```\n", "a block says ['run'], which means nothing: ```python run"),
    ],
)  # fmt: skip
def test_a_block_that_does_not_hold_is_refused(page: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(BlockError) as refused:
        run_page(page, tmp_path)
    assert str(refused.value) == complaint


def test_a_python_block_without_a_title_is_executed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_page("```python\n1 / 0\n```\n", tmp_path)


def test_files_edits_and_commands_follow_one_another_in_one_folder(tmp_path: Path) -> None:
    run_page(
        '```csv title="sub/a.csv"\none\ntwo\n```\n'
        '```console\n$ cd sub\n$ wc -l a.csv\n2 a.csv\n```\n```diff title="a.csv"\n-two\n+three\n+four\n```\n'
        "```console exit=1\n$ cat a.csv\n...\nfour\n$ grep five a.csv\n```\n"
        "```python\nfrom pathlib import Path\nassert Path('a.csv').read_text().split() == ['one', 'three', 'four']\n```\n",
        tmp_path,
    )


def test_blessing_writes_the_outputs_that_differ_and_nothing_else(tmp_path: Path) -> None:
    page = "Say:\n\n```console\n$ echo one\n...\n$ echo 0.1 s\n0.2 s\n$ echo two\nthree\n```\n\nDone.\n"
    blessed = page.replace("three", "two")
    assert run_page(page, tmp_path, bless=True) == blessed


@pytest.mark.parametrize(
    ("shown", "came", "blessed"),
    [
        ("", "a\n", "a\n"),
        ("...\n", "a\n", "...\n"),
        ("...\nline 2 is here\n...\n", "top\nline 3 is here\nend\n", "...\nline 3 is here\n...\n"),
        ("top\n...\nline 2 is here\n", "top\na\nline 3 is here\n", "top\n...\nline 3 is here\n"),
        ("...\nline 2 is here\n...\n", "something else\n", "something else\n"),
        ("...\nline 2 is here\n", "line 3 is here\nmore\n", "line 3 is here\nmore\n"),
    ],
)
def test_blessing_keeps_an_output_short_where_it_can(shown: str, came: str, blessed: str) -> None:
    assert shortened(came, shown) == blessed


@pytest.mark.parametrize(
    ("shown", "came", "verdict"),
    [
        ("took 1.5 s\n", "took 20 s\n", True),
        ("took 1.5 s\n", "took 20 m\n", False),
        ("sha256:0123456789ab\n", "sha256:ba9876543210\n", True),
        ("value 0.9589\n", "value 0.9590\n", True),
        ("value 0.9589\n", "value 0.9689\n", False),
        ("560 rows\n", "561 rows\n", False),
        ("[1/2] done a 1 s\n[2/2] done b 1 s\nend\n", "[1/2] done b 2 s\n[2/2] done a 3 s\nend\n", True),
        ("[1/2] done a 1 s\n[2/2] done b 1 s\n", "[1/2] done a 2 s\n[2/2] done c 3 s\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("a\n...\nd\n", "a\nd\ne\n", False),
        ("...\nb\n...\n", "a\nb\nc\n", True),
        ("...\nx\n...\n", "a\nb\nc\n", False),
        ("a\n...\na\n", "a\n", False),
        ("", "a\n", False),
    ],
)
def test_outputs_are_compared_but_for_times_digests_and_last_digits(
    shown: str, came: str, verdict: bool
) -> None:
    assert same(shown, came) is verdict
