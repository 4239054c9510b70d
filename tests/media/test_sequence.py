from __future__ import annotations

from edge.media.sequence import SequenceCounter


def rtp(number: int) -> bytes:
    return b"\x80\x60" + (number % 65536).to_bytes(2, "big") + bytes(8)


def counted(*numbers: int) -> SequenceCounter:
    counter = SequenceCounter()
    for number in numbers:
        counter.add(rtp(number))
    return counter


def test_nothing_is_missing_over_the_turn_of_the_numbers() -> None:
    counter = counted(*range(65_000, 66_000))

    assert (counter.packets, counter.lost) == (1000, 0)


def test_gaps_are_counted() -> None:
    assert counted(10, 11, 14, 15, 20).lost == 6


def test_a_late_packet_makes_good_for_its_gap_and_a_repeated_one_for_nothing() -> None:
    assert counted(1, 3, 2, 4).lost == 0
    assert counted(1, 2, 2, 3).lost == 0


def test_a_restart_of_the_sender_is_no_loss() -> None:
    assert counted(1, 2, 40_000, 40_001).lost == 0
    assert counted(40_000, 40_001, 5, 6).lost == 0


def test_what_is_no_rtp_is_malformed() -> None:
    counter = SequenceCounter()
    for data in (b"", b"\x80", b"\x00" * 12):
        counter.add(data)

    assert (counter.packets, counter.malformed) == (0, 3)
