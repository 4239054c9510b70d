"""Around every request: counted, logged without its query, answered with headers that keep pages harmless."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import CamidError, ErrorCode
from edge.service.access_audit import Audit
from edge.service.metrics import Metrics
from edge.service.problems import Problem, error_v1

_log = logging.getLogger("edge.service.access")


def content_policy(*image_origins: str) -> str:
    """No script or style inside a page, nothing from elsewhere but pictures of ``image_origins``, no framing:
    an injected text stays a text."""
    images = " ".join(("'self'", "blob:", *image_origins))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def make_harmless(message: Message) -> None:
    """Adds to the start of an answer what it does not say itself."""
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


class Surroundings:
    def __init__(self, app: ASGIApp, metrics: Metrics, audit: Audit) -> None:
        self._app = app
        self._metrics = metrics
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.monotonic()
        status = 500
        app = _ambiguous if _is_framed_twice(scope) else self._app

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                make_harmless(message)
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.monotonic() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's template, not the path: ids and inventions would grow the metrics without bound.
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, status).inc()
        path = scope["path"].encode("unicode_escape").decode("ascii")[:200]
        _log.info("%s %s %d %.0f ms", method, path, status, seconds * 1000)
        self._note_for_audit(scope, f"{method} {path}", route, status)

    def _note_for_audit(self, scope: Scope, what: str, route: str, status: int) -> None:
        """Refusals, changes, and exports, by which much leaves at once."""
        caller = scope.get("state", {}).get("caller")
        address = scope["client"][0] if scope.get("client") else ""
        if status in _REFUSALS:
            self._audit.note_refusal(caller, what, str(status), address)
        elif caller is not None and (scope["method"] not in _READING or _hands_out_much(route)):
            self._audit.note(caller, what, str(status), address)


def _is_framed_twice(scope: Scope) -> bool:
    """Whether a proxy in front may take another place for the end of this request, and what follows for a
    request of somebody else (request smuggling, RFC 9112 section 6.3)."""
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names and b"transfer-encoding" in names


_TWICE = CamidError(ErrorCode.BAD_REQUEST, "The request says twice how long it is.")
_ambiguous = JSONResponse(
    Problem(error=error_v1(_TWICE)).model_dump(mode="json"),
    status_code=_TWICE.outcome.status,
    headers={"Connection": "close"},
)


def _hands_out_much(route: str) -> bool:
    return "/export" in route or route.endswith(".zip")


_REFUSALS = frozenset({401, 403, 429})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
