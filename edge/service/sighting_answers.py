"""Sightings in the form that leaves the service: JSON, GeoJSON for mappers, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from pydantic import BaseModel, Field

from edge.domain import OTHER_MAKER, FormFactor
from edge.report.contract import CameraV1, Degrees, GpsV1, IdentificationV1
from edge.report.osm import osm_point
from edge.report.sentence import Names, camera_sentence
from edge.report.spreadsheet import cell
from edge.service.access import Caller
from edge.service.review_word import Decision, VendorWord
from edge.service.sighting_rows import Place, Sighting, View
from edge.service.sighting_words import Word

_COLUMNS = (
    "id",
    "latitude",
    "longitude",
    "position_from",
    "country",
    "taken_at",
    "vendor",
    "form_factor",
    "machine_verdict",
    "machine_brand",
    "machine_platform",
    "machine_confidence",
    "said_by",
    "said_at",
    "decision",
    "photos",
)


class PlaceV1(BaseModel):
    latitude: Degrees = Field(description="Degrees, north positive.")
    longitude: Degrees = Field(description="Degrees, east positive.")
    origin: str = Field(description="exif: the photo's metadata; hand: a person.", examples=["hand"])
    by: str | None
    at: str | None


class SaidV1(BaseModel):
    """A person's last word on the camera, beside the machine's answer."""

    photo: str | None = Field(
        description="The photo whose review says it; null: it is of the sighting as a whole."
    )
    by: str
    at: str
    decision: Decision
    vendor: VendorWord
    form_factor: FormFactor | None
    mark_text: str | None


class ViewV1(BaseModel):
    """The camera in one photo."""

    photo: str
    name: str
    index: int = Field(description="Of the camera in the photo's answer.")
    taken_at: str | None
    gps: GpsV1 | None = Field(description="Where the photo says it was taken; stays when a place is set.")
    camera: CameraV1 = Field(description="The answer on this photo alone.")


class SightingV1(BaseModel):
    """One camera in the world, and all photos of it that were joined."""

    id: str
    created_at: str
    taken_at: str | None = Field(description="Of its first photo that says so.")
    place: PlaceV1 | None
    country: str | None
    vendor: str | None = Field(description="A person's word if there is one, else the machine's name.")
    form_factor: str | None
    rejected: bool = Field(description="A person said that it is no camera.")
    own: bool = Field(description="Whether the token that asks may change it.")
    machine: IdentificationV1 = Field(description="What all its photos together say.")
    sentence: str
    said: SaidV1 | None
    views: list[ViewV1]


class SightingsV1(BaseModel):
    total: int = Field(description="How many there are, on all pages.")
    sightings: list[SightingV1]


class SplitV1(BaseModel):
    left: SightingV1
    split: SightingV1


class SuggestionV1(BaseModel):
    score: float = Field(description="0 to 1, for the order; no probability.")
    metres: float | None
    seconds: float | None
    sighting: SightingV1


class SuggestionsV1(BaseModel):
    suggestions: list[SuggestionV1]


def may_change(one: Sighting, caller: Caller) -> bool:
    """Who sees a sighting because its photos were shared cannot change it."""
    return caller.only is None or all(view.owner == caller.id for view in one.views)


def sighting_answer(one: Sighting, names: Names, caller: Caller) -> SightingV1:
    surest = max(one.views, key=lambda view: view.camera.score).camera
    return SightingV1(
        id=one.id,
        created_at=one.created_at,
        taken_at=one.taken_at,
        place=_place(one.place) if one.place else None,
        country=one.country,
        vendor=one.vendor,
        form_factor=one.form_factor,
        rejected=one.rejected,
        own=may_change(one, caller),
        machine=one.machine,
        sentence=camera_sentence(surest.model_copy(update={"identification": one.machine}), names),
        said=_said(one.word) if one.word else None,
        views=[_view(view) for view in one.views],
    )


def geojson(sightings: Sequence[Sighting]) -> str:
    """Those with a place, tagged as OpenStreetMap does (RFC 7946)."""
    features = [_feature(one, one.place) for one in sightings if one.place is not None]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def csv_text(sightings: Sequence[Sighting]) -> str:
    """RFC 4180 with a head line. What a spreadsheet would take for a formula gets an apostrophe."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    writer.writerows([cell(value) for value in _row(one)] for one in sightings)
    return file.getvalue()


def _feature(one: Sighting, place: Place) -> dict[str, object]:
    more = {
        "camid:platform": one.machine.platform,
        "camid:verdict": one.machine.verdict,
        "camid:confidence": one.machine.confidence,
        "camid:sighting": one.id,
        "camid:taken_at": one.taken_at,
        "camid:position_from": _origin(place),
        "camid:reviewed": "yes" if one.word else None,
    }
    return osm_point(place.longitude, place.latitude, one.form_factor, _manufacturer(one), more)


def _manufacturer(one: Sighting) -> str | None:
    """A person's word; without one the brand, as in exports of batches."""
    if one.word is None:
        return one.machine.brand
    return None if one.vendor == OTHER_MAKER else one.vendor


def _row(one: Sighting) -> tuple[object, ...]:
    place, word, machine = one.place, one.word, one.machine
    return (
        one.id,
        place.latitude if place else None,
        place.longitude if place else None,
        _origin(place) if place else None,
        one.country,
        one.taken_at,
        one.vendor,
        one.form_factor,
        machine.verdict.value,
        machine.brand,
        machine.platform,
        machine.confidence,
        word.by if word else None,
        word.at if word else None,
        word.decision.value if word else None,
        [view.name for view in one.views],
    )


def _origin(place: Place) -> str:
    return "exif" if place.by is None else "hand"


def _place(place: Place) -> PlaceV1:
    return PlaceV1(
        latitude=place.latitude, longitude=place.longitude, origin=_origin(place), by=place.by, at=place.at
    )


def _said(word: Word) -> SaidV1:
    return SaidV1(
        photo=word.photo,
        by=word.by,
        at=word.at,
        decision=word.decision,
        vendor=word.vendor,
        form_factor=word.form_factor,
        mark_text=word.mark_text,
    )


def _view(view: View) -> ViewV1:
    source = view.body.source
    return ViewV1(
        photo=view.photo,
        name=view.name,
        index=view.index,
        taken_at=source.taken_at,
        gps=source.gps,
        camera=view.camera,
    )
