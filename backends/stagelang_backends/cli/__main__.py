"""`python -m stagelang_backends.cli` is the `stagelang` command."""

import sys

from stagelang_backends.cli.main import program

sys.exit(program())
