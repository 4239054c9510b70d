from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.sdp import Track, for_ffmpeg, parse_description

TYPICAL = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=Media Server
a=control:*
m=audio 0 RTP/AVP 8
a=control:trackID=1
a=rtpmap:8 PCMA/8000
m=video 0 RTP/AVP 96
b=AS:4096
a=control:trackID=0
a=framerate:25.000000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=640029;sprop-parameter-sets=Z2QAKa0=,aO48sA==
a=x-dimensions:1920,1080
m=application 0 RTP/AVP 107
a=control:trackID=4
a=rtpmap:107 vnd.onvif.metadata/90000
"""


def test_the_video_track_is_found_among_others() -> None:
    description = parse_description(TYPICAL.replace("\n", "\r\n"))

    track = description.video()
    assert track is not None
    assert (track.codec, track.payload_type, track.control, track.fps) == ("h264", 96, "trackID=0", 25)
    assert track.size == (1920, 1080)
    assert description.control == "*"


@pytest.mark.parametrize(
    ("lines", "codec"),
    [
        ("m=video 0 RTP/AVP 26", "mjpeg"),
        ("m=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000", "hevc"),
        ("m=video 0 RTP/AVP 97\na=rtpmap:97 hevc/90000", "hevc"),
        ("m=video 0 RTP/AVP 97\na=rtpmap:97 MP4V-ES/90000", None),
        ("m=video 0 RTP/SAVP 97\na=rtpmap:97 H264/90000", None),
        ("m=video 0 RTP/AVP 97", None),
        ("m=audio 0 RTP/AVP 0", None),
        ("m=video", None),
        ("", None),
    ],
)
def test_codecs(lines: str, codec: str | None) -> None:
    track = parse_description("v=0\n" + lines).video()

    assert (track.codec if track else None) == codec


def test_what_is_there_instead_is_named() -> None:
    text = "m=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA/8000\nm=video 0 RTP/AVP 98\na=rtpmap:98 MP4V-ES/90000"

    assert parse_description(text).what_else() == "audio PCMA, video MP4V-ES"
    assert parse_description("").what_else() == "nothing"


def test_the_second_video_is_taken_where_the_first_cannot_be_decoded() -> None:
    first = "m=video 0 RTP/AVP 98\na=rtpmap:98 VP8/90000\n"
    second = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:two"

    track = parse_description(first + second).video()

    assert track is not None
    assert track.control == "two"


def test_ffmpeg_sees_nothing_that_a_camera_wrote_unchecked() -> None:
    text = (
        "v=0\nc=IN IP4 10.9.8.7\na=control:file:///etc/passwd\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        "a=control:http://evil/\na=range:npt=0-5\na=fmtp:96 packetization-mode=1;x=\x07bell\n"
        "a=key-mgmt:mikey AAA\n"
    )
    track = parse_description(text).video()
    assert track is not None

    written = for_ffmpeg(track, "track0")

    assert written.count("m=") == 1
    for word in ("evil", "passwd", "10.9.8.7", "mikey", "bell", "range"):
        assert word not in written


def test_parameter_sets_that_would_be_cut_are_left_out() -> None:
    parameters = "packetization-mode=1;sprop-parameter-sets=" + "A" * 15_000
    written = for_ffmpeg(Track("video", 96, "H264", 90000, parameters), "track0")

    assert "packetization-mode=1" in written
    assert "sprop" not in written


def test_a_digit_that_is_no_number_is_no_payload_type() -> None:
    assert parse_description("m=video 0 RTP/AVP ²").tracks == ()


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_description(text)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "m=audio 0 RTP/AVP 0"]),
            st.tuples(
                st.sampled_from(
                    ["a=fmtp:96 ", "a=control:", "a=framerate:", "a=framesize:96 ", "a=x-dimensions:"]
                ),
                st.text(max_size=40),
            ).map("".join),
        ),
        max_size=12,
    )
)
def test_what_is_written_for_ffmpeg_has_one_medium_and_known_lines(lines: list[str]) -> None:
    track = parse_description("\n".join(lines)).video()
    if track is None:
        return
    written = for_ffmpeg(track, "track0").split("\r\n")

    assert all(
        re.match(r"[vosctm]=|a=(rtpmap|control|fmtp|framerate|framesize):|$", line) for line in written
    )
    assert sum(line.startswith("m=") for line in written) == 1
    assert "a=control:track0" in written
