"""The JSON contract, schema ``camid/1``: what the command line prints and the service answers.

Every field is always there; an absent fact is null, never guessed. Within ``camid/1`` fields may be added
and are never renamed, removed or given another meaning, so readers should ignore fields they do not know.
Boxes are rounded to 0.1 pixel, scores and probabilities to four decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from edge.domain import (
    AdviceCode,
    Advisory,
    Box,
    Camera,
    Evidence,
    EvidenceKind,
    FormFactor,
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
from edge.errors import CamidError, ErrorCode

SCHEMA: Literal["camid/1"] = "camid/1"


def _rounded(digits: int) -> AfterValidator:
    return AfterValidator(partial(round, ndigits=digits))


Coordinate = Annotated[float, _rounded(1)]
Unit = Annotated[float, Field(ge=0, le=1), _rounded(4)]
Llr = Annotated[float, _rounded(4)]
Milliseconds = Annotated[float, Field(ge=0), _rounded(1)]
Degrees = Annotated[float, _rounded(7)]
VendorId = Annotated[str, Field(examples=["hikvision"])]

BoxV1 = Annotated[
    tuple[Coordinate, Coordinate, Coordinate, Coordinate],
    Field(
        description="x0, y0, x1, y1 in pixels of the upright picture; x1 and y1 are exclusive.",
        examples=[[812.4, 301.0, 961.2, 398.7]],
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, allow_inf_nan=False, json_schema_serialization_defaults_required=True
    )


class GpsV1(_Part):
    """WGS 84 position from the file's metadata."""

    latitude: Degrees = Field(description="Degrees, north positive.", examples=[48.2082])
    longitude: Degrees = Field(description="Degrees, east positive.", examples=[16.3738])
    altitude: float | None = Field(description="Metres above sea level.", examples=[171.0])
    bearing: float | None = Field(description="Direction of view, degrees from true north.", examples=[270.0])


class SourceV1(_Part):
    """The picture that the answer is about."""

    kind: str = Field(description="What the picture came from.", examples=["photo"])
    name: str = Field(description="File name as given.", examples=["street.jpg"])
    sha256: str = Field(description="SHA-256 of the file's bytes, hexadecimal.", examples=["9f" * 32])
    width: int = Field(gt=0, description="Pixels of the upright picture.", examples=[4032])
    height: int = Field(gt=0, description="Pixels of the upright picture.", examples=[3024])
    taken_at: str | None = Field(
        description="When it was taken, ISO 8601: in UTC with Z, without an offset where no zone is known.",
        examples=["2025-03-14T09:26:53Z"],
    )
    gps: GpsV1 | None


class CandidateV1(_Part):
    brand: VendorId | None
    platform: VendorId
    probability: Unit = Field(examples=[0.61])


class EvidenceV1(_Part):
    """One observation, and how much it speaks for each platform."""

    kind: EvidenceKind
    value: str = Field(description="What was read or matched.", examples=["HIKVISION"])
    box: BoxV1 | None = Field(description="Where it stands in the picture.")
    strength: Strength
    supports: dict[str, Llr] = Field(
        description="Platform id to natural-log likelihood ratio against a maker unknown to the catalogue.",
        examples=[{"hikvision": 7.1}],
    )
    note: str | None


class AdvisoryV1(_Part):
    """A dated, sourced fact about the maker: a ban, a listing, a known vulnerability."""

    # Answers that were kept before there was `as_of` are read; what is written always has it.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    subject: str = Field(examples=["hikvision"])
    kind: str = Field(examples=["procurement_ban"])
    jurisdiction: str = Field(examples=["US"])
    date: str = Field(examples=["2018-08-13"])
    text: str
    source: str = Field(description="Where the fact is published.")
    strength: Strength = Field(description="How well the source supports it.")
    as_of: str | None = Field(
        None,
        description="Date of the catalogue that says it; null in answers kept before it was told.",
        examples=["2026-11-28"],
    )


class IdentificationV1(_Part):
    """Who made a camera, as far as the evidence shows."""

    verdict: Verdict = Field(
        description="identified: a name stands; candidates: one of these, or another; undetermined: no name."
    )
    brand: VendorId | None = Field(description="The name on the camera; null unless identified and proven.")
    platform: VendorId | None = Field(description="Who built hardware and firmware; null unless identified.")
    confidence: Unit = Field(description="Posterior probability of the verdict.", examples=[0.9871])
    candidates: list[CandidateV1] = Field(description="At most three, most probable first.")
    evidence: list[EvidenceV1]
    advisories: list[AdvisoryV1] = Field(description="Facts about brand and platform; empty without a name.")


class AdviceV1(_Part):
    """How the photo should be taken again, so that the camera may be named."""

    code: AdviceCode
    promised: bool = Field(description="Whether following it should name the camera; else it may.")
    values: dict[str, Annotated[float, _rounded(1)]] = Field(
        description="What was measured: height of the letters or side of the housing in pixels, what is "
        "wanted, and how many times more that is.",
        examples=[{"height": 9.0, "wanted": 20.0, "times": 2.2}],
    )


class CameraV1(_Part):
    """A camera seen in the picture."""

    box: BoxV1
    score: Unit = Field(description="How sure the detector is that this is a camera.", examples=[0.8412])
    form_factor: FormFactor | None
    identification: IdentificationV1
    reading: Reading = Field(
        description="Whether lettering was looked for: read, too_small for any lettering, or over_budget "
        "(more promising cameras used up the reading limits)."
    )
    advice: list[AdviceV1] = Field(
        default_factory=list,  # answers that were stored before it was there
        description="What would make it certain, the most telling first; empty where a name stands.",
    )


class MarkV1(_Part):
    """Lettering or a logo that stands on no camera: a sign, a carton, a shop front."""

    box: BoxV1
    score: Unit = Field(examples=[0.77])
    text: str | None = Field(examples=["dahua"])
    vendor: VendorId | None


class OsdV1(_Part):
    """The on-screen display inside the picture, as text."""

    timestamp_text: str | None = Field(examples=["2024-05-01 12:00:07"])
    channel_text: str | None = Field(examples=["Camera 01"])


class ThresholdsV1(_Part):
    detect: Unit = Field(description="Detector score from which a housing is reported.", examples=[0.42])


class TimingV1(_Part):
    """Wall time of the stages. It varies from run to run and plays no part in the answer."""

    decode: Milliseconds
    detect: Milliseconds
    recognise: Milliseconds
    total: Milliseconds


class ErrorV1(_Part):
    code: ErrorCode = Field(description="Stable code to test for.", examples=["corrupt"])
    message: str = Field(
        description="What was wrong and what to do, for people.",
        examples=["street.jpg ends in the middle. The picture is damaged: fetch the original again."],
    )


class UnreadableSourceV1(_Part):
    """What is known of a file that could not be read."""

    kind: str = Field(examples=["photo"])
    name: str = Field(examples=["street.jpg"])
    sha256: None
    width: None
    height: None
    taken_at: None
    gps: None


class UnreadableV1(_Part):
    """Stands in for the answer about a file that could not be read."""

    schema_: Literal["camid/1"] = Field(alias="schema")
    source: UnreadableSourceV1
    error: ErrorV1


class PhotoV1(_Part):
    """Everything Camid says about one photo."""

    schema_: Literal["camid/1"] = Field(alias="schema")
    source: SourceV1
    cameras: list[CameraV1] = Field(description="Cameras seen in the picture, surest first.")
    marks: list[MarkV1] = Field(description="Makers' lettering and logos that stand on no camera.")
    recorded_by: IdentificationV1 | None = Field(
        description="The camera that took the picture, never one seen in it; null until known."
    )
    osd: OsdV1 | None
    models: dict[str, str] = Field(
        description="Name to SHA-256 of every model used.", examples=[{"detector": "3c" * 32}]
    )
    thresholds: ThresholdsV1
    timing_ms: TimingV1


def photo_contract(report: PhotoReport) -> PhotoV1:
    """``report`` in the form that leaves Camid.

    Raises:
        KeyError: if the report does not state the detection threshold.
        pydantic.ValidationError: if a number in it is not finite.
    """
    return PhotoV1(
        schema=SCHEMA,
        source=_source(report.source),
        cameras=[camera_contract(camera) for camera in report.cameras],
        marks=[_mark(mark) for mark in report.marks],
        recorded_by=identification_contract(report.recorded_by) if report.recorded_by else None,
        osd=osd_contract(report.osd),
        models=dict(report.models),
        thresholds=_thresholds(report.thresholds),
        timing_ms=_timing(report.timing),
    )


def unreadable_contract(name: str, error: CamidError, kind: str = "photo") -> UnreadableV1:
    """What is said instead of a report about a file that could not be read."""
    return UnreadableV1(
        schema=SCHEMA,
        source=UnreadableSourceV1(
            kind=kind, name=name, sha256=None, width=None, height=None, taken_at=None, gps=None
        ),
        error=ErrorV1(code=error.code, message=str(error)),
    )


def to_json(answer: PhotoV1 | UnreadableV1, indent: int | None = None) -> str:
    """One line of JSON (UTF-8 text, no line breaks) unless ``indent`` is given."""
    return answer.model_dump_json(by_alias=True, indent=indent)


def _box(box: Box | None) -> tuple[float, float, float, float] | None:
    return box.as_tuple() if box else None


def iso(moment: datetime | None) -> str | None:
    """ISO 8601: in UTC with Z, without an offset where no zone is known."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _source(source: Source) -> SourceV1:
    gps = source.gps
    return SourceV1(
        kind=source.kind,
        name=source.name,
        sha256=source.sha256,
        width=source.width,
        height=source.height,
        taken_at=iso(source.taken_at),
        gps=GpsV1(latitude=gps.latitude, longitude=gps.longitude, altitude=gps.altitude, bearing=gps.bearing)
        if gps
        else None,
    )


def camera_contract(camera: Camera) -> CameraV1:
    """A camera seen in a picture, in the form that leaves Camid."""
    return CameraV1(
        box=camera.box.as_tuple(),
        score=camera.score,
        form_factor=camera.form_factor,
        identification=identification_contract(camera.identification),
        reading=camera.reading,
        advice=[
            AdviceV1(code=one.code, promised=one.promised, values=dict(one.values)) for one in camera.advice
        ],
    )


def _mark(mark: Mark) -> MarkV1:
    return MarkV1(box=mark.box.as_tuple(), score=mark.score, text=mark.text, vendor=mark.vendor)


def identification_contract(found: Identification) -> IdentificationV1:
    """Who made a camera, in the form that leaves Camid."""
    return IdentificationV1(
        verdict=found.verdict,
        brand=found.brand,
        platform=found.platform,
        confidence=found.confidence,
        candidates=[
            CandidateV1(brand=one.brand, platform=one.platform, probability=one.probability)
            for one in found.candidates
        ],
        evidence=[_evidence(one) for one in found.evidence],
        advisories=[advisory_contract(one) for one in found.advisories],
    )


def _evidence(evidence: Evidence) -> EvidenceV1:
    return EvidenceV1(
        kind=evidence.kind,
        value=evidence.value,
        box=_box(evidence.box),
        strength=evidence.strength,
        supports=dict(evidence.supports),
        note=evidence.note or None,
    )


def advisory_contract(advisory: Advisory) -> AdvisoryV1:
    """A fact about a maker in the form that leaves Camid."""
    return AdvisoryV1(
        subject=advisory.subject,
        kind=advisory.kind,
        jurisdiction=advisory.jurisdiction,
        date=advisory.date,
        text=advisory.text,
        source=advisory.source,
        strength=advisory.strength,
        as_of=advisory.as_of,
    )


def osd_contract(osd: Osd | None) -> OsdV1 | None:
    """An on-screen display in the form that leaves Camid."""
    return OsdV1(timestamp_text=osd.timestamp_text, channel_text=osd.channel_text) if osd else None


def _thresholds(thresholds: Mapping[str, float]) -> ThresholdsV1:
    return ThresholdsV1(detect=thresholds["detect"])


def _timing(timing: Timing) -> TimingV1:
    return TimingV1(
        decode=timing.decode, detect=timing.detect, recognise=timing.recognise, total=timing.total
    )
