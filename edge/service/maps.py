"""The map under sightings: tiles of a local file, for whoever may read."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field

from edge.errors import CamidError, ErrorCode
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import READ
from edge.service.map_tiles import map_source
from edge.service.parts import Parts, parts

_NONE = problem_doc("not_found", "No such tile, or no file of tiles.", "The map has no such tile. …")
_WRONG = problem_doc("bad_request", "A parameter is wrong.", "The request is wrong (…). …")
_DEEPEST = 24

router = APIRouter(prefix="/api/v1/tiles", tags=["sightings"], dependencies=[READ], responses=GUARDED)
Place = Annotated[int, Path(ge=0, lt=1 << _DEEPEST)]


class MapV1(BaseModel):
    """Where a page gets the tiles of its map."""

    url: str | None = Field(description="Of a tile server, with {z}, {x} and {y}; null: none is set.")
    file: bool = Field(description="Whether this service has tiles, under /api/v1/tiles/{z}/{x}/{y}.")
    attribution: str = Field(description="Whose map it is, to be shown on it.")
    min_zoom: int
    max_zoom: int


@router.get("", summary="The map", response_description="Its tiles.", responses={401: UNAUTHORISED})
async def read_map(service: Annotated[Parts, Depends(parts)]) -> MapV1:
    """With neither a server nor a file a page draws a plain grid. A tile server learns which places are
    looked at."""
    source = map_source(service.settings, service.tiles)
    return MapV1(
        url=source.url,
        file=source.file,
        attribution=source.attribution,
        min_zoom=source.min_zoom,
        max_zoom=source.max_zoom,
    )


@router.get(
    "/{z}/{x}/{y}",
    summary="A tile of the map",
    response_class=Response,
    responses={
        200: {"description": "A picture.", "content": {"image/*": {}}},
        401: UNAUTHORISED,
        404: _NONE,
        422: _WRONG,
    },
)
async def read_tile(
    z: Annotated[int, Path(ge=0, le=_DEEPEST, description="Zoom; x and y count from the north-west.")],
    x: Place,
    y: Place,
    service: Annotated[Parts, Depends(parts)],
) -> Response:
    """Of the file that the setting `map_tiles_file` names, in Web Mercator."""
    tiles = service.tiles
    tile = await asyncio.to_thread(tiles.get, z, x, y) if tiles is not None else None
    if tile is None:
        raise CamidError(ErrorCode.NOT_FOUND, "The map has no such tile.")
    return Response(tile.data, media_type=tile.kind, headers={"Cache-Control": "private, max-age=86400"})
