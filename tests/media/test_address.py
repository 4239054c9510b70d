from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.media.address import FileAddress, StreamAddress, parse_source


def test_all_parts_of_an_address() -> None:
    address = StreamAddress.parse("rtsp://admin:s%40fe@Cam-1.example:8554/live/ch1?subtype=0")

    assert (address.scheme, address.host, address.port) == ("rtsp", "cam-1.example", 8554)
    assert (address.username, address.password) == ("admin", "s@fe")
    assert address.path == "/live/ch1?subtype=0"
    assert address.full == "rtsp://admin:s%40fe@cam-1.example:8554/live/ch1?subtype=0"
    assert address.url == "rtsp://cam-1.example:8554/live/ch1?subtype=0"


@pytest.mark.parametrize(
    ("text", "port"),
    [("rtsp://h/x", 554), ("rtsps://h/x", 322), ("RTSP://h", 554), ("rtsp://[::1]:99/x", 99)],
)
def test_port_is_that_of_the_scheme_unless_given(text: str, port: int) -> None:
    assert StreamAddress.parse(text).port == port


def test_ipv6_hosts_keep_their_brackets_in_the_url() -> None:
    address = StreamAddress.parse("rtsp://[FE80::0001]:8554/x")

    assert address.host == "fe80::1"
    assert address.url == "rtsp://[fe80::1]:8554/x"


def test_given_credentials_replace_those_of_the_url() -> None:
    address = StreamAddress.parse("rtsp://a:b@h/x", username="user", password="pass word/@:")

    assert (address.username, address.password) == ("user", "pass word/@:")
    assert StreamAddress.parse(address.full) == address


def test_a_password_may_hold_colons_and_ats() -> None:
    address = StreamAddress.parse("rtsp://admin:a@b:c@host/x")

    assert (address.host, address.password) == ("host", "a@b:c")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://host/x",
        "file:///etc/passwd",
        "concat:rtsp://host/x",
        "rtsp:host",
        "rtsp://",
        "rtsp:///x",
        "rtsp://host:0/x",
        "rtsp://host:65536/x",
        "rtsp://host:x/",
        "rtsp://ho st/x",
        "rtsp://host/x\r\nHeader: 1",
        "rtsp://host/\x00",
        "rtsp://[::1/x",
        "rtsp://[1.2.3]/x",
        "rtsp://höst/x",
        "rtsp://host/" + "x" * 3000,
        "rtsp://-i|cmd/x",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(CamidError) as caught:
        StreamAddress.parse(text)

    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_slash_in_a_password_is_asked_for_escaped_and_never_quoted() -> None:
    with pytest.raises(CamidError, match="%2F") as caught:
        StreamAddress.parse("rtsp://admin:12/secret@host/x")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:hunter22@host/x",
        "rtsp://host/user=admin_password=hunter22_channel=1_stream=0.sdp",
        "rtsp://host/live?user=admin&password=hunter22&channel=1",
        "rtsp://host/live?channel=1&PWD=hunter22",
        "rtsp://admin:hunter22@host/admin/hunter22/ch1",
        "rtsp://host/x?token=hunter22",
    ],
)
def test_no_credential_can_be_seen(text: str) -> None:
    address = StreamAddress.parse(text)

    for shown in (address.redacted, str(address), repr(address), f"{address}", repr([address])):
        assert "hunter22" not in shown
        assert "host" in shown


def test_a_harmless_query_stays_readable() -> None:
    assert (
        StreamAddress.parse("rtsp://h/cam?channel=1&subtype=0").redacted == "rtsp://h/cam?channel=1&subtype=0"
    )


@given(st.text(max_size=60))
def test_no_text_is_anything_but_an_address_or_a_bad_request(text: str) -> None:
    try:
        address = StreamAddress.parse(text)
    except CamidError:
        return
    assert "\n" not in address.url
    assert StreamAddress.parse(address.full) == address


@given(st.text(min_size=4, max_size=20), st.text(min_size=1, max_size=20))
def test_credentials_come_back_from_the_url_and_stay_hidden(password: str, name: str) -> None:
    try:
        encoded = f"rtsp://{quote(name, safe='')}:{quote(password, safe='')}@camera/x"
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    address = StreamAddress.parse(encoded)

    assert (address.username, address.password) == (name, password)
    assert address.redacted == "rtsp://camera/x"


def test_a_source_without_a_scheme_is_a_file(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")

    assert parse_source(str(clip)) == FileAddress(clip)
    assert parse_source("rtsp://h/x") == StreamAddress.parse("rtsp://h/x")
    assert FileAddress(clip).redacted == "clip.mp4"
    for no_file in (str(tmp_path), str(tmp_path / "none.mp4"), "a\0b", "x" * 5000):
        with pytest.raises(CamidError):
            parse_source(no_file)
