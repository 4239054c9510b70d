from __future__ import annotations

import math

import pytest

from scripts.fit_prior import fit_prior
from scripts.mark_fit import Trial, fit_steps, folds


def _trials(known: bool, right: bool, scores: list[float], platform: str = "p") -> list[Trial]:
    return [Trial(f"{known}{i}", f"g{i}", known, platform, score, right) for i, score in enumerate(scores)]


def test_ratio_of_one_range_against_the_counts() -> None:
    found = [*_trials(True, True, [0.95] * 40), *_trials(False, False, [0.95] * 2 + [0.1] * 198)]
    (step,) = fit_steps(found, edges=(0.9,))
    # Twenty other makers' matches stand for how false matches spread: here all on one platform.
    assert step.value == pytest.approx(math.log(40.5 / 41 / (2.5 / 201)), abs=0.01)
    assert step.n == 42


def test_ratios_never_fall() -> None:
    found = [
        *_trials(True, True, [0.55] * 30 + [0.65] * 5 + [0.75] * 30),
        *_trials(False, False, [0.55] * 3 + [0.65] * 9 + [0.75] * 1 + [0.2] * 100),
    ]
    values = [step.value for step in fit_steps(found)]
    assert values == sorted(values)


def test_folds_keep_groups_together() -> None:
    found = [*_trials(True, True, [0.9] * 12), *_trials(False, False, [0.9] * 12)]
    of = folds(found, 3)
    assert set(of) == {0, 1, 2}
    assert list(of[:12]) == list(of[12:])


def test_prior_adds_up_and_leaves_room_for_the_unknown() -> None:
    pairs = {("hikvision", s) for s in "123456"} | {("dahua", s) for s in "123"} | {("axis", "9")}
    fit = fit_prior(pairs, platforms=20)
    assert fit.other == pytest.approx(1 / 10)
    assert fit.platforms["hikvision"] > fit.platforms["dahua"] > fit.platforms["axis"] > fit.unlisted
    whole = sum(fit.platforms.values()) + 17 * fit.unlisted + fit.other
    assert whole == pytest.approx(1.0)
