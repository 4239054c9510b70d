"""The words of the pages as their files have them: English for templates, and the list of languages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "pages" / "static" / "texts"
ENGLISH = "en"

Text = str | dict[str, str]
"""One text, or its forms by plural category (CLDR)."""


@cache
def texts(language: str) -> dict[str, Text]:
    """Every text of one language by its key."""
    loaded: dict[str, Text] = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))
    return loaded


def english(key: str, **values: object) -> str:
    """The English text for a template, its parameters filled in. Browsers translate it (``texts.js``).

    Raises:
        KeyError: if there is none, or a parameter is missing.
        TypeError: if it has forms by a number: only a browser chooses those.
    """
    found = texts(ENGLISH)[key]
    if not isinstance(found, str):
        raise TypeError(f"{key} has forms by a number")
    return found.format_map(values)


@cache
def languages() -> tuple[tuple[str, str], ...]:
    """The tag and the own name of every language, English first."""
    tags = sorted((file.stem for file in TEXTS.glob("*.json")), key=lambda tag: (tag != ENGLISH, tag))
    return tuple((tag, str(texts(tag)["language.name"])) for tag in tags)
