from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edge.domain import Box, TextLine
from edge.evidence.confusions import load_confusions
from edge.evidence.lettering import parts
from edge.vendors.catalogue import load_catalogue
from edge.vision.text import Pass
from scripts.fit_confusions import (
    Tally,
    binned,
    fit,
    names,
    other_names,
    steps,
    write_confusions,
    write_tables,
)
from scripts.reading_cache import HousingReading, PassReading


def reading(key: str, brand: str | None, *texts: str) -> HousingReading:
    lines = tuple(TextLine(text, 0.95, Box(0, 0, 9, 9), 9) for text in texts)
    passes = (PassReading(Pass(320), lines, 0, 0.0),)
    brands = (brand,) if brand else ()
    return HousingReading(key, brands, None, brand is not None, False, passes)


TRAIN = [reading(str(i), "dahua", "@lhua") for i in range(4)] + [
    reading("5", "dahua", "alhua"),
    reading("6", "hikvision", "HIKVISI0N"),
    reading("7", "hikvision", "HIKVISION", "4K ColorVu"),
    reading("8", None, "SPEAKER"),
]


def test_a_misreading_of_several_pictures_becomes_a_spelling() -> None:
    confusions = fit(TRAIN, load_catalogue())
    assert [(s.text, s.n) for s in confusions.spellings["dahua"]] == [("@lhua", 4)]
    assert "hikvision" not in confusions.spellings
    assert confusions.substitutions["a@"] < confusions.substitutions["o0"] < 1


def test_what_others_bear_too_is_no_spelling() -> None:
    confusions = fit([*TRAIN, reading("9", "reolink", "@lhua")], load_catalogue())
    assert "dahua" not in confusions.spellings


def test_letters_that_were_never_misread_stay_dear() -> None:
    assert fit(TRAIN, load_catalogue()).similarity("hikvisiom", "hikvision") == pytest.approx(1 - 1 / 9)


def test_steps_rise_and_their_counts_add_up() -> None:
    tallied = Tally(
        Counter({1.0: 30, 0.9: 1, 0.8: 5}), Counter({1.0: 0, 0.9: 9, 0.8: 1, 0.6: 50}), 40, 10_000
    )
    fitted = steps(tallied)
    values = [step.value for step in fitted]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert all(value > 0 for value in values)
    assert fitted[-1].n == 30


def test_bins() -> None:
    assert binned(1.0) == 1.0
    assert binned(0.999) == 0.95
    assert binned(0.6) == 0.6


def test_the_list_of_other_names_holds_none_of_the_catalogue() -> None:
    assert len(names()) == len(other_names(load_catalogue())) > 500
    assert not parts("single")


def test_files_are_written_as_they_are_read(tmp_path: Path) -> None:
    confusions = fit(TRAIN, load_catalogue())
    write_confusions(tmp_path / "confusions.toml", confusions, 8, "2026-01-01", "command")
    assert load_confusions(tmp_path) == confusions
    tables = tmp_path / "likelihoods.toml"
    tables.write_text("[tables.mark]\nn = 1\n", "utf-8")
    write_tables(
        tables, {"wordmark_long": steps(Tally(Counter({1.0: 3}), Counter(), 3, 9))}, "2026-01-01", "command"
    )
    assert "[tables.mark]" in tables.read_text("utf-8")
    assert "[tables.wordmark_long]" in tables.read_text("utf-8")
