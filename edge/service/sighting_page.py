"""The page of sightings: a map with the list beside it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from edge.service.map_tiles import tile_origin
from edge.service.middleware import content_policy
from edge.service.page import FORMS, render
from edge.service.parts import parts

router = APIRouter(include_in_schema=False)


@router.get("/sightings", response_class=HTMLResponse)
async def sightings_page(request: Request) -> HTMLResponse:
    """The only page that may load pictures from elsewhere: tiles, where a tile server is set."""
    origin = tile_origin(parts(request).settings)
    page = render("sightings.html", forms=FORMS)
    page.headers["Content-Security-Policy"] = content_policy(*([origin] if origin else []))
    return page
