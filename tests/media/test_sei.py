from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.sei import MAX_BYTES, MAX_MESSAGES, annex_b, is_garbled, user_data

UUID = bytes(range(16))
START = b"\x00\x00\x00\x01"
IDR = {"h264": b"\x65\x88\x84", "hevc": b"\x26\x01\xaf"}


def escaped(data: bytes) -> bytes:
    out = bytearray()
    zeros = 0
    for byte in data:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def message(body: bytes, kind: int = 5) -> bytes:
    return bytes([kind]) + b"\xff" * (len(body) // 255) + bytes([len(body) % 255]) + body


def unit(codec: str, *messages: bytes) -> bytes:
    header = b"\x06" if codec == "h264" else b"\x4e\x01"
    return header + escaped(b"".join(messages)) + b"\x80"


def test_user_data_of_both_codecs() -> None:
    for codec in ("h264", "hevc"):
        data = (
            START + unit(codec, message(b"\x01\x02", 1), message(UUID + b"Camera maker")) + START + IDR[codec]
        )

        assert user_data(data, codec) == (UUID + b"Camera maker",)


def test_escape_bytes_are_taken_out_and_long_sizes_added_up() -> None:
    body = UUID + b"\x00\x00\x01\x00\x00\x00" + b"x" * 600
    data = START + unit("h264", message(body)) + START + IDR["h264"]

    assert user_data(data, "h264") == (body,)


def test_what_stands_behind_the_picture_is_not_looked_at() -> None:
    data = START + IDR["h264"] + START + unit("h264", message(UUID + b"late"))

    assert user_data(data, "h264") == ()


def test_number_and_size_are_bounded() -> None:
    many = [message(UUID + bytes([65 + i])) for i in range(20)]
    assert len(user_data(START + unit("h264", *many), "h264")) == MAX_MESSAGES

    (long,) = user_data(START + unit("h264", message(UUID + b"x" * 5000)), "h264")
    assert len(long) == MAX_BYTES


def test_a_message_that_is_cut_off_is_none() -> None:
    data = START + unit("h264", message(UUID + b"x" * 100)[:50])

    assert user_data(data, "h264") == ()


def test_units_of_mp4_become_a_byte_stream() -> None:
    sei = unit("h264", message(UUID + b"maker"))
    sample = len(sei).to_bytes(4, "big") + sei + len(IDR["h264"]).to_bytes(4, "big") + IDR["h264"]

    stream = annex_b(sample, b"\x01\x64\x00\x1f\xff", "h264")

    assert user_data(stream, "h264") == (UUID + b"maker",)
    assert annex_b(stream, None, "h264") == stream


@given(st.binary(max_size=500), st.sampled_from(["h264", "hevc"]), st.binary(max_size=30))
def test_no_bytes_break_it(data: bytes, codec: str, extradata: bytes) -> None:
    found = user_data(START + data, codec) + user_data(annex_b(data, b"\x01" + extradata, codec), codec)

    assert all(len(item) <= MAX_BYTES for item in found)


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["h264", "hevc"]))
def test_any_text_comes_back(text: bytes, codec: str) -> None:
    assert user_data(START + unit(codec, message(UUID + text)) + START + IDR[codec], codec) == (UUID + text,)


@pytest.mark.parametrize(
    ("codec", "header", "garbled"),
    [
        ("h264", b"\x65\x88", False),
        ("h264", b"\x1e\x88", False),  # a private type
        ("h264", b"\x80\x88", True),  # the forbidden bit
        ("h264", b"\x60\x88", True),  # no type
        ("hevc", b"\x26\x01", False),
        ("hevc", b"\x70\x01", False),  # a private type
        ("hevc", b"\xa6\x01", True),
        ("hevc", b"\x27\x01", True),  # another layer
        ("hevc", b"\x26\x00", True),  # no temporal layer
        ("hevc", b"\x16\x01", True),  # reserved
    ],
)
def test_units_that_begin_as_none_may(codec: str, header: bytes, garbled: bool) -> None:
    assert is_garbled(START + IDR[codec] + START + header + b"\x88\x88", codec) is garbled


@given(st.binary(max_size=200), st.sampled_from(["h264", "hevc"]))
def test_any_bytes_are_garbled_or_not(data: bytes, codec: str) -> None:
    assert is_garbled(data, codec) in (True, False)
