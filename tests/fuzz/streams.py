"""Targets: what cameras and other devices answer, and how people write their addresses."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from edge.domain_streams import Exchange
from edge.errors import ErrorCode, StreamError, StreamFault
from edge.evidence.likelihoods import load_likelihoods
from edge.evidence.protocol import saved_finding
from edge.evidence.saved.reading import read_saved_text
from edge.media.address import StreamAddress
from edge.media.discover import parse_answer
from edge.media.framing import Framer, TooLarge
from edge.media.onvif import MAX_TEXT, OnvifTarget, device_information
from edge.media.rtsp import describe, join
from edge.media.sdp import for_ffmpeg, parse_description
from edge.media.wire import Wire
from edge.settings import Settings
from edge.streams.camera_list import read_cameras
from edge.vendors.catalogue import load_catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from tests.fuzz.target import Target, refusing, written
from tests.support.clock import FakeClock

SETTINGS = Settings(stream_connect_s=5, stream_answer_s=8, stream_max_answer_bytes=4096)
LIKELIHOODS = load_likelihoods(SETTINGS.models_dir)
PASSWORD = "do-not-tell"
_FAULTS = tuple(StreamFault)


@dataclass(slots=True)
class Recorded:
    """A connection on which these bytes come, in pieces, whatever is asked."""

    data: bytes
    step: int

    def send(self, data: bytes, seconds: float) -> None:
        del data, seconds

    def receive(self, seconds: float) -> bytes:
        del seconds
        piece, self.data = self.data[: self.step], self.data[self.step :]
        return piece

    def close(self) -> None:
        pass


def rtsp(data: bytes) -> None:
    """The first byte says how large the pieces are; the rest is all that the camera ever sends."""
    step, sent = (data[0] or 1) * 8 if data else 1, data[1:]

    def connect(address: StreamAddress, pinned_ip: str | None, settings: Settings) -> Wire:
        del address, pinned_ip, settings
        return Recorded(sent, step)

    address = StreamAddress.parse("rtsp://cam/live", username="viewer", password=PASSWORD)
    try:
        exchange = describe(address, SETTINGS, FakeClock(), connect)
    except StreamError as error:
        _check_told(str(error))
        exchange = error.exchange or Exchange(())
    for answer in exchange.answers:
        _check_description(answer.body)
        join("rtsp://cam/live/", answer.header("Content-Base") or "")


def _check_told(text: str) -> None:
    assert PASSWORD not in text


def framing(data: bytes) -> None:
    """However bytes without garbage are cut, the same items come out."""
    cut, data = (data[0], data[1:]) if data else (0, b"")
    items = []
    for pieces in ((data,), (data[:cut], data[cut:])):
        framer = Framer(4096)
        try:
            items.append([item for piece in pieces for item in framer.feed(piece)])
        except TooLarge:
            return
        if framer.garbage:
            return
    assert items[0] == items[1]


def sdp(data: bytes) -> None:
    _check_description(data.decode("utf-8", "replace"))


def _check_description(text: str) -> None:
    """FFmpeg gets whole lines of the track that was understood, and would understand the same."""
    description = parse_description(text)
    track = description.video()
    description.what_else()
    if track is None:
        return
    made = for_ffmpeg(track, "rtsp://127.0.0.1/t")
    assert all(line[1:2] == "=" and len(line) < 16 * 1024 for line in made.splitlines())
    assert made.isascii()
    again = parse_description(made).video()
    assert again is not None
    assert (again.codec, again.payload_type, again.clock_rate) == (
        track.codec,
        track.payload_type,
        track.clock_rate,
    )


def saved(data: bytes) -> None:
    with refusing(ErrorCode.EMPTY, ErrorCode.NOT_TEXT):
        saved_finding(data, load_catalogue(), LIKELIHOODS, load_protocol_rules())


def discovery(data: bytes) -> None:
    device = parse_answer(data, "192.0.2.7")
    if device is not None:
        read_saved_text(device.answer)


def onvif(data: bytes) -> None:
    """The first byte chooses the status; the rest is the body of every answer."""
    status = (200, 401, 400, 404, 500)[data[0] % 5] if data else 200
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=data[1:]))
    target = OnvifTarget.of_host("192.0.2.7", username="viewer", password=PASSWORD)
    with refusing(*_FAULTS):
        found = device_information(target, SETTINGS, transport=transport)
        for text in (found.manufacturer, found.model, found.firmware, found.serial, found.hardware_id):
            assert text is None or len(text) <= MAX_TEXT


def address(data: bytes) -> None:
    """What was understood is understood the same again, and what is shown hides the password."""
    with refusing(ErrorCode.BAD_REQUEST):
        found = StreamAddress.parse(data.decode("utf-8", "replace"))
        again = StreamAddress.parse(found.full)
        assert (again.url, again.username or "", again.password or "") == (
            found.url,
            found.username or "",
            found.password or "",
        )
        shown = StreamAddress.parse(found.redacted)
        assert (shown.host, shown.port) == (found.host, found.port)
        StreamAddress.parse(found.url)


def cameras(data: bytes) -> None:
    """The list as TOML where the first byte is odd, as CSV where it is even."""
    kind = "toml" if data and data[0] & 1 else "csv"
    with refusing(ErrorCode.BAD_REQUEST, ErrorCode.NOT_READABLE):
        assert read_cameras(written(f"cameras.{kind}", data[1:]))


TARGETS = (
    Target("rtsp", rtsp),
    Target("framing", framing),
    Target("sdp", sdp),
    Target("saved", saved),
    Target("discovery", discovery),
    Target("onvif", onvif),
    Target("address", address, 2048),
    Target("cameras", cameras),
)
