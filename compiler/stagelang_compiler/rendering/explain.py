"""Renders the page of a rule for `stagelang explain`."""

from __future__ import annotations

from io import StringIO

from stagelang_compiler.pages import page


def explain_text(code: str, *, colour: bool = False, width: int = 100) -> str:
    """Give a rule's page: its Markdown as it is, or laid out for a terminal of that width if colour is wanted."""
    text = page(code.upper()).text
    if not colour:
        return text
    from rich.console import Console
    from rich.markdown import Markdown

    out = StringIO()
    terminal = Console(
        file=out,
        force_terminal=True,
        color_system="standard",
        width=width,
        legacy_windows=False,
    )
    terminal.print(Markdown(text))
    return out.getvalue()
