"""Evidence packs over HTTP: one photo with its answer, to hand to somebody else."""

from __future__ import annotations

import asyncio
import secrets
from importlib.metadata import version
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from edge.report.catalogue import ageing
from edge.report.pack import PackMaker
from edge.report.pack_parts import PackOptions
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.pack_photos import of_stored
from edge.service.parts import Parts, parts
from edge.service.photos import Stored
from edge.service.problems import BusyError
from edge.service.store import StoredPhoto

_WRONG = problem_doc("bad_request", "A parameter is wrong.", "… itself says where it was taken: …")
_UNKNOWN = problem_doc("not_found", "No such photo.", "There is no photo with this id. …")
_FULL = problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …")
_BUSY = problem_doc("busy", "Another export runs; see Retry-After.", "Another export is being made. …")

router = APIRouter(prefix="/api/v1/photos", tags=["photos"], responses=GUARDED)
PartsOf = Annotated[Parts, Depends(parts)]


@router.get(
    "/{photo_id}/report.zip",
    summary="An evidence pack",
    response_class=FileResponse,
    responses={
        200: {"description": "report.html, pictures, the answer.", "content": {"application/zip": {}}},
        401: UNAUTHORISED,
        404: _UNKNOWN,
        422: _WRONG,
        503: _BUSY,
        507: _FULL,
    },
)
async def read_report(
    photo: Stored,
    service: PartsOf,
    faces: Annotated[bool, Query(description="false: faces are not searched and not blurred.")] = True,
    original: Annotated[bool, Query(description="true: with the photo's own file, as it is.")] = False,
    position: Annotated[bool, Query(description="true: with where the photo was taken.")] = False,
) -> FileResponse:
    """A page to print, the picture with boxes, crops, the answer, and the hash of each file. `camid verify`
    checks it. An original whose metadata hold a position is given only together with the position."""
    if service.exporting.locked():
        raise BusyError("Another export is being made.", after_s=10)
    async with service.exporting:
        place = await asyncio.to_thread(_made, service, photo, faces, PackOptions(original, position))
    return FileResponse(
        place,
        media_type="application/zip",
        filename=f"camid-report-{photo.id[:8]}.zip",
        background=BackgroundTask(place.unlink, missing_ok=True),
    )


def _made(service: Parts, photo: StoredPhoto, faces: bool, options: PackOptions) -> FilePath:
    """The finished pack among the uploads, which a start sweeps."""
    from edge.vision.faces import load_face_finder  # noqa: PLC0415 - the model is wanted here alone

    finder = load_face_finder(service.settings) if faces else None
    place = service.data.incoming / f"report-{secrets.token_hex(8)}.zip"
    maker = PackMaker(service.catalogue, finder, options, version("camid"), ageing(service.settings))
    maker.write([of_stored(photo.original, photo.body, photo.created_at, service.settings)], place)
    return place
