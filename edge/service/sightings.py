"""Sightings over HTTP: cameras in the world, joined from photos, placed by hand, found and handed on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.errors import CamidError, ErrorCode
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import ADMIN_ONLY
from edge.service.json_body import json_request, read_json
from edge.service.parts import Parts, parts
from edge.service.review_word import Text
from edge.service.sighting_answers import (
    SightingsV1,
    SightingV1,
    SplitV1,
    SuggestionsV1,
    SuggestionV1,
    csv_text,
    geojson,
    sighting_answer,
)
from edge.service.sighting_query import Conditions, conditions
from edge.service.sighting_store import Place, Sighting, Weigh
from edge.sightings.joining import Weighing, joined
from edge.sightings.suggest import suggested

MAX_JOINED = 100
MAX_EXPORTED = 10_000
"""More would take the memory that photos need."""
_WRONG = problem_doc("bad_request", "The request is wrong.", "One photo shows two of them: …")
_UNKNOWN = problem_doc("not_found", "No such sighting.", "There is no sighting with this id. …")
_FULL = problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …")
_READING: dict[int | str, dict[str, object]] = {401: UNAUTHORISED, 422: _WRONG}
_ONE: dict[int | str, dict[str, object]] = {**_READING, 404: _UNKNOWN}
_CHANGING: dict[int | str, dict[str, object]] = {**_ONE, 507: _FULL}

# Sightings join photos of all tokens, so only those who may see every photo see them.
router = APIRouter(
    prefix="/api/v1/sightings", tags=["sightings"], dependencies=[ADMIN_ONLY], responses=GUARDED
)
PartsOf = Annotated[Parts, Depends(parts)]
Id = Annotated[str, Path(description="The id of the sighting.")]
Wanted = Annotated[Conditions, Depends(conditions)]


class JoinV1(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sightings: list[str] = Field(
        min_length=2, max_length=MAX_JOINED, description="Ids; all become the first of them."
    )


class TakenV1(BaseModel):
    model_config = ConfigDict(extra="forbid")

    photo: str = Field(description="Id of the photo that shows another camera.")


class HandPlaceV1(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    latitude: float = Field(ge=-90, le=90, description="Degrees, north positive.")
    longitude: float = Field(ge=-180, le=180, description="Degrees, east positive.")
    by: Text = Field(description="Who says so.", examples=["A. Reporter"])


async def _join(request: Request) -> JoinV1:
    return await read_json(request, JoinV1)


async def _taken(request: Request) -> TakenV1:
    return await read_json(request, TakenV1)


async def _placed(request: Request) -> HandPlaceV1:
    return await read_json(request, HandPlaceV1)


@router.get("", summary="Sightings", response_description="The last taken first.", responses=_READING)
async def list_sightings(
    service: PartsOf,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> SightingsV1:
    """Each camera of each photo is one until several are joined. All filters hold together."""
    store = service.store.sightings
    total = await asyncio.to_thread(store.count, wanted)
    found = await asyncio.to_thread(store.find, wanted, limit, offset)
    return SightingsV1(total=total, sightings=[sighting_answer(one, service.names) for one in found])


@router.get(
    "/export.geojson",
    summary="Sightings for a map",
    response_class=Response,
    responses={**_READING, 200: {"description": "GeoJSON.", "content": {"application/geo+json": {}}}},
)
async def export_geojson(service: PartsOf, wanted: Wanted) -> Response:
    """Those with a place, tagged as OpenStreetMap does. A place from EXIF is where the photographer stood."""
    found = await asyncio.to_thread(_exported, service, wanted)
    return _file(geojson(found), "application/geo+json", "camid-sightings.geojson")


@router.get(
    "/export.csv",
    summary="Sightings for a spreadsheet",
    response_class=Response,
    responses={**_READING, 200: {"description": "CSV.", "content": {"text/csv": {}}}},
)
async def export_csv(service: PartsOf, wanted: Wanted) -> Response:
    """UTF-8 with a head line; what a spreadsheet would take for a formula gets an apostrophe."""
    found = await asyncio.to_thread(_exported, service, wanted)
    return _file(csv_text(found), "text/csv; charset=utf-8", "camid-sightings.csv")


@router.post(
    "/join",
    summary="Join sightings of one camera",
    response_description="The joined sighting.",
    responses=_CHANGING,
    openapi_extra=json_request(JoinV1),
)
async def join_sightings(body: Annotated[JoinV1, Depends(_join)], service: PartsOf) -> SightingV1:
    """Their evidence adds up; the same reading in several photos counts once."""
    if len(set(body.sightings)) < len(body.sightings):
        raise CamidError(ErrorCode.BAD_REQUEST, "A sighting stands there twice.")
    weigh = await asyncio.to_thread(_weigh, service)
    one = await asyncio.to_thread(service.store.sightings.join, body.sightings, weigh)
    return sighting_answer(one, service.names)


@router.get("/{sighting_id}", summary="A sighting", response_description="The sighting.", responses=_ONE)
async def read_sighting(sighting_id: Id, service: PartsOf) -> SightingV1:
    """With all its photos, what each says alone, and what they say together."""
    one = await asyncio.to_thread(service.store.sightings.get, sighting_id)
    return sighting_answer(one, service.names)


@router.get(
    "/{sighting_id}/suggestions",
    summary="Sightings that may be of the same camera",
    response_description="The likeliest first.",
    responses=_ONE,
)
async def read_suggestions(sighting_id: Id, service: PartsOf) -> SuggestionsV1:
    """By place, time, form and maker. Nothing is joined by itself."""
    return await asyncio.to_thread(_suggestions, service, sighting_id)


@router.post(
    "/{sighting_id}/split",
    summary="Take a photo out of a sighting",
    response_description="What is left, and the new sighting of that photo.",
    responses=_CHANGING,
    openapi_extra=json_request(TakenV1),
)
async def split_sighting(
    sighting_id: Id, body: Annotated[TakenV1, Depends(_taken)], service: PartsOf
) -> SplitV1:
    """A place that was set by hand stays with what is left."""
    weigh = await asyncio.to_thread(_weigh, service)
    store = service.store.sightings
    left, new = await asyncio.to_thread(store.split, sighting_id, body.photo, _now(), weigh)
    return SplitV1(left=sighting_answer(left, service.names), split=sighting_answer(new, service.names))


@router.put(
    "/{sighting_id}/place",
    summary="Set the place by hand",
    response_description="The sighting.",
    responses=_CHANGING,
    openapi_extra=json_request(HandPlaceV1),
)
async def place_sighting(
    sighting_id: Id, body: Annotated[HandPlaceV1, Depends(_placed)], service: PartsOf
) -> SightingV1:
    """It counts from now on; what the photos' metadata say stays beside it."""
    place = Place(body.latitude, body.longitude, body.by, _now())
    one = await asyncio.to_thread(service.store.sightings.place, sighting_id, place)
    return sighting_answer(one, service.names)


@router.delete(
    "/{sighting_id}/place",
    summary="Take back a place set by hand",
    response_description="The sighting.",
    responses=_CHANGING,
)
async def unplace_sighting(sighting_id: Id, service: PartsOf) -> SightingV1:
    """What the photos' metadata say counts again."""
    one = await asyncio.to_thread(service.store.sightings.place, sighting_id, None)
    return sighting_answer(one, service.names)


@router.delete(
    "/{sighting_id}",
    status_code=204,
    summary="Delete a sighting",
    response_description="It is gone.",
    responses=_CHANGING,
)
async def remove_sighting(sighting_id: Id, service: PartsOf) -> Response:
    """Overwritten in the database and its log. The photos, their answers and their reviews stay."""
    await asyncio.to_thread(service.store.sightings.remove, sighting_id)
    return Response(status_code=204)


def _weigh(service: Parts) -> Weigh:
    """With the likelihoods and the catalogue as they are now."""
    models = service.settings.models_dir
    weighing = Weighing(service.catalogue, load_likelihoods(models), load_thresholds(models))
    return lambda cameras: joined(cameras, weighing)


def _exported(service: Parts, wanted: Conditions) -> tuple[Sighting, ...]:
    """All of them or none: a file that silently ends early would be taken for the whole."""
    total = service.store.sightings.count(wanted)
    if total > MAX_EXPORTED:
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            f"These are {total} sightings; at most {MAX_EXPORTED} go out at once: filter.",
        )
    return service.store.sightings.find(wanted, MAX_EXPORTED)


def _suggestions(service: Parts, sighting_id: str) -> SuggestionsV1:
    store = service.store.sightings
    one = store.get(sighting_id)
    everything = store.seen()
    own = next(seen for seen in everything if seen.id == one.id)
    return SuggestionsV1(
        suggestions=[
            SuggestionV1(
                score=found.score,
                metres=None if found.metres is None else round(found.metres, 1),
                seconds=found.seconds,
                sighting=sighting_answer(store.get(found.id), service.names),
            )
            for found in suggested(own, everything)
        ]
    )


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8"), media_type=kind, headers=headers)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
