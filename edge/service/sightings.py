"""Sightings over HTTP: cameras in the world, joined from photos, placed, named, found and handed on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.domain import FormFactor
from edge.errors import CamidError, ErrorCode
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.media.clock import stamp
from edge.report.sentence import display_names
from edge.service.access import Caller
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import READ, Reader, Uploader
from edge.service.json_body import json_request, read_json
from edge.service.paging import Offset
from edge.service.parts import Parts, parts
from edge.service.review_word import Decision, Text, VendorWord, check_vendor
from edge.service.sighting_answers import (
    SightingsV1,
    SightingV1,
    SplitV1,
    SuggestionsV1,
    SuggestionV1,
    csv_text,
    geojson,
    may_change,
    sighting_answer,
)
from edge.service.sighting_query import Conditions, conditions
from edge.service.sighting_rows import SIGHTINGS, Place, Sighting
from edge.service.sighting_store import Weigh, visible
from edge.service.sighting_words import Word
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

router = APIRouter(prefix="/api/v1/sightings", tags=["sightings"], dependencies=[READ], responses=GUARDED)
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


class SayV1(BaseModel):
    """A person's word on the camera, whichever photo it rests on."""

    model_config = ConfigDict(extra="forbid")

    by: Text = Field(description="Who says so.", examples=["A. Reporter"])
    rejected: bool = Field(False, description="This is no camera.")
    vendor: VendorWord = None
    form_factor: FormFactor | None = Field(None, description="null: it cannot be told.")


async def _say(request: Request) -> SayV1:
    return await read_json(request, SayV1)


async def _join(request: Request) -> JoinV1:
    return await read_json(request, JoinV1)


async def _taken(request: Request) -> TakenV1:
    return await read_json(request, TakenV1)


async def _placed(request: Request) -> HandPlaceV1:
    return await read_json(request, HandPlaceV1)


async def _seen(sighting_id: Id, caller: Reader, service: PartsOf) -> Sighting:
    """One with a photo that is hidden from the caller is answered like one that is not there."""
    one = await asyncio.to_thread(service.store.sightings.get, sighting_id)
    if not all(caller.sees(view) for view in one.views):
        raise CamidError(ErrorCode.NOT_FOUND, "There is no sighting with this id.")
    return one


Visible = Annotated[Sighting, Depends(_seen)]


async def _changeable(one: Visible, caller: Uploader) -> Sighting:
    if not may_change(one, caller):
        raise CamidError(ErrorCode.FORBIDDEN, "A photo of the sighting belongs to another token.")
    return one


Own = Annotated[Sighting, Depends(_changeable)]


@router.get("", summary="Sightings", response_description="The last taken first.", responses=_READING)
async def list_sightings(
    caller: Reader,
    service: PartsOf,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Offset = 0,
) -> SightingsV1:
    """Each camera of each photo is one until several are joined. All filters hold together. A token
    sees those of its own photos and of shared ones, an admin all."""
    which = (*wanted, *visible(caller.only))
    return await asyncio.to_thread(_listed, service, which, (limit, offset), caller)


@router.get(
    "/export.geojson",
    summary="Sightings for a map",
    response_class=Response,
    responses={**_READING, 200: {"description": "GeoJSON.", "content": {"application/geo+json": {}}}},
)
async def export_geojson(caller: Reader, service: PartsOf, wanted: Wanted) -> Response:
    """Those with a place, tagged as OpenStreetMap does. A place from EXIF is where the photographer stood."""
    text = await asyncio.to_thread(_exported, service, (*wanted, *visible(caller.only)), geojson)
    return _file(text, "application/geo+json", "camid-sightings.geojson")


@router.get(
    "/export.csv",
    summary="Sightings for a spreadsheet",
    response_class=Response,
    responses={**_READING, 200: {"description": "CSV.", "content": {"text/csv": {}}}},
)
async def export_csv(caller: Reader, service: PartsOf, wanted: Wanted) -> Response:
    """UTF-8 with a head line; what a spreadsheet would take for a formula gets an apostrophe."""
    text = await asyncio.to_thread(_exported, service, (*wanted, *visible(caller.only)), csv_text)
    return _file(text, "text/csv; charset=utf-8", "camid-sightings.csv")


@router.post(
    "/join",
    summary="Join sightings of one camera",
    response_description="The joined sighting.",
    responses=_CHANGING,
    openapi_extra=json_request(JoinV1),
)
async def join_sightings(
    caller: Uploader, body: Annotated[JoinV1, Depends(_join)], service: PartsOf
) -> SightingV1:
    """Their evidence adds up; what may be one observation in several photos counts once. All their photos
    have to be the caller's own."""
    if len(set(body.sightings)) < len(body.sightings):
        raise CamidError(ErrorCode.BAD_REQUEST, "A sighting stands there twice.")
    for one in body.sightings:
        await _changeable(await _seen(one, caller, service), caller)
    weigh = await asyncio.to_thread(_weigh, service)
    joint = await asyncio.to_thread(service.store.sightings.join, body.sightings, weigh)
    return sighting_answer(joint, service.names, caller)


@router.get("/{sighting_id}", summary="A sighting", response_description="The sighting.", responses=_ONE)
async def read_sighting(one: Visible, caller: Reader, service: PartsOf) -> SightingV1:
    """With all its photos, what each says alone, and what they say together."""
    return sighting_answer(one, service.names, caller)


@router.get(
    "/{sighting_id}/suggestions",
    summary="Sightings that may be of the same camera",
    response_description="The likeliest first.",
    responses=_ONE,
)
async def read_suggestions(one: Visible, caller: Reader, service: PartsOf) -> SuggestionsV1:
    """By place, time, form, maker and lettering. Nothing is joined by itself."""
    return await asyncio.to_thread(_suggestions, service, one, caller)


@router.post(
    "/{sighting_id}/split",
    summary="Take a photo out of a sighting",
    response_description="What is left, and the new sighting of that photo.",
    responses=_CHANGING,
    openapi_extra=json_request(TakenV1),
)
async def split_sighting(
    one: Own, body: Annotated[TakenV1, Depends(_taken)], caller: Uploader, service: PartsOf
) -> SplitV1:
    """A place and a word that persons gave stay with what is left."""
    weigh = await asyncio.to_thread(_weigh, service)
    store = service.store.sightings
    left, new = await asyncio.to_thread(store.split, one.id, body.photo, _now(), weigh)
    return SplitV1(
        left=sighting_answer(left, service.names, caller), split=sighting_answer(new, service.names, caller)
    )


@router.put(
    "/{sighting_id}/place",
    summary="Set the place by hand",
    response_description="The sighting.",
    responses=_CHANGING,
    openapi_extra=json_request(HandPlaceV1),
)
async def place_sighting(
    one: Own, body: Annotated[HandPlaceV1, Depends(_placed)], caller: Uploader, service: PartsOf
) -> SightingV1:
    """It counts from now on; what the photos' metadata say stays beside it."""
    place = Place(body.latitude, body.longitude, body.by, _now())
    placed = await asyncio.to_thread(service.store.sightings.place, one.id, place)
    return sighting_answer(placed, service.names, caller)


@router.delete(
    "/{sighting_id}/place",
    summary="Take back a place set by hand",
    response_description="The sighting.",
    responses=_CHANGING,
)
async def unplace_sighting(one: Own, caller: Uploader, service: PartsOf) -> SightingV1:
    """What the photos' metadata say counts again."""
    left = await asyncio.to_thread(service.store.sightings.place, one.id, None)
    return sighting_answer(left, service.names, caller)


@router.post(
    "/{sighting_id}/words",
    status_code=201,
    summary="Say what camera it is",
    response_description="The sighting.",
    responses=_CHANGING,
    openapi_extra=json_request(SayV1),
)
async def say_of_sighting(
    one: Own, body: Annotated[SayV1, Depends(_say)], caller: Uploader, service: PartsOf
) -> SightingV1:
    """Kept beside the machine's answer, which stays as it is; the last word of all counts, here or in a
    review of one of its photos. It trains nothing: it may rest on what no single photo shows."""
    check_vendor(body.vendor, service.catalogue)
    word = Word(None, body.by, _now(), _decision(body, one), body.vendor, body.form_factor)
    said = await asyncio.to_thread(service.store.sightings.say, one.id, word)
    return sighting_answer(said, service.names, caller)


@router.delete(
    "/{sighting_id}",
    status_code=204,
    summary="Delete a sighting",
    response_description="It is gone.",
    responses=_CHANGING,
)
async def remove_sighting(one: Own, service: PartsOf) -> Response:
    """Overwritten in the database and its log. The photos, their answers and their reviews stay."""
    await asyncio.to_thread(service.store.sightings.remove, one.id)
    return Response(status_code=204)


def _decision(body: SayV1, one: Sighting) -> Decision:
    if body.rejected:
        return Decision.REJECTED
    name = one.machine.brand or one.machine.platform
    form = max(one.views, key=lambda view: view.camera.score).camera.form_factor
    same = body.vendor == name and body.form_factor == form
    return Decision.CONFIRMED if same else Decision.CORRECTED


def _weigh(service: Parts) -> Weigh:
    """With the likelihoods and the catalogue as they are now."""
    models = service.settings.models_dir
    weighing = Weighing(service.catalogue, load_likelihoods(models), load_thresholds(models))
    return lambda cameras: joined(cameras, weighing)


def _listed(service: Parts, which: Conditions, part: tuple[int, int], caller: Caller) -> SightingsV1:
    """``part`` is how many, and from where on."""
    store = service.store.sightings
    names = display_names(service.catalogue)  # once: live names look at the disk each time
    answers = [sighting_answer(one, names, caller) for one in store.find(which, *part)]
    return SightingsV1(total=store.count(which), sightings=answers)


def _exported(service: Parts, wanted: Conditions, write: Callable[[Sequence[Sighting]], str]) -> str:
    """All of them or none: a file that silently ends early would be taken for the whole."""
    total = service.store.sightings.count(wanted)
    if total > MAX_EXPORTED:
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            f"These are {total} sightings; at most {MAX_EXPORTED} go out at once: filter.",
        )
    return write(service.store.sightings.find(wanted, MAX_EXPORTED))


def _suggestions(service: Parts, one: Sighting, caller: Caller) -> SuggestionsV1:
    """Among what the caller may change: others cannot be joined."""
    store = service.store.sightings
    everything = store.seen((*visible(caller.only), SIGHTINGS.c.rejected.is_(False)))
    own = next((seen for seen in everything if seen.id == one.id), None)
    near = suggested(own, everything) if own else []
    found = {other.id: other for other in store.several([like.id for like in near])}
    return SuggestionsV1(
        suggestions=[
            SuggestionV1(
                score=like.score,
                metres=None if like.metres is None else round(like.metres, 1),
                seconds=like.seconds,
                sighting=sighting_answer(found[like.id], service.names, caller),
            )
            for like in near
            if like.id in found and may_change(found[like.id], caller)
        ]
    )


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8"), media_type=kind, headers=headers)


def _now() -> str:
    return stamp(datetime.now(UTC))
