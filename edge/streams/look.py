"""One look at one stream: the exchange where it is wanted, a key frame, a glance, a reading where it pays."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import simplejpeg

from edge.domain import Pixels, Verdict
from edge.domain_streams import Exchange, Frame, StreamLook
from edge.errors import CamidError, StreamError
from edge.media.clock import Clock
from edge.media.memory import give_back
from edge.media.stream import Stream
from edge.media.wire import Admit
from edge.settings import Settings
from edge.streams.faults import PictureWatch
from edge.streams.scene import Thumbnail, changed, thumbnail
from edge.streams.sources import OpenStream, StreamIdentifier
from edge.streams.state import StreamSpec
from edge.streams.watch import Order, Reading, Seen, same_picture

SNAPSHOT_WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Failed:
    """A look that saw nothing. ``heard`` is what the camera's answers tell, if it gave any."""

    error: Exception
    heard: StreamLook | None


@dataclass(slots=True)
class Line:
    """What a looker keeps of one stream: how its pictures have been, and, where the settings say so, the
    connection."""

    pictures: PictureWatch = field(default_factory=lambda: PictureWatch(memory=2))
    stream: Stream | None = None
    frame: Frame | None = None

    def close(self) -> None:
        stream, self.stream, self.frame = self.stream, None, None
        if stream is not None:
            stream.close()


class Looker:
    """Looks at streams, each look in the thread that asks for it."""

    def __init__(
        self,
        identifier: StreamIdentifier,
        settings: Settings,
        clock: Clock,
        open_stream: OpenStream,
        admit: Admit | None = None,
    ) -> None:
        self._identifier = identifier
        self._settings = settings
        self._clock = clock
        self._open_stream = open_stream
        self._admit = admit

    def look(self, spec: StreamSpec, order: Order, line: Line) -> Seen | Failed:
        """Never raises: what goes wrong with one stream must not touch another."""
        try:
            return self._see(spec, order, line)
        except Exception as error:
            exchange = getattr(error, "exchange", None) or (line.stream.exchange if line.stream else None)
            line.close()
            return Failed(error, self._heard_of(exchange))
        finally:
            if self._settings.stream_keep_connection:
                give_back(self._clock)  # where no stream ends, nobody else does
            else:
                line.close()

    def _see(self, spec: StreamSpec, order: Order, line: Line) -> Seen:
        stream = self._stream(spec, order, line)
        frame = stream.latest(self._settings.stream_first_frame_s, after=line.frame)
        line.frame = frame if self._settings.stream_keep_connection else None
        scene, info = thumbnail(frame.pixels), stream.info
        line.pictures.add(frame.pixels, frame.received)
        altered = order.info is None or not same_picture(order.info, info)
        exchange = stream.exchange if order.exchange or altered else None
        fresh = altered or exchange is not None
        heard = self._identifier.look([frame], exchange, info, read_osd=False) if fresh else None
        display, unread = self._read(spec, stream, frame, order, heard, scene)
        return Seen(
            info=info,
            taken=frame.taken,
            scene=scene,
            scene_changed=order.scene is not None and changed(scene, order.scene),
            jpeg=snapshot(frame.pixels),
            exchange=exchange,
            heard=heard,
            display=display,
            unread=unread,
            picture_faults=line.pictures.faults(has_clock=order.shows_clock),
        )

    def _stream(self, spec: StreamSpec, order: Order, line: Line) -> Stream:
        if line.stream is None:
            line.stream = self._open_stream(
                spec.address,
                self._settings,
                self._clock,
                keys_only=True,
                exchange=None if order.exchange else order.answered,
                pinned_ip=spec.pinned_ip,
                admit=self._admit,
            )
        return line.stream

    def _read(
        self,
        spec: StreamSpec,
        stream: Stream,
        frame: Frame,
        order: Order,
        heard: StreamLook | None,
        scene: Thumbnail,
    ) -> tuple[StreamLook | None, str | None]:
        """What the display shows, or why it was not read."""
        reason = self._needless(order, heard, scene)
        if reason is not None:
            return None, reason
        frames = [frame, *self._second(stream, frame)]
        try:
            look = self._identifier.look(
                frames, None, None, read_osd=True, find_cameras=order.find_cameras, stream=spec.id
            )
        except StreamError:
            raise
        except CamidError as error:  # the models are busy or broken: the stream itself is well
            return None, error.code.value
        return look, None

    def _needless(self, order: Order, heard: StreamLook | None, scene: Thumbnail) -> str | None:
        if order.reading in (Reading.NEVER, Reading.LATER):
            return "settled" if order.reading is Reading.NEVER else "late"
        still = order.read_scene is not None and not changed(scene, order.read_scene)
        if order.reading is Reading.ON_CHANGE and still:
            return "unchanged"
        if order.reading is Reading.TO_SHOW:
            return None
        told = order.told if heard is None else (*order.told, *heard.evidence)
        proven = told and self._identifier.weigh(told).verdict is Verdict.IDENTIFIED
        return "proven" if proven and not order.find_cameras else None

    def _second(self, stream: Stream, first: Frame) -> list[Frame]:
        """A second frame shows what stands still and what ticks; without one, the first has to do."""
        if not self._settings.stream_second_frame_s:
            return []
        try:
            return [stream.latest(self._settings.stream_second_frame_s, after=first)]
        except StreamError:
            return []

    def _heard_of(self, exchange: Exchange | None) -> StreamLook | None:
        """What a camera that lets nobody in has said nevertheless."""
        if exchange is None:
            return None
        try:
            return self._identifier.look([], exchange, None, read_osd=False)
        except CamidError:
            return None


def snapshot(pixels: Pixels, width: int = SNAPSHOT_WIDTH, quality: int = 80) -> bytes:
    """A JPEG of at most ``width`` pixels width."""
    if pixels.shape[1] > width:
        size = (width, max(1, round(pixels.shape[0] * width / pixels.shape[1])))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, "BGR"))
