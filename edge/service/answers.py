"""The bodies that the service adds to the contract, and the examples in its OpenAPI description."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from edge.report.contract import PhotoV1, UnreadableV1
from edge.report.sentence import Names, camera_sentence
from edge.service.problems import Problem
from edge.service.store import StoredPhoto

_HASH = "9f" * 32

PHOTO_EXAMPLE: JsonDict = {
    "schema": "camid/1",
    "source": {
        "kind": "photo",
        "name": "street.jpg",
        "sha256": _HASH,
        "width": 4032,
        "height": 3024,
        "taken_at": "2025-03-14T09:26:53Z",
        "gps": None,
    },
    "cameras": [
        {
            "box": [812.4, 301.0, 961.2, 398.7],
            "score": 0.91,
            "form_factor": "bullet",
            "identification": {
                "verdict": "identified",
                "brand": "hikvision",
                "platform": "hikvision",
                "confidence": 0.998,
                "candidates": [],
                "evidence": [
                    {
                        "kind": "wordmark",
                        "value": "HIKVISION",
                        "box": [841.0, 342.5, 902.3, 353.1],
                        "strength": "strong",
                        "supports": {"hikvision": 7.1},
                        "note": None,
                    }
                ],
                "advisories": [
                    {
                        "subject": "hikvision",
                        "kind": "equipment_authorisation_ban",
                        "jurisdiction": "US",
                        "date": "2022-11-25",
                        "text": "On the FCC's Covered List.",
                        "source": "https://www.fcc.gov/supplychain/coveredlist",
                        "strength": "strong",
                        "as_of": "2026-11-28",
                    }
                ],
            },
            "reading": "read",
        }
    ],
    "marks": [],
    "recorded_by": None,
    "osd": None,
    "models": {"detector": "3c" * 32},
    "thresholds": {"detect": 0.42},
    "timing_ms": {"decode": 92.0, "detect": 840.5, "recognise": 310.2, "total": 1243.9},
    "id": "5f0c1c6f1c0f4a52a2b1f4d2c9e8b7a6",
    "sentences": ["Hikvision (platform Hikvision), because “HIKVISION” was read on it"],
}

UNREADABLE_EXAMPLE: JsonDict = {
    "schema": "camid/1",
    "source": {
        "kind": "photo",
        "name": "half.jpg",
        "sha256": None,
        "width": None,
        "height": None,
        "taken_at": None,
        "gps": None,
    },
    "error": {
        "code": "corrupt",
        "message": "half.jpg ends in the middle. "
        "The picture is damaged: fetch the original again, or export a new copy.",
    },
}


class PhotoAnswer(PhotoV1):
    """A stored result: the contract ``camid/1`` and the id under which it can be asked for again."""

    model_config = ConfigDict(json_schema_extra={"example": PHOTO_EXAMPLE})

    id: str = Field(description="Random and unguessable; a new one for each upload, also of the same bytes.")
    sentences: list[str] = Field(
        description="For each camera, in their order, its verdict and the reason for people."
    )


class PhotosAnswer(BaseModel):
    """One entry for each photo of the request, in its order: a result, or why there is none."""

    model_config = ConfigDict(json_schema_extra={"example": {"photos": [PHOTO_EXAMPLE, UNREADABLE_EXAMPLE]}})

    photos: list[PhotoAnswer | UnreadableV1]


def photo_answer(photo: StoredPhoto, names: Names) -> PhotoAnswer:
    """The stored result, with maker ids turned into ``names`` in its sentences."""
    sentences = [camera_sentence(camera, names) for camera in photo.body.cameras]
    fields = {**photo.body.model_dump(by_alias=True), "id": photo.id, "sentences": sentences}
    return PhotoAnswer.model_validate(fields)


def problem_doc(code: str, what: str, message: str) -> dict[str, object]:
    """An OpenAPI response: what it means, and one example of its body."""
    example = {"error": {"code": code, "message": message}}
    return {"model": Problem, "description": what, "content": {"application/json": {"example": example}}}


UNAUTHORISED = problem_doc("unauthorised", "No token, or a wrong one.", "The request has no bearer token. …")
GUARDED: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    403: problem_doc("forbidden", "The token lacks the scope.", "The token lacks the scope read. …"),
    429: problem_doc("too_many_requests", "Too often; see Retry-After.", "This token asks too often. …"),
}
"""What every address that wants a token may answer."""
