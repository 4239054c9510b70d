"""One stream, read in a thread of its own; the newest frame wins.

The thread may hang in a native call (a driver, a decoder). Whoever waits for a frame is never held up by
that: after ``stream_close_s`` the thread is left behind and counted.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import av
from av.packet import Packet

from edge.domain_streams import Exchange, Frame, StreamInfo, StreamStatistics
from edge.errors import StreamError, StreamFault
from edge.media.address import Address, FileAddress, StreamAddress
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.decoder import Decoder
from edge.media.hardware import hardware
from edge.media.live import LiveSource, Opening
from edge.media.memory import give_back
from edge.media.meter import FrameMeter
from edge.media.rtsp import Dialled
from edge.media.sei import MAX_MESSAGES, is_garbled, user_data
from edge.media.shelf import Shelf, Shot
from edge.media.threads import Reader
from edge.media.video import open_video
from edge.media.wire import Admit, Connect, connect_wire
from edge.settings import Settings

log = logging.getLogger(__name__)

_GRACE_S = 1.0


class Stream(Protocol):
    """A stream that is being read. Safe to use from several threads."""

    @property
    def info(self) -> StreamInfo: ...

    @property
    def exchange(self) -> Exchange | None:
        """What the camera answered; None for a file."""
        ...

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        """The newest frame that is not ``after``; waits for one at most ``timeout_s``. Of a file it is the
        next one, unless it plays in real time.

        Raises:
            StreamError: ``stalled``, ``corrupt``, ``ended``, …
        """
        ...

    def statistics(self) -> StreamStatistics: ...

    def close(self) -> None:
        """Never takes longer than ``settings.stream_close_s``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_stream(
    address: Address,
    settings: Settings,
    clock: Clock = SYSTEM_CLOCK,
    *,
    keys_only: bool = False,
    exchange: Exchange | None = None,
    pinned_ip: str | None = None,
    admit: Admit | None = None,
    realtime: bool = False,
    connect: Connect = connect_wire,
) -> Stream:
    """Connects and plays; returns when the stream is known to bring pictures.

    Args:
        keys_only: decodes key frames alone, each only when it is asked for. Where they are further apart than
            ``settings.stream_max_gop_s``, everything is decoded.
        exchange: what the camera answered before; OPTIONS is then not asked again.
        pinned_ip: the address to connect to; the host's name still stands in requests and for TLS.
        admit: decides on the host of a redirect; without it only the same host is followed.
        realtime: a file plays at its own speed; without it, as fast as its frames are taken.

    Raises:
        StreamError: any fault; with the ``exchange`` up to it, where there was one.
    """
    if isinstance(address, FileAddress):
        return open_video(address, settings, clock, keys_only=keys_only, realtime=realtime)
    target = Dialled(address, settings, clock, connect, pinned_ip, admit)
    stream = LiveStream(target, keys_only=keys_only, known=exchange)
    stream.start()
    return stream


@dataclass(slots=True)
class _Kept:
    """The newest key frame, still encoded. ``shown``: it was decoded before."""

    packet: Packet[av.VideoStream]
    received: float
    taken: datetime
    shown: bool = False


class LiveStream:
    """A camera's stream. ``start`` opens it."""

    def __init__(self, target: Dialled, *, keys_only: bool, known: Exchange | None) -> None:
        self._address: StreamAddress = target.address
        self._settings, self._clock = target.settings, target.clock
        self._opening = Opening(target, known)
        self._hardware = hardware(target.settings.stream_hardware)
        self._shelf = Shelf(target.clock)
        self._reader = Reader(f"stream {target.address.host}", self._read)
        self._ready = threading.Event()
        self._closing = False
        self._keys_only = self._shelf.forget = keys_only
        self._source: LiveSource | None = None
        self._decoder: Decoder | None = None
        self._meter = FrameMeter(target.clock.monotonic())
        self._kept: _Kept | None = None
        self._info: StreamInfo | None = None
        self._bad_since: float | None = None
        self._garbled = False
        self._codec = ""
        self._user_data: tuple[bytes, ...] = ()

    @property
    def info(self) -> StreamInfo:
        assert self._info is not None, "start() returned"
        return self._info

    @property
    def exchange(self) -> Exchange | None:
        return self._source.exchange if self._source else None

    @property
    def keys_only(self) -> bool:
        """Whether key frames alone are decoded now."""
        return self._keys_only

    def start(self) -> None:
        """Raises StreamError if the stream does not play in time."""
        settings = self._settings
        limit = settings.stream_connect_s + settings.stream_answer_s * 2 + settings.stream_first_frame_s
        self._reader.start()
        if not self._ready.wait(2 * limit + _GRACE_S):
            self._shelf.fail(self._fault(StreamFault.TIMEOUT, f"it did not play within {2 * limit:g} s"))
        if self._shelf.error is not None and self._info is None:
            self.close()
            raise self._shelf.error.anew()

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        frame = self._shelf.take(timeout_s, after)
        if frame is None:
            raise self._silence(timeout_s)
        return frame

    def statistics(self) -> StreamStatistics:
        source, now = self._source, self._clock.monotonic()
        if source is None:
            return self._meter.statistics(now)
        return self._meter.statistics(
            now,
            packets=source.packets_seen,
            lost=source.packets_lost,
            malformed=source.relay.counter.malformed,
        )

    def close(self) -> None:
        self._closing = True
        self._shelf.fail(self._fault(StreamFault.ENDED, "it was closed here"))
        if self._source is None or self._reader.is_stuck(self._settings.stream_close_s / 2):
            self._opening.cancel()
            self._reader.leave(self._settings.stream_close_s / 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- in the reading thread ---

    def _read(self) -> None:
        try:
            source = self._source = self._opening.open()
            self._meter = FrameMeter(self._clock.monotonic())
            context = source.video.codec_context
            self._codec = context.codec.canonical_name
            self._decoder = Decoder(self._codec, context.extradata, self._settings, self._hardware)
            self._learn(context.width, context.height)
            for packet in source.packets():
                if self._closing:
                    break
                self._take(packet)
        except StreamError as error:
            self._shelf.fail(error)
        except Exception:
            log.exception("Reading %s failed.", self._address.redacted)
            self._shelf.fail(self._fault(StreamFault.CORRUPT, "reading it failed"))
        finally:
            self._ready.set()
            self._end()

    def _end(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        if self._source is not None:
            self._source.close()
        self._kept = None
        if self._closing:
            self._shelf.drop()
        give_back(self._clock)

    def _take(self, packet: Packet[av.VideoStream]) -> None:
        """Counts a picture, and decodes it if someone will want it."""
        now, meter = self._clock.monotonic(), self._meter
        pts = None if packet.pts is None else float(packet.pts * packet.time_base)
        meter.add(pts, now, packet.size, packet.is_keyframe)
        if packet.is_keyframe:
            self._listen(packet)
        if not self._keys_only:
            self._decode(packet, now)
        else:
            self._keep(packet, now)
            if self._gop_is_long(now):
                log.info("%s: key frames are too far apart; all frames are decoded.", self._address.redacted)
                self._keys_only, self._kept, self._shelf.forget = False, None, False
        self._check_progress(now)

    def _listen(self, packet: Packet[av.VideoStream]) -> None:
        """Keeps what the stream says of its maker; asked for once a key frame, for it may come late."""
        codec, known = self._codec, self._user_data
        if codec not in ("h264", "hevc") or len(known) >= MAX_MESSAGES:
            return
        merged = tuple(dict.fromkeys(known + user_data(memoryview(packet), codec)))[:MAX_MESSAGES]
        if len(merged) > len(known):
            self._user_data = merged
            if self._info is not None:
                self._info = replace(self._info, user_data=merged)

    def _keep(self, packet: Packet[av.VideoStream], now: float) -> None:
        """Remembers the newest key frame, and decodes it when a frame is waited for."""
        dropped = self._meter.dropped
        if packet.is_keyframe:
            if self._kept is not None and not self._kept.shown:
                dropped["superseded"] += 1
            self._kept = _Kept(packet, now, self._clock.now())
        else:
            dropped["not_key"] += 1
            self._look_for_damage(packet)
        kept = self._kept
        if kept is None or not (self._shelf.any_wanted or (self._is_wanted and not kept.shown)):
            return
        kept.shown = True
        picture = self._single(kept.packet)
        if picture is None:
            self._count_corrupt()
        else:
            self._show(picture, kept.received, kept.taken, key=True)

    def _single(self, packet: Packet[av.VideoStream]) -> av.VideoFrame | None:
        """The picture of a key frame. Among garbage no fault is overlooked: one in eighty pieces of noise is
        taken for a picture otherwise."""
        assert self._decoder is not None
        if self._is_garbled(packet):
            self._garbled = True
            return None
        try:
            return self._decoder.decode_single(packet, strict=self._garbled)
        except av.FFmpegError:
            return None

    def _look_for_damage(self, packet: Packet[av.VideoStream]) -> None:
        """Whoever waits for a key frame is told by it whether there is one to come."""
        if not self._garbled and self._is_wanted and self._is_garbled(packet):
            self._garbled = True
            self._bad_since = self._bad_since or self._clock.monotonic()

    def _is_garbled(self, packet: Packet[av.VideoStream]) -> bool:
        return self._codec in ("h264", "hevc") and is_garbled(memoryview(packet), self._codec)

    @property
    def _is_wanted(self) -> bool:
        """Whether someone waits for a picture, or it takes one to know what the stream is."""
        return self._shelf.wanted or not self._ready.is_set()

    def _decode(self, packet: Packet[av.VideoStream], now: float) -> None:
        assert self._decoder is not None
        try:
            pictures = self._decoder.decode(packet)
        except av.FFmpegError:
            self._count_corrupt()
            return
        for picture in pictures:
            self._show(picture, now, self._clock.now(), key=bool(picture.key_frame))

    def _show(self, picture: av.VideoFrame, received: float, taken: datetime, *, key: bool) -> None:
        self._bad_since, self._garbled = None, False
        self._learn(picture.width, picture.height)
        pts = None if picture.pts is None else float(picture.pts * self._time_base())
        if self._shelf.put(Shot(picture, received, taken, pts, key)):
            self._meter.dropped["superseded"] += 1

    def _time_base(self) -> float:
        assert self._source is not None
        return float(self._source.video.time_base or 0)

    def _count_corrupt(self) -> None:
        if self._bad_since is None:
            self._bad_since = self._clock.monotonic()
        self._meter.corrupt += 1
        self._meter.dropped["corrupt"] += 1

    def _gop_is_long(self, now: float) -> bool:
        longest, meter = self._settings.stream_max_gop_s, self._meter
        since = now - (meter.last_key or meter.started)
        return since > longest or (meter.gop_s or 0.0) > longest

    def _check_progress(self, now: float) -> None:
        """Raises StreamError where packets come but no pictures."""
        settings = self._settings
        if self._bad_since is not None and now - self._bad_since > settings.stream_stall_s:
            raise self._fault(
                StreamFault.CORRUPT, f"no picture could be decoded for {settings.stream_stall_s:g} s"
            )
        if not self._ready.is_set() and now - self._meter.started > settings.stream_first_frame_s:
            raise self._fault(
                StreamFault.STALLED, f"no key frame came in {settings.stream_first_frame_s:g} s"
            )

    def _learn(self, width: int, height: int) -> None:
        """Fills ``info`` when the stream begins, and again when the size of its pictures changes."""
        source, decoder = self._source, self._decoder
        assert source is not None
        assert decoder is not None
        info = self._info
        if info is None:
            context = source.video.codec_context
            info = StreamInfo(
                codec=self._codec,
                profile=context.profile,
                width=width,
                height=height,
                announced_fps=source.track.fps or _rate(source.video),
                transport=source.transport,
            )
        if width and height:
            self._info = replace(
                info, width=width, height=height, hardware=decoder.device, user_data=self._user_data
            )
            self._ready.set()

    def _fault(self, fault: StreamFault, what: str) -> StreamError:
        return StreamError(fault, f"{self._address.redacted}: {what}.", self.exchange)

    def _silence(self, waited_s: float) -> StreamError:
        """Why there was no frame in time."""
        source, now = self._source, self._clock.monotonic()
        if self._bad_since is not None or (source is not None and source.flows_in_vain):
            return self._fault(StreamFault.CORRUPT, f"no picture could be decoded for {waited_s:g} s")
        last = self._meter.last_arrival
        if last is None or now - last > min(waited_s, self._settings.stream_stall_s):
            return self._fault(StreamFault.STALLED, f"connected, but nothing came for {waited_s:g} s")
        lacks = "key frame" if self._keys_only else "new picture"
        return self._fault(StreamFault.STALLED, f"no {lacks} came within {waited_s:g} s")


def _rate(video: av.VideoStream) -> float | None:
    rate = video.guessed_rate or video.average_rate
    return float(rate) if rate and 0 < rate < 1000 else None
