"""Small files that want to become large: refused within the limits, and Camid's own memory stays."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from PIL import Image

from edge.errors import Code, ErrorCode, PhotoError
from edge.media.photo import decode
from edge.settings import Settings
from tests.support import pictures

SIDE = 30_000
GROWN = 1 << 27
SETTINGS = Settings()


def code_of(data: bytes, settings: Settings = SETTINGS) -> Code | None:
    try:
        decode(data, "bomb", settings)
    except PhotoError as error:
        return error.code
    return None


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes, *more: bytes) -> bytes:
    """Grey, 8 bits; ``data`` is the compressed picture."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@cache
def zeros(count: int) -> bytes:
    """So many zero bytes, compressed."""
    return zlib.compress(bytes(count), 1)


def tiff(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (64, 64)).save(file, "TIFF", compression="tiff_deflate")
    data = bytearray(file.getvalue())
    for tag, value in ((256, width), (257, height)):
        at = data.index(struct.pack("<HHI", tag, 4, 1)) if struct.pack("<HHI", tag, 4, 1) in data else -1
        form, place = ("<I", at + 8) if at >= 0 else ("<H", data.index(struct.pack("<HHI", tag, 3, 1)) + 8)
        struct.pack_into(form, data, place, value)
    return bytes(data)


def gif() -> bytes:
    """Three hundred frames, of which a reader would build every one."""
    file = io.BytesIO()
    frames = [Image.fromarray(np.full((32, 32), n % 2 * 255, np.uint8)) for n in range(300)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    return file.getvalue()


BOMBS: dict[str, tuple[Callable[[], bytes], set[ErrorCode | None]]] = {
    "PNG": (lambda: png(SIDE, SIDE, zeros(GROWN)), {ErrorCode.TOO_MANY_PIXELS}),
    "PNG with more than its header says": (lambda: png(64, 64, zeros(GROWN)), {None, ErrorCode.CORRUPT}),
    "PNG with a text that grows": (
        lambda: png(64, 64, zeros(65 * 64), chunk(b"zTXt", b"a\0\0" + zeros(GROWN))),
        {None, ErrorCode.CORRUPT, ErrorCode.TOO_MANY_PIXELS},
    ),
    "PNG with a profile that grows": (
        lambda: png(64, 64, zeros(65 * 64), chunk(b"iCCP", b"a\0\0" + zeros(GROWN))),
        {None, ErrorCode.CORRUPT, ErrorCode.TOO_MANY_PIXELS},
    ),
    "TIFF": (lambda: tiff(SIDE, SIDE), {ErrorCode.TOO_MANY_PIXELS}),
    "TIFF without its pixels": (lambda: tiff(9_000, 9_000), {ErrorCode.CORRUPT}),
    "animated GIF": (gif, {ErrorCode.UNSUPPORTED_FORMAT}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    make, codes = BOMBS[name]
    assert code_of(make()) in codes


def test_bombs_cost_this_process_no_memory() -> None:
    """In a process of its own, whose peak no other test has raised."""
    script = """if True:
        import resource
        from edge.media.photo import decode
        from tests.media.test_bombs import BOMBS, code_of
        from tests.support import pictures
        bombs = [make() for make, _ in BOMBS.values()]
        decode(pictures.jpeg(), "first", __import__("edge.settings").settings.Settings())
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = peak()
        for bomb in bombs:
            code_of(bomb)
        print((peak() - before) // 1024)
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10, "MB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP"])
def test_cut_anywhere_it_is_refused_or_whole(kind: str) -> None:
    data = pictures.encoded(pictures.textured(96, 64), kind)
    for share in (0.2, 0.5, 0.9):
        assert code_of(data[: int(len(data) * share)]) is not None, share
