"""JPEG through libjpeg-turbo's own interface.

Why not OpenCV or Pillow: this one is faster on a 12 MP photo (see docs/design/decode.md), gives the same
pixels, writes BGR at once, and reports every warning as an error, where OpenCV's goes to the standard error
output and Pillow's goes nowhere. So a damaged photo is told from a whole one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import JpegImagePlugin

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError
from edge.media.raw import Raw, SizeLimits, check_size, corrupt, to_bgr

_END = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_SCAN_OR_NOTHING = (b"\xda", b"")
_APP1 = b"\xe1"
_COM = b"\xfe"
_MAX_COMMENTS = 16
_MAX_COMMENT = 2048
_MAX_SEGMENTS = 4096
_MAX_SCANS = 200
"""A progressive photo has about ten; each costs a pass over all pixels, a hostile file may hold thousands."""


def decode_jpeg(data: bytes, limits: SizeLimits) -> Raw:
    """The first picture of ``data``: of an MPO file that is the photo itself.

    A picture is decoded only where all of it has arrived. A missing end marker alone is forgiven, and so are
    stray bytes before it; a picture that stops early is refused however small the missing part, because a
    camera may hang in it. Embedded ICC profiles are ignored: the models were trained on pixels as coded.

    Raises:
        PhotoError: ``corrupt``, ``unsupported_format``, ``too_many_pixels`` or ``too_small``.
    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except KeyError:  # a table of colour spaces without "none found"
        raise corrupt("The JPEG's header cannot be read.") from None
    except (ValueError, RuntimeError) as error:
        raise _damaged(error) from None
    check_size(width, height, limits)
    segments = _segments(data)
    scans_end = data.find(_END, segments.scans_at)  # beyond it may come other pictures or a phone's video
    if data.count(_START_OF_SCAN, segments.scans_at, scans_end if scans_end > 0 else len(data)) > _MAX_SCANS:
        raise corrupt(f"The JPEG has more than {_MAX_SCANS} scans.")
    pixels = _decode_four_colours(data) if colours in ("CMYK", "YCCK") else _decode_bgr(data)
    if pixels.shape != (height, width, 3):
        raise corrupt("The JPEG's header and its picture disagree about the size.")
    return Raw(pixels, segments.exif, comments=segments.comments)


def _decode_bgr(data: bytes) -> Pixels:
    try:
        return _strict(data)
    except ValueError as error:
        fault = str(error)
        if "Premature end of JPEG file" not in fault and not _only_stray_bytes(fault):
            raise _damaged(error) from None
    try:  # whole but for its end marker?
        return _strict(data + _END)
    except ValueError as error:
        if not _only_stray_bytes(str(error)):
            raise _damaged(error) from None
    return np.asarray(simplejpeg.decode_jpeg(data, "BGR", strict=False))


def _strict(data: bytes) -> Pixels:
    return np.asarray(simplejpeg.decode_jpeg(data, "BGR"))


def _only_stray_bytes(fault: str) -> bool:
    """Whether all of the picture was there, with something between its data and its end marker."""
    return fault.endswith("extraneous bytes before marker 0xd9")


def _decode_four_colours(data: bytes) -> Pixels:
    """CMYK and YCCK by Pillow, which knows that Adobe writes them inverted; no ink profile is applied."""
    try:
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
            return to_bgr(np.asarray(image.convert("RGB"))[..., ::-1])
    except Exception as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> PhotoError:
    fault = str(error).rstrip(".") or type(error).__name__
    if "nsupported" in fault or "precision" in fault:
        return PhotoError(ErrorCode.UNSUPPORTED_FORMAT, f"This kind of JPEG is not decoded ({fault}).")
    return corrupt(f"The JPEG cannot be decoded whole ({fault}).")


@dataclass(frozen=True, slots=True)
class _Segments:
    """``exif`` is the first EXIF block or empty; ``scans_at`` the offset of the first scan; ``comments`` what
    stands in COM segments."""

    exif: bytes
    scans_at: int
    comments: tuple[str, ...] = ()


def _segments(data: bytes) -> _Segments:
    """Walks the segments before the picture data (ITU-T T.81, annex B.1)."""
    at = 2
    exif = b""
    comments: list[str] = []
    for _ in range(_MAX_SEGMENTS):
        marker = data[at + 1 : at + 2]
        if data[at : at + 1] != b"\xff" or marker in _SCAN_OR_NOTHING:
            break
        if marker == b"\xff":  # fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _APP1 and not exif and data[at + 4 : at + 10] == b"Exif\0\0":
            exif = data[at + 4 : end]
        if marker == _COM and len(comments) < _MAX_COMMENTS:
            comments.append(_plain(data[at + 4 : end]))
        at = max(end, at + 4)
    return _Segments(exif, at, tuple(comment for comment in comments if comment))


def _plain(comment: bytes) -> str:
    """The readable part of a COM segment, which has no encoding of its own."""
    text = comment[:_MAX_COMMENT].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() and c != "\ufffd" else " " for c in text).split())
