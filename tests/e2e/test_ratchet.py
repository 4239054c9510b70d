"""Accuracy on sixty fixed pictures may rise, not fall.

``python -m scripts.evaluate --ratchet --write`` records what is measured.
"""

from __future__ import annotations

import pytest

from edge.identify import Identifier
from edge.settings import load_settings
from edge.vendors.catalogue import load_catalogue
from scripts.evaluation.ratchet import count, load_ratchet, ratchet_cases
from tests.support.shared import shared_data


@pytest.mark.shared
def test_accuracy_has_not_fallen() -> None:
    ratchet = load_ratchet()
    cases = ratchet_cases(ratchet, shared_data())
    settings = load_settings()
    counts = count(cases, Identifier.load(settings), settings, load_catalogue())
    assert len(cases) == 60
    assert ratchet.record is not None
    assert ratchet.faults(counts) == [], counts
