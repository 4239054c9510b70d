"""Recordings in the place of streams.

FFmpeg gets an open file and no way to open another: playlists and references to other files lead nowhere.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from types import TracebackType
from typing import BinaryIO, NoReturn, Self

import av
from av.container import InputContainer
from av.packet import Packet

from edge.domain_streams import Exchange, Frame, StreamInfo, StreamStatistics, Transport
from edge.errors import StreamError, StreamFault
from edge.media import avlog
from edge.media.address import FileAddress
from edge.media.clock import Clock
from edge.media.decoder import limit_decoder
from edge.media.meter import FrameMeter
from edge.media.sei import annex_b, user_data
from edge.media.shelf import Shelf, Shot
from edge.media.threads import Reader
from edge.settings import Settings

avlog.silence()
log = logging.getLogger(__name__)

_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,h264,hevc,mjpeg,ogg,ivf,dav,dhav"

_NO_PROTOCOL = "none"
"""The name of no protocol: an empty list would be none at all."""


def open_video(
    address: FileAddress, settings: Settings, clock: Clock, *, keys_only: bool, realtime: bool
) -> FileStream:
    """Raises StreamError: ``not_found``, ``corrupt``, ``unsupported_codec`` or ``timeout``."""
    stream = FileStream(address, settings, clock, keys_only=keys_only, realtime=realtime)
    stream.start()
    return stream


class FileStream:
    """Gives the frames of a file one after the other, each when it is asked for; in real time as a camera
    would, the newest alone."""

    exchange: Exchange | None = None

    def __init__(
        self, address: FileAddress, settings: Settings, clock: Clock, *, keys_only: bool, realtime: bool
    ) -> None:
        self._address, self._settings, self._clock = address, settings, clock
        self._keys_only, self._realtime = keys_only, realtime
        self._shelf = Shelf(clock)
        self._reader = Reader(f"video {address.redacted}", self._read)
        self._ready, self._stop = threading.Event(), threading.Event()
        self._meter = FrameMeter(clock.monotonic(), live=realtime)
        self._info: StreamInfo | None = None
        self.duration_s: float | None = None
        """As the container announces it."""
        self._seek: float | None = None
        self._began: tuple[float, float] | None = None

    @property
    def info(self) -> StreamInfo:
        assert self._info is not None, "start() returned"
        return self._info

    def start(self) -> None:
        """Raises StreamError if the file cannot be read."""
        self._reader.start()
        if not self._ready.wait(self._settings.stream_first_frame_s):
            self._shelf.fail(self._fault(StreamFault.TIMEOUT, "reading it takes too long"))
        if self._info is None and self._shelf.error is not None:
            self.close()
            raise self._shelf.error.anew()

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        frame = self._shelf.take(timeout_s, after)
        if frame is None:
            raise self._fault(StreamFault.STALLED, f"no frame within {timeout_s:g} s")
        return frame

    def seek(self, seconds: float) -> None:
        """Goes on at the last key frame before that time of the file."""
        self._seek = max(0.0, seconds)
        self._shelf.drop()

    def statistics(self) -> StreamStatistics:
        return self._meter.statistics(self._clock.monotonic())

    def close(self) -> None:
        self._stop.set()
        self._shelf.fail(self._fault(StreamFault.ENDED, "it was closed here"))
        self._reader.leave(self._settings.stream_close_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- in the reading thread ---

    def _read(self) -> None:
        try:
            with self._file() as file, opened(file) as container:
                self._play(container)
            self._shelf.fail(self._fault(StreamFault.ENDED, "the file is at its end"))
        except StreamError as error:
            self._shelf.fail(error)
        except (av.FFmpegError, OSError):
            self._shelf.fail(self._fault(StreamFault.CORRUPT, "this is no video, or a damaged one"))
        except Exception:
            log.exception("Reading %s failed.", self._address.redacted)
            self._shelf.fail(self._fault(StreamFault.CORRUPT, "reading it failed"))
        finally:
            self._ready.set()

    def _file(self) -> BinaryIO:
        try:
            return self._address.path.open("rb")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise self._fault(StreamFault.NOT_FOUND, f"the file cannot be read ({reason})") from None

    def _play(self, container: InputContainer) -> None:
        video = self._video(container)
        self._info = _info(video)
        self.duration_s = container.duration / av.time_base if container.duration else None
        self._ready.set()
        while not self._stop.is_set():
            for packet in container.demux(video):
                if self._stop.is_set() or self._seek is not None:
                    break
                self._take(video, packet)
            if self._seek is None:
                return
            seconds, self._seek, self._began = self._seek, None, None
            container.seek(round(seconds / float(video.time_base or 1)), stream=video)

    def _video(self, container: InputContainer) -> av.VideoStream:
        videos = [v for v in container.streams.video if v.codec_context is not None]
        if not videos:
            raise self._fault(StreamFault.UNSUPPORTED_CODEC, "the file has no video that can be decoded")
        limit_decoder(videos[0].codec_context, self._settings.stream_max_pixels)
        if self._keys_only:
            videos[0].codec_context.skip_frame = "NONKEY"
        return videos[0]

    def _take(self, video: av.VideoStream, packet: Packet[av.VideoStream]) -> None:
        if packet.size:
            pts = None if packet.pts is None else float(packet.pts * packet.time_base)
            self._meter.add(pts, self._clock.monotonic(), packet.size, packet.is_keyframe)
            self._listen(packet)
        try:
            pictures = packet.decode()
        except av.FFmpegError:
            self._meter.corrupt += 1
            self._meter.dropped["corrupt"] += 1
            return
        for picture in pictures:
            self._show(picture, float(video.time_base or 0))

    def _listen(self, packet: Packet[av.VideoStream]) -> None:
        """The messages of the first key frame."""
        info = self.info
        if packet.is_keyframe and self._meter.key_frames == 1 and info.codec in ("h264", "hevc"):
            data = annex_b(memoryview(packet), packet.stream.codec_context.extradata, info.codec)
            self._info = replace(info, user_data=user_data(data, info.codec))

    def _show(self, picture: av.VideoFrame, time_base: float) -> None:
        if self._stop.is_set() or self._seek is not None:
            return
        pts = None if picture.pts is None else picture.pts * time_base
        if self._realtime and pts is not None:
            self._wait_until_due(pts)
        shot = Shot(picture, self._clock.monotonic(), self._clock.now(), pts, bool(picture.key_frame))
        if self._shelf.put(shot):
            self._meter.dropped["superseded"] += 1
        if not self._realtime:
            self._shelf.wait_taken(lambda: not self._stop.is_set() and self._seek is None)

    def _wait_until_due(self, pts: float) -> None:
        began, first = self._began = self._began or (self._clock.monotonic(), pts)
        self._clock.wait(self._stop, began + (pts - first) - self._clock.monotonic())

    def _fault(self, fault: StreamFault, what: str) -> StreamError:
        return StreamError(fault, f"{self._address.redacted}: {what}.")


def opened(file: BinaryIO) -> InputContainer:
    """Raises: av.FFmpegError: this is no video."""
    # Two locks on each door: some formats open others past ``io_open``, and none of these is on the list.
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": _NO_PROTOCOL}
    return av.open(file, "r", options=options, io_open=_open_nothing)


def _open_nothing(*_: object) -> NoReturn:
    raise PermissionError("a video file may not open other files")


def _info(video: av.VideoStream) -> StreamInfo:
    context = video.codec_context
    rate = video.guessed_rate or video.average_rate
    return StreamInfo(
        codec=context.codec.canonical_name,
        profile=context.profile,
        width=context.width,
        height=context.height,
        announced_fps=float(rate) if rate and 0 < rate < 1000 else None,
        transport=Transport.FILE,
    )
