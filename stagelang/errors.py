"""The errors that the language itself raises; all else is a finding of the compiler."""

from __future__ import annotations


class StagelangError(Exception):
    """Base of every error that stagelang raises on purpose."""


class LazyHandleError(StagelangError):
    """The data of a handle was touched while the pipeline was being wired."""


class DeclarationError(StagelangError):
    """A declaration that would be meaningless: what was wrong, what was expected, what was given."""
