"""Runs ``worker.py``: a file that crashes or hangs its decoder takes nothing else with it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, cast

import numpy as np

from edge.errors import ErrorCode, PhotoError
from edge.media import worker
from edge.media.exif import MAX_EXIF_BYTES
from edge.media.formats import Format
from edge.media.raw import Raw, animated, check_size, corrupt, to_bgr
from edge.settings import Settings

_WORKER = Path(worker.__file__)
_BASE_MEMORY = 1 << 30
_BYTES_PER_PIXEL = 24
"""Planes as coded, at 16 bits where the picture has 10, the interleaved copy, and the copy that is sent."""


def decode_apart(data: bytes, kind: Format, settings: Settings) -> Raw:
    """Decodes ``data`` in a process that may use memory for ``max_photo_pixels`` and ``max_decode_seconds``.

    Raises:
        PhotoError: ``corrupt`` also where the worker died or ran out of time or memory;
            ``unsupported_format`` where the decoder is not installed or the picture is animated;
            ``too_many_pixels``; ``too_small``.
    """
    memory = _BASE_MEMORY + _BYTES_PER_PIXEL * settings.max_photo_pixels
    limits = (settings.max_photo_pixels, settings.min_photo_side, memory, settings.max_decode_seconds)
    command = [sys.executable, "-P", str(_WORKER), kind.value, *map(str, limits)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(settings.max_decode_seconds, process.kill)
        timer.start()
        try:
            _send(process.stdin, data)
            return _receive(process.stdout, kind, settings)
        finally:
            timer.cancel()
            process.kill()


def _send(stream: IO[bytes], data: bytes) -> None:
    """Sends the file whole before anything is read: the worker reads all of it before it answers."""
    try:
        stream.write(data)
        stream.close()
    except OSError:  # the worker is gone; what it left on its output tells why
        pass


def _receive(stream: IO[bytes], kind: Format, settings: Settings) -> Raw:
    line = stream.readline(1 << 16)
    if not line.endswith(b"\n"):
        raise corrupt(f"The decoder gave up on the {kind} file.")
    reply = cast(worker.Reply, json.loads(line))
    if reply["error"]:
        raise _error(reply, kind, settings)
    exif = stream.read(reply["exif_bytes"])
    pixels = np.empty((reply["height"], reply["width"], reply["channels"]), np.uint8)
    _fill(stream, pixels.data.cast("B"), kind)
    grey = reply["channels"] == 1
    return Raw(
        to_bgr(pixels[..., 0] if grey else pixels),
        exif if len(exif) <= MAX_EXIF_BYTES else b"",
        reply["orientation"],
    )


def _fill(stream: IO[bytes], into: memoryview, kind: Format) -> None:
    at = 0
    while at < len(into):
        count = cast(int, stream.readinto(into[at:]))  # type: ignore[attr-defined]
        if not count:
            raise corrupt(f"The decoder gave up on the {kind} file.")
        at += count


def _error(reply: worker.Reply, kind: Format, settings: Settings) -> PhotoError:
    """The worker's error code as the error that a user sees."""
    if reply["error"] == worker.NO_PLUGIN:
        package = "pillow-heif" if kind is Format.HEIC else "a Pillow built with AVIF"
        return PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, f"{kind} needs {package}, which this installation cannot load."
        )
    if reply["error"] == worker.UNSUPPORTED:
        return PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, f"This kind of {kind} is not decoded ({reply['detail']})."
        )
    if reply["error"] == worker.ANIMATED:
        return animated(f"{kind} file")
    if reply["error"] == worker.REFUSED_SIZE:
        try:
            check_size(reply["width"], reply["height"], settings)
        except PhotoError as error:
            return error
    return corrupt(f"The {kind} file cannot be decoded ({reply['detail'].rstrip('.')}).")
