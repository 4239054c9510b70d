"""Opens a camera's stream: the conversation, the relay, FFmpeg behind it, and what its failures mean."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.packet import Packet

from edge.domain_streams import Answer, Exchange, Transport
from edge.errors import StreamError, StreamFault
from edge.media import avlog
from edge.media.address import StreamAddress
from edge.media.relay import Relay
from edge.media.rtsp import Described, Dialled, open_session
from edge.media.sdp import Track, parse_description
from edge.settings import Settings

avlog.silence()
log = logging.getLogger(__name__)

_LOST = re.compile(r"RTP: missed (\d{1,5}) packets")
_FALLBACK_S = 5.0
"""Without a packet for that long, the other transport is tried."""


@dataclass(slots=True)
class LiveSource:
    """An open stream. ``lost`` counts missing RTP packets that FFmpeg reported (over UDP); ``waiting`` says
    whether FFmpeg is at work on the next picture."""

    address: StreamAddress
    settings: Settings
    relay: Relay
    container: InputContainer
    track: Track
    transport: Transport
    exchange: Exchange
    lost: int = 0
    waiting: bool = True

    @property
    def video(self) -> av.VideoStream:
        return self.container.streams.video[0]

    @property
    def packets_lost(self) -> int:
        return self.relay.counter.lost if self.transport is Transport.TCP else self.lost

    @property
    def packets_seen(self) -> int | None:
        return self.relay.counter.packets if self.transport is Transport.TCP else None

    def packets(self) -> Iterator[Packet[av.VideoStream]]:
        """The pictures as they come, encoded.

        Raises:
            StreamError: ``stalled``, ``ended``, ``corrupt``: it never ends otherwise.
        """
        with av.logging.Capture() as logs:
            try:
                for packet in self.container.demux(self.video):
                    self.waiting = False
                    self.relay.made_picture()
                    if self.transport is Transport.UDP:
                        self.lost += _lost(logs)
                    logs.clear()
                    if packet.size:
                        yield packet
                    self.waiting = True
            except av.FFmpegError as error:
                raise self.fault(error) from None
        raise self.fault(None)

    @property
    def flows_in_vain(self) -> bool:
        """Whether packets keep coming of which FFmpeg makes no picture."""
        return self.waiting and self.relay.flows_in_vain

    def fault(self, error: av.FFmpegError | None) -> StreamError:
        """Why the reading ended. Where packets keep coming, FFmpeg's time-out means that they are garbage:
        it takes apart what it is given until there is a picture."""
        if self.relay.fault is not None:
            return self.relay.fault.anew()
        if error is not None and self.flows_in_vain:
            what = f"{self.address.redacted}: what the camera sends makes no picture."
            return StreamError(StreamFault.CORRUPT, what, self.exchange)
        return stream_fault(self.address, error, self.settings.stream_stall_s, self.exchange)

    def close(self) -> None:
        """To be called by the thread that reads, at its end."""
        with suppress(av.FFmpegError):
            self.container.close()  # sends TEARDOWN
        self.relay.finish(self.settings.stream_close_s / 2)


def transports(settings: Settings) -> tuple[Transport, ...]:
    """The transports to try, in that order."""
    match settings.stream_transport:
        case "tcp":
            return (Transport.TCP,)
        case "udp":
            return (Transport.UDP, Transport.TCP)
        case "auto":
            return (Transport.TCP, Transport.UDP)


class Opening:
    """Opens a stream step by step; ``cancel`` wakes it from another thread."""

    def __init__(self, target: Dialled, known: Exchange | None) -> None:
        self._target = target
        self._known = known
        self._relay: Relay | None = None
        self._described: Described | None = None
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        if self._described is not None:
            self._described.session.close()
        if self._relay is not None:
            self._relay.close()

    def open(self) -> LiveSource:
        """Tries the transports in turn.

        Raises:
            StreamError
        """
        first, *others = transports(self._target.settings)
        try:
            return self._open(first, not others)
        except StreamError as error:
            if not others or self._cancelled or not self._may_help(error):
                raise
            log.info("%s Trying the other transport.", error.message)
            try:
                return self._open(others[0], True)
            except StreamError as second:
                raise error if error.fault is StreamFault.STALLED else second from None

    def _may_help(self, error: StreamError) -> bool:
        """Whether another transport may bring what this one did not."""
        refused = self._relay is not None and self._relay.transport_refused
        return refused or error.fault is StreamFault.STALLED

    def _open(self, transport: Transport, is_last: bool) -> LiveSource:
        target, settings = self._target, self._target.settings
        self._relay = None
        described = open_session(target, ask_options=self._known is None)
        self._described = described
        try:
            description = parse_description(described.answer.body)
            track = description.video()
            if track is None:
                raise described.session.fault(
                    StreamFault.UNSUPPORTED_CODEC,
                    f"no video that can be decoded; the camera offers {description.what_else()}",
                )
            relay = Relay(described, description, track, transport, settings, target.clock)
        except BaseException:
            described.session.close()
            raise
        self._relay = relay
        relay.start()
        exchange = _joined(self._known, described.exchange)
        try:
            limit = (
                settings.stream_first_frame_s if is_last else min(_FALLBACK_S, settings.stream_first_frame_s)
            )
            container = _play(relay.url, transport, settings, limit)
        except av.FFmpegError as error:
            relay.close()
            if relay.fault is not None:
                raise relay.fault.anew() from None
            raise stream_fault(target.address, error, limit, exchange) from None
        if not container.streams.video:
            container.close()
            relay.close()
            raise described.session.fault(StreamFault.CORRUPT, "the stream shows no video")
        self._known = None
        return LiveSource(target.address, settings, relay, container, track, transport, exchange)


def _play(url: str, transport: Transport, settings: Settings, first_frame_s: float) -> InputContainer:
    """FFmpeg's RTSP client on the relay. All time-outs are given twice: to the socket (``timeout``) and to
    the interrupt callback."""
    wait = max(settings.stream_answer_s, first_frame_s)
    options = {
        "rtsp_transport": transport.value,
        "timeout": str(round(1_000_000 * (max(wait, settings.stream_stall_s) + 1))),
        "protocol_whitelist": "tcp,udp,rtp",
        "allowed_media_types": "video",
        # FFmpeg would decode some pictures to learn their format; our decoder learns it from the first.
        "probesize": "32",
        "fpsprobesize": "0",
        "skip_frame": "all",
    }
    with av.logging.Capture():
        return av.open(
            url, "r", format="rtsp", options=options, timeout=(first_frame_s, settings.stream_stall_s)
        )


def stream_fault(
    address: StreamAddress, error: av.FFmpegError | None, silence_s: float, exchange: Exchange | None
) -> StreamError:
    """What an error of FFmpeg means; None: the stream simply ended."""
    fault, what = StreamFault.CORRUPT, "what the camera sends cannot be read"
    if error is None or isinstance(error, av.error.EOFError):
        fault, what = StreamFault.ENDED, "the camera ended the stream"
    elif isinstance(error, av.error.ExitError | av.error.TimeoutError):
        fault, what = StreamFault.STALLED, f"connected, but nothing came for {silence_s:g} s"
    elif isinstance(error, OSError):
        fault, what = StreamFault.ENDED, "the connection broke"
    return StreamError(fault, f"{address.redacted}: {what}.", exchange)


def _lost(logs: avlog.Lines) -> int:
    return sum(int(found[1]) for _, _, text in logs if (found := _LOST.search(text)))


def _joined(known: Exchange | None, new: Exchange) -> Exchange:
    """What was asked earlier stands before what was asked again."""
    if known is None:
        return new
    options: tuple[Answer, ...] = tuple(a for a in known.answers if a.method == "OPTIONS")
    return Exchange(options + new.answers)
