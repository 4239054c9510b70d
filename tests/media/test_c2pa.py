from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.c2pa import Credentials, read_credentials
from edge.media.cbor import CborError, read_cbor
from tests.support.credentials import box, cbor, in_jpeg, manifest, store, superbox
from tests.support.pictures import jpeg, textured

PHOTO = jpeg(textured(64, 48))
CLAIM = {
    "claim_generator_info": {"name": "Fieldcam", "version": "2.1"},
    "dc:title": "fence.jpg",
    "alg": "sha256",
}


def test_a_photo_without_credentials_has_none() -> None:
    assert read_credentials(PHOTO) is None


def test_the_last_manifest_is_told_with_what_made_it_and_what_it_asserts() -> None:
    older = manifest("urn:uuid:1", {"claim_generator": "Old/1.0"}, ["c2pa.actions"])
    newer = manifest("urn:c2pa:2", CLAIM, ["c2pa.actions.v2", "c2pa.hash.data"])
    found = read_credentials(in_jpeg(PHOTO, store(older, newer)))
    assert found == Credentials(2, "fence.jpg", "Fieldcam 2.1", ("c2pa.actions.v2", "c2pa.hash.data"))


def test_an_older_claim_names_its_generator_in_a_line_of_text() -> None:
    found = read_credentials(in_jpeg(PHOTO, store(manifest("m", {"claim_generator": "Old/1.0"}, []))))
    assert found is not None
    assert found.generator == "Old/1.0"


def test_a_store_cut_into_many_segments_is_put_together() -> None:
    found = read_credentials(in_jpeg(PHOTO, store(manifest("m", CLAIM, [])), piece=50))
    assert found is not None
    assert found.generator == "Fieldcam 2.1"


@pytest.mark.parametrize("kind", ["png", "webp", "heic"])
def test_they_are_found_in_other_formats(kind: str) -> None:
    data = store(manifest("m", CLAIM, []))
    files = {
        "png": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes(13)) + _chunk(b"caBX", data),
        "webp": _riff(b"VP8 ", bytes(11)) + _riff(b"C2PA", data),
        "heic": box(b"ftyp", b"heic\0\0\0\0mif1")
        + box(b"uuid", _UUID + bytes(4) + b"manifest\0" + bytes(8) + data),
    }
    whole = files[kind]
    if kind == "webp":
        whole = b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole
    found = read_credentials(whole)
    assert found is not None
    assert found.generator == "Fieldcam 2.1"


_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def test_other_boxes_in_app11_are_no_credentials() -> None:
    assert read_credentials(in_jpeg(PHOTO, superbox("other", bytes(16), box(b"json", b"{}")))) is None


def test_texts_are_bounded_and_printable() -> None:
    claim = {"claim_generator_info": {"name": "a\x1b[31m" + "b" * 5000}}
    found = read_credentials(in_jpeg(PHOTO, store(manifest("m", claim, []))))
    assert found is not None
    assert found.generator is not None
    assert found.generator.isprintable()
    assert len(found.generator) <= 300


def test_damage_is_told_and_never_raised() -> None:
    whole = store(manifest("m", CLAIM, ["c2pa.actions"]))
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        read_credentials(in_jpeg(PHOTO, bytes(broken)))
        read_credentials(in_jpeg(PHOTO, whole[:at]))
    half = read_credentials(in_jpeg(PHOTO, whole[:-20]))
    assert half is not None
    assert half.fault is not None


def test_a_file_whose_boxes_do_not_fit_is_not_said_to_hold_any() -> None:
    found = read_credentials(box(b"ftyp", b"heic\0\0\0\0mif1") + b"\0\0\xff\xffmdat")
    assert found is not None
    assert found.fault == "The file is too unusual to tell whether there are any."


def test_boxes_without_end_cost_no_more_than_the_budget() -> None:
    found = read_credentials(in_jpeg(PHOTO, store(*[superbox("x", bytes(16))] * 5000)))
    assert found is not None
    assert found.fault is not None


@given(st.binary(max_size=300))
def test_any_bytes_in_a_claim_are_read_or_refused(data: bytes) -> None:
    claim = superbox("c2pa.claim", bytes(16), box(b"cbor", data))
    assert read_credentials(in_jpeg(PHOTO, store(superbox("m", bytes(16), claim)))) is not None


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_cbor_comes_back_as_it_was_written(value: object) -> None:
    assert read_cbor(cbor(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x18",
        b"\x5f\x41a\xff",
        b"\x9b" + b"\xff" * 8,
        b"\x81" * 100 + b"\0",
        b"\x61\xff",
        b"\0\0",
        b"\xf8\x20",
    ],
)
def test_damaged_and_endless_cbor_is_refused(data: bytes) -> None:
    with pytest.raises(CborError):
        read_cbor(data)


def test_floats_and_tags_of_cbor() -> None:
    assert read_cbor(b"\xfb" + struct.pack(">d", 1.5)) == 1.5
    assert read_cbor(b"\xc1\x0a") == 10
