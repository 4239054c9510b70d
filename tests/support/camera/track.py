"""A clip made ready to be sent: every RTP packet is built when it is loaded, so that sending a picture costs
no more than writing its numbers and one call of the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from tests.support.camera import jpeg
from tests.support.camera.nal import H264, H265, Syntax, h264_parameters, h265_parameters, split

VIDEO_HZ = 90_000
SSRC = 0x0CA31D05
HEAD = 16
"""Bytes before the payload of a packet: four of the interleaving (RFC 2326, 10.12), twelve of RTP."""

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture: its interleaved packets in a row, where each starts, when it is due in ticks."""

    block: bytes
    starts: tuple[int, ...]
    key: bool
    ticks: int

    @property
    def payload_bytes(self) -> int:
        return len(self.block) - HEAD * len(self.starts)


@dataclass(frozen=True, slots=True)
class Track:
    """What the SDP says of a medium, and its pictures; ``ticks`` is the length of a round at ``hz``."""

    medium: str
    payload_type: int
    encoding: str
    parameters: str
    hz: int
    fps: float | None
    size: tuple[int, int] | None
    units: tuple[Unit, ...]
    ticks: int

    @property
    def seconds(self) -> float:
        return self.ticks / self.hz

    def key_at(self, seconds: float) -> int:
        """The number of the last key picture at or before that time of the round."""
        due = [i for i, unit in enumerate(self.units) if unit.key and unit.ticks <= seconds * self.hz + 1]
        return due[-1] if due else 0


@lru_cache(32)
def load_track(clip: Path, *, parameter_sets: bool = True, user_data: bytes | None = None) -> Track:
    """The video of a file, H.264, H.265 or MJPEG."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        codec, fps = stream.codec_context.name, float(stream.average_rate or 25)
        size = (stream.codec_context.width, stream.codec_context.height)
        pictures = list(_pictures(container, stream, codec))
    ticks = round(VIDEO_HZ / fps)
    if codec == "mjpeg":
        units = [_unit(jpeg.payloads(data), 26, True, i * ticks) for i, (data, _) in enumerate(pictures)]
        kind, encoding, parameters = 26, "JPEG", ""
    else:
        syntax = H264 if codec == "h264" else H265
        units = list(_nal_units(syntax, pictures, ticks, parameter_sets, user_data))
        sets = _parameter_sets(syntax, pictures) if parameter_sets else {}
        kind, encoding = 96, "H264" if syntax is H264 else "H265"
        parameters = h264_parameters(sets) if syntax is H264 else h265_parameters(sets)
    return Track(
        "video", kind, encoding, parameters, VIDEO_HZ, fps, size, tuple(units), ticks * len(pictures)
    )


def silence() -> Track:
    """A second of quiet G.711 sound, 20 ms a packet."""
    units = [_unit([b"\xff" * 160], 0, True, i * 160) for i in range(50)]
    return Track("audio", 0, "PCMU", "", 8000, None, None, tuple(units), 8000)


def _pictures(
    container: av.container.InputContainer, stream: av.VideoStream, codec: str
) -> Iterator[tuple[bytes, bool]]:
    """Each picture's bytes, Annex B where there are NAL units, and whether it is a key picture."""
    annex_b = BitStreamFilterContext(_FILTERS[codec], stream) if codec in _FILTERS else None
    for packet in container.demux(stream):
        if packet.size:
            for whole in annex_b.filter(packet) if annex_b else [packet]:
                yield bytes(whole), whole.is_keyframe


def _nal_units(
    syntax: Syntax,
    pictures: Iterable[tuple[bytes, bool]],
    ticks: int,
    parameter_sets: bool,
    user_data: bytes | None,
) -> Iterator[Unit]:
    unwanted = syntax.dropped if parameter_sets else syntax.dropped | set(syntax.parameter_sets)
    for number, (data, key) in enumerate(pictures):
        nals = [nal for nal in split(data) if syntax.kind(nal) not in unwanted]
        if key and user_data is not None:
            slice_at = sum(syntax.kind(nal) in syntax.parameter_sets for nal in nals)
            nals.insert(slice_at, syntax.user_data(user_data))
        yield _unit([p for nal in nals for p in syntax.fragments(nal)], 96, key, number * ticks)


def _parameter_sets(syntax: Syntax, pictures: Iterable[tuple[bytes, bool]]) -> dict[int, bytes]:
    nals = (nal for data, key in pictures if key for nal in split(data))
    return {kind: nal for nal in nals if (kind := syntax.kind(nal)) in syntax.parameter_sets}


def _unit(payloads: list[bytes], kind: int, key: bool, ticks: int) -> Unit:
    """Packets whose sequence number and time are still to be written; the last one has the marker."""
    packets, starts, at = [], [], 0
    for number, payload in enumerate(payloads):
        marker = 0x80 if number == len(payloads) - 1 else 0
        head = struct.pack(">cBHBBHII", b"$", 0, len(payload) + 12, 0x80, marker | kind, 0, 0, SSRC)
        packets.append(head + payload)
        starts.append(at)
        at += len(packets[-1])
    return Unit(b"".join(packets), tuple(starts), key, ticks)
