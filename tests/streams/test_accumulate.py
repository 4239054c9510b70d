from __future__ import annotations

from edge.domain import Box, Evidence, EvidenceKind, Strength
from edge.streams.accumulate import PATIENCE, Ledger
from tests.support.fake_cameras import WORDMARK, proof, wordmark

SIZE = (640, 360)


def _values(ledger: Ledger) -> list[str]:
    return [item.value for item in ledger.evidence()]


def test_the_same_wordmark_read_again_at_the_same_place_counts_once() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.read([wordmark("hikvision", WORDMARK.moved(2, -1))], *SIZE)
    ledger.read([wordmark("hikvision", WORDMARK.moved(-3, 2))], *SIZE)
    (only,) = ledger.evidence()
    assert only.origin == "osd:500,300"


def test_the_place_is_the_same_at_another_resolution() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.read([wordmark("hikvision", Box(1500, 900, 1800, 990))], 1920, 1080)
    assert len(ledger.evidence()) == 1


def test_two_places_are_two_observations() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision"), wordmark("hikvision", Box(10, 10, 90, 30))], *SIZE)
    assert len({item.origin for item in ledger.evidence()}) == 2


def test_two_observations_of_one_reading_stay_two_although_they_overlap() -> None:
    ledger = Ledger()
    both = [wordmark("hikvision", origin="osd:mark"), wordmark("hikvision", origin="osd:layout")]
    ledger.read(both, *SIZE)
    ledger.read(both, *SIZE)
    assert {item.origin for item in ledger.evidence()} == {"osd:mark", "osd:layout"}


def test_a_misreading_is_outvoted() -> None:
    ledger = Ledger()
    for platform in ("hikvision", "hikvision", "dahua", "hikvision"):
        ledger.read([wordmark(platform)], *SIZE)
    assert _values(ledger) == ["HIKVISION"]


def test_of_equally_many_readings_the_newest_counts() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.read([wordmark("dahua")], *SIZE)
    assert _values(ledger) == ["DAHUA"]


def test_what_was_read_once_and_not_again_is_dropped() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    for _ in range(PATIENCE - 1):
        ledger.read([], *SIZE)
    assert _values(ledger) == ["HIKVISION"]
    ledger.read([], *SIZE)
    assert _values(ledger) == []


def test_what_was_read_twice_stays_through_the_night() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.read([wordmark("hikvision")], *SIZE)
    for _ in range(20):
        ledger.read([], *SIZE)
    assert _values(ledger) == ["HIKVISION"]


def test_what_is_doubted_must_be_read_again_to_stay() -> None:
    ledger = Ledger()
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.read([wordmark("hikvision")], *SIZE)
    ledger.doubt()
    for _ in range(PATIENCE):
        ledger.read([], *SIZE)
    assert _values(ledger) == []


def test_the_same_exchange_again_is_one_evidence() -> None:
    ledger = Ledger()
    ledger.exchanged([proof("dahua")])
    ledger.exchanged([proof("dahua")])
    assert _values(ledger) == ["DAHUA"]


def test_another_answer_is_another_camera() -> None:
    ledger = Ledger()
    ledger.exchanged([proof("dahua")])
    ledger.read([wordmark("dahua")], *SIZE)
    ledger.exchanged([proof("hikvision")])
    assert _values(ledger) == ["HIKVISION"]


def test_user_data_count_once() -> None:
    ledger = Ledger()
    message = Evidence(EvidenceKind.METADATA, "an SEI", None, Strength.WEAK, {"dahua": 1.0})
    ledger.learned([message])
    ledger.learned([message])
    assert _values(ledger) == ["an SEI"]
    assert ledger.told() == ledger.evidence()
