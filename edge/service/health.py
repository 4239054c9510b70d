"""For supervisors and for Prometheus: alive, ready, counted."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from edge.media.sandbox import sandbox
from edge.service.answers import GUARDED, problem_doc
from edge.service.auth import READ
from edge.service.parts import Parts, parts
from edge.vendors.installed import Origin, in_use

router = APIRouter(tags=["health"])
_LOADING = problem_doc(
    "busy",
    "Not ready: models loading or broken, database damaged, or shutting down.",
    "The models are still …",
)
_NO_ROOM = problem_doc("store_full", "The data directory is full or read-only.", "Free disk space …")


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(Health):
    catalogue: Origin = Field(
        description="Where the catalogue comes from: shipped, installed, or fallback (shipped, for the "
        "installed one cannot be used)."
    )
    decoders: str = Field(
        description="`confined`; `without seccomp`, `without landlock` or both, joined by `and`, where "
        "the kernel lacks it."
    )


@router.get("/healthz", summary="Alive", response_description="It is.")
async def healthz() -> Health:
    """200 as long as the process answers. Needs no token and tells nothing else."""
    return Health()


@router.get(
    "/readyz",
    summary="Ready for photos",
    response_description="Ready.",
    responses={503: _LOADING, 507: _NO_ROOM},
)
async def readyz(service: Annotated[Parts, Depends(parts)]) -> Ready:
    """200 once the models are loaded and warm; 503 before, after a failure, with a damaged database, at
    shutdown; 507 while nothing can be kept. Needs no token."""
    service.check_ready()
    guards = sandbox().known_guards
    return Ready(
        catalogue=in_use(service.settings.data_dir).origin,
        decoders="not begun" if guards is None else guards.words,
    )


@router.get(
    "/metrics",
    summary="Counters",
    dependencies=[READ],
    response_class=Response,
    responses={
        200: {"description": "Prometheus text format.", "content": {"text/plain": {}}},
        **GUARDED,
    },
)
async def metrics(service: Annotated[Parts, Depends(parts)]) -> Response:
    """Requests, photos and refusals by cause, times of the stages. Needs the token, from anywhere."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
