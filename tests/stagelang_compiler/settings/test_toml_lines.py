"""Each key of a TOML text has its line, however it is written; one that is written twice has both."""

from __future__ import annotations

import time

from stagelang_compiler.settings.toml_lines import lines_of

TEXT = '''\
# a comment
[project]
name = "x"
dependencies = [
  "a",  # [not a table]
  "b",
]

[tool.stagelang]
targets = ["gha"]
licences.allow = ["MIT"]
text = """
[tool.other]
key = 1
"""

[tool.stagelang.gha]
runners = [
  { labels = ["x"] },
]
"quoted.key" = 1

[[tool.stagelang.rows]]
a = 1

[[tool.stagelang.rows]]
a = 2
[tool.stagelang.rows.inner]
b = 3
'''


def test_each_key_has_the_line_where_its_statement_begins() -> None:
    found = lines_of(TEXT)
    assert {key: found.line(key) for key in found.at if key[:2] == ("tool", "stagelang")} == {
        ("tool", "stagelang"): 9,
        ("tool", "stagelang", "targets"): 10,
        ("tool", "stagelang", "targets", 0): 10,
        ("tool", "stagelang", "licences"): 11,
        ("tool", "stagelang", "licences", "allow"): 11,
        ("tool", "stagelang", "licences", "allow", 0): 11,
        ("tool", "stagelang", "text"): 12,
        ("tool", "stagelang", "gha"): 17,
        ("tool", "stagelang", "gha", "runners"): 18,
        ("tool", "stagelang", "gha", "runners", 0): 18,
        ("tool", "stagelang", "gha", "runners", 0, "labels"): 18,
        ("tool", "stagelang", "gha", "runners", 0, "labels", 0): 18,
        ("tool", "stagelang", "gha", "quoted.key"): 21,
        ("tool", "stagelang", "rows", 0): 23,
        ("tool", "stagelang", "rows", 0, "a"): 24,
        ("tool", "stagelang", "rows", 1): 26,
        ("tool", "stagelang", "rows", 1, "a"): 27,
        ("tool", "stagelang", "rows", 1, "inner"): 28,
        ("tool", "stagelang", "rows", 1, "inner", "b"): 29,
    }
    assert ("tool", "other") not in found.at
    assert found.twice == {}


def test_a_key_without_a_line_has_that_of_the_table_above_it() -> None:
    found = lines_of(TEXT)
    assert found.line(("tool", "stagelang", "gha", "python")) == 17
    assert found.line(("nothing",)) == 0


def test_a_key_that_is_written_twice_has_both_lines() -> None:
    assert lines_of("[a]\nb = 1\nc = 2\nb = 3\n").twice == {("a", "b"): (4, 2)}
    assert lines_of("a.b = 1\n[a]\nb = 2\n").twice == {("a", "b"): (3, 1)}


def test_what_is_no_toml_is_passed_over() -> None:
    assert lines_of("a = 1\nb = [\n").at == {("a",): 1}


def test_lines_are_counted_as_editors_do_whatever_stands_in_a_text() -> None:
    assert lines_of('a = "x\u2028y"\r\nb = 1\r\n').at == {("a",): 1, ("b",): 2}
    assert lines_of('a = """\n\u2028\n"""\nb = 1').at == {("a",): 1, ("b",): 4}


def test_a_list_of_a_thousand_lines_costs_little() -> None:
    lines = "".join(f'  "package-{number}>=1",\n' for number in range(1000))
    text = f"[project]\ndependencies = [\n{lines}]\nname = 'x'\n"
    since = time.process_time()
    assert lines_of(text).line(("project", "name")) == 1004
    assert time.process_time() - since < 0.2
