"""Time, place and caption of a photo, from whatever says it first."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import Gps, Source
from edge.media.archive import Entry, walk
from edge.media.facts import PhotoFacts, facts_of
from edge.media.iptc import Iptc, parse_iptc
from edge.media.xmp import Xmp, find_xmp, parse_xmp
from edge.settings import load_settings

PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 exif:GPSLatitude="44,25.5N" exif:GPSLongitude="26,6,36E">
<exif:DateTimeOriginal>2021-05-06T07:08:09+03:00</exif:DateTimeOriginal>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Zid și cameră</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def source(**known: object) -> Source:
    return Source("photo", "a.jpg", "00", 8, 8, **known)  # type: ignore[arg-type]


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def iptc_jpeg(*datasets: bytes) -> bytes:
    block = b"".join(datasets)
    other = b"8BIM" + struct.pack(">H", 0x040C) + b"\3abc" + struct.pack(">I", 3) + b"xyz\0"
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(block)) + block
    return b"\xff\xd8\xff\xed\xff\xffPhotoshop 3.0\0" + other + resource


def test_xmp_as_attributes_and_elements() -> None:
    told = parse_xmp(find_xmp(b"junk" + PACKET + b"junk"))
    assert told.caption == "Zid și cameră"
    assert told.taken_at == datetime(2021, 5, 6, 4, 8, 9, tzinfo=UTC)
    assert told.gps is not None
    assert (told.gps.latitude, told.gps.longitude) == pytest.approx((44.425, 26.11))


def test_iptc_in_utf_8_and_in_latin_1() -> None:
    date = (dataset(2, 55, b"20190203"), dataset(2, 60, b"040506-0330"))
    told = parse_iptc(iptc_jpeg(dataset(1, 90, b"\x1b%G"), dataset(2, 120, "Ґанок".encode()), *date))
    zone = timezone(-timedelta(hours=3, minutes=30))
    assert told == Iptc("Ґанок", datetime(2019, 2, 3, 4, 5, 6, tzinfo=zone))
    assert parse_iptc(iptc_jpeg(dataset(2, 120, b"caf\xe9"))).caption == "café"
    assert parse_iptc(iptc_jpeg(dataset(2, 55, b"20190203"))).taken_at is None  # a day is no moment


def test_the_file_itself_comes_before_what_lies_beside_it() -> None:
    sidecar = json.dumps(
        {
            "photoTakenTime": {"timestamp": "1600000000"},
            "geoData": {"latitude": 50.45, "longitude": 30.52},
            "description": "from the album",
        }
    ).encode()
    alone = facts_of(source(), b"", sidecar)
    assert alone.taken_at == datetime.fromtimestamp(1600000000, UTC)
    assert (alone.gps, alone.caption) == (Gps(50.45, 30.52), "from the album")
    assert (alone.taken_from, alone.position_from, alone.caption_from) == ("sidecar", "sidecar", "sidecar")
    taken = datetime(2024, 1, 2)
    both = facts_of(source(taken_at=taken), iptc_jpeg(dataset(2, 120, b"wall")) + PACKET, sidecar)
    assert (both.taken_at, both.taken_from) == (taken, "exif")
    assert (both.position_from, both.caption_from) == ("xmp", "xmp")


def test_a_description_is_a_text_of_bounded_length() -> None:
    for said in ({"a": 1}, "x" * 100_000):
        sidecar = json.dumps({"photoTakenTime": {"timestamp": "1"}, "description": said}).encode()
        caption = facts_of(source(), b"", sidecar).caption
        assert isinstance(caption, str)
        assert len(caption) <= 2000


def test_nothing_said_is_nothing_known() -> None:
    unknown = b'{"photoTakenTime": {"timestamp": "1"}, "geoData": {"latitude": 0.0, "longitude": 0.0}}'
    assert facts_of(source(), b"") == PhotoFacts()
    assert facts_of(source(), b"", unknown).gps is None


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b"<x:xmpmeta></x:xmpmeta>",
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + PACKET,
        PACKET.replace(b"44,25.5N", b"99,99.9N"),
        PACKET.replace(b"44,25.5N", b"44,25.5E"),
    ],
)
def test_broken_and_hostile_packets(packet: bytes) -> None:
    assert parse_xmp(packet).gps is None


@given(st.binary(max_size=300))
def test_nothing_breaks_the_parsers(noise: bytes) -> None:
    parse_iptc(b"Photoshop 3.0\0" + noise)
    parse_iptc(iptc_jpeg(noise))
    assert parse_xmp(b"<x:xmpmeta" + noise) == Xmp()
    facts_of(source(), noise, b"{" + noise)


def test_sidecars_are_found_and_are_no_photos(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"photo")
    (tmp_path / "a.jpg.xmp").write_bytes(b"of a")
    (tmp_path / "b.xmp").write_bytes(b"of b")
    (tmp_path / "c.jpg.json").write_bytes(b"of c")
    (tmp_path / "alone.xmp").write_bytes(b"of nothing")
    found = [one for one in walk([str(tmp_path)], load_settings()) if isinstance(one, Entry)]
    told = {Path(one.place).name: one.sidecar() for one in found}
    assert told == {"a.jpg": b"of a", "alone.xmp": b"", "b.jpg": b"of b", "c.jpg": b"of c"}
