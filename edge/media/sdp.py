"""The description of a stream (SDP, RFC 4566): finds the video track, writes what FFmpeg gets to see.

FFmpeg never reads what the camera wrote: it gets one made anew from the checked fields of one track.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

CODECS = {"H264": "h264", "H265": "hevc", "HEVC": "hevc", "JPEG": "mjpeg"}
"""Encoding names of RTP to codecs."""

_RTP_NAMES = {"h264": "H264", "hevc": "H265", "mjpeg": "JPEG"}
_STATIC = {
    26: ("JPEG", 90000),
    28: ("NV", 90000),
    31: ("H261", 90000),
    32: ("MPV", 90000),
    33: ("MP2T", 90000),
}
_MAX_LINES = 2000
_MAX_LINE = 16 * 1024
_MAX_MEDIA = 32
_FORMAT_PARAMETER = re.compile(r"[A-Za-z0-9_.=+/,:()\- ]*")
_PARAMETER_SETS = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")


@dataclass(frozen=True, slots=True)
class Track:
    """A medium of the description. ``encoding`` is in capitals, ``parameters`` the text of its ``fmtp``,
    ``control`` as it stands there, ``size`` in pixels."""

    kind: str
    payload_type: int
    encoding: str
    clock_rate: int
    parameters: str = ""
    control: str = ""
    fps: float | None = None
    size: tuple[int, int] | None = None
    secure: bool = False

    @property
    def codec(self) -> str | None:
        """None: not one that is decoded."""
        return None if self.secure else CODECS.get(self.encoding)


@dataclass(frozen=True, slots=True)
class Description:
    control: str
    tracks: tuple[Track, ...]

    def video(self) -> Track | None:
        """The first video track that can be decoded."""
        return next((t for t in self.tracks if t.kind == "video" and t.codec), None)

    def what_else(self) -> str:
        """What stands there instead, for a message."""
        names = [f"{t.kind} {t.encoding}" for t in self.tracks]
        return ", ".join(names[:5]) or "nothing"


def parse_description(text: str) -> Description:
    """Takes what it understands; what it does not is left out. Never raises."""
    lines = [line.strip()[:_MAX_LINE] for line in text.splitlines()[:_MAX_LINES]]
    starts = [i for i, line in enumerate(lines) if line.startswith("m=")][:_MAX_MEDIA]
    head = lines[: starts[0]] if starts else lines
    tracks = [_track(lines[a:b]) for a, b in pairwise([*starts, len(lines)])]
    return Description(_attribute(head, "control") or "", tuple(t for t in tracks if t is not None))


def _track(lines: list[str]) -> Track | None:
    words = lines[0][2:].split()
    if len(words) < 4 or not words[3].isdecimal():
        return None
    kind, payload_type = words[0].lower()[:20], int(words[3][:4])
    encoding, clock_rate = _mapping(lines, payload_type)
    return Track(
        kind,
        payload_type,
        encoding,
        clock_rate,
        _format_parameters(lines, payload_type),
        _attribute(lines, "control") or "",
        _positive(_attribute(lines, "framerate") or _attribute(lines, "x-framerate")),
        _size(lines, payload_type),
        "SAVP" in words[2].upper(),
    )


def _attribute(lines: list[str], name: str) -> str | None:
    start = f"a={name}:"
    return next((line[len(start) :].strip() for line in lines if line.lower().startswith(start)), None)


def _mapping(lines: list[str], payload_type: int) -> tuple[str, int]:
    for line in lines:
        found = re.fullmatch(
            r"a=rtpmap:\s*(\d{1,3})\s+([\w.+-]{1,40})(?:/(\d{1,9}))?.*", line, re.ASCII | re.I
        )
        if found and int(found[1]) == payload_type:
            return found[2].upper(), int(found[3] or 90000) or 90000
    return _STATIC.get(payload_type, (f"TYPE {payload_type}", 90000))


def _format_parameters(lines: list[str], payload_type: int) -> str:
    for line in lines:
        found = re.fullmatch(r"a=fmtp:\s*(\d{1,3})\s+(.*)", line, re.ASCII | re.I)
        if found and int(found[1]) == payload_type:
            return ";".join(p for p in found[2].split(";") if _FORMAT_PARAMETER.fullmatch(p))
    return ""


def _size(lines: list[str], payload_type: int) -> tuple[int, int] | None:
    """``a=framesize`` (3GPP) or ``a=x-dimensions``."""
    text = _attribute(lines, "framesize") or f"{payload_type} {_attribute(lines, 'x-dimensions') or ''}"
    found = re.fullmatch(r"\d{1,3}\s+(\d{1,5})\s*[-,x]\s*(\d{1,5})", text, re.ASCII)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    return size if min(size) > 0 else None


def _positive(text: str | None) -> float | None:
    found = re.match(r"\d{1,4}(?:\.\d{1,6})?", text or "", re.ASCII)
    return (float(found[0]) or None) if found else None


def for_ffmpeg(track: Track, control: str) -> str:
    """A description with that track alone, to be set up under ``control``."""
    assert track.codec is not None
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        f"m=video 0 RTP/AVP {track.payload_type}",
        f"a=rtpmap:{track.payload_type} {_RTP_NAMES[track.codec]}/{track.clock_rate}",
        f"a=control:{control}",
    ]
    if track.parameters:
        lines.append(f"a=fmtp:{track.payload_type} {_bounded(track.parameters)}")
    if track.fps:
        lines.append(f"a=framerate:{track.fps:g}")
    if track.size and track.codec != "mjpeg":
        lines.append(f"a=framesize:{track.payload_type} {track.size[0]}-{track.size[1]}")
    return "\r\n".join(lines) + "\r\n"


def _bounded(parameters: str) -> str:
    """FFmpeg cuts lines at 16 KiB, and a parameter set that is cut is worse than none."""
    if len(parameters) < 8192:
        return parameters
    kept = [p for p in parameters.split(";") if not p.strip().lower().startswith(_PARAMETER_SETS)]
    return ";".join(kept)[:8192]
