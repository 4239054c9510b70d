"""From packets to frames: one thread, bounded pixels, on a device where there is one."""

from __future__ import annotations

from typing import cast

import av
import numpy as np
from av.packet import Packet

from edge.domain import Pixels
from edge.media.hardware import Hardware
from edge.settings import Settings

MAX_SIDE = 16384


class Decoder:
    """Opened at the first packet and freed by ``close``: an open decoder of 1080p holds tens of megabytes.

    ``device`` names what decodes, None: the processor. Not for several threads at a time.
    """

    def __init__(self, codec: str, extradata: bytes | None, settings: Settings, hardware: Hardware) -> None:
        self._codec, self._extradata = codec, extradata
        self._settings, self._hardware = settings, hardware
        self._context: av.VideoCodecContext | None = None
        self._strict = False
        self.device: str | None = None

    def decode(self, packet: Packet[av.VideoStream]) -> list[av.VideoFrame]:
        """The frames that a packet completes, corrupt ones left out.

        Raises:
            av.FFmpegError: if the packet cannot be decoded; the decoder stays usable.
        """
        context = self._context or self._open()
        try:
            frames = context.decode(packet)
        except av.FFmpegError as error:
            if self.device is not None:
                self._hardware.strike(self._codec, self.device, str(error))
                self.close()
            raise
        if frames and self.device is not None:
            self._hardware.prove(self._codec, self.device)
        return [frame for frame in frames if not frame.is_corrupt]

    def decode_single(self, packet: Packet[av.VideoStream], *, strict: bool = False) -> av.VideoFrame | None:
        """The picture of a key frame, nothing before or after it; the decoder is freed. ``strict`` takes none
        in which anything is wrong: cameras that are well may have faults which harm no picture.

        Raises:
            av.FFmpegError: as ``decode``.
        """
        self._strict = strict
        try:
            frames = self.decode(packet)
            if not frames and self._context is not None:
                frames = [frame for frame in self._context.decode(None) if not frame.is_corrupt]
            return frames[-1] if frames else None
        finally:
            self._strict = False
            self.close()

    def close(self) -> None:
        self._context = None

    def _open(self) -> av.VideoCodecContext:
        opened = self._hardware.open(self._codec, self._prepare)
        self._context, self.device = opened.context, opened.device
        return opened.context

    def _prepare(self, context: av.VideoCodecContext) -> None:
        limit_decoder(context, self._settings.stream_max_pixels)
        if self._strict:
            context.options = {**context.options, "err_detect": "explode"}
        if self._extradata:
            context.extradata = self._extradata


def limit_decoder(context: av.VideoCodecContext, max_pixels: int) -> None:
    """One thread: sixty-four streams share two cores, and frame threads hold back as many frames each."""
    context.thread_count = 1
    context.options = {"max_pixels": str(max_pixels)}


def pixels_of(frame: av.VideoFrame) -> Pixels:
    """BGR, upright: turned as the stream's display matrix says."""
    pixels = cast(Pixels, frame.to_ndarray(format="bgr24"))
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
