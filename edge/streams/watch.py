"""The state machine of one stream: from what its looks showed to what the next look does, and when.

It starts nothing, waits for nothing and asks no clock: the monitor hands it the time, tests too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from edge.domain import Evidence, EvidenceKind, Identification, Verdict
from edge.domain_streams import Exchange, StreamInfo, StreamLook
from edge.errors import CamidError, StreamFault
from edge.media.backoff import Backoff
from edge.settings import Settings
from edge.streams.accumulate import Ledger
from edge.streams.scene import Thumbnail
from edge.streams.state import PictureFault, StreamSpec, StreamState, StreamStatus

Weigh = Callable[[tuple[Evidence, ...]], Identification]

_SLOWER = 2.0
"""Growth of the look interval after a look that brought nothing new; squared once the verdict is settled."""

_JITTER = 0.1
"""Share of an interval that chance may take off, so that streams added together do not stay in step."""

_LOGINS = (StreamFault.AUTH_FAILED, StreamFault.AUTH_REQUIRED)


class Reading(StrEnum):
    """Whether a look reads the display."""

    TO_NAME = "to_name"
    """Unless the camera's answers prove the name already."""
    TO_SHOW = "to_show"
    """In any case: for the clock, the channel's name and the logo that it shows."""
    ON_CHANGE = "on_change"
    """If the scene is another one than at the last reading, and nothing proves the name."""
    LATER = "later"
    """It would be TO_SHOW, but looks are late: first verdicts go before."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Order:
    """What the next look does. ``exchange``: the camera is asked anew for all that it answers, otherwise
    ``answered`` of the last time has to do. ``scene`` and ``info`` are those of the last look, ``read_scene``
    is that of the last reading, which saw a clock in the display if ``shows_clock``; ``told`` is the evidence
    so far that stands in no picture."""

    exchange: bool
    answered: Exchange | None
    reading: Reading
    find_cameras: bool
    info: StreamInfo | None
    scene: Thumbnail | None
    read_scene: Thumbnail | None
    shows_clock: bool
    told: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look brought. ``exchange`` is None where none was asked for, ``display`` where the display was
    not read, and ``unread`` then says why. ``heard`` is what stands outside the picture."""

    info: StreamInfo
    taken: datetime
    scene: Thumbnail
    scene_changed: bool
    jpeg: bytes
    exchange: Exchange | None
    heard: StreamLook | None
    display: StreamLook | None
    unread: str | None
    picture_faults: tuple[PictureFault, ...] = ()


class Watch:
    """One stream's state. ``pause`` is the time to the next look in seconds: after a look that succeeded the
    ``interval``, a little of it taken off by chance. Not for several threads at a time: the monitor holds its
    lock around every call."""

    def __init__(self, spec: StreamSpec, settings: Settings, random: Random, now: datetime) -> None:
        self.spec = spec
        self.status = _first_status(spec, now)
        self.jpeg: bytes | None = None
        self.interval = settings.stream_look_min_s
        self.pause = 0.0
        self._settings = settings
        self._random = random
        self._backoff = Backoff(settings, random)
        self._ledger = Ledger()
        self._info: StreamInfo | None = None
        self._scene: Thumbnail | None = None
        self._read_scene: Thumbnail | None = None
        self._stirs = 0
        self._last_stir: float | None = None
        self._answered: Exchange | None = None
        self._fruitless = 0
        self._last_reading: float | None = None
        self._shows_clock = False
        self._told: Identification | None = None
        self._found_cameras = False

    def rename(self, spec: StreamSpec) -> None:
        """``spec`` is of the same camera."""
        self.spec = spec
        self.status = replace(self.status, name=spec.name)

    def order(self, now: float, *, late: bool = False) -> Order:
        """``late``: the looks of this monitor come later than they are due."""
        return Order(
            exchange=self._answered is None,
            answered=self._answered,
            reading=self._reading(now, late),
            find_cameras=self._settings.stream_find_cameras and not self._found_cameras,
            info=self._info,
            scene=self._scene,
            read_scene=self._read_scene,
            shows_clock=self._shows_clock,
            told=self._ledger.told(),
        )

    def saw(self, seen: Seen, weigh: Weigh, now: float, moment: datetime) -> None:
        """A look is done: ``now`` on the monotonic clock, ``moment`` in UTC."""
        back = self.status.state in (StreamState.FAILING, StreamState.CONNECTING)
        altered = self._info is not None and not same_picture(self._info, seen.info)
        if altered or (back and self.status.looks > 0):
            self._ledger.doubt()
            self._fruitless = 0
        if altered:
            self._last_reading = None
        self._backoff.reset()
        before = self.status.identification
        self._note(seen, now)
        found, self._told = weigh(self._ledger.evidence()), weigh(self._ledger.told())
        self._fruitless = self._fruitless_after(seen, before, found)
        stirred = self._stirred(seen, now)
        self.interval = self._interval_after(
            news=back or altered or stirred or _differs(before, found), found=found
        )
        self.pause = self.interval * (1 - _JITTER * self._random.random())
        self._report(seen, found, moment)

    def failed(self, error: Exception, heard: StreamLook | None, weigh: Weigh, moment: datetime) -> None:
        """A look failed; ``heard`` is what the camera answered up to then."""
        fault = error.code if isinstance(error, CamidError) and isinstance(error.code, StreamFault) else None
        if heard is not None:
            self._ledger.exchanged(heard.evidence)
        self._answered = None
        self._fruitless = 0
        self.interval = self._settings.stream_look_min_s
        self.pause = self._pause(fault)
        state, since = self._entered(StreamState.FAILING, moment)
        self.status = replace(
            self.status,
            state=state,
            since=since,
            fault=fault,
            message=_message(error),
            identification=weigh(self._ledger.evidence())
            if heard is not None
            else self.status.identification,
            intermediary=heard.intermediary if heard is not None else self.status.intermediary,
            settled=False,
            next_look=self._next_look(moment),
        )

    def _reading(self, now: float, late: bool) -> Reading:
        """Until the verdict is settled at every look. Then only where the scene changed, less and less often
        if that brings nothing, and once in a long while in any case. What was settled without a reading is
        read once at leisure, and again if the display contradicts the camera's answers."""
        if not self.status.settled:
            return Reading.TO_SHOW if self._contradicted else Reading.TO_NAME
        since = math.inf if self._last_reading is None else now - self._last_reading
        if since >= self._settings.stream_read_interval_s:
            return Reading.LATER if late else Reading.TO_SHOW
        surplus = min(30, max(0, self._fruitless - self._settings.stream_undetermined_looks))
        pause = self._settings.stream_look_min_s * _SLOWER**surplus
        return Reading.ON_CHANGE if since >= pause else Reading.NEVER

    @property
    def _contradicted(self) -> bool:
        """Whether the answers prove another name than the display lets stand."""
        told, found = self._told, self.status.identification
        proven = told is not None and told.verdict is Verdict.IDENTIFIED
        return proven and found is not None and _differs(told, found)

    def _note(self, seen: Seen, now: float) -> None:
        if seen.heard is not None:
            if seen.exchange is not None:
                self._answered = seen.exchange
                self._ledger.exchanged(e for e in seen.heard.evidence if _is_answer(e))
            self._ledger.learned(e for e in seen.heard.evidence if not _is_answer(e))
        if seen.display is not None:
            self._ledger.read(seen.display.evidence, seen.info.width, seen.info.height)
            self._last_reading, self._read_scene = now, seen.scene
            self._shows_clock = seen.display.osd is not None and seen.display.osd.timestamp_text is not None
            self._found_cameras = self._settings.stream_find_cameras
        self._info, self._scene, self.jpeg = seen.info, seen.scene, seen.jpeg

    def _fruitless_after(self, seen: Seen, before: Identification | None, found: Identification) -> int:
        if seen.display is None:
            return self._fruitless
        return 1 if before is not None and _differs(before, found) else self._fruitless + 1

    def _stirred(self, seen: Seen, now: float) -> bool:
        """Whether the scene changed, and does not do so all the time: a camera on patrol is looked at more
        often only after twice as long each time, beginning anew after a long rest."""
        since = math.inf if self._last_stir is None else now - self._last_stir
        if since > self._settings.stream_read_interval_s:
            self._stirs = 0
        if not seen.scene_changed or since < self._settings.stream_look_min_s * _SLOWER**self._stirs:
            return False
        self._stirs = min(30, self._stirs + 1)
        self._last_stir = now
        return True

    def _interval_after(self, news: bool, found: Identification) -> float:
        least, most = self._settings.stream_look_min_s, self._settings.stream_look_interval_s
        if news:
            return min(least, most)
        growth = _SLOWER**2 if self._settled(found) else _SLOWER
        return min(most, max(least, self.interval) * growth)

    def _settled(self, found: Identification) -> bool:
        """A name that the protocol proves and the display does not change, or that a second reading
        confirmed; no name, after enough readings that brought none."""
        if found.verdict is Verdict.IDENTIFIED:
            return not _differs(self._told, found) or self._fruitless >= 2
        return self._fruitless >= self._settings.stream_undetermined_looks

    def _pause(self, fault: StreamFault | None) -> float:
        """Cameras lock out after some wrong logins, so these are tried more slowly."""
        pause = self._backoff.next()
        return max(pause, self._settings.stream_auth_retry_s) if fault in _LOGINS else pause

    def _report(self, seen: Seen, found: Identification, moment: datetime) -> None:
        settled = self._settled(found)
        state, since = self._entered(StreamState.ASLEEP if settled else StreamState.WATCHING, moment)
        heard, display, was = seen.heard, seen.display, self.status
        self.status = replace(
            was,
            state=state,
            since=since,
            fault=None,
            message=None,
            info=seen.info,
            identification=found,
            settled=settled,
            osd=display.osd or was.osd if display is not None else was.osd,
            overlay_by=display.overlay_by if display is not None else was.overlay_by,
            intermediary=heard.intermediary
            if heard is not None and seen.exchange is not None
            else was.intermediary,
            cameras=display.cameras if display is not None and self._found_cameras else was.cameras,
            picture_faults=seen.picture_faults,
            looks=was.looks + 1,
            last_look=seen.taken,
            next_look=self._next_look(moment),
        )

    def _next_look(self, moment: datetime) -> datetime:
        return moment + timedelta(seconds=self.pause)

    def _entered(self, state: StreamState, moment: datetime) -> tuple[StreamState, datetime]:
        return state, self.status.since if self.status.state is state else moment


def _first_status(spec: StreamSpec, now: datetime) -> StreamStatus:
    state = StreamState.CONNECTING if spec.enabled else StreamState.STOPPED
    return StreamStatus(spec.id, spec.name, state, now, next_look=now if spec.enabled else None)


def _is_answer(evidence: Evidence) -> bool:
    return evidence.kind is EvidenceKind.PROTOCOL


def same_picture(one: StreamInfo, other: StreamInfo) -> bool:
    return (one.codec, one.width, one.height) == (other.codec, other.width, other.height)


def _differs(before: Identification | None, found: Identification) -> bool:
    """Whether another answer would be given than before."""
    if before is None:
        return True
    return (before.verdict, before.brand, before.platform) != (found.verdict, found.brand, found.platform)


def _message(error: Exception) -> str:
    if isinstance(error, CamidError):
        return error.message
    return f"Something unexpected went wrong ({type(error).__name__})."
