"""Judges what was seen of a camera: one check a question that an installer has to answer before leaving."""

from __future__ import annotations

from collections.abc import Callable

from edge.domain import Identification, Verdict
from edge.domain_streams import Transport
from edge.errors import CamidError, ErrorCode, StreamFault
from edge.settings import Settings
from edge.streams.findings import Check, CheckId, Login, Observation, Outcome, StreamReport
from edge.streams.state import Expectation, PictureFault
from edge.vendors.catalogue import Brand, Catalogue, normalise_model

LEAST_FPS_SHARE = 0.8
"""Share of the announced frame rate that must arrive: a camera in a dark scene may slow down a little."""

MOST_GOP_S = 10.0
"""A recorder, and we, have no picture for as long as this when they connect."""

MOST_JITTER_MS = 100.0
"""Mean deviation of arrival: what the buffers of usual recorders take."""

MOST_LOSS = 0.005
"""Share of packets: at half a per cent, most groups of pictures at 1080p are damaged."""

_NO_WAY = frozenset(
    {StreamFault.UNREACHABLE, StreamFault.REFUSED, StreamFault.TLS_FAILED, StreamFault.TIMEOUT}
)
_NO_LOGIN = frozenset({StreamFault.AUTH_REQUIRED, StreamFault.AUTH_FAILED})


def judge(seen: Observation, settings: Settings, catalogue: Catalogue) -> StreamReport:
    """All checks, in the order in which one would look for the cause of a fault."""
    checks = [
        _reachable(seen),
        _login(seen),
        _stream(seen),
        *(_measured(seen, one, judge_it) for one, judge_it in _MEASURES),
        _clock(seen, settings),
        *(_picture(seen, *one) for one in _PICTURES),
        *_expected(seen, catalogue),
    ]
    return StreamReport(seen, tuple(checks))


def expected_brand(expect: Expectation, catalogue: Catalogue) -> Brand | None:
    """Raises CamidError: ``bad_request`` for a vendor that the catalogue does not know."""
    if expect.vendor is None:
        return None
    brand = catalogue.brand_of(expect.vendor)
    if brand is None:
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            f"The vendor {expect.vendor!r} is not known: camid vendors lists those that are.",
        )
    return brand


def _check(check: CheckId, holds: bool | None, message: str) -> Check:
    outcome = {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.NOT_CHECKED}[holds]
    return Check(check, outcome, message)


def _reachable(seen: Observation) -> Check:
    """A camera that answered anything is reachable, whatever it answered."""
    answered = seen.seen or (seen.exchange is not None and bool(seen.exchange.answers))
    if seen.fault in _NO_WAY and not answered:
        return _check(CheckId.REACHABLE, False, _said(seen))
    file = seen.target.address.is_file
    return _check(CheckId.REACHABLE, True, "a recording" if file else "it answers")


def _login(seen: Observation) -> Check:
    if seen.fault in _NO_LOGIN:
        return _check(CheckId.LOGIN, False, _said(seen))
    if seen.target.address.is_file or seen.login is Login.NOT_KNOWN or not seen.seen:
        return _check(CheckId.LOGIN, None, "not asked")
    if seen.login is Login.NONE:
        return _check(CheckId.LOGIN, True, "it asks for no password: anybody may look")
    return _check(CheckId.LOGIN, True, f"accepted ({seen.login})")


def _stream(seen: Observation) -> Check:
    if seen.seen and seen.fault is None and seen.info is not None:
        return _check(CheckId.STREAM, True, "pictures arrive")
    if not seen.seen and seen.fault in _NO_LOGIN | _NO_WAY:
        return _check(CheckId.STREAM, None, "no stream was opened")
    return _check(CheckId.STREAM, False, _said(seen))


def _said(seen: Observation) -> str:
    return f"{seen.fault}: {seen.message}" if seen.fault else seen.message or "no picture came"


def _measured(
    seen: Observation, check: CheckId, how: Callable[[Observation], tuple[bool | None, str]]
) -> Check:
    if seen.statistics is None or not seen.seen:
        return _check(check, None, "no stream to measure")
    holds, message = how(seen)
    return _check(check, holds, message)


def _frame_rate(seen: Observation) -> tuple[bool | None, str]:
    assert seen.statistics is not None
    measured, announced = seen.statistics.fps, seen.info.announced_fps if seen.info else None
    if measured is None:
        return None, "too few frames to measure"
    if not announced:
        return None, f"{measured:.1f} frames a second; none are announced"
    return measured >= LEAST_FPS_SHARE * announced, f"{measured:.1f} of {announced:g} frames a second"


def _key_frames(seen: Observation) -> tuple[bool | None, str]:
    assert seen.statistics is not None
    gop = seen.statistics.gop_s
    if gop is not None:
        return gop <= MOST_GOP_S, f"one every {gop:.1f} s"
    if seen.statistics.seconds < MOST_GOP_S or seen.target.address.is_file:
        return None, "watched too short to see two"
    return False, f"less than one in {MOST_GOP_S:.0f} s"


def _jitter(seen: Observation) -> tuple[bool | None, str]:
    assert seen.statistics is not None
    jitter = seen.statistics.jitter_ms
    if jitter is None:
        return None, "not measurable"
    return jitter <= MOST_JITTER_MS, f"{jitter:.0f} ms"


def _loss(seen: Observation) -> tuple[bool | None, str]:
    assert seen.statistics is not None
    lost, packets, corrupt = (
        seen.statistics.lost_packets,
        seen.statistics.packets,
        seen.statistics.corrupt_packets,
    )
    damaged = f"; {corrupt} damaged" if corrupt else ""
    if lost is None:
        return (False if corrupt else None), f"not counted{damaged}"
    share = lost / max(1, lost + packets)
    bad = corrupt > MOST_LOSS * max(1, packets)
    return share <= MOST_LOSS and not bad, f"{lost} packets of {lost + packets}{damaged}"


_MEASURES = (
    (CheckId.FRAME_RATE, _frame_rate),
    (CheckId.KEY_FRAMES, _key_frames),
    (CheckId.JITTER, _jitter),
    (CheckId.LOSS, _loss),
)


def _clock(seen: Observation, settings: Settings) -> Check:
    if seen.info is not None and seen.info.transport is Transport.FILE:
        return _check(CheckId.CLOCK, None, "a recording shows its own time")
    if seen.clock is None:
        return _check(CheckId.CLOCK, None, "no clock could be read in the picture")
    offset, limit = seen.clock, settings.stream_clock_limit_s
    if offset.stands:
        return _check(CheckId.CLOCK, False, "the clock in the picture stands still")
    if offset.zone_s:
        rest = f", and {_seconds(offset.rest)}" if abs(offset.rest) > limit else ""
        return _check(CheckId.CLOCK, False, f"wrong time zone: {_hours(offset.zone_s)}{rest}")
    holds = abs(offset.seconds) <= limit + offset.uncertainty
    return _check(CheckId.CLOCK, holds, _seconds(offset.seconds) if abs(offset.seconds) >= 1 else "right")


def _seconds(seconds: float) -> str:
    amount, way = abs(seconds), "ahead" if seconds > 0 else "behind"
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if amount >= 2 * length:
            return f"{amount / length:.1f} {unit} {way}"
    return f"{amount:.1f} s {way}"


def _hours(seconds: int) -> str:
    minutes, way = abs(seconds) // 60, "ahead" if seconds > 0 else "behind"
    hours = f"{minutes // 60} h" if minutes >= 60 else ""
    rest = f"{minutes % 60} min" if minutes % 60 else ""
    return f"{' '.join(filter(None, (hours, rest)))} {way}"


_PICTURES = (
    (CheckId.NOT_BLACK, PictureFault.BLACK, "the picture is black"),
    (CheckId.NOT_FROZEN, PictureFault.FROZEN, "nothing has changed for {still:.0f} s, no clock and no noise"),
    (CheckId.SHARP, PictureFault.BLURRED, "the picture is blurred: focus, dirt or a film on the glass"),
    (CheckId.COLOUR, PictureFault.IR_STUCK, "grey by day, or tinted: the infrared filter is stuck"),
)


def _picture(seen: Observation, check: CheckId, fault: PictureFault, message: str) -> Check:
    if not seen.seen:
        return _check(check, None, "no picture came")
    if fault in seen.picture_faults:
        return _check(check, False, message.format(still=seen.still_s))
    if PictureFault.BLACK in seen.picture_faults:
        return _check(check, None, "the picture is black")
    if fault is PictureFault.IR_STUCK and seen.day is None:
        return _check(check, None, "whether it is day there is not known")
    still = fault is PictureFault.FROZEN and seen.silent
    return _check(check, True, f"nothing moved for {seen.still_s:.0f} s: a still scene" if still else "")


def _expected(seen: Observation, catalogue: Catalogue) -> list[Check]:
    """The checks that were asked for."""
    expect, checks = seen.target.expect, []
    brand = expected_brand(expect, catalogue)
    if brand is not None:
        checks.append(vendor_check(seen.identification, brand, catalogue))
    for check, wanted, found in (
        (CheckId.MODEL, expect.model, seen.device.model),
        (CheckId.FIRMWARE, expect.firmware, seen.device.firmware),
    ):
        if wanted is not None:
            checks.append(_stated(check, wanted, found))
    return checks


def vendor_check(found: Identification | None, brand: Brand, catalogue: Catalogue) -> Check:
    """Whether ``brand`` is what was found, or what the platform that was found is sold as."""
    if found is None or found.verdict is Verdict.UNDETERMINED:
        return _check(CheckId.VENDOR, False, f"nothing names its maker; expected {brand.name}")
    if found.verdict is Verdict.CANDIDATES:
        names = " or ".join(_name(one.brand or one.platform, catalogue) for one in found.candidates)
        return _check(CheckId.VENDOR, False, f"perhaps {names}; expected {brand.name}")
    if brand.id in (found.brand, found.platform):
        return _check(CheckId.VENDOR, True, brand.name)
    if found.brand is None and brand.platform_known and brand.platform == found.platform:
        builder = _name(found.platform, catalogue)
        return _check(CheckId.VENDOR, True, f"built by {builder} as {brand.name} is; the brand is not shown")
    return _check(
        CheckId.VENDOR, False, f"{_name(found.brand or found.platform, catalogue)}; expected {brand.name}"
    )


def _name(vendor: str | None, catalogue: Catalogue) -> str:
    brand = catalogue.brands.get(vendor) if vendor is not None else None
    return brand.name if brand is not None else vendor or "unknown"


def _stated(check: CheckId, wanted: str, found: str | None) -> Check:
    """What is stated may go on after what is expected: a build date, a region."""
    if found is None:
        return _check(check, False, f"the camera does not state it; expected {wanted}")
    holds = _plain(found).startswith(_plain(wanted))
    return _check(check, holds, found if holds else f"{found}; expected {wanted}")


def _plain(text: str) -> str:
    plain = normalise_model(text).replace(" ", "")
    return plain[1:] if plain[:1] == "V" and plain[1:2].isdigit() else plain
