"""Reads the licence that an installed distribution declares, as an SPDX expression; a licence is never guessed.

Where there is a field `License-Expression`, it alone counts; else the classifiers and the words of the field `License`, which must not
contradict each other. A classifier that stands for several licences, such as 'BSD License', stands for none (PEP 639, appendix "Mapping
License Classifiers to SPDX Identifiers").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import cast, final

from attrs import frozen

from stagelang_compiler.licences.spdx import UnknownLicence, canonical, spoken

_PREFIX = "License :: OSI Approved :: "
_CLASSIFIED = {
    "Academic Free License (AFL)": "",
    "Apache Software License": "",
    "BSD License": "",
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CMU License (MIT-CMU)": "MIT-CMU",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PostgreSQL License": "PostgreSQL",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "The Unlicense (Unlicense)": "Unlicense",
    "University of Illinois/NCSA Open Source License": "NCSA",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "Zero-Clause BSD (0BSD)": "0BSD",
    "zlib/libpng License": "Zlib",
}
"""Classifiers and their licence; one that isn't here stands for none that is known."""
_EXPRESSION = "License-Expression"
_LONGEST = 60
"""A longer text is a licence's own, which is read by people."""


@final
@frozen(kw_only=True)
class Declared:
    """What a distribution declares: its version, its licence as an expression ("" for none that is known), and in which words.

    `version` is "" where it isn't installed here.
    """

    name: str
    version: str
    licence: str
    words: str
    files: tuple[str, ...] = ()
    """The licence files that it brings, where its licence isn't known: a person can read them (PEP 639, `License-File`)."""


def licence_of(name: str, known: Mapping[str, str]) -> Declared:
    """Give the licence of a distribution: what the project found out itself, or what the distribution declares.

    Args:
        name: the distribution's normalised name.
        known: the project's own answers, by name.
    """
    found = _declared(name)
    if name in known:
        return Declared(
            name=name, version=found.version, licence=known[name], words="the project's own settings"
        )
    return found


@cache
def _declared(name: str) -> Declared:
    try:
        said = cast(Message, metadata(name))
    except PackageNotFoundError:
        return Declared(name=name, version="", licence="", words="not installed here")
    version = str(said.get("Version") or "")
    answers = [*_answers(said)]
    words = "; ".join(f"{where}: {text}" for where, text, _ in answers) or "its metadata don't say"
    licences = list(dict.fromkeys(licence for _, _, licence in answers if licence))
    if len(licences) == 1:
        return Declared(name=name, version=version, licence=licences[0], words=words)
    files: list[str] = said.get_all("License-File") or []
    return Declared(name=name, version=version, licence="", words=words, files=tuple(files))


def _answers(said: Message) -> Iterator[tuple[str, str, str]]:
    """Give what the metadata say: where, in which words, and the licence, "" where these mean no single one."""
    expression = str(said.get("License-Expression") or "")
    if expression:
        yield _EXPRESSION, expression, _or_none(canonical, expression)
        return
    classifiers: list[str] = said.get_all("Classifier") or []
    classes = [each.removeprefix(_PREFIX) for each in classifiers if each.startswith("License ::")]
    text = str(said.get("License") or "").strip()
    short = text if len(text) <= _LONGEST and "\n" not in text else ""
    if classes:
        licences = [_CLASSIFIED.get(each, "") for each in classes]
        # of two classifiers nothing says whether both hold or one may be chosen: all that is sure is that all are enough
        together = " AND ".join(sorted(set(licences))) if all(licences) else ""
        yield "classifier", ", ".join(classes), together
    if short:
        yield "License", short, _or_none(spoken, short)


def _or_none(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except UnknownLicence:
        return ""
