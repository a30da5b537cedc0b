"""The command line: a table of commands, each imported when it is called."""

from stagelang_backends.cli.main import main, program

__all__ = ["main", "program"]
