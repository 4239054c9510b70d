"""The licence of a distribution by its own metadata, and of the libraries inside its wheel by their name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePath
from typing import cast

LIBRARIES = Path(__file__).with_name("libraries.toml")

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Zlib",
    }
)
"""What may be in ``requirements.lock`` without a word; ``BSD``: metadata that does not say which."""
TO_BE_NAMED = frozenset({"MPL-2.0"})
"""What may be there and must be named in ``NOTICE``."""

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "MIT": "MIT",
    "MPL-2.0 AND MIT": "MPL-2.0 AND MIT",
}
_LIBRARY = re.compile(r"lib(?P<name>.+?)(?:-[0-9a-f]{8})+(?:\.[0-9.]+)?\.so[0-9.a-z]*$")


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library inside a wheel: ``x265`` with its licence, None if ``libraries.toml`` lacks it."""

    name: str
    licence: str | None
    copyleft: bool


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution of this environment. ``licence``: an SPDX expression, ``BSD``, or None: unknown."""

    name: str
    version: str
    licence: str | None
    libraries: tuple[Library, ...]


def installed(name: str) -> Installed | None:
    """What is installed under ``name``; None: nothing."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return Installed(name, found.version, licence_of(cast(Message, found.metadata)), _libraries(found))


def licence_of(metadata: Message) -> str | None:
    """``License-Expression``, else what the classifiers say, else the words of ``License`` that are known."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    last = [str(line).rpartition(" :: ")[2] for line in metadata.get_all("Classifier", [])]
    if known := [_CLASSIFIERS[word] for word in last if word in _CLASSIFIERS]:
        return " AND ".join(dict.fromkeys(known))
    return _WORDS.get(str(metadata.get("License", "")).strip())


def parts_of(expression: str) -> frozenset[str]:
    """The licences of an SPDX expression of which all hold; of ``A OR B`` one that is allowed, if one is."""
    choices = (choice.strip("() ") for choice in re.split(r" AND ", expression))
    return frozenset(_chosen(choice.split(" OR ")) for choice in choices)


def _chosen(choices: Iterable[str]) -> str:
    ordered = [choice.strip("() ") for choice in choices]
    return next((choice for choice in ordered if choice in ALLOWED), ordered[0])


def _libraries(found: Distribution) -> tuple[Library, ...]:
    table = library_table()
    files = [PurePath(str(path)) for path in found.files or ()]
    names = {library_name(path.name) for path in files if path.parts[0].endswith(".libs")}
    return tuple(sorted((_library(name, table) for name in names), key=lambda library: library.name))


def library_name(file: str) -> str:
    """``x265`` of ``libx265-4883ecb5.so.217``."""
    found = _LIBRARY.match(file)
    return found["name"] if found else file


def library_table() -> Mapping[str, Mapping[str, str]]:
    """``libraries.toml``."""
    return cast(Mapping[str, Mapping[str, str]], tomllib.loads(LIBRARIES.read_text()))


def _library(name: str, table: Mapping[str, Mapping[str, str]]) -> Library:
    for kind, licences in table.items():
        if name in licences:
            return Library(name, licences[name], kind == "copyleft")
    return Library(name, None, False)
