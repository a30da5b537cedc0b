"""SPDX licence expressions (SPDX 2.3, annex D): written one way, and judged by a list of licences that are allowed.

The only module that knows `packaging.licenses`, which has the list of identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from stagelang_compiler.diagnostics import did_you_mean

_OFTEN = (
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ISC", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
)  # fmt: skip
"""The licences that are suggested for what was misspelt."""
_SPOKEN = {
    "apache": "", "apache 2.0": "Apache-2.0", "apache 2": "Apache-2.0", "apache2": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0", "apache software license 2.0": "Apache-2.0", "bsd 2-clause": "BSD-2-Clause",
    "2-clause bsd": "BSD-2-Clause", "simplified bsd": "BSD-2-Clause", "bsd 3-clause": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause", "modified bsd": "BSD-3-Clause", "mit": "MIT", "expat": "MIT", "isc": "ISC", "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0", "gplv2": "GPL-2.0-only", "gplv2+": "GPL-2.0-or-later", "gplv3": "GPL-3.0-only",
    "gplv3+": "GPL-3.0-or-later", "lgplv3": "LGPL-3.0-only", "lgplv3+": "LGPL-3.0-or-later", "unlicense": "Unlicense",
    "the unlicense": "Unlicense", "psf": "", "python software foundation": "",
}  # fmt: skip
"""What stands in the field `License` for one licence, without a closing "license"; "" where several are called that."""


@final
class UnknownLicence(ValueError):
    """A text that is no SPDX expression, and means no single licence either."""


def canonical(text: str) -> str:
    """Write an SPDX expression in its one way: 'mit or apache-2.0' is 'MIT OR Apache-2.0'.

    Raises:
        UnknownLicence: the text is none.
    """
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression as error:
        raise UnknownLicence(str(error)) from None


def spoken(text: str) -> str:
    """Give the expression that the words of the field `License` stand for.

    Raises:
        UnknownLicence: they stand for none, or for several.
    """
    words = " ".join(re.sub(r"[,()]", " ", text).lower().replace("licence", "license").split())
    words = re.sub(r"^the (?!unlicense)|(^| )version(?= )", " ", words).replace("  ", " ").strip()
    plain = _SPOKEN.get(words) or _SPOKEN.get(words.removesuffix(" license"))
    return plain or canonical(text)


def nearest(text: str) -> str | None:
    """Give the licence that a misspelt identifier is nearest to, if one is near."""
    return did_you_mean(text, _OFTEN)


def refused(expression: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Give the licences for which an expression isn't allowed; none if it is.

    Of licences joined by OR one is enough, of those joined by AND all are needed. A licence is allowed by itself; with an exception,
    which only permits more, also by the licence alone; 'or later' also by the version that it names.
    """
    words = expression.replace("(", " ( ").replace(")", " ) ").split()
    return _either(words, allowed)


def _either(words: list[str], allowed: Collection[str]) -> tuple[str, ...]:
    choices = [_both(words, allowed)]
    while words[:1] == ["OR"]:
        words.pop(0)
        choices.append(_both(words, allowed))
    return () if () in choices else tuple(dict.fromkeys(each for choice in choices for each in choice))


def _both(words: list[str], allowed: Collection[str]) -> tuple[str, ...]:
    needed = _one(words, allowed)
    while words[:1] == ["AND"]:
        words.pop(0)
        needed += _one(words, allowed)
    return tuple(dict.fromkeys(needed))


def _one(words: list[str], allowed: Collection[str]) -> tuple[str, ...]:
    if words[0] == "(":
        words.pop(0)
        inner = _either(words, allowed)
        words.pop(0)
        return inner
    licence = words.pop(0)
    names = [licence, licence.removesuffix("+"), licence.replace("-or-later", "-only")]
    if words[:1] == ["WITH"]:
        exception = words[1]
        del words[:2]
        names.append(licence := f"{licence} WITH {exception}")
    return () if any(name in allowed for name in names) else (licence,)
