"""Be stagelang with one mistake in what it emits for GitHub: `python mutations.py NAME COMMAND ...`.

The jobs of a run compile too, and find a workflow that isn't what would be compiled; so they must make the same mistake.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping


def _swap(old: str, new: str) -> Callable[[str], str]:
    def swapped(text: str) -> str:
        found = re.sub(old, new, text)
        assert found != text, f"the emitted workflow has nothing like {old!r}"
        return found

    return swapped


def _hidden(text: str) -> str:
    # A hidden folder's files may be uploaded one by one; the folder itself gives nothing.
    return _swap(r"(name: sl\.result\..*\n +path: \.sl-out)/.*", r"\1")(text.replace("sl-out", ".sl-out"))


MUTATIONS: Mapping[str, Callable[[str], str]] = {
    "the default condition": _swap(r"!cancelled\(\) && !failure\(\) && contains", "contains"),
    "no merging of artifacts": _swap("merge-multiple: true", "merge-multiple: false"),
    "a missing edge": _swap(
        r"(\n  half:\n    name: half\n    needs:\n      - plan\n)      - halves\n", r"\1"
    ),
    "always": _swap(r"!cancelled\(\) && !failure\(\) && contains", "always() && contains"),
    "nothing saved": _swap(r"      - name: Keep for later runs\n(        .*\n|          .*\n)*", ""),
    "another path saved": _swap(r"(cache/save@.*\n        with:\n          path: )", r"\1./"),
    "a comment on forks": _swap(
        r"event_name == 'pull_request' && .*full_name == github.repository\S* ",
        "event_name == 'pull_request' ",
    ),
    "no gate": _swap(r"(run: stagelang ci report.*)", r"\1 || true"),
    "a hidden folder": _hidden,
    "a bad name": _swap(r"sl\.result\.", "sl:result."),
}


def main(name: str, words: list[str]) -> int:
    """Run the command line with the mistake in it."""
    from stagelang_backends.cli.main import main as run
    from stagelang_backends.github_actions import workflow

    emit = workflow.workflow_text
    workflow.workflow_text = lambda ground, jobs: MUTATIONS[name](emit(ground, jobs))
    if name == "a hidden folder" and words[0] == "ci":
        words = [*words, "--out", ".sl-out"]
    return run(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
