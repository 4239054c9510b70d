"""Which device decodes: the best that is present for a codec, or the one that a setting names.

Devices of FFmpeg are used where it is built with them (``cuda`` is NVDEC), and decoders of their own name: of
the Raspberry Pi's kernel (``h264_v4l2m2m``) and of the Jetson (``h264_nvv4l2dec``, ``h264_nvmpi``).
"""

from __future__ import annotations

import logging
import platform
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
from av.codec import Codec, CodecContext
from av.codec.codec import UnknownCodecError
from av.codec.hwaccel import HWAccel, hwdevices_available

from edge.errors import CamidError, ErrorCode

log = logging.getLogger(__name__)

AUTO, NONE = "auto", "none"

_DEVICES = ("cuda", "vaapi", "videotoolbox", "qsv")
_DECODERS = ("nvv4l2dec", "nvmpi", "v4l2m2m", "cuvid")
_NODES = {
    "cuda": ("/dev/nvidia0", "/dev/nvhost-ctrl-gpu"),
    "cuvid": ("/dev/nvidia0",),
    "vaapi": ("/dev/dri/renderD128",),
    "qsv": ("/dev/dri/renderD128",),
    "nvv4l2dec": ("/dev/nvhost-nvdec", "/dev/v4l2-nvdec"),
    "nvmpi": ("/dev/nvhost-nvdec", "/dev/v4l2-nvdec"),
    # The codec devices of a Raspberry Pi; /dev/video0 is any webcam.
    "v4l2m2m": ("/dev/video10", "/dev/video11", "/dev/video19"),
}
_BY_ITSELF = ("nvv4l2dec", "nvmpi", "cuda", "v4l2m2m", "vaapi", "videotoolbox")
"""In the order in which ``auto`` tries them. ``cuvid`` and ``qsv`` only by name: cuda and vaapi serve the
same chips."""

_STRIKES = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A decoder. ``device`` is None for the processor."""

    context: av.VideoCodecContext
    device: str | None


class Hardware:
    """Opens decoders by the setting ``stream_hardware``. A device that cannot be opened for a codec, or fails
    before it has ever delivered a picture, is not tried again."""

    def __init__(self, wish: str, exists: Callable[[str], bool] = lambda node: Path(node).exists()) -> None:
        """Raises CamidError: ``settings_invalid`` for a device that nobody knows."""
        if wish not in (AUTO, NONE, *_DEVICES, *_DECODERS):
            known = ", ".join((AUTO, NONE, *_DEVICES, *_DECODERS))
            raise CamidError(ErrorCode.SETTINGS_INVALID, f"stream_hardware: {wish!r} is none of {known}.")
        self._wish = wish
        self._exists = exists
        self._failed: set[tuple[str, str]] = set()
        self._proven: set[tuple[str, str]] = set()
        self._strikes: Counter[tuple[str, str]] = Counter()

    def open(self, codec: str, prepare: Callable[[av.VideoCodecContext], None]) -> Opened:
        """A decoder for ``codec`` that ``prepare`` has set up; on the processor where no device will."""
        for device in self.candidates(codec):
            try:
                context = _context(codec, device)
                prepare(context)
                context.open()
            except (
                av.FFmpegError,
                UnknownCodecError,
                NotImplementedError,
                RuntimeError,
                ValueError,
            ) as error:
                self.give_up(codec, device, str(error))
            else:
                return Opened(context, device)
        context = _video(CodecContext.create(codec, "r"))
        prepare(context)
        return Opened(context, None)

    def candidates(self, codec: str) -> list[str]:
        """The devices to try for a codec, best first."""
        wished: Iterable[str] = {AUTO: self._present(), NONE: ()}.get(self._wish, (self._wish,))
        return [device for device in wished if (codec, device) not in self._failed]

    def give_up(self, codec: str, device: str, reason: str) -> None:
        """The processor does it from now on."""
        if (codec, device) not in self._failed:
            self._failed.add((codec, device))
            log.warning("Decoding %s on the processor: %s does not (%s).", codec, device, reason)

    def prove(self, codec: str, device: str) -> None:
        """The device has delivered a picture: what fails from now on is the stream's fault."""
        self._proven.add((codec, device))

    def strike(self, codec: str, device: str, reason: str) -> None:
        """The device has failed with a packet, which may be the packet's fault; drivers show only then that
        they do not work."""
        self._strikes[codec, device] += 1
        if (codec, device) not in self._proven and self._strikes[codec, device] >= _STRIKES:
            self.give_up(codec, device, reason)

    def _present(self) -> list[str]:
        built = {*hwdevices_available(), *_DECODERS}
        return [d for d in _BY_ITSELF if d in built and self._has_node(d)]

    def _has_node(self, device: str) -> bool:
        if device == "videotoolbox":
            return platform.system() == "Darwin"
        return any(self._exists(node) for node in _NODES[device])


@cache
def hardware(wish: str) -> Hardware:
    """One for the whole process, so that a device which fails is tried once and not by every stream."""
    return Hardware(wish)


def _context(codec: str, device: str) -> av.VideoCodecContext:
    if device in _DECODERS:
        return _video(CodecContext.create(Codec(f"{codec}_{device}", "r"), "r"))
    context = _video(CodecContext.create(codec, "r", hwaccel=HWAccel(device, allow_software_fallback=False)))
    if not context.is_hwaccel:
        raise RuntimeError("this FFmpeg is built without it")
    return context


def _video(context: CodecContext) -> av.VideoCodecContext:
    assert isinstance(context, av.VideoCodecContext)
    return context
