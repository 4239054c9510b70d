"""Untrusted bytes become an upright picture or a ``PhotoError`` with the right code, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.domain import Pixels
from edge.errors import Code, ErrorCode, PhotoError
from edge.media.photo import decode, read
from edge.settings import Settings
from tests.support import pictures
from tests.support.decoders import HANG, heif_decoder, other_plugin

SETTINGS = Settings()


def code_of(data: bytes, settings: Settings = SETTINGS) -> Code:
    with pytest.raises(PhotoError) as caught:
        decode(data, "photo.jpg", settings)
    return caught.value.code


def assert_shows_quarters(pixels: Pixels, tolerance: int = 12) -> None:
    """The four corners have the colours of ``quarters``, and red is not taken for blue."""
    corners = (pixels[4, 4], pixels[4, -5], pixels[-5, 4], pixels[-5, -5])
    difference = np.abs(np.array(corners, int) - np.array(pictures.MARKER_COLOURS, int))
    assert difference.max() <= tolerance, corners


STILLS = {
    "jpeg": pictures.jpeg(),
    "progressive": pictures.jpeg(progressive=True),
    "png": pictures.encoded(pictures.quarters(), "PNG"),
    "webp": pictures.encoded(pictures.quarters(), "WEBP", quality=95),
    "lossless webp": pictures.encoded(pictures.quarters(), "WEBP", lossless=True),
    "heic": pictures.heic(),
    "avif": pictures.encoded(pictures.quarters(), "AVIF", quality=95),
    "gif": pictures.encoded(pictures.quarters(), "GIF"),
    "bmp": pictures.encoded(pictures.quarters(), "BMP"),
    "tiff": pictures.encoded(pictures.quarters(), "TIFF"),
    "deflated tiff": pictures.encoded(pictures.quarters(), "TIFF", compression="tiff_deflate"),
}


@pytest.mark.parametrize("name", STILLS)
def test_each_format_gives_the_same_bgr_picture(name: str) -> None:
    picture = decode(STILLS[name], name, SETTINGS)
    assert (picture.width, picture.height) == (96, 64)
    assert picture.pixels.flags.c_contiguous
    assert_shows_quarters(picture.pixels)
    assert picture.source.sha256 == hashlib.sha256(STILLS[name]).hexdigest()
    assert picture.source.kind == "photo"
    assert picture.source.taken_at is None
    assert picture.source.gps is None
    assert picture.decode_ms > 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_is_applied_once(kind: str, orientation: int) -> None:
    data = pictures.encoded(as_coded(orientation), kind, exif=pictures.exif_block(orientation), quality=95)
    picture = decode(data, "turned", SETTINGS)
    assert (picture.source.width, picture.source.height) == (96, 64)
    assert_shows_quarters(picture.pixels, tolerance=40)  # chroma of JPEG and WebP is coarse


@pytest.mark.parametrize("orientation", [3, 6])
def test_turns_of_the_container_are_applied_once(orientation: int) -> None:
    turned = as_coded(orientation)
    heic = pictures.heic(turned, exif=pictures.exif_block(orientation))
    avif = pictures.encoded(turned, "AVIF", exif=pictures.exif_block(orientation), quality=95)
    for data in (heic, avif):
        picture = decode(data, "turned", SETTINGS)
        assert (picture.width, picture.height) == (96, 64)
        assert_shows_quarters(picture.pixels)


def as_coded(orientation: int) -> Pixels:
    """``quarters`` stored so that ``orientation`` turns it upright: Pillow's transposes, undone."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = pictures.image(pictures.quarters())
    coded = upright.transpose(undo[orientation]) if orientation in undo else upright
    return np.asarray(coded)[..., ::-1]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty", b"", ErrorCode.EMPTY),
        ("text named .jpg", b"These are words, not light.\n", ErrorCode.NOT_A_PICTURE),
        ("one byte", b"\xff", ErrorCode.NOT_A_PICTURE),
        ("magic only", b"\xff\xd8\xff", ErrorCode.CORRUPT),
        ("html", b"<!doctype html><title>404</title>", ErrorCode.NOT_A_PICTURE),
        ("big tiff", b"II+\0\x08\0\0\0" + bytes(64), ErrorCode.UNSUPPORTED_FORMAT),
        ("mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64), ErrorCode.UNSUPPORTED_FORMAT),
        ("avi", b"RIFF\x10\0\0\0AVI LIST" + bytes(64), ErrorCode.UNSUPPORTED_FORMAT),
        ("wav", b"RIFF\x10\0\0\0WAVEfmt " + bytes(64), ErrorCode.NOT_A_PICTURE),
        ("pdf", b"%PDF-1.7\n" + bytes(64), ErrorCode.UNSUPPORTED_FORMAT),
        ("one pixel jpeg", pictures.jpeg(pictures.quarters(1, 1)), ErrorCode.TOO_SMALL),
        ("one pixel png", pictures.encoded(pictures.quarters(1, 1), "PNG"), ErrorCode.TOO_SMALL),
        ("one pixel row", pictures.jpeg(pictures.quarters(500, 1)), ErrorCode.TOO_SMALL),
        ("animated gif", pictures.animated_gif(), ErrorCode.UNSUPPORTED_FORMAT),
        ("half a jpeg", pictures.jpeg()[:445], ErrorCode.CORRUPT),
        ("half a png", STILLS["png"][:110], ErrorCode.CORRUPT),
        ("half a webp", STILLS["webp"][:90], ErrorCode.CORRUPT),
        ("half a heic", STILLS["heic"][:-60], ErrorCode.CORRUPT),
        ("half an avif", STILLS["avif"][:-60], ErrorCode.CORRUPT),
        ("half a bmp", STILLS["bmp"][:9000], ErrorCode.CORRUPT),
        ("zeros after the header", pictures.jpeg()[:640] + bytes(2000), ErrorCode.CORRUPT),
        ("a thousand scans", pictures.scan_bomb(), ErrorCode.CORRUPT),
        ("text bomb", pictures.png_text_bomb(), ErrorCode.CORRUPT),
        ("profile bomb", pictures.png_profile_bomb(), ErrorCode.CORRUPT),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_gets_its_code_and_nothing_is_printed(
    name: str, data: bytes, code: ErrorCode, capfd: pytest.CaptureFixture[str]
) -> None:
    assert code_of(data) is code
    assert capfd.readouterr() == ("", "")


def test_other_animations_are_refused_too() -> None:
    frames = [pictures.image(pictures.textured(64, 48, seed)) for seed in range(3)]
    for kind in ("PNG", "WEBP", "AVIF"):
        data = pictures.encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        assert code_of(data) is ErrorCode.UNSUPPORTED_FORMAT, kind


BOMBS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


@pytest.mark.parametrize("kind", BOMBS)
def test_header_bomb_is_refused_by_its_header(kind: str) -> None:
    with pytest.raises(PhotoError, match="30000 × 30000") as caught:
        decode(pictures.header_bomb(kind), "bomb", SETTINGS)
    assert caught.value.code is ErrorCode.TOO_MANY_PIXELS


def test_header_bombs_cost_no_memory() -> None:
    """In a process of its own, whose peak no other test has raised."""
    script = """if True:
        import resource
        from edge.errors import PhotoError
        from edge.media.photo import decode
        from edge.settings import Settings
        from tests.support import pictures
        bombs = [pictures.header_bomb(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP")]
        settings = Settings()
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = peak()
        for bomb in bombs:
            try:
                decode(bomb, "bomb", settings)
            except PhotoError:
                pass
        print((peak() - before) // 1024)
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10, "MB"


def test_limits_follow_the_settings() -> None:
    data = pictures.jpeg()
    assert code_of(data, Settings(max_photo_bytes=len(data) - 1)) is ErrorCode.TOO_MANY_BYTES
    assert code_of(data, Settings(max_photo_pixels=96 * 64 - 1)) is ErrorCode.TOO_MANY_PIXELS
    assert code_of(data, Settings(min_photo_side=65)) is ErrorCode.TOO_SMALL
    tight = Settings(max_photo_bytes=len(data), max_photo_pixels=96 * 64, min_photo_side=64)
    assert decode(data, "fits", tight).width == 96


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_limits_hold_for_formats_decoded_apart(kind: str) -> None:
    data = STILLS[kind]
    assert code_of(data, Settings(max_photo_pixels=96 * 64 - 1)) is ErrorCode.TOO_MANY_PIXELS
    assert code_of(data, Settings(min_photo_side=65)) is ErrorCode.TOO_SMALL


def test_heic_without_its_plugin(tmp_path: Path) -> None:
    (tmp_path / "pillow_heif.py").write_text("raise ImportError('no libheif here')\n")
    with (
        other_plugin(tmp_path),
        pytest.raises(PhotoError, match="HEIC needs pillow-heif") as caught,
    ):
        decode(STILLS["heic"], "photo.heic", SETTINGS)
    assert caught.value.code is ErrorCode.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("import os; os.abort()", ErrorCode.DECODER_DIED),
        ("import ctypes; ctypes.string_at(8)", ErrorCode.DECODER_DIED),
        ("import os; os._exit(3)", ErrorCode.DECODER_DIED),
        ("while True: pass", ErrorCode.DECODER_TOO_SLOW),
        (HANG, ErrorCode.DECODER_TOO_SLOW),
        ("bytearray(20 << 30)", ErrorCode.TOO_MANY_PIXELS),
    ],
)
def test_decoder_that_crashes_hangs_or_hoards_takes_nothing_with_it(
    tmp_path: Path, fault: str, code: ErrorCode
) -> None:
    with heif_decoder(tmp_path, fault):
        assert code_of(STILLS["heic"], Settings(max_decode_seconds=1)) is code
        assert decode(pictures.jpeg(), "the next", SETTINGS).width == 96


def test_cmyk_jpeg() -> None:
    cyan = decode(pictures.cmyk_jpeg(cyan=255), "cyan", SETTINGS).pixels[20, 20]
    black = decode(pictures.cmyk_jpeg(black=255), "black", SETTINGS).pixels[20, 20]
    paper = decode(pictures.cmyk_jpeg(), "paper", SETTINGS).pixels[20, 20]
    assert np.abs(cyan.astype(int) - (255, 255, 0)).max() <= 3
    assert black.max() <= 3
    assert paper.min() >= 252


def test_sixteen_bit_png_is_scaled_to_eight() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    expected = np.rint(ramp / 257)
    grey = decode(pictures.sixteen_bit_png(ramp), "grey", SETTINGS).pixels
    colour = decode(
        pictures.sixteen_bit_png(np.dstack([ramp, ramp[:, ::-1], ramp])), "colour", SETTINGS
    ).pixels
    assert np.abs(grey[..., 0] - expected).max() <= 1
    assert np.abs(colour[..., 0] - expected).max() <= 1
    assert np.abs(colour[..., 1] - expected[:, ::-1]).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png(mode: str) -> None:
    grey = pictures.image(np.full((32, 48, 3), 255, np.uint8)).convert(mode)
    assert decode(pictures.encoded(grey, "PNG"), mode, SETTINGS).pixels.min() == 255


def test_grey_jpeg() -> None:
    data = pictures.encoded(Image.new("L", (48, 32), 90), "JPEG")
    assert np.abs(decode(data, "grey", SETTINGS).pixels.astype(int) - 90).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_parts_are_laid_on_middle_grey(kind: str) -> None:
    layers = np.zeros((32, 60, 4), np.uint8)
    layers[..., 0] = 250  # red
    layers[:, 20:40, 3] = 128
    layers[:, 40:, 3] = 255
    data = pictures.encoded(Image.fromarray(layers), kind, lossless=True, exact=True)
    pixels = decode(data, "layers", SETTINGS).pixels
    assert pixels[5, 5].tolist() == [128, 128, 128]
    assert np.abs(pixels[5, 30].astype(int) - (64, 64, 189)).max() <= 1
    assert pixels[5, 50].tolist() == [0, 0, 250]


def test_palette_with_a_transparent_entry() -> None:
    palette = Image.new("P", (32, 32), 0)
    palette.putpalette([0, 0, 255, 255, 255, 255])
    data = pictures.encoded(palette, "PNG", transparency=0)
    assert decode(data, "hole", SETTINGS).pixels[5, 5].tolist() == [128, 128, 128]


def test_mpo_gives_its_first_frame() -> None:
    data = pictures.two_frame_mpo(pictures.quarters(), pictures.textured(96, 64))
    assert_shows_quarters(decode(data, "stereo.jpg", SETTINGS).pixels)


def test_mpo_whose_second_frame_is_cut_off() -> None:
    data = pictures.two_frame_mpo(pictures.quarters(), pictures.textured(96, 64))
    assert_shows_quarters(decode(data[:-300], "stereo.jpg", SETTINGS).pixels)


def test_jpeg_that_lacks_only_its_end_marker_is_whole() -> None:
    data = pictures.jpeg(pictures.textured(320, 240))
    whole = decode(data, "whole", SETTINGS).pixels
    assert np.array_equal(decode(data[:-2], "unended", SETTINGS).pixels, whole)
    assert np.array_equal(decode(data[:-2] + bytes(40) + data[-2:], "padded", SETTINGS).pixels, whole)
    assert np.array_equal(decode(data + b"\xff\xda" * 500, "with a video behind", SETTINGS).pixels, whole)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_truncated_jpeg_is_refused_with_or_without_an_end_marker(
    share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    data = pictures.jpeg(pictures.textured(320, 240))
    part = data[: int(len(data) * share)]
    assert code_of(part) is ErrorCode.CORRUPT
    assert code_of(part + b"\xff\xd9") is ErrorCode.CORRUPT
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "payload",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage that is no TIFF header",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\x01\0\0\0" * 40,
        b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\x88\x25\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\0",
    ],
)
def test_corrupt_exif_costs_only_the_metadata(payload: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    picture = decode(pictures.with_app1(pictures.jpeg(), payload), "photo.jpg", SETTINGS)
    assert_shows_quarters(picture.pixels)
    assert picture.source.gps is None
    assert picture.source.taken_at is None
    assert capfd.readouterr() == ("", "")


def test_corrupt_exif_in_heic() -> None:
    data = pictures.heic(exif=b"Exif\0\0garbage that is no TIFF header")
    assert_shows_quarters(decode(data, "photo.heic", SETTINGS).pixels)


def test_corrupt_exif_in_avif() -> None:
    block = pictures.exif_block(6)
    data = pictures.encoded(pictures.quarters(), "AVIF", exif=block, quality=95)
    broken = data.replace(block[6:14], b"XX*\0\xff\xff\xff\xff")
    assert broken != data
    assert decode(broken, "photo.avif", SETTINGS).width == 64  # the container itself says how to turn it


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "really a png.jpg"
    path.write_bytes(STILLS["png"])
    picture = read(path, SETTINGS)
    assert picture.source.name == "really a png.jpg"
    assert_shows_quarters(picture.pixels)


def test_hostile_names_are_made_printable() -> None:
    name = "\x1b[2Jevil\n\udcff\u202e" + "x" * 5000
    shown = decode(STILLS["jpeg"], name, SETTINGS).source.name
    assert shown.isprintable()
    assert len(shown) <= 255
    shown.encode()


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path / "absent.jpg", tmp_path, pipe, Path("/dev/zero"), Path("a\0b.jpg")):
        with pytest.raises(PhotoError) as caught:
            read(path, SETTINGS)
        assert caught.value.code is ErrorCode.NOT_READABLE, path


def test_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: reading it would fail
    with pytest.raises(PhotoError) as caught:
        read(path, SETTINGS)
    assert caught.value.code is ErrorCode.TOO_MANY_BYTES


def test_jpeg_pixels_are_those_of_opencv() -> None:
    data = pictures.encoded(pictures.textured(640, 480), "JPEG", quality=85)
    reference = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert reference is not None
    assert np.abs(decode(data, "photo", SETTINGS).pixels.astype(int) - reference).max() <= 1


def test_fifty_megapixels() -> None:
    data = pictures.encoded(Image.new("RGB", (8160, 6120), (90, 110, 70)), "JPEG")
    picture = decode(data, "large", SETTINGS)
    assert (picture.width, picture.height) == (8160, 6120)


def test_many_threads_decode_at_once() -> None:
    broken = pictures.with_app1(pictures.jpeg(), b"Exif\0\0II*\0\xff\xff\xff\xff")
    failures: list[Exception] = []

    def work() -> None:
        try:
            for data in [broken, STILLS["png"], STILLS["webp"], STILLS["gif"]] * 10:
                assert_shows_quarters(decode(data, "photo", SETTINGS).pixels)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
