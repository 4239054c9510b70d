"""The comparison of trainings: paired intervals, rows that are kept, what a training is left without."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from scripts.ablate import VARIANTS, WHOLE, Dev, Row, measured, table
from scripts.evaluation.matching import Scored
from scripts.evaluation.paired import Answers, difference, precision
from scripts.training.compose import Composer
from scripts.training.sources import PARTS, Sources, without
from tests.scripts.test_compose import SIZE, sources

FOUND, MISSED = (Scored(0.9, 0),), (Scored(0.5, None),)


def answers(found: int, photos: int = 40) -> Answers:
    """Of the first ``found`` photos the camera is found; of the others a false box."""
    return Answers((FOUND,) * found + (MISSED,) * (photos - found), (1,) * photos)


def test_the_value_is_that_of_all_photos_and_lies_in_its_interval() -> None:
    every = precision(answers(40), rounds=50)
    assert (every.value, every.low, every.high) == (1.0, 1.0, 1.0)
    some = precision(answers(20), rounds=200)
    assert some.low < some.value < some.high


def test_the_same_answers_differ_by_nothing() -> None:
    same = difference(answers(20), answers(20), rounds=50)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_a_clear_difference_excludes_zero_and_one_photo_does_not() -> None:
    assert difference(answers(35), answers(10), rounds=200).low > 0
    slight = difference(answers(21), answers(20), rounds=200)
    assert slight.low <= 0 < slight.high


def test_differences_are_paired() -> None:
    """Of answers that differ on one photo alone, most draws differ by little, whatever else is drawn."""
    slight = difference(answers(21), answers(20), rounds=200)
    alone = precision(answers(21), rounds=200)
    assert slight.high - slight.low < (alone.high - alone.low) / 2


@pytest.mark.parametrize("part", PARTS)
def test_a_training_without_a_part_is_composed_of_the_rest(part: str) -> None:
    left = without(sources(), [part])
    assert all(getattr(left, name) == [] for name in PARTS[part])
    composer = Composer(left, SIZE, np.random.default_rng(3))
    boxes = sum(len(composer.sample().boxes) for _ in range(30))
    assert boxes > 0


def test_without_nothing_everything_stays() -> None:
    assert all(len(getattr(without(sources(), ()), name)) for name in ("scenes", "cameras", "empty"))


def test_parts_are_what_the_sources_have() -> None:
    known = {name for lists in PARTS.values() for name in lists}
    assert known <= set(Sources.__dataclass_fields__)


def test_a_row_of_an_earlier_run_is_kept_if_it_had_as_many_steps(tmp_path: Path) -> None:
    variant = VARIANTS[0]
    options = argparse.Namespace(out=tmp_path, steps=7)
    folder = tmp_path / f"{variant.name}-1"
    folder.mkdir()
    row = {"variant": variant.name, "seed": 1, "steps": 7, "answers": [[[0.5, 0]], []]}
    (folder / "answers.json").write_text(json.dumps(row))
    photos = [Dev(np.zeros((4, 4, 3), np.uint8), []) for _ in range(2)]
    assert measured(variant, 1, options, photos).scored == ((Scored(0.5, 0),), ())


def test_the_table_compares_with_the_whole_recipe_of_the_same_seeds() -> None:
    def row(name: str, seed: int, found: int) -> Row:
        seen = answers(found).scored
        return Row(name, seed, 7, [[(one.score, one.truth) for one in photo] for photo in seen])

    rows = [row(WHOLE, 1, 30), row(WHOLE, 2, 30), row("no-renders", 1, 10)]
    whole, other = table(rows, answers(1).cameras).splitlines()[2:]
    assert whole.startswith("| whole recipe (2 seeds) | ")
    alone = other.split(" | ")[2]
    assert alone.startswith("-0.")
    rows.append(row("no-renders", 2, 10))
    other = table(rows, answers(1).cameras).splitlines()[3]
    assert other.split(" | ")[2] == alone  # both seeds found the same
    assert other.endswith("| 10/40 |")
