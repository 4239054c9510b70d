from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.framing import Framer, Interleaved, Item, Message, TooLarge

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nhello"


def packet(channel: int, payload: bytes) -> bytes:
    return b"$" + bytes([channel]) + len(payload).to_bytes(2, "big") + payload


def framed(data: bytes, step: int = 1 << 20, limit: int = 10_000) -> list[Item]:
    framer = Framer(limit)
    return [item for i in range(0, len(data), step) for item in framer.feed(data[i : i + step])]


def test_messages_and_packets_are_told_apart() -> None:
    items = framed(packet(0, b"abc") + ANSWER + packet(1, b"") + b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n")

    assert [type(item) for item in items] == [Interleaved, Message, Interleaved, Message]
    first, answer, _, request = items
    assert isinstance(first, Interleaved)
    assert isinstance(answer, Message)
    assert isinstance(request, Message)
    assert (first.channel, bytes(first.payload)) == (0, b"abc")
    assert (answer.status, answer.body) == (("RTSP", 200, "OK"), "hello")
    assert (request.is_answer, request.header("cseq")) == (False, "9")


def test_headers_keep_order_case_and_repetition_and_folded_lines_are_joined() -> None:
    text = b"RTSP/1.0 401 No\nServer: a\nWWW-Authenticate: one\nwww-authenticate: two\n  more\nnonsense\n\n"
    (item,) = framed(text)

    assert isinstance(item, Message)
    assert item.headers == (("Server", "a"), ("WWW-Authenticate", "one"), ("www-authenticate", "two more"))


def test_a_body_may_look_like_anything() -> None:
    body = b"$\x00\x00\x01xRTSP/1.0 200 OK\r\n\r\n"
    (item,) = framed(b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    assert isinstance(item, Message)
    assert item.body == body.decode()


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 10_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 100000000\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n",
    ],
)
def test_a_message_beyond_the_limit_is_refused_before_it_is_stored(data: bytes) -> None:
    with pytest.raises(TooLarge):
        framed(data, step=1000)


@pytest.mark.parametrize("length", [b"-1", b"", b"x", b"1e3", "٣".encode()])
def test_a_length_that_is_no_number_counts_as_none(length: bytes) -> None:
    items = framed(b"RTSP/1.0 200 OK\r\nContent-Length: " + length + b"\r\n\r\n" + packet(0, b"a"))

    assert [type(item) for item in items] == [Message, Interleaved]


def test_after_garbage_it_finds_its_feet_again() -> None:
    framer = Framer(10_000)

    items = framer.feed(b"\xff\xfe\x00garbage" + packet(0, b"abc") + b"\x01\x02" + ANSWER)

    assert [type(item) for item in items] == [Interleaved, Message]
    assert framer.garbage == 12


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_an_answer_after_garbage_may_come_in_two_pieces(cut: int) -> None:
    framer = Framer(10_000)

    items = framer.feed(b"\xff\x00" + ANSWER[:cut]) + framer.feed(ANSWER[cut:])

    assert [type(item) for item in items] == [Message]
    assert framer.garbage == 2


def test_garbage_without_end_is_not_stored() -> None:
    framer = Framer(10_000)
    for _ in range(100):
        framer.feed(b"\xaa" * 10_000)

    assert framer.garbage == 1_000_000
    assert len(framer._buffer) == 0


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_give_the_same_items_however_they_are_cut(data: bytes, step: int) -> None:
    try:
        whole = framed(data)
    except TooLarge:
        return
    assert [item for item in framed(data, step) if isinstance(item, Interleaved)] == [
        item for item in whole if isinstance(item, Interleaved)
    ]


@given(
    st.lists(st.one_of(st.binary(max_size=50).map(lambda b: packet(0, b)), st.just(ANSWER)), max_size=8),
    st.integers(1, 30),
)
def test_what_was_sent_comes_out(parts: list[bytes], step: int) -> None:
    items = framed(b"".join(parts), step)

    assert len(items) == len(parts)
    for item, part in zip(items, parts, strict=True):
        assert item.raw == part if isinstance(item, Interleaved) else part == ANSWER
