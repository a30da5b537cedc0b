"""Fills in the templates of text files; the only module here that knows jinja2. Names reach a text only through a filter made for it."""

from __future__ import annotations

import functools
import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: Any) -> str:
    """Fill in a template of a backend, named relative to this package."""
    return _environment().get_template(template).render(**values)


def render_html(template: str, **values: Any) -> str:
    """Fill in an HTML page's template; every value is escaped, and data for a script passes the filter `tojson`."""
    return _html_environment().get_template(template).render(**values)


@functools.cache
def _html_environment() -> Environment:
    environment = _new_environment(autoescape=True)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment


@functools.cache
def _environment() -> Environment:
    # every value passes a filter that fits the language written, so that HTML's own escaping stays out of Python and shell
    environment = _new_environment(autoescape=False)
    environment.filters["one_line"] = one_line
    environment.filters["python"] = python_text
    return environment


def _new_environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=PackageLoader("stagelang_backends", ""),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def one_line(text: str) -> str:
    """Keep a text within its comment or docstring line: quotes become others, and what can't be seen is written as an escape."""
    shown = (
        text
        if text.isprintable()
        else "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
    )
    return shown.replace("\\", "\\\\").replace('"', "'")


def python_text(text: str) -> str:
    """Write a text as a Python literal in ASCII."""
    return json.dumps(text)
