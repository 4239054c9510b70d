"""Where annotated pictures go, and how they are written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2

from edge.domain import Pixels
from edge.errors import CamidError, ErrorCode

_FORMATS = {
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, 92),
    ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, 92),
    ".png": (cv2.IMWRITE_PNG_COMPRESSION, 3),
    ".webp": (cv2.IMWRITE_WEBP_QUALITY, 90),
}
NAME = "{name}"


def annotated_paths(out: str, files: Sequence[Path]) -> list[Path]:
    """The file that each of ``files`` is annotated into.

    ``out`` is a file for one photo; for several it contains ``{name}`` (the photo's name without its ending)
    or names a folder (existing, or ending in a slash), where each becomes ``<name>.jpg``.

    Raises:
        ValueError: if two answers would meet in one file, an input would be overwritten, the
            ending is no picture's or the folder does not exist.
    """
    pattern = _pattern(out)
    if len(files) > 1 and NAME not in pattern:
        raise ValueError(
            f"One picture cannot hold {len(files)} photos: name a folder, or use {NAME} in {out!r}."
        )
    paths = [Path(pattern.replace(NAME, file.stem)) for file in files]
    inputs = {file.resolve() for file in files}
    for path in paths:
        _check(path, inputs)
    if len({path.resolve() for path in paths}) < len(paths):
        raise ValueError("Two of the photos have the same name before the ending: annotate them in two runs.")
    return paths


def write_picture(pixels: Pixels, path: Path) -> None:
    """Writes ``pixels`` in the format of the path's ending, wholly or not at all, without any metadata.

    Raises:
        CamidError: ``not_writable`` if the file cannot be written.
    """
    suffix = path.suffix.lower()
    ok, data = cv2.imencode(suffix, pixels, _FORMATS[suffix])
    if not ok:  # WebP holds 16,383 pixels a side, JPEG 65,500
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{path} cannot hold a picture of this size.")
    write_file(path, data.tobytes())


def write_file(path: Path, data: bytes) -> None:
    """Writes ``data`` wholly or not at all; makes the folder where only that is missing.

    Raises:
        CamidError: ``not_writable``.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{path} cannot be written: {error.strerror}.") from error


def _pattern(out: str) -> str:
    folder = out.endswith(("/", os.sep)) or Path(out).is_dir()
    return str(Path(out) / f"{NAME}.jpg") if folder else out


def _check(path: Path, inputs: set[Path]) -> None:
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"{path} must end in {', '.join(_FORMATS)}.")
    if path.resolve() in inputs:
        raise ValueError(f"{path} is one of the photos and would be overwritten.")
    if not path.parent.is_dir() and not path.parent.parent.is_dir():
        raise ValueError(f"There is no folder {path.parent}.")


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".camid-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
