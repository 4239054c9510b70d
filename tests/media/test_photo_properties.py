"""Whatever the bytes, ``decode`` answers with a picture or a ``PhotoError``."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.domain import Picture
from edge.errors import PhotoError
from edge.media.exif import parse_exif
from edge.media.photo import decode
from edge.settings import Settings
from tests.support import pictures

LIMITS = Settings(max_photo_pixels=2_000_000, max_decode_seconds=10)
FILES = {
    "jpeg": pictures.jpeg(
        pictures.textured(96, 64),
        exif=pictures.exif_block(6, "2024:05:06 07:08:09", "+02:00", pictures.position(52.5, 13.4)),
    ),
    "progressive": pictures.jpeg(pictures.textured(96, 64), progressive=True),
    "png": pictures.encoded(pictures.textured(64, 48), "PNG", exif=pictures.exif_block(6)),
    "webp": pictures.encoded(pictures.textured(96, 64), "WEBP", exif=pictures.exif_block(8)),
    "gif": pictures.encoded(pictures.quarters(), "GIF"),
    "bmp": pictures.encoded(pictures.quarters(32, 32), "BMP"),
    "heic": pictures.heic(exif=pictures.exif_block(6)),
    "avif": pictures.encoded(pictures.textured(96, 64), "AVIF"),
}
QUICK = ("jpeg", "progressive", "png", "webp", "gif", "bmp")
APART = ("heic", "avif")
MAGICS = [data[:24] for data in FILES.values()] + [b"", b"RIFF", b"\0\0\0\x18ftypmif1"]


def calm(examples: int) -> settings:
    """The same examples in every run, however slow the machine."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def outcome(data: bytes) -> Picture | None:
    try:
        return decode(data, "fuzz", LIMITS, together=50)
    except PhotoError:
        return None


@st.composite
def damaged(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """A valid file, cut anywhere, with up to twelve bits turned over."""
    data = FILES[draw(st.sampled_from(names))]
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    for at, bit in draw(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), max_size=12)):
        data = pictures.flipped(data, at, bit) if data else data
    return data


@calm(300)
@given(st.sampled_from(MAGICS[:6]), st.binary(max_size=400))
def test_random_bytes(magic: bytes, rest: bytes) -> None:
    outcome(magic + rest)


@calm(400)
@given(damaged(QUICK))
def test_damaged_files(data: bytes) -> None:
    outcome(data)


@calm(8)
@given(damaged(APART))
def test_damaged_files_decoded_apart(data: bytes) -> None:
    outcome(data)


@pytest.mark.long
@calm(300)
@given(st.one_of(damaged(APART), st.builds(bytes.__add__, st.sampled_from(MAGICS), st.binary(max_size=2000))))
def test_many_damaged_files_decoded_apart(data: bytes) -> None:
    outcome(data)


@pytest.mark.long
@calm(20_000)
@given(damaged(QUICK))
def test_many_damaged_files(data: bytes) -> None:
    outcome(data)


@calm(300)
@given(st.sampled_from([b"", b"Exif\0\0II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]), st.binary(max_size=300))
def test_exif_never_fails(head: bytes, rest: bytes) -> None:
    found = parse_exif(head + rest)
    assert 1 <= found.orientation <= 8


@calm(60)
@given(st.integers(0, len(FILES["jpeg"]) - 3))
def test_a_cut_jpeg_is_never_answered(length: int) -> None:
    assert outcome(FILES["jpeg"][:length]) is None
