"""The types that travel through Camid: checked when they are built, immutable afterwards.

Pixels are BGR ``uint8`` H×W×3, upright (EXIF orientation applied at decode). Boxes are in pixels of that
upright picture; scores and probabilities are calibrated, 0 to 1; supports are natural-log likelihood ratios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""BGR, shape (height, width, 3)."""

OTHER_MAKER = "other"
"""The class of every maker that the catalogue does not know; never a verdict."""


class FormFactor(StrEnum):
    BULLET = "bullet"
    DOME = "dome"
    TURRET = "turret"
    PTZ = "ptz"
    BOX = "box"
    FISHEYE = "fisheye"
    MULTI = "multi"
    ALPR = "alpr"
    INDOOR = "indoor"
    """Doorbells and indoor cameras."""


class EvidenceKind(StrEnum):
    WORDMARK = "wordmark"
    """Lettering on the housing that the catalogue lists as a wordmark."""
    MODEL = "model"
    """A model number, serial prefix or the content of a QR code."""
    MARK = "mark"
    """A logo that matched the gallery."""
    LOOK = "look"
    """The shape of the housing."""
    OSD = "osd"
    PROTOCOL = "protocol"
    METADATA = "metadata"

    @property
    def identifies(self) -> bool:
        """Whether this kind alone may carry a name: the look of a housing never does."""
        return self is not EvidenceKind.LOOK


class Verdict(StrEnum):
    IDENTIFIED = "identified"
    CANDIDATES = "candidates"
    UNDETERMINED = "undetermined"


class Strength(StrEnum):
    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class Reading(StrEnum):
    """What became of the search for lettering and marks on one housing."""

    READ = "read"
    TOO_SMALL = "too_small"
    """The housing is below the size at which any lettering could be read."""
    OVER_BUDGET = "over_budget"
    """More promising housings used up the reading budget (settings: crops and pixels)."""


class AdviceCode(StrEnum):
    """How a photo should be taken again, so that a camera without a name may get one."""

    LETTERING_SMALL = "lettering_small"
    CAMERA_SMALL = "camera_small"
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    OTHER_SIDE = "other_side"
    """Size, sharpness and light suffice, so a name must stand elsewhere on it, if there is one."""
    ALONE = "alone"
    """Other cameras used up the reading budget."""


def _unit_interval(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must lie in 0..1, got {value!r}")


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in pixels of the upright picture; ``x1`` and ``y1`` are exclusive.

    Raises:
        ValueError: if a side is not positive or a value is not finite.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not np.isfinite((self.x0, self.y0, self.x1, self.y1)).all():
            raise ValueError(f"box is not finite: {self}")
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError(f"box has no area: {self}")

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def long_side(self) -> float:
        return max(self.width, self.height)

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.x0, self.y0, self.x1, self.y1)

    def intersection(self, other: Box) -> float:
        """Area that both boxes cover, in square pixels."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        shared = self.intersection(other)
        return shared / (self.area + other.area - shared)

    def coverage_by(self, other: Box) -> float:
        """Share of this box that ``other`` covers, 0 to 1."""
        return self.intersection(other) / self.area

    def grown(self, share: float) -> Box:
        """The box with ``share`` of its width and height added on each side."""
        dx, dy = self.width * share, self.height * share
        return Box(self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def clipped(self, width: int, height: int) -> Box | None:
        """The part inside a ``width`` × ``height`` picture, or None where nothing is left."""
        x0, y0 = max(0.0, self.x0), max(0.0, self.y0)
        x1, y1 = min(float(width), self.x1), min(float(height), self.y1)
        return Box(x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


@dataclass(frozen=True, slots=True)
class Gps:
    """WGS 84 position in degrees; altitude in metres; bearing of the view in degrees from true north."""

    latitude: float
    longitude: float
    altitude: float | None = None
    bearing: float | None = None

    def __post_init__(self) -> None:
        if not -90 <= self.latitude <= 90 or not -180 <= self.longitude <= 180:
            raise ValueError(f"position out of range: {self}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a picture came from. ``width`` and ``height`` are of the upright picture."""

    kind: str
    name: str
    sha256: str
    width: int
    height: int
    taken_at: datetime | None = None
    gps: Gps | None = None


@dataclass(frozen=True, slots=True)
class FileTags:
    """What the metadata of a file say of the device that wrote it: EXIF ``make``, ``model`` and
    ``software``, and the texts of JPEG comment segments. Anyone can write these."""

    make: str | None = None
    model: str | None = None
    software: str | None = None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    pixels: Pixels
    source: Source
    decode_ms: float = 0.0
    tags: FileTags = FileTags()

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"pixels must be uint8 H×W×3, got {self.pixels.dtype} {self.pixels.shape}")
        if self.pixels.shape[:2] != (self.source.height, self.source.width):
            raise ValueError("pixels and source disagree about the size")

    @property
    def width(self) -> int:
        return self.source.width

    @property
    def height(self) -> int:
        return self.source.height


@dataclass(frozen=True, slots=True)
class Housing:
    """A camera housing that the detector found."""

    box: Box
    score: float
    form_factor: FormFactor | None = None

    def __post_init__(self) -> None:
        _unit_interval("score", self.score)


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of lettering as OCR read it: ``height`` is that of the letters in picture pixels, ``turn`` the
    clockwise angle in degrees by which the crop was turned before it could be read."""

    text: str
    score: float
    box: Box
    height: float
    turn: int = 0

    def __post_init__(self) -> None:
        _unit_interval("score", self.score)


@dataclass(frozen=True, slots=True)
class Mark:
    """Lettering or a logo that stands on no camera: a sign, a carton, a shop front."""

    box: Box
    score: float
    text: str | None
    vendor: str | None

    def __post_init__(self) -> None:
        _unit_interval("score", self.score)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that speaks for or against platforms.

    ``supports`` maps a platform id to the natural-log likelihood ratio of the observation against "other
    maker". ``brand`` is set only where the observation proves the brand. Evidence with the same ``origin``
    comes from the same pixels or bytes and counts once.
    """

    kind: EvidenceKind
    value: str
    box: Box | None
    strength: Strength
    supports: Mapping[str, float]
    note: str = ""
    brand: str | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "supports", MappingProxyType(dict(self.supports)))


@dataclass(frozen=True, slots=True)
class Candidate:
    brand: str | None
    platform: str
    probability: float

    def __post_init__(self) -> None:
        _unit_interval("probability", self.probability)


@dataclass(frozen=True, slots=True)
class Advisory:
    """A dated, sourced fact about a maker: a ban, a listing, a known vulnerability."""

    subject: str
    kind: str
    jurisdiction: str
    date: str
    text: str
    source: str
    strength: Strength
    as_of: str | None = None
    """Date of the catalogue that says it, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Identification:
    """Who made a camera, as far as the evidence shows. ``brand`` and ``platform`` are catalogue ids.

    Raises:
        ValueError: if a name stands without the verdict ``identified`` or the other way round.
    """

    verdict: Verdict
    brand: str | None = None
    platform: str | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    advisories: tuple[Advisory, ...] = ()

    def __post_init__(self) -> None:
        _unit_interval("confidence", self.confidence)
        named = self.brand is not None or self.platform is not None
        if named != (self.verdict is Verdict.IDENTIFIED):
            raise ValueError(f"verdict {self.verdict} with brand {self.brand!r}, platform {self.platform!r}")

    @classmethod
    def undetermined(cls, evidence: tuple[Evidence, ...] = ()) -> Self:
        return cls(Verdict.UNDETERMINED, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Advice:
    """``promised`` says that following it should name the camera. ``values``: ``height`` of the letters or
    ``side`` of the housing in pixels, what would be ``wanted`` and how many ``times`` larger that is; of a
    blurred housing how many ``times`` coarser it could be without losing anything."""

    code: AdviceCode
    values: Mapping[str, float] = field(default_factory=dict)
    promised: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera *seen in* the picture."""

    box: Box
    score: float
    form_factor: FormFactor | None
    identification: Identification
    reading: Reading
    advice: tuple[Advice, ...] = ()

    def __post_init__(self) -> None:
        _unit_interval("score", self.score)


@dataclass(frozen=True, slots=True)
class Osd:
    """What stands in the on-screen display of the picture, as text."""

    timestamp_text: str | None
    channel_text: str | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of wall time a stage took; they play no part in any answer."""

    decode: float
    detect: float
    recognise: float
    total: float


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """Everything Camid says about one photo. ``recorded_by`` is the camera that *took* it, if known."""

    source: Source
    cameras: tuple[Camera, ...]
    marks: tuple[Mark, ...]
    models: Mapping[str, str]
    thresholds: Mapping[str, float]
    timing: Timing
    recorded_by: Identification | None = None
    osd: Osd | None = field(default=None)
