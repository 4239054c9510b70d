"""Photos of one camera joined: what depends counts once, nothing is named that no photo held for possible."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain import Box, Candidate, Evidence, EvidenceKind, Identification, Strength, Verdict
from edge.report.contract import CameraV1, IdentificationV1, camera_contract
from edge.sightings.joining import joined
from tests.support.joining import WEIGHING
from tests.support.reports import camera, identifications


def read(value: str, platform: str, ratio: float, kind: EvidenceKind = EvidenceKind.WORDMARK) -> Evidence:
    return Evidence(kind, value, Box(10, 10, 60, 20), Strength.STRONG, {platform: ratio})


def perhaps(*evidence: Evidence, platform: str = "hikvision") -> CameraV1:
    candidates = (Candidate(None, platform, 0.5),)
    found = Identification(
        Verdict.CANDIDATES, confidence=0.5, candidates=candidates, evidence=tuple(evidence)
    )
    return camera_contract(camera(found))


def named(platform: str, *evidence: Evidence, confidence: float = 0.97) -> CameraV1:
    found = Identification(Verdict.IDENTIFIED, platform, platform, confidence, evidence=tuple(evidence))
    return camera_contract(camera(found))


def test_two_weak_readings_of_different_kind_name_together() -> None:
    lettering = perhaps(read("HIKVISI", "hikvision", 2.5))
    number = perhaps(read("DS-2CD", "hikvision", 2.5, EvidenceKind.MODEL))
    found = joined([lettering, number], WEIGHING)
    assert (found.verdict, found.platform) == (Verdict.IDENTIFIED, "hikvision")


def test_the_same_reading_in_many_photos_counts_once() -> None:
    one = perhaps(read("HIKVISI", "hikvision", 2.5))
    other = perhaps(read("hikvisi", "hikvision", 2.4))
    found = joined([one, other, one], WEIGHING)
    alone = joined([one, perhaps()], WEIGHING)
    assert found.verdict is Verdict.CANDIDATES
    assert found.confidence == alone.confidence


def test_one_name_read_in_two_ways_and_matched_as_a_logo_counts_once() -> None:
    ways = [
        read("HIKVISI", "hikvision", 2.5),
        read("KVISION", "hikvision", 2.4),
        read("logo", "hikvision", 2.4, EvidenceKind.MARK),
    ]
    found = joined([perhaps(one) for one in ways], WEIGHING)
    assert found.confidence == joined([perhaps(ways[0]), perhaps()], WEIGHING).confidence


def test_joining_makes_nothing_less_sure() -> None:
    one = named("hikvision", read("HIKVISION", "hikvision", 7.0), confidence=0.999)
    other = named("hikvision", read("HIKVISI", "hikvision", 3.0), confidence=0.96)
    assert joined([one, other], WEIGHING).confidence == 0.999


def test_one_photo_keeps_its_answer_as_it_was() -> None:
    one = named("dahua", read("x", "dahua", 0.1))
    assert joined([one], WEIGHING) == one.identification


def test_makers_against_each_other_name_nobody() -> None:
    one = named("hikvision", read("HIKVISION", "hikvision", 5.0))
    other = named("dahua", read("dahua", "dahua", 5.0))
    found = joined([one, other], WEIGHING)
    assert found.verdict is Verdict.CANDIDATES
    assert {c.platform for c in found.candidates} == {"hikvision", "dahua"}


def test_a_sure_name_does_not_outvote_another_name() -> None:
    sure = named("hikvision", read("HIKVISION", "hikvision", 12.0))
    other = named("dahua", read("dahua", "dahua", 4.0))
    found = joined([sure, other], WEIGHING)
    assert (found.verdict, found.brand, found.platform) == (Verdict.CANDIDATES, None, None)
    assert [c.platform for c in found.candidates] == ["hikvision", "dahua"]


def test_two_brands_of_one_maker_leave_the_maker() -> None:
    own = named("hikvision", read("HIKVISION", "hikvision", 12.0))
    other = Identification(
        Verdict.IDENTIFIED, "lorex", "hikvision", 0.97, evidence=(read("LOREX", "hikvision", 7.0),)
    )
    found = joined([own, camera_contract(camera(other))], WEIGHING)
    assert (found.verdict, found.brand, found.platform) == (Verdict.IDENTIFIED, None, "hikvision")


def test_a_brand_and_the_one_who_builds_for_it_do_not_disagree() -> None:
    sure = named("hikvision", read("HIKVISION", "hikvision", 12.0))
    found = Identification(
        Verdict.IDENTIFIED, "lorex", None, 0.97, evidence=(read("LOREX", "hikvision", 7.0),)
    )
    assert joined([sure, camera_contract(camera(found))], WEIGHING).verdict is Verdict.IDENTIFIED


def test_a_photo_that_says_nothing_takes_nothing_away() -> None:
    best = named("hikvision", read("HIKVISION", "hikvision", 2.0))
    found = joined([best, camera_contract(camera(Identification.undetermined()))], WEIGHING)
    assert (found.verdict, found.brand) == (Verdict.IDENTIFIED, "hikvision")


def test_a_brand_that_a_photo_proved_is_kept() -> None:
    best = named("hikvision", read("HIKVISION", "hikvision", 7.0))
    more = perhaps(read("DS-2CD", "hikvision", 3.0, EvidenceKind.MODEL))
    assert joined([best, more], WEIGHING).brand == "hikvision"


_answers = st.lists(
    identifications().map(lambda found: camera_contract(camera(found))), min_size=1, max_size=4
)


@settings(max_examples=60, deadline=None)
@given(_answers)
def test_no_name_comes_from_nowhere(cameras: list[CameraV1]) -> None:
    found = joined(cameras, WEIGHING)
    answers = [one.identification for one in cameras]
    if found.verdict is Verdict.IDENTIFIED:
        assert found.platform is None or found.platform in _platforms(answers)
        assert found.brand is None or found.brand in _brands(answers)


def _platforms(answers: list[IdentificationV1]) -> set[str | None]:
    return {p for one in answers for p in (one.platform, *(c.platform for c in one.candidates))}


def _brands(answers: list[IdentificationV1]) -> set[str | None]:
    return {b for one in answers for b in (one.brand, *(c.brand for c in one.candidates))}
