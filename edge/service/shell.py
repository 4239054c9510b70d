"""What makes the reporter's page an app of a phone: its manifest, and the worker that keeps its shell."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.staticfiles import PathLike
from starlette.types import Scope

from edge.service.page import PAGES, rendered, upload_html
from edge.service.page_texts import TEXTS, english

router = APIRouter(include_in_schema=False)

_GROUND = "#12324a"
_MANIFEST = {
    "id": "/",
    "name": "Camid",
    "short_name": "Camid",
    "description": english("photos.about"),
    "lang": "en",
    "start_url": "/",
    "scope": "/",
    "display": "standalone",
    "background_color": _GROUND,
    "theme_color": _GROUND,
    "icons": [
        {"src": "/static/camid.svg", "sizes": "any", "type": "image/svg+xml"},
        {"src": "/static/icons/camid-192.png", "sizes": "192x192", "type": "image/png"},
        {"src": "/static/icons/camid-512.png", "sizes": "512x512", "type": "image/png"},
        {
            "src": "/static/icons/camid-maskable-512.png",
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ],
}

_SCRIPTS = ("camid", "queue", "result", "sending", "shared", "shell", "texts", "uploads", "words")
_PAGE = "/"
_STATIC = (
    "camid.css",
    "camid.svg",
    *(f"{name}.js" for name in _SCRIPTS),
    *(f"texts/{file.name}" for file in sorted(TEXTS.glob("*.json"))),
)


@router.get("/manifest.webmanifest")
def manifest() -> Response:
    return Response(json.dumps(_MANIFEST), media_type="application/manifest+json")


@router.get("/worker.js")
def worker(request: Request) -> Response:
    """Its text differs when anything of the shell does: by that browsers see a new version."""
    page = upload_html(request.app.state.parts.settings)
    contents = ((PAGES / "static" / name).read_bytes() for name in _STATIC)
    script = rendered(
        "worker.js",
        version=_version([page.encode(), *contents]),
        paths=[_PAGE, *(f"/static/{name}" for name in _STATIC)],
    )
    return Response(script, media_type="text/javascript")


class Assets(StaticFiles):
    """What the pages are made of: a browser may keep it if it asks each time whether it is still the same."""

    def __init__(self) -> None:
        super().__init__(directory=PAGES / "static")

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _version(contents: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
