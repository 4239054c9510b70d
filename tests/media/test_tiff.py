"""TIFF files and the previews inside camera RAW files: found, bounded, turned, never developed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.errors import ErrorCode, PhotoError
from edge.media.jpeg_size import jpeg_size
from edge.media.photo import decode
from edge.media.tiff import read_tiff
from edge.settings import load_settings
from tests.support import pictures
from tests.support.raw_files import Value, cr3, raf, tiff

SETTINGS = load_settings()
SMALL = pictures.jpeg(pictures.quarters(48, 32))
LARGE = pictures.jpeg(pictures.quarters(96, 64))
SENSOR = bytes(range(256)) * 8
CFA = 32803


def nef(large: bytes = LARGE, orientation: int = 1, order: str = "<") -> bytes:
    """As Nikon lays it out: a thumbnail first, then the preview and the sensor's data one level below."""
    main: dict[int, Value] = {
        0x00FE: 1,
        0x0103: 6,
        0x010F: b"MAKER OF CAMERAS\0",
        0x0112: orientation,
        0x0111: -1,
        0x0117: len(SMALL),
        0x014A: -102,
    }
    below: dict[int, Value] = {0x0106: CFA, 0x0103: 34713, 0x0111: -3, 0x0117: len(SENSOR), 0x014A: -103}
    preview: dict[int, Value] = {0x0103: 6, 0x0201: -2, 0x0202: len(large)}
    return tiff([main, below, preview], [SMALL, large, SENSOR], order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_largest_preview_of_a_raw_file_counts(order: str) -> None:
    picture = decode(nef(order=order), "a.nef", SETTINGS)
    assert (picture.width, picture.height) == (96, 64)
    assert picture.tags.make == "MAKER OF CAMERAS"
    assert np.array_equal(picture.pixels[4, 4], decode(LARGE, "", SETTINGS).pixels[4, 4])


def test_the_turn_of_the_file_is_that_of_its_preview() -> None:
    picture = decode(nef(orientation=6), "a.nef", SETTINGS)
    assert (picture.width, picture.height) == (64, 96)


def test_lossless_sensor_data_are_no_preview() -> None:
    lossless = LARGE.replace(b"\xff\xc0", b"\xff\xc3", 1)
    picture = decode(nef(large=lossless), "a.dng", SETTINGS)
    assert (picture.width, picture.height) == (48, 32)


def test_a_raw_file_without_a_preview_is_not_developed() -> None:
    data = tiff([{0x0106: CFA, 0x0103: 1, 0x0111: -1, 0x0117: len(SENSOR)}], [SENSOR])
    with pytest.raises(PhotoError, match="no JPEG preview") as caught:
        decode(data, "a.arw", SETTINGS)
    assert caught.value.code is ErrorCode.UNSUPPORTED_FORMAT


def test_the_preview_of_panasonics_raw_file() -> None:
    padded = LARGE + bytes(100)
    data = bytearray(tiff([{0x0106: CFA, 0x002E: -1}], [padded]))
    entry = data.index(b"\x2e\0\x04\0")
    data[entry + 2 : entry + 8] = b"\x07\0" + len(padded).to_bytes(4, "little")
    data[:4] = b"IIU\0"
    assert decode(bytes(data), "a.rw2", SETTINGS).width == 96


def test_canon_and_fujifilm() -> None:
    turned = pictures.exif_block(orientation=6).removeprefix(b"Exif\0\0")
    assert decode(cr3(SMALL, LARGE), "a.cr3", SETTINGS).width == 96
    assert decode(cr3(SMALL, b"no picture"), "a.cr3", SETTINGS).width == 48
    assert decode(cr3(SMALL, LARGE, turned), "a.cr3", SETTINGS).height == 96
    assert decode(raf(LARGE), "a.raf", SETTINGS).width == 96
    with pytest.raises(PhotoError, match="no JPEG preview"):
        decode(raf(b""), "a.raf", SETTINGS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_turned_once(orientation: int) -> None:
    from tests.media.test_photo import as_coded, assert_shows_quarters  # noqa: PLC0415

    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pictures.encoded(as_coded(orientation), "TIFF", exif=exif)
    picture = decode(data, "a.tif", SETTINGS)
    assert (picture.width, picture.height) == (96, 64)
    assert_shows_quarters(picture.pixels)


def test_what_a_tiff_says_of_itself() -> None:
    exif = pictures.exif_block(
        taken="2021:05:04 10:20:30", offset="+02:00", gps=pictures.position(44.4, 26.1)
    )
    picture = decode(pictures.encoded(pictures.quarters(), "TIFF", exif=exif), "a.tif", SETTINGS)
    assert picture.source.taken_at is not None
    assert picture.source.taken_at.isoformat() == "2021-05-04T08:20:30+00:00"
    assert picture.source.gps is not None
    assert round(picture.source.gps.latitude, 3) == 44.4


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_modes_of_tiff(mode: str) -> None:
    plain = pictures.image(pictures.quarters())
    image = Image.fromarray(np.full((64, 96), 40000, np.uint16)) if mode == "I;16" else plain.convert(mode)
    picture = decode(pictures.encoded(image, "TIFF"), "a.tif", SETTINGS)
    assert picture.pixels.shape == (64, 96, 3)
    if mode == "I;16":
        assert (picture.pixels == 40000 >> 8).all()


def pages(*kinds: int) -> bytes:
    images = [pictures.image(pictures.quarters(96 // (1 + kind), 64)) for kind in kinds]
    data = bytearray(pictures.encoded(images[0], "TIFF", save_all=True, append_images=images[1:]))
    return bytes(data)


def test_pages() -> None:
    with pytest.raises(PhotoError, match="has 3 pages") as caught:
        decode(pages(0, 0, 0), "a.tif", SETTINGS)
    assert caught.value.code is ErrorCode.UNSUPPORTED_FORMAT


def test_thumbnails_are_no_pages() -> None:
    grey = {0x0101: 64, 0x0102: 8, 0x0103: 1, 0x0106: 1, 0x0115: 1, 0x0116: 64}
    large = {**grey, 0x0100: 96, 0x0111: -2, 0x0117: 96 * 64}
    thumbnail = {**grey, 0x00FE: 1, 0x0100: 32, 0x0111: -1, 0x0117: 32 * 64}
    data = tiff([thumbnail, large], [bytes(32 * 64), bytes([200]) * (96 * 64)])
    assert read_tiff(data).pages == 1
    picture = decode(data, "a.tif", SETTINGS)
    assert (picture.width, int(picture.pixels[0, 0, 0])) == (96, 200)


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\x08\0\0\0", b"MM\0*" + b"\xff" * 60])
def test_a_broken_tiff_is_corrupt(data: bytes) -> None:
    with pytest.raises(PhotoError) as caught:
        decode(data, "a.tif", SETTINGS)
    assert caught.value.code is ErrorCode.CORRUPT


def test_the_limits_of_pixels_hold() -> None:
    small = load_settings(max_photo_pixels=1000)
    for data in (pictures.encoded(pictures.quarters(), "TIFF"), nef()):
        with pytest.raises(PhotoError) as caught:
            decode(data, "a.tif", small)
        assert caught.value.code is ErrorCode.TOO_MANY_PIXELS


def test_a_loop_of_directories_ends() -> None:
    data = bytearray(tiff([{0x0103: 1}]))
    data[-4:] = (8).to_bytes(4, "little")
    assert read_tiff(bytes(data)).pages == 1


@given(st.binary(max_size=400), st.sampled_from([b"II*\0", b"MM\0*", b"IIU\0", b""]))
def test_any_bytes_are_read_without_harm(data: bytes, head: bytes) -> None:
    found = read_tiff(head + data)
    assert all(0 <= span.start < span.end <= len(head + data) for span in found.previews)
    jpeg_size(data, 0, len(data))


@given(st.integers(0, 600), st.binary(min_size=1, max_size=8))
def test_a_damaged_raw_file_is_read_or_refused(at: int, damage: bytes) -> None:
    data = bytearray(nef())
    data[at : at + len(damage)] = damage
    found = read_tiff(bytes(data))
    assert all(span.end <= len(data) for span in found.previews)


@given(st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_a_damaged_cr3_is_read_or_refused(at: int, damage: bytes) -> None:
    data = bytearray(cr3(SMALL, LARGE))
    data[at : at + len(damage)] = damage
    try:
        decode(b"\0\0\0\x18ftypcrx " + bytes(data)[12:], "a.cr3", SETTINGS)
    except PhotoError:
        return
