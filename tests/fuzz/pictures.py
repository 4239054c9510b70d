"""Targets: pictures, and what they say about themselves."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import numpy as np

from edge.domain import Source
from edge.errors import ErrorCode
from edge.media.c2pa import read_credentials
from edge.media.cbor import CborError, read_cbor
from edge.media.decoding import decode_bytes
from edge.media.exif import MAX_LABEL, Exif, parse_exif
from edge.media.facts import facts_of
from edge.media.photo import decode
from edge.media.replies import PhotoReply, read_reply
from edge.media.sei import MAX_BYTES, MAX_MESSAGES, annex_b, is_garbled, user_data
from edge.media.tiff import read_tiff
from edge.settings import Settings
from tests.fuzz.target import Target, refusing

SETTINGS = Settings(max_photo_pixels=1 << 20, max_photo_bytes=1 << 20, max_decode_seconds=10)
_OF_DECODERS = (
    ErrorCode.NOT_A_PICTURE,
    ErrorCode.UNSUPPORTED_FORMAT,
    ErrorCode.TOO_MANY_PIXELS,
    ErrorCode.TOO_SMALL,
    ErrorCode.CORRUPT,
)
_OF_PHOTOS = (*_OF_DECODERS, ErrorCode.EMPTY, ErrorCode.TOO_MANY_BYTES)
_SOURCE = Source("photo", "a.jpg", "0" * 64, 1, 1)


def decoder(data: bytes) -> None:
    """All formats, in this process; that of the decoders has limits and guards besides."""
    with refusing(*_OF_DECODERS):
        pixels = decode_bytes(data, SETTINGS).pixels
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert pixels.size <= 3 * SETTINGS.max_photo_pixels


def photo(data: bytes) -> None:
    """Through the process of the decoders, which may neither die nor be slow."""
    with refusing(*_OF_PHOTOS):
        picture = decode(data, "fuzz\n.jpg", SETTINGS)
        assert picture.pixels.shape == (picture.source.height, picture.source.width, 3)
        assert picture.source.sha256 == hashlib.sha256(data).hexdigest()
        assert picture.source.name.isprintable()


def reply(data: bytes) -> None:
    """What a decoder that a file took over may answer."""
    found = read_reply(data)
    if isinstance(found, PhotoReply):
        _check_exif(found.exif)


def exif(data: bytes) -> None:
    _check_exif(parse_exif(data))


def _check_exif(found: Exif) -> None:
    assert 1 <= found.orientation <= 8
    for label in (found.make, found.model, found.software):
        assert label is None or (label.isprintable() and 0 < len(label) <= MAX_LABEL)
    if found.gps is not None:
        assert abs(found.gps.latitude) <= 90
        assert abs(found.gps.longitude) <= 180
    if found.taken_at is not None:
        found.taken_at.isoformat()


def tiff(data: bytes) -> None:
    found = read_tiff(data)
    assert all(0 < span.start < span.end <= len(data) for span in found.previews)


def facts(data: bytes) -> None:
    """The file, and the same bytes as the sidecar of another."""
    for content, sidecar in ((data, b""), (b"", data)):
        found = facts_of(_SOURCE, content, sidecar)
        assert found.caption is None or isinstance(found.caption, str)
        assert (found.caption is None) == (found.caption_from is None)
        if found.taken_at is not None:
            found.taken_at.isoformat()
        if found.gps is not None:
            assert abs(found.gps.latitude) <= 90


def credentials(data: bytes) -> None:
    read_credentials(data)
    with suppress(CborError):
        read_cbor(data)


def units(data: bytes) -> None:
    """Both codecs: as a byte stream, and as the units of an MP4 file."""
    for codec in ("h264", "hevc"):
        for unit in (data, annex_b(data[32:], data[:32], codec)):
            is_garbled(unit, codec)
            found = user_data(unit, codec)
            assert len(found) <= MAX_MESSAGES
            assert all(len(one) <= MAX_BYTES for one in found)


TARGETS = (
    Target("decoder", decoder, 64 * 1024),
    Target("photo", photo, 64 * 1024, slow=True),
    Target("reply", reply),
    Target("exif", exif),
    Target("tiff", tiff),
    Target("facts", facts),
    Target("credentials", credentials),
    Target("units", units),
)
