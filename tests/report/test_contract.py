from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from pydantic import ValidationError

from edge.domain import (
    Box,
    Evidence,
    EvidenceKind,
    Gps,
    Identification,
    PhotoReport,
    Source,
    Strength,
    Verdict,
)
from edge.errors import ErrorCode, PhotoError
from edge.report.contract import PhotoV1, UnreadableV1, photo_contract, to_json, unreadable_contract
from tests.support.reports import IDENTIFIED, camera, one_of_each, report, reports


@given(reports)
def test_any_report_comes_back_from_its_json(answer: PhotoReport) -> None:
    photo = photo_contract(answer)
    line = to_json(photo)
    assert "\n" not in line
    assert PhotoV1.model_validate_json(line) == photo


def test_field_names_and_nesting_are_those_of_the_contract() -> None:
    answer = json.loads(to_json(photo_contract(one_of_each())))
    assert list(answer) == [
        "schema",
        "source",
        "cameras",
        "marks",
        "recorded_by",
        "osd",
        "models",
        "thresholds",
        "timing_ms",
    ]
    assert answer["schema"] == "camid/1"
    assert list(answer["source"]) == ["kind", "name", "sha256", "width", "height", "taken_at", "gps"]
    assert list(answer["cameras"][0]) == [
        "box",
        "score",
        "form_factor",
        "identification",
        "reading",
        "advice",
    ]
    assert list(answer["marks"][0]) == ["box", "score", "text", "vendor"]
    assert list(answer["thresholds"]) == ["detect"]
    assert list(answer["timing_ms"]) == ["decode", "detect", "recognise", "total"]
    found = answer["cameras"][0]["identification"]
    assert list(found) == [
        "verdict",
        "brand",
        "platform",
        "confidence",
        "candidates",
        "evidence",
        "advisories",
    ]
    assert list(found["evidence"][0]) == ["kind", "value", "box", "strength", "supports", "note"]
    assert list(answer["cameras"][1]["identification"]["candidates"][0]) == [
        "brand",
        "platform",
        "probability",
    ]


def test_absent_facts_are_null() -> None:
    answer = json.loads(to_json(photo_contract(report(camera(Identification.undetermined())))))
    assert (
        answer["source"]["gps"]
        is answer["source"]["taken_at"]
        is answer["recorded_by"]
        is answer["osd"]
        is None
    )
    found = answer["cameras"][0]["identification"]
    assert found["brand"] is found["platform"] is None
    assert found["evidence"] == found["candidates"] == found["advisories"] == []


def test_the_answer_says_which_cameras_were_not_read() -> None:
    readings = [one.reading for one in photo_contract(one_of_each()).cameras]
    assert readings == ["read", "read", "too_small", "over_budget"]


def test_boxes_and_scores_are_rounded() -> None:
    photo = photo_contract(report(camera(IDENTIFIED, Box(1.04, 2.05, 30.26, 40.0), score=0.81234567)))
    assert photo.cameras[0].box == (1.0, 2.0, 30.3, 40.0)
    assert photo.cameras[0].score == 0.8123


def test_times_are_utc_and_without_offset_only_where_none_is_known() -> None:
    known = datetime(2025, 3, 14, 9, 26, 53, tzinfo=timezone(timedelta(hours=2)))
    assert _taken(known) == "2025-03-14T07:26:53Z"
    assert _taken(known.replace(tzinfo=None)) == "2025-03-14T09:26:53"


def _taken(moment: datetime) -> str | None:
    source = Source("photo", "a.jpg", "00" * 32, 1, 1, moment, Gps(48.2, 16.4))
    photo = photo_contract(PhotoReport(source, (), (), {}, {"detect": 0.4}, report().timing))
    assert photo.source.gps is not None
    assert photo.source.gps.altitude is None
    return photo.source.taken_at


def test_a_number_that_json_cannot_hold_is_refused() -> None:
    endless = Evidence(EvidenceKind.MARK, "x", None, Strength.WEAK, {"dahua": float("inf")})
    found = Identification(Verdict.UNDETERMINED, evidence=(endless,))
    with pytest.raises(ValidationError):
        photo_contract(report(camera(found)))


def test_an_unreadable_file_has_an_answer_too() -> None:
    error = PhotoError(ErrorCode.CORRUPT, "The file ends early.")
    answer = json.loads(to_json(unreadable_contract("a.jpg", error)))
    assert list(answer) == ["schema", "source", "error"]
    assert answer["source"]["name"] == "a.jpg"
    assert answer["error"]["code"] == "corrupt"
    assert answer["error"]["message"].startswith("The file ends early. ")
    assert UnreadableV1.model_validate(answer).error.code is ErrorCode.CORRUPT


@pytest.mark.parametrize("model", [PhotoV1, UnreadableV1])
def test_the_schema_promises_every_field(model: type[PhotoV1 | UnreadableV1]) -> None:
    schema = model.model_json_schema(mode="serialization")
    for name, part in {**schema["$defs"], "answer": schema}.items():
        if "properties" in part:
            assert set(part["required"]) == set(part["properties"]), name
