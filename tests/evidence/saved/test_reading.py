"""One answer in the many forms in which people save it, and hostile texts."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.evidence.saved.documents import read_document
from edge.evidence.saved.observed import MAX_OBSERVATIONS, NOTHING, Observation, address_fields
from edge.evidence.saved.pairs import subject
from edge.evidence.saved.reading import read_saved
from edge.vendors.protocol_rules import MAX_VALUE, Field
from tests.support import answers

WANTED = {
    Observation(Field.SDP_NAME, "Media Server"),
    Observation(Field.SDP_ATTRIBUTE, "packetization-supported:DH"),
    Observation(Field.RTSP_PATH, "/cam/realmonitor?channel=1&subtype=0"),
}


def xxd(data: bytes) -> str:
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        pairs = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
        shown = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        rows.append(f"{at:08x}: {pairs:39}  {shown}")
    return "\n".join(rows)


def each_line(form: str) -> str:
    return "\n".join(form.format(line) for line in answers.DAHUA.split("\r\n"))


FORMS = {
    "as sent": answers.DAHUA.encode(),
    "line feeds only": answers.DAHUA.replace("\r\n", "\n").encode(),
    "byte order mark": answers.DAHUA.encode("utf-8-sig"),
    "UTF-16": answers.DAHUA.encode("utf-16"),
    "UTF-16 without a mark": answers.DAHUA.encode("utf-16-le"),
    "escaped": answers.DAHUA.replace("\r\n", "\\r\\n").encode(),
    "bytes of Python": ("b'" + answers.DAHUA.replace("\r\n", "\\r\\n") + "'").encode(),
    "source code": each_line('        "{}\\r\\n" +').encode(),
    "a comment": each_line(" * {}").encode(),
    "curl": each_line("< {}").encode(),
    "syslog": each_line("Nov 07 07:06:09 host recorder[7329]: {}").encode(),
    "a logger": each_line("2026-01-02 03:04:05.678 DEBUG [rtsp] {}").encode(),
    "a tool's trace": each_line("[rtsp @ 0x55d0c0ffee00] line='{}'").encode(),
    "hexadecimal": answers.DAHUA.encode().hex().encode(),
    "a hex dump": xxd(answers.DAHUA.encode()).encode(),
    "base64": base64.b64encode(answers.DAHUA.encode()),
    "in JSON": b'{"time": 1, "data": "' + answers.DAHUA.replace("\r\n", "\\r\\n").encode() + b'"}',
    "with media behind": answers.DAHUA.encode() + b"$\x00\x05\x9f" + bytes(range(256)) * 8,
    "upper-case headers": answers.DAHUA.replace("Content-Base", "CONTENT-BASE").encode(),
}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_an_answer_reads_the_same_in_every_form(form: str) -> None:
    assert set(read_saved(FORMS[form]).observations) >= WANTED


def test_what_was_sent_says_nothing() -> None:
    sent = "> DESCRIBE rtsp://192.0.2.1/axis-media/media.amp RTSP/1.0\n> User-Agent: Acme\n>\n"
    text = sent + "< RTSP/1.0 404 Not Found\n"
    assert not [one for one in read_saved(text.encode()).observations if one.field is Field.RTSP_PATH]
    bare = "DESCRIBE rtsp://192.0.2.1/x RTSP/1.0\nServer: Acme\n\nRTSP/1.0 200 OK\nServer: Other\n"
    servers = [o.value for o in read_saved(bare.encode()).observations if o.field is Field.RTSP_SERVER]
    assert servers == ["Other"]


def test_folded_headers_are_joined() -> None:
    text = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest\r\n realm="A realm",\r\n nonce="1"\r\n\r\n'
    assert Observation(Field.RTSP_REALM, "A realm") in read_saved(text.encode()).observations


@pytest.mark.parametrize("written", ['realm="DCS-1"', "realm=DCS-1", "realm='DCS-1'", 'REALM = "DCS-1"'])
def test_realms_are_read_in_every_spelling(written: str) -> None:
    text = f"HTTP/1.1 401 Unauthorized\nWww-Authenticate: Basic {written}\n"
    assert Observation(Field.HTTP_REALM, "DCS-1") in read_saved(text.encode()).observations


def test_a_cut_xml_is_read_up_to_there() -> None:
    text = answers.ISAPI.format(model="DS-2CD2386G2-IU", serial="x")[:250]
    found = read_saved(text.encode())
    assert found.device.model == "DS-2CD2386G2-IU"


def test_scopes_tell_model_and_address() -> None:
    text = answers.PROBE_MATCH.format(uuid="1", name="ACME%20One", hardware="One-1")
    found = read_saved(text.encode())
    assert found.kinds == ("ws-discovery",)
    assert (found.device.model, found.device.mac) == ("One-1", "44:19:b6:01:02:03")
    assert Observation(Field.SCOPE_NAME, "ACME One") in found.observations


def test_several_devices_in_one_document_are_nobody() -> None:
    found = read_saved(b'[{"model": "A", "serial": "1"}, {"model": "B", "serial": "2"}]')
    assert found.device.model is None


def test_a_type_stands_in_for_a_model_that_is_not_stated() -> None:
    assert read_saved(b'{"params": {"deviceType": "IPC-HFW1"}}').device.model == "IPC-HFW1"
    assert read_saved(b'{"deviceType": "IPCamera", "model": "One"}').device.model == "One"


def test_headers_of_an_http_archive_are_headers() -> None:
    found = read_saved(b'{"response": {"headers": [{"name": "Server", "value": "App-webs/"}]}}')
    assert Observation(Field.HTTP_SERVER, "App-webs/") in found.observations


def test_addresses_in_odd_forms() -> None:
    for url in (
        "rtsp://rtsp://192.0.2.1:554/stream0/",
        "192.0.2.1:554/stream0",
        "<rtsp://192.0.2.1/stream0>",
    ):
        assert (Field.RTSP_PATH, "/stream0") in address_fields(url, Field.RTSP_PATH, Field.RTSP_PORT)
    tracked = address_fields("rtsp://h/s0/trackID=1?x=2", Field.RTSP_PATH, Field.RTSP_PORT)
    assert (Field.RTSP_PATH, "/s0?x=2") in tracked


def test_certificates_in_both_notations() -> None:
    assert subject("/C=AT/O=Acme Ltd/CN=cam") == ",C=AT,O=Acme Ltd,CN=cam,"
    assert subject("CN = cam, O = Acme") == ",CN=cam,O=Acme,"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.EMPTY),
        (b" \r\n\t", ErrorCode.EMPTY),
        (bytes(range(256)) * 10, ErrorCode.NOT_TEXT),
        (b"\0" * 1000, ErrorCode.NOT_TEXT),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(200), ErrorCode.NOT_TEXT),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(CamidError) as raised:
        read_saved(data)
    assert raised.value.code is code


HOSTILE = {
    "tags": "<a>" * 200_000,
    "open tag": "<a " + "b" * 1_000_000,
    "nested": "<a" * 300_000,
    "brackets": "[" * 500_000,
    "braces": '{"a":' * 200_000,
    "realm": "RTSP/1.0 401 x\nWWW-Authenticate: " + 'realm="' * 100_000,
    "folds": "RTSP/1.0 200 OK\nServer: x\n" + " y\n" * 100_000,
    "headers": "RTSP/1.0 200 OK\n" + "A: b\n" * 100_000,
    "attributes": "v=0\n" + "".join(f"a=x{n}\n" for n in range(100_000)),
    "pairs": "".join(f"key{n}=value\n" for n in range(100_000)),
    "hex": "61" * 500_000,
    "colons": "00:" * 300_000,
    "blanks": " " * 1_000_000 + "x",
    "one line": "RTSP/1.0 200 OK\nServer: " + "x" * 1_000_000,
    "escapes": "\\r\\n" * 200_000,
    "stamps": "[a]" * 200_000,
    "titles": "<html>" + "<title>" * 100_000,
    "entities": "<a>" + "&lt;" * 100_000 + "</a>",
    "scopes": "onvif://www.onvif.org/a/b " * 30_000,
    "urls": "RTSP/1.0 200 OK\nRTP-Info: " + "url=rtsp://a/b;" * 50_000,
    "subject": "subject=" + "CN=" * 100_000,
    "comments": "<!--" * 100_000,
    "many leaves": "<r>" + "<model>x</model>" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE, ids=str)
def test_hostile_texts_are_read_in_bounded_time(name: str) -> None:
    start = time.perf_counter()
    found = read_saved(HOSTILE[name].encode())
    assert len(found.observations) <= MAX_OBSERVATIONS
    assert all(len(one.value) <= MAX_VALUE for one in found.observations)
    assert time.perf_counter() - start < 6  # under 1 s on an idle core


def test_a_deep_document_is_no_document() -> None:
    assert read_document("[" * 5000) is None


_SNIPPETS = [
    *answers.DAHUA.split("\r\n"),
    *answers.ISAPI.split("\n"),
    *('"a": "b"', "\\r\\n", "\r\n", "v=0", "a=control:", "rtsp://", "realm=", "onvif://www.onvif.org/name/"),
    *("{", "}", "<", ">", "\n", " ", "[", "]", "%00", "=", ":", "\0", "é"),
]


@given(st.lists(st.sampled_from(_SNIPPETS), max_size=60).map("".join))
def test_any_mixture_is_read(text: str) -> None:
    _read_or_refuse(text.encode("utf-8", "replace"))


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _read_or_refuse(data)


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 600), st.binary(max_size=8))
def test_damaged_answers_are_read(form: str, at: int, noise: bytes) -> None:
    data = FORMS[form]
    _read_or_refuse(data[:at] + noise + data[at + len(noise) :])
    _read_or_refuse(data[:at])


def _read_or_refuse(data: bytes) -> None:
    try:
        found = read_saved(data)
    except CamidError as error:
        refused: set[object] = {error.code}
        found = NOTHING
    else:
        refused = set()
    assert refused <= {ErrorCode.EMPTY, ErrorCode.NOT_TEXT}
    assert len(found.observations) <= MAX_OBSERVATIONS
    assert all(one.value == " ".join(one.value.split()) for one in found.observations)
