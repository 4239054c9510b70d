"""The cookie of a paired phone, and why no other page can ask in its name.

Browsers send a cookie by themselves, so it counts only for requests that Camid's own pages made.
``SameSite=Strict`` keeps other sites out, but not other ports of the same host, which are the same site; the
origin tells these.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response

from edge.errors import CamidError, ErrorCode

COOKIE = "__Host-camid"
"""By this prefix browsers take it only over HTTPS, for this host alone and for all its paths."""
_KEPT_DAYS = 400
"""The longest that browsers keep one. The service forgets the phone long before; it then knows it again."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def set_cookie(response: Response, text: str) -> None:
    response.set_cookie(
        COOKIE, text, max_age=_KEPT_DAYS * 86_400, secure=True, httponly=True, samesite="strict", path="/"
    )


def cookie_of(request: Request) -> str | None:
    return request.cookies.get(COOKIE)


def check_own_page(request: Request) -> None:
    """That a page of this very address asks, or, where nothing is changed, the person by the address bar.

    Raises:
        CamidError: ``foreign_origin``, also where something would change and the browser says nothing.
    """
    site = request.headers.get("sec-fetch-site")
    reading = request.method in _READING
    if site is not None:
        own = site == "same-origin" or (reading and site == "none")
    else:  # browsers from before 2023
        origin = request.headers.get("origin")
        own = reading if origin is None else _is_own(origin, request)
    if not own:
        raise CamidError(ErrorCode.FOREIGN_ORIGIN, "The request comes from a page that is not Camid's.")


def _is_own(origin: str, request: Request) -> bool:
    told = urlsplit(origin)
    return told.scheme == "https" and told.netloc.lower() == request.headers.get("host", "").lower()
