"""The pages for people, one of them the OpenAPI description in readable form: nothing from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from edge.domain import FormFactor
from edge.service.page_texts import english, languages
from edge.settings import Settings

PAGES = Path(__file__).parent / "pages"
router = APIRouter(include_in_schema=False)

FORMS = (
    (FormFactor.BULLET, "bullet"),
    (FormFactor.DOME, "dome"),
    (FormFactor.TURRET, "turret"),
    (FormFactor.PTZ, "pan-tilt-zoom"),
    (FormFactor.BOX, "box"),
    (FormFactor.FISHEYE, "fisheye"),
    (FormFactor.MULTI, "multi-sensor"),
    (FormFactor.ALPR, "number-plate reader"),
    (FormFactor.INDOOR, "doorbell or indoor"),
)

_MISSED_HEARTBEATS = 3


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PAGES / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(text=english, languages=languages)
    return made


def rendered(template: str, **values: object) -> str:
    return _templates().get_template(template).render(**values)


def render(template: str, **values: object) -> HTMLResponse:
    return HTMLResponse(rendered(template, **values))


@router.get("/", response_class=HTMLResponse)
async def upload_page(request: Request) -> HTMLResponse:
    return HTMLResponse(upload_html(request.app.state.parts.settings))


def upload_html(settings: Settings) -> str:
    return rendered("index.html", max_megabytes=settings.max_photo_bytes // 1_000_000)


@router.get("/streams", response_class=HTMLResponse)
async def streams_page(request: Request) -> HTMLResponse:
    return render("streams.html", silence_s=_silence_s(request.app.state.parts.settings))


@router.get("/batches", response_class=HTMLResponse)
async def batches_page(request: Request) -> HTMLResponse:
    settings = request.app.state.parts.settings
    most = settings.batch_max_upload_bytes
    return render("batches.html", silence_s=_silence_s(settings), max_bytes=most, max_size=_size(most))


@router.get("/review", response_class=HTMLResponse)
async def review_page() -> HTMLResponse:
    return render("review.html", forms=FORMS)


@router.get("/catalogue", response_class=HTMLResponse)
async def catalogue_page() -> HTMLResponse:
    return render("catalogue.html")


@router.get("/docs", response_class=HTMLResponse)
async def reference_page(request: Request) -> HTMLResponse:
    return render("docs.html", operations=_operations(request.app.openapi()))


def _silence_s(settings: Settings) -> float:
    """After so long a page takes its connection for lost."""
    return _MISSED_HEARTBEATS * settings.event_heartbeat_s + 1


def _size(limit: int) -> str:
    """In decimal units, rounded down, as file managers show it."""
    unit, name = (10**9, "GB") if limit >= 10**9 else (10**6, "MB")
    return f"{limit // unit} {name}"


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str
    description: str
    needs_token: bool
    parameters: tuple[tuple[str, str], ...]
    responses: tuple[tuple[str, str], ...]
    example: str


def _operations(description: dict[str, Any]) -> list[Operation]:
    schemas = description["components"]["schemas"]
    return [
        _operation(method.upper(), path, one, schemas)
        for path, methods in description["paths"].items()
        for method, one in methods.items()
    ]


def _operation(method: str, path: str, one: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    return Operation(
        method=method,
        path=path,
        summary=one["summary"],
        description=one.get("description", ""),
        needs_token="security" in one,
        parameters=tuple((p["name"], p.get("description", "")) for p in one.get("parameters", []))
        + _fields(one),
        responses=tuple((code, r["description"]) for code, r in one["responses"].items()),
        example=_example(_success(one["responses"]), schemas),
    )


def _fields(one: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Of a JSON body."""
    content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = content.get("schema", {}).get("properties", {})
    return tuple((name, field.get("description", "")) for name, field in fields.items())


def _success(responses: dict[str, Any]) -> dict[str, Any]:
    return next((response for code, response in responses.items() if code.startswith("2")), {})


def _example(response: dict[str, Any], schemas: dict[str, Any]) -> str:
    reference = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    example = schemas.get(reference.rpartition("/")[2], {}).get("example")
    return json.dumps(example, indent=2) if example else ""
