"""A probe over the loopback to a device of ours."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import StreamError, StreamFault
from edge.media.discover import discover, parse_answer
from edge.settings import load_settings
from tests.support import answers

MATCH = answers.PROBE_MATCH.format(uuid="1-2", name="HIKVISION%20DS-2CD2142FWD-I", hardware="DS-2CD2142FWD-I")


def device(replies: list[bytes]) -> tuple[socket.socket, threading.Thread]:
    """A socket that answers the first datagram with ``replies``."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    one.settimeout(5)

    def answer() -> None:
        probe, sender = one.recvfrom(65535)
        assert b"NetworkVideoTransmitter" in probe
        for reply in replies:
            one.sendto(reply, sender)

    thread = threading.Thread(target=answer)
    thread.start()
    return one, thread


def test_what_answers_is_listed_once() -> None:
    one, thread = device([MATCH.encode(), b"<no xml", b"<other/>", MATCH.encode()])
    with one:
        settings = load_settings(discover_s=0.4)
        found = discover(settings, group=one.getsockname(), interfaces=("127.0.0.1",))
        thread.join()
    assert [(d.host, d.endpoint) for d in found] == [("127.0.0.1", "urn:uuid:1-2")]
    assert found[0].addresses == ("http://192.0.2.64/onvif/device_service",)
    assert "onvif://www.onvif.org/hardware/DS-2CD2142FWD-I" in found[0].scopes


def test_the_number_of_answers_is_bounded() -> None:
    many = [MATCH.replace("1-2", f"1-{n}").encode() for n in range(20)]
    one, thread = device(many)
    with one:
        settings = load_settings(discover_s=0.4, discover_max_answers=5)
        found = discover(settings, group=one.getsockname(), interfaces=("127.0.0.1",))
        thread.join()
    assert len(found) <= 5


def test_no_network_is_said() -> None:
    with pytest.raises(StreamError) as raised:
        discover(load_settings(discover_s=0.1), interfaces=("203.0.113.77",))
    assert raised.value.code is StreamFault.UNREACHABLE


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"\xff\xfe", b'<!DOCTYPE a [<!ENTITY b "c">]><Hello>&b;</Hello>']
)
def test_other_datagrams_are_passed_over(data: bytes) -> None:
    assert parse_answer(data, "192.0.2.1") is None


@given(st.binary(max_size=300))
def test_any_datagram_is_survived(data: bytes) -> None:
    parse_answer(data, "192.0.2.1")


@given(st.integers(0, len(MATCH)), st.binary(max_size=6))
def test_damaged_answers_are_survived(at: int, noise: bytes) -> None:
    data = MATCH.encode()
    parse_answer(data[:at] + noise + data[at:], "192.0.2.1")
