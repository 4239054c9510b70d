"""Reports for tests: one of every kind of answer, and strategies that make any that the domain allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from edge.domain import (
    Advisory,
    Box,
    Camera,
    Candidate,
    Evidence,
    EvidenceKind,
    FormFactor,
    Gps,
    Identification,
    Mark,
    Osd,
    PhotoReport,
    Reading,
    Source,
    Strength,
    Timing,
    Verdict,
)

WORDMARK = Evidence(
    EvidenceKind.WORDMARK, "HIKVISION", Box(130, 110, 180, 122), Strength.STRONG, {"hikvision": 7.25}
)
LOOK = Evidence(EvidenceKind.LOOK, "dahua", Box(300, 100, 360, 150), Strength.WEAK, {"dahua": 0.8})
ADVISORY = Advisory(
    "hikvision",
    "procurement_ban",
    "US",
    "2018-08-13",
    "Barred from federal purchases.",
    "a law",
    Strength.STRONG,
    as_of="2026-11-28",
)
IDENTIFIED = Identification(
    Verdict.IDENTIFIED, "hikvision", "hikvision", 0.987, evidence=(WORDMARK,), advisories=(ADVISORY,)
)
CANDIDATES = Identification(
    Verdict.CANDIDATES,
    confidence=0.41,
    candidates=(Candidate(None, "dahua", 0.41), Candidate(None, "uniview", 0.22)),
    evidence=(LOOK,),
)


def camera(
    found: Identification, box: Box | None = None, reading: Reading = Reading.READ, score: float = 0.81234567
) -> Camera:
    return Camera(box or Box(100, 90, 220, 170), score, FormFactor.BULLET, found, reading)


def report(
    *cameras: Camera, width: int = 640, height: int = 480, marks: tuple[Mark, ...] = ()
) -> PhotoReport:
    return PhotoReport(
        source=Source("photo", "street.jpg", "ab" * 32, width, height),
        cameras=cameras,
        marks=marks,
        models={"detector": "cd" * 32},
        thresholds={"detect": 0.42},
        timing=Timing(12.345, 80.0, 30.0, 122.4),
    )


def one_of_each() -> PhotoReport:
    """A camera with each verdict, one unread for each cause, and a mark on no camera."""
    return report(
        camera(IDENTIFIED),
        camera(CANDIDATES, Box(290, 95, 370, 155)),
        camera(Identification.undetermined(), Box(500, 20, 509, 27), Reading.TOO_SMALL),
        camera(Identification.undetermined(), Box(400, 300, 470, 360), Reading.OVER_BUDGET),
        marks=(Mark(Box(20, 300, 200, 380), 0.7, "alhua", "dahua"),),
    )


_unit = st.floats(0, 1)
_text = st.text(max_size=12)
_ids = st.sampled_from(["hikvision", "dahua", "tp_link", "unheard_of"])
_strengths = st.sampled_from(Strength)


@st.composite
def boxes(draw: st.DrawFn, limit: float = 5000) -> Box:
    x0, y0 = draw(st.floats(-limit, limit)), draw(st.floats(-limit, limit))
    return Box(x0, y0, x0 + draw(st.floats(0.5, limit)), y0 + draw(st.floats(0.5, limit)))


_evidence = st.builds(
    Evidence,
    st.sampled_from(EvidenceKind),
    _text,
    st.none() | boxes(),
    _strengths,
    st.dictionaries(_ids, st.floats(-20, 20), max_size=3),
    note=_text,
    brand=st.none() | _ids,
)
_advisories = st.builds(Advisory, _ids, _text, _text, st.just("2020-01-01"), _text, _text, _strengths)


@st.composite
def identifications(draw: st.DrawFn) -> Identification:
    verdict = draw(st.sampled_from(Verdict))
    named = verdict is Verdict.IDENTIFIED
    candidates = st.lists(st.builds(Candidate, st.none() | _ids, _ids, _unit), min_size=1, max_size=3)
    brand = draw(st.none() | _ids) if named else None
    return Identification(
        verdict,
        brand,
        draw(_ids) if named else None,
        draw(_unit),
        tuple(draw(candidates)) if verdict is Verdict.CANDIDATES else (),
        tuple(draw(st.lists(_evidence, max_size=2))),
        tuple(draw(st.lists(_advisories, max_size=1))) if named else (),
    )


_zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
_days = (datetime(1970, 1, 2), datetime(2100, 1, 1))
_moments = st.none() | st.datetimes(*_days) | st.datetimes(*_days, timezones=_zones)
_positions = st.builds(
    Gps,
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.none() | st.floats(-400, 9000),
    st.none() | st.floats(0, 360),
)
_sources = st.builds(
    Source,
    st.just("photo"),
    _text,
    st.just("ab" * 32),
    st.integers(1, 30000),
    st.integers(1, 30000),
    _moments,
    st.none() | _positions,
)
_cameras = st.builds(
    Camera,
    boxes(),
    _unit,
    st.none() | st.sampled_from(FormFactor),
    identifications(),
    st.sampled_from(Reading),
)
_marks = st.builds(Mark, boxes(), _unit, st.none() | _text, st.none() | _ids)
_durations = st.floats(0, 1e6)

reports = st.builds(
    PhotoReport,
    _sources,
    st.lists(_cameras, max_size=3).map(tuple),
    st.lists(_marks, max_size=2).map(tuple),
    st.just({"detector": "cd" * 32}),
    st.builds(lambda score: {"detect": score}, _unit),
    st.builds(Timing, _durations, _durations, _durations, _durations),
    recorded_by=st.none() | identifications(),
    osd=st.none() | st.builds(Osd, st.none() | _text, st.none() | _text),
)
