"""A phone brings a pairing code and gets a cookie of its own for it."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from edge.service.access_cookie import check_own_page, cookie_of, set_cookie
from edge.service.access_store import NamedToken
from edge.service.answers import GUARDED, problem_doc
from edge.service.auth import Gate, Token, host_of
from edge.service.json_body import json_request, read_json
from edge.service.page import render
from edge.service.pairing_codes import PAGE
from edge.service.pairing_store import Browser
from edge.service.parts import Parts, parts

router = APIRouter(tags=["pairing"])
PartsOf = Annotated[Parts, Depends(parts)]

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
"""What a browser calls its system, and how we call it."""


class CodeV1(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=100, description="From the fragment of the QR code's address.")


class PairedV1(BaseModel):
    """The phone as the service knows it; what opens the service is in the cookie alone."""

    id: str
    name: str = Field(examples=["Android 2"])
    scopes: list[str] = Field(examples=[["read", "upload"]])
    expires_at: str = Field(examples=["2027-02-26T10:00:00.000Z"])


@router.post(
    "/api/v1/pairing",
    summary="Pair a phone",
    response_description="The phone; its cookie is in the Set-Cookie header.",
    responses={
        403: problem_doc("code_used", "The code is wrong, used or expired.", "This pairing code was used …"),
        422: problem_doc("bad_request", "The body is wrong.", "The request is wrong (code: …)."),
        429: GUARDED[429],
        507: problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …"),
    },
    openapi_extra=json_request(CodeV1),
)
async def pair_phone(request: Request, response: Response, service: PartsOf) -> PairedV1:
    """Uses up a code of `camid lan pair`. A browser that was paired before stays the owner of its photos."""
    check_own_page(request)
    given = await read_json(request, CodeV1)
    text = secrets.token_urlsafe(32)
    before = cookie_of(request)
    browser = Browser(
        digest=Token.of(text).digest,
        device=_device(request.headers.get("user-agent", "")),
        before=Token.of(before).digest if before is not None else None,
    )
    gate: Gate = request.app.state.gate
    use = partial(service.store.pairings.use, browser=browser)
    phone = await gate.pair(host_of(request), given.code, use)
    request.state.caller = phone.caller  # for the audit log
    set_cookie(response, text)
    return _answer(phone)


@router.get(PAGE, response_class=HTMLResponse, include_in_schema=False)
async def pairing_page() -> HTMLResponse:
    return render("pair.html")


def _answer(phone: NamedToken) -> PairedV1:
    caller = phone.caller
    return PairedV1(
        id=caller.id, name=caller.name, scopes=sorted(caller.scopes), expires_at=phone.expires_at or ""
    )


def _device(user_agent: str) -> str:
    return next((name for mark, name in _SYSTEMS if mark in user_agent), "Phone")
