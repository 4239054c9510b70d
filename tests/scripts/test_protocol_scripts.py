"""Fitting on facts, and counting on recorded answers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from edge.domain import Strength
from edge.evidence.likelihoods import load_likelihoods
from edge.evidence.protocol import SCORES, TABLE
from edge.settings import load_settings
from edge.vendors.catalogue import load_catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from scripts.evaluate_protocol import Result, judge_all, summary
from scripts.fit_protocol import Fact, fit, read_facts
from tests.support.shared import shared_data


def counted(strength: Strength, models: int, share: float) -> Fact:
    return Fact(
        "acme",
        "url-path",
        "RTSP path",
        strength,
        f"/x: {models} models under acme, 3 brands in all, share {share}",
    )


def test_a_share_becomes_the_posterior_of_the_likeliest_platform() -> None:
    facts = [
        counted(Strength.MEDIUM, 30, 0.9),
        counted(Strength.MEDIUM, 10, 0.5),
        counted(Strength.WEAK, 5, 0.2),
    ]
    facts.append(Fact("other", "rtsp", "Server header", Strength.STRONG, "Nobody/1.0"))
    fitted = fit(facts, load_protocol_rules(), prior=0.04)
    odds = math.exp(fitted[Strength.MEDIUM].value) * 0.04 / 0.96
    assert odds / (1 + odds) == pytest.approx(0.8)
    assert fitted[Strength.WEAK].value < fitted[Strength.MEDIUM].value
    assert fitted[Strength.STRONG].n > 0


@pytest.mark.shared
def test_the_shipped_table_is_what_the_facts_give() -> None:
    likelihoods = load_likelihoods(load_settings().models_dir)
    facts = read_facts(shared_data() / "protocol/fingerprints.jsonl", load_catalogue())
    fitted = fit(facts, load_protocol_rules(), max(likelihoods.prior.platforms.values()))
    for strength, found in fitted.items():
        assert likelihoods.value(TABLE, SCORES[strength]) == pytest.approx(found.value, abs=0.006)


@pytest.mark.shared
def test_no_recorded_answer_is_named_wrongly() -> None:
    judged = judge_all(Path(shared_data()) / "protocol")
    wrong = [one.file for one in judged if one.result is Result.WRONG]
    assert not wrong
    known = [one for one in judged if one.platform and one.knowable]
    assert sum(one.result is Result.RIGHT for one in known) >= 0.9 * len(known)
    assert "wrong, of all: 0/" in summary(judged)
