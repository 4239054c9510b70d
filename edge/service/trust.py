"""How to trust the authority of this box: page and certificate, over HTTPS and, before trust, over HTTP.

Over HTTP nothing else is served, and nothing is secret. Whoever sits between could exchange both there, so
the page asks people to compare the fingerprint that their device shows with the one in the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import CamidError, ErrorCode
from edge.service.middleware import make_harmless
from edge.service.page import PAGES, render

if TYPE_CHECKING:
    from edge.service.lan_side import LanSide

CERTIFICATE = "/camid-authority.crt"
_FILES = frozenset({"camid.css", "lan.css", "camid.svg", "texts.js", "lan.js"})
"""What the page consists of, beside the texts."""

router = APIRouter(include_in_schema=False)


@router.get("/trust", response_class=HTMLResponse)
async def trust_page(request: Request) -> HTMLResponse:
    lan = _lan(request)
    return render(
        "trust.html",
        fingerprint=lan.certificate.authority.fingerprint.split(":"),
        address=lan.address,
        certificate=CERTIFICATE,
        secure=request.url.scheme == "https",
    )


@router.get(CERTIFICATE)
async def authority(request: Request) -> Response:
    """The certificate alone, as phones take it; its key is handed out nowhere."""
    content = _lan(request).certificate.authority.der
    headers = {"Content-Disposition": 'attachment; filename="camid-authority.crt"'}
    return Response(content, media_type="application/x-x509-ca-cert", headers=headers)


def trust_app(lan: LanSide) -> FastAPI:
    """What is served without TLS."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.lan = lan
    app.include_router(router)
    app.add_api_route("/", trust_page, response_class=HTMLResponse)
    app.mount("/static", _PageFiles(directory=PAGES / "static"))
    app.add_middleware(_Harmless)
    return app


class _PageFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        if path not in _FILES and not path.startswith("texts/"):
            raise HTTPException(404)
        return await super().get_response(path, scope)


class _Harmless:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                make_harmless(message)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _lan(request: Request) -> LanSide:
    """Raises: CamidError: ``not_found`` where the service has no authority of its own."""
    lan: LanSide | None = request.app.state.lan
    if lan is None:
        raise CamidError(ErrorCode.NOT_FOUND, "This service has no authority of its own.")
    return lan
