"""`[tool.stagelang]` is read strictly, from the nearest file that says something, and each value knows its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.settings import SETTINGS, Rules, read_settings
from stagelang_compiler.settings.places import settings_files


def _said(folder: Path) -> list[str]:
    _, problems = read_settings(folder)
    return [
        "\n".join(
            (
                f"{each.message} ({Path(each.origin.file).name}:{each.origin.line})",
                *([f"expected: {each.expected}"] if each.expected else []),
                *([f"found: {each.found}"] if each.found else []),
                f"help: {each.help}",
            )
        )
        for each in problems
    ]


def _wrote(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_nothing_is_asked_for(tmp_path: Path) -> None:
    settings, problems = read_settings(tmp_path)
    assert (settings.rules, settings.targets, settings.written, problems) == (Rules(), {}, {}, [])


def test_every_setting_has_a_field_of_that_name_and_a_right_example(tmp_path: Path) -> None:
    for setting in SETTINGS:
        _wrote(tmp_path, f"[tool.stagelang]\n{setting.key} = {setting.example}\n")
        settings, problems = read_settings(tmp_path)
        assert problems == []
        assert getattr(settings.rules, setting.field)
        assert settings.origin(setting.key).line == 2


def test_the_nearest_file_that_says_a_thing_counts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    _wrote(
        tmp_path,
        '[tool.stagelang]\nrequire.owner = ["stages"]\nbudget.wall = "1h"\ngha.python = "3.11"\ngha.jobs = "one"\n',
    )
    _wrote(tmp_path / "deep", "[tool.other]\n")
    inner = _wrote(
        tmp_path / "deep" / "models", '[tool.stagelang]\nbudget.wall = "2h"\ngha.python = "3.13"\n'
    )
    settings, problems = read_settings(inner)
    assert problems == []
    assert (settings.rules.require_owner, settings.rules.budget_wall) == (("stages",), "2h")
    assert settings.targets == {"gha": {"python": "3.13", "jobs": "one"}}
    places = {key: (Path(at.file).parent.name, at.line) for key, at in settings.written.items()}
    top = tmp_path.name
    assert places == {
        "budget.wall": ("models", 2),
        "gha": ("models", 3),
        "gha.python": ("models", 3),
        "require.owner": (top, 2),
        "gha.jobs": (top, 5),
    }


def test_nothing_above_the_repository_counts(tmp_path: Path) -> None:
    _wrote(tmp_path, '[tool.stagelang]\ntargets = ["gha"]\n')
    inner = tmp_path / "repository" / "models"
    inner.mkdir(parents=True)
    assert read_settings(inner)[0].rules.targets == ("gha",)
    (tmp_path / "repository" / ".git").mkdir()
    assert read_settings(inner)[0].rules.targets == ()
    assert settings_files(inner) == (inner / "pyproject.toml", inner.parent / "pyproject.toml")


def test_a_file_without_our_table_is_none_of_our_business_even_if_it_is_broken(tmp_path: Path) -> None:
    _wrote(tmp_path, "[tool.ruff\n")
    assert _said(tmp_path) == []


_SETTINGS = "budget, dask, gha, licences, lineage, local, make, names, owners, require, snakemake, targets, unwaivable"
WRONG = [
    (
        "[tool.stagelang]\nreqiure = 1\n",
        f"[tool.stagelang] has no setting 'reqiure' (pyproject.toml:2)\nexpected: {_SETTINGS}\nhelp: did you mean 'require'?",
    ),
    (
        "[tool.stagelang]\ncolour = 1\n",
        (f"[tool.stagelang] has no setting 'colour' (pyproject.toml:2)\nexpected: {_SETTINGS}\n"
        "help: remove it; 'stagelang config' lists what may be said"),
    ),
    (
        "[tool.stagelang.names]\n\nstage = 'x'\n",
        ("[tool.stagelang.names] has no setting 'stage' (pyproject.toml:3)\n"
        "expected: columns, contracts, metrics, pipelines, sources, stages\nhelp: did you mean 'stages'?"),
    ),
    (
        "[tool.stagelang]\nrequire = { owner = ['stage'] }\n",
        ("'owner' in [tool.stagelang.require] can't be 'stage' (pyproject.toml:2)\n"
        "expected: a list of 'stages', 'contracts', 'metrics', 'sources', 'pipelines'\nhelp: did you mean 'stages'?"),
    ),
    (
        "[tool.stagelang.require]\nowner = true\n",
        ("'owner' in [tool.stagelang.require] can't be True (pyproject.toml:2)\nexpected: a list of texts\n"
        'help: write it such as owner = ["stages", "contracts", "metrics", "sources", "pipelines"]'),
    ),
    (
        "[tool.stagelang.names]\nstages = '['\n",
        ("'stages' in [tool.stagelang.names] can't be '[' (pyproject.toml:2)\n"
        "expected: a regular expression that the whole name matches: unterminated character set at position 0\n"
        "help: write it such as stages = '[a-z][a-z0-9_]*'"),
    ),
    (
        "[tool.stagelang.budget]\nwall = 60\n",
        ("'wall' in [tool.stagelang.budget] can't be 60 (pyproject.toml:2)\n"
        "expected: a duration such as '20s', '5min' or '1h30min'\nhelp: write it such as wall = \"2h\""),
    ),
    (
        "[tool.stagelang]\nunwaivable = ['SL60l']\n",
        ("'unwaivable' in [tool.stagelang] can't be 'SL60l' (pyproject.toml:2)\n"
        "expected: a list of rules' codes, such as 'SL204'\nhelp: did you mean 'SL601'?"),
    ),
    (
        "[tool.stagelang.licences]\nallow = [\n  'MIT',\n  'Apache-2',\n]\n",
        ("'allow' in [tool.stagelang.licences] can't be 'Apache-2' (pyproject.toml:2)\n"
        "expected: identifiers of the SPDX list, such as 'MIT' or 'BSD-3-Clause'\nhelp: did you mean 'Apache-2.0'?"),
    ),
    (
        "[tool.stagelang.licences.known]\nscanlib = 'our own'\n",
        ("'known' in [tool.stagelang.licences] can't be 'our own' (pyproject.toml:2)\n"
        "expected: identifiers of the SPDX list, such as 'MIT' or 'BSD-3-Clause'\n"
        'help: write it such as known = { scanlib = "MIT" }'),
    ),
    (
        "[tool.stagelang.require]\nowner = []\n\nowner = ['stages']\n",
        "'tool.stagelang.require.owner' is written twice (pyproject.toml:4)\nhelp: remove one of them",
    ),
    (
        "tool.stagelang = 1\n",
        ("[tool.stagelang] is no table (pyproject.toml:1)\nexpected: a table\nfound: 1\n"
        "help: write it as one, below [tool.stagelang]"),
    ),
    (
        "[tool.stagelang]\nlicences = 'MIT'\n",
        ("[tool.stagelang.licences] is no table (pyproject.toml:2)\nexpected: a table\nfound: 'MIT'\n"
        "help: write it as one, below [tool.stagelang.licences]"),
    ),
    (
        "[tool.stagelang]\ngha = []\n",
        ("[tool.stagelang.gha] is no table (pyproject.toml:2)\nexpected: a table\nfound: []\n"
        "help: write it as one, below [tool.stagelang.gha]"),
    ),
    (
        "[tool.stagelang]\ntargets = [\n",
        "'pyproject.toml' is no TOML: invalid value (pyproject.toml:2)\nhelp: mend the line; nothing of the file was read",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_can_t_be_meant_is_named_with_its_line_and_what_was_expected(
    text: str, said: str, tmp_path: Path
) -> None:
    assert _said(_wrote(tmp_path, text)) == [said]


def test_all_that_is_wrong_is_said_at_once_and_the_rest_holds(tmp_path: Path) -> None:
    text = "[tool.stagelang]\nx = 1\nbudget.wall = 1\nrequire.owner = ['stages']\nowners.allwed = []\n"
    settings, problems = read_settings(_wrote(tmp_path, text))
    assert [each.origin.line for each in problems] == [2, 3, 5]
    assert settings.rules == Rules(require_owner=("stages",))
