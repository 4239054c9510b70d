from __future__ import annotations

from datetime import date

import pytest

from edge.domain import Box, Evidence, EvidenceKind, Strength, Verdict
from edge.evidence.fusion import identify
from edge.evidence.likelihoods import Likelihoods, LikelihoodTable, Prior, Step, Thresholds
from edge.evidence.mark import evidence_from_marks
from edge.vendors.catalogue import Brand, Catalogue
from edge.vision.gallery import GalleryMatch

PRIOR = Prior({"dahua": 0.1, "hikvision": 0.1}, other=0.5, unlisted=0.01, n=9, date="2025-01-01", source="s")


def _table(name: str, *steps: Step) -> LikelihoodTable:
    return LikelihoodTable(name, steps, 10, "2025-01-01", "command")


LIKELIHOODS = Likelihoods(
    PRIOR,
    {
        "mark": _table("mark", Step(0.5, 0.0, 5), Step(0.7, 3.0, 5), Step(0.85, 7.0, 5)),
    },
)
THRESHOLDS = Thresholds(
    detect_nano=0.5,
    detect_small=0.5,
    identify_posterior=0.95,
    identify_conflict=0.99,
    identify_support=3.0,
    identify_housing=0.5,
    candidates_min=0.1,
    mark_similarity=0.6,
    advice_promise=0.8,
)
CATALOGUE = Catalogue(
    date(2025, 1, 1),
    {
        "dahua": Brand("dahua", "Dahua", "dahua", True, (), (), ()),
        "imou": Brand("imou", "Imou", "dahua", True, (), (), ()),
    },
    (),
    (),
)
BOX = Box(10, 10, 50, 20)


def _marks(match: GalleryMatch, lettering: tuple[Evidence, ...] = ()) -> list[Evidence]:
    return evidence_from_marks([match], CATALOGUE, LIKELIHOODS, THRESHOLDS, lettering)


def _read(box: Box, ratio: float) -> Evidence:
    return Evidence(
        EvidenceKind.WORDMARK,
        "imou",
        box,
        Strength.MEDIUM,
        {"dahua": ratio},
        brand="imou",
        origin="text:here",
    )


def test_a_clear_match_names_brand_and_platform() -> None:
    (found,) = _marks(GalleryMatch(BOX, "imou", 0.95, 0.4))
    assert (found.kind, found.value, found.brand) == (EvidenceKind.MARK, "Imou", "imou")
    assert dict(found.supports) == {"dahua": 7.0}
    answer = identify([found], CATALOGUE, LIKELIHOODS, THRESHOLDS)
    assert (answer.verdict, answer.brand, answer.platform) == (Verdict.IDENTIFIED, "imou", "dahua")


@pytest.mark.parametrize(
    "match",
    [
        GalleryMatch(BOX, "imou", 0.55, 0.4),
        GalleryMatch(BOX, "imou", 0.65, 0.4),
        GalleryMatch(BOX, "nobody we know", 0.99, 0.4),
    ],
)
def test_no_evidence_from_faint_or_unknown_marks(match: GalleryMatch) -> None:
    assert _marks(match) == []


def test_a_close_second_weakens_a_match() -> None:
    (clear,), (close,) = (
        _marks(GalleryMatch(BOX, "imou", 0.86, 0.4)),
        _marks(GalleryMatch(BOX, "imou", 0.86, 0.05)),
    )
    assert close.supports["dahua"] < clear.supports["dahua"]


def test_a_match_on_pixels_that_were_read_counts_once() -> None:
    read = _read(Box(12, 9, 48, 21), 5.0)
    (found,) = _marks(GalleryMatch(BOX, "imou", 0.95, 0.4), (read,))
    assert found.origin == read.origin
    both = identify([read, found], CATALOGUE, LIKELIHOODS, THRESHOLDS)
    alone = identify([found], CATALOGUE, LIKELIHOODS, THRESHOLDS)
    assert both.confidence == alone.confidence


def test_a_match_elsewhere_adds_up() -> None:
    (found,) = _marks(GalleryMatch(BOX, "imou", 0.95, 0.4), (_read(Box(100, 100, 140, 110), 5.0),))
    assert found.origin != "text:here"
