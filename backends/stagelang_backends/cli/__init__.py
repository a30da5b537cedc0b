"""The command line: a table of commands, each imported when it is called."""

from stagelang_backends.cli.main import main

__all__ = ["main"]
