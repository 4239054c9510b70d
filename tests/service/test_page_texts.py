"""Every language says everything, with the same parameters, and the pages ask only for texts that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.errors import ErrorCode
from edge.service.page_texts import ENGLISH, Text, english, languages, texts

PAGES = Path(__file__).parents[2] / "edge/service/pages"
OTHERS = [tag for tag, _ in languages() if tag != ENGLISH]
PLURALS = {"en": {"one", "other"}, "ro": {"one", "few", "other"}, "uk": {"one", "few", "many", "other"}}
"""The plural categories of the Unicode CLDR."""


def forms(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def parameters(text: Text) -> set[str]:
    return {name for form in forms(text) for name in re.findall(r"\{(\w+)\}", form)}


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_has_the_texts_and_parameters_of_english(tag: str) -> None:
    expected, found = texts(ENGLISH), texts(tag)
    assert list(found) == list(expected)
    for key, text in expected.items():
        assert parameters(found[key]) | {"count"} == parameters(text) | {"count"}, key
        assert isinstance(found[key], str) == isinstance(text, str), key


@pytest.mark.parametrize("tag", [tag for tag, _ in languages()])
def test_forms_by_a_number_are_those_of_the_language(tag: str) -> None:
    for key, text in texts(tag).items():
        assert all(form.strip() == form and form for form in forms(text)), key
        if isinstance(text, dict):
            assert set(text) == PLURALS[tag], key


def test_templates_ask_for_texts_that_there_are_and_write_the_one_that_they_name() -> None:
    for template in (PAGES / "templates").glob("*.html"):
        html = template.read_text("utf-8")
        named = re.findall(r'data-text(?:-(?!values)[a-z-]+)?="([a-z_.]+)"', html)
        written = re.findall(r'text\("([a-z_.]+)"', html)
        assert {*named, *written} <= {*texts(ENGLISH)}, template.name
        assert sorted(named) == sorted(written), template.name


def test_scripts_ask_for_texts_that_there_are() -> None:
    for script in (PAGES / "static").glob("*.js"):
        keys = set(re.findall(r'\b[tT]ext\("([a-z_.]+)"', script.read_text("utf-8")))
        assert keys <= {*texts(ENGLISH)}, script.name


def test_every_fault_of_a_photo_is_said_in_the_language_of_the_page() -> None:
    faults = (
        ErrorCode.EMPTY,
        ErrorCode.NOT_A_PICTURE,
        ErrorCode.UNSUPPORTED_FORMAT,
        ErrorCode.CORRUPT,
        ErrorCode.TOO_MANY_BYTES,
        ErrorCode.TOO_MANY_PIXELS,
        ErrorCode.TOO_SMALL,
        ErrorCode.DECODER_DIED,
        ErrorCode.DECODER_TOO_SLOW,
    )
    assert {f"error.{code}" for code in faults} <= {*texts(ENGLISH)}


def test_every_language_names_itself_and_english_comes_first() -> None:
    assert languages()[0] == (ENGLISH, "English")
    assert dict(languages())["ro"] == "Română"


def test_a_text_that_is_wrongly_asked_for_is_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        english("no.such.text")
