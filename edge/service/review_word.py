"""What a person says of a photo: as it is sent, and as it is kept."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from edge.domain import OTHER_MAKER, FormFactor
from edge.errors import CamidError, ErrorCode
from edge.report.contract import BoxV1, CameraV1, PhotoV1
from edge.vendors.catalogue import Catalogue

MAX_CAMERAS = 400
MAX_BLURS = 400
SAME_PLACE_PX = 0.75
"""Each side of a box may differ by so much and still be the machine's."""
LEAST_SIDE_PX = 2.0

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
VendorWord = Annotated[
    str | None,
    Field(
        description=f"Catalogue id of the name on it; `{OTHER_MAKER}`: a maker that is not listed; null: it "
        "cannot be told.",
        examples=["hikvision"],
    ),
]


class Decision(StrEnum):
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    """It is no camera."""
    DRAWN = "drawn"
    """The machine had missed it."""


class ReviewedCameraV1(BaseModel):
    """A person's word on one camera."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    machine: int | None = Field(
        None, ge=0, description="Index of the camera in the machine's answer; null: a missed one was drawn."
    )
    rejected: bool = Field(False, description="This is no camera.")
    box: BoxV1
    vendor: VendorWord = None
    form_factor: FormFactor | None = Field(None, description="null: it cannot be told.")
    mark_text: Text | None = Field(None, description="The lettering of the mark, where a person can read it.")


class ReviewV1(BaseModel):
    """A person's word on one photo."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    by: Text = Field(description="Who says so.", examples=["A. Reporter"])
    complete: bool = Field(
        True, description="Every camera that can be seen is boxed: only such photos train the detector."
    )
    cameras: list[ReviewedCameraV1] = Field(max_length=MAX_CAMERAS)
    blur: list[BoxV1] = Field([], max_length=MAX_BLURS, description="Parts to blur wherever it is exported.")

    @field_validator("cameras")
    @classmethod
    def _once(cls, cameras: list[ReviewedCameraV1]) -> list[ReviewedCameraV1]:
        counts = Counter(one.machine for one in cameras if one.machine is not None)
        if any(count > 1 for count in counts.values()):
            raise ValueError("a camera of the machine's stands there twice")
        if any(one.rejected for one in cameras if one.machine is None):
            raise ValueError("a drawn camera is rejected")
        return cameras


class KeptCameraV1(ReviewedCameraV1):
    decision: Decision


class StoredReviewV1(BaseModel):
    """A review without who and when, boxes inside the picture."""

    complete: bool
    cameras: list[KeptCameraV1]
    blur: list[BoxV1]


def checked(review: ReviewV1, photo: PhotoV1, catalogue: Catalogue) -> StoredReviewV1:
    """The review as it is kept, each camera with what was decided.

    Raises:
        CamidError: ``bad_request`` for a camera that the photo has not, one of which nothing is said, a
            vendor that is not in the catalogue, or a box outside the picture.
    """
    missing = set(range(len(photo.cameras))) - {one.machine for one in review.cameras}
    if missing and review.complete:
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            f"Nothing is said of camera {min(missing) + 1}: confirm, correct or reject it, or send the "
            "review as not complete.",
        )
    return StoredReviewV1(
        complete=review.complete,
        cameras=[_camera(one, photo, catalogue) for one in review.cameras],
        blur=[_inside(box, photo) for box in review.blur],
    )


def machine_vendor(camera: CameraV1) -> str | None:
    """The name that the machine gave."""
    return camera.identification.brand or camera.identification.platform


def check_vendor(vendor: str | None, catalogue: Catalogue) -> None:
    """Raises: CamidError: ``bad_request`` for one that the catalogue has not."""
    if vendor is not None and vendor not in {OTHER_MAKER, *catalogue.brands}:
        raise CamidError(ErrorCode.BAD_REQUEST, f"{vendor[:60]!r} is no maker of the catalogue.")


def _camera(word: ReviewedCameraV1, photo: PhotoV1, catalogue: Catalogue) -> KeptCameraV1:
    check_vendor(word.vendor, catalogue)
    if word.machine is not None and word.machine >= len(photo.cameras):
        raise CamidError(ErrorCode.BAD_REQUEST, f"The photo has no camera {word.machine + 1}.")
    machine = photo.cameras[word.machine] if word.machine is not None else None
    placed = word.model_copy(update={"box": _inside(word.box, photo)})
    return KeptCameraV1(**placed.model_dump(), decision=_decision(placed, machine))


def _decision(word: ReviewedCameraV1, machine: CameraV1 | None) -> Decision:
    if machine is None:
        return Decision.DRAWN
    if word.rejected:
        return Decision.REJECTED
    moved = any(abs(a - b) > SAME_PLACE_PX for a, b in zip(word.box, machine.box, strict=True))
    same = word.vendor == machine_vendor(machine) and word.form_factor == machine.form_factor
    return Decision.CONFIRMED if same and not moved else Decision.CORRECTED


def _inside(box: BoxV1, photo: PhotoV1) -> BoxV1:
    width, height = photo.source.width, photo.source.height
    x0, y0, x1, y1 = box
    x0, x1 = max(0.0, x0), min(float(width), x1)
    y0, y1 = max(0.0, y0), min(float(height), y1)
    if x1 - x0 < LEAST_SIDE_PX or y1 - y0 < LEAST_SIDE_PX:
        raise CamidError(ErrorCode.BAD_REQUEST, "A box is too small, or lies outside the picture.")
    return (x0, y0, x1, y1)
