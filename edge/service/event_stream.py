"""Answers that are server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from edge.service.events import Events
from edge.settings import Settings

_SEND_LIMIT_S = 30
"""A client that takes nothing for so long is cut off; it asks again and gets the newest."""


def event_stream(
    events: Events, settings: Settings, told: AsyncIterator[ServerSentEvent]
) -> EventSourceResponse:
    """``told``, with a sign of life now and then. Raises: BusyError: if too many clients listen already."""
    events.check_room()
    return EventSourceResponse(
        told,
        sep="\n",
        ping=settings.event_heartbeat_s,
        ping_message_factory=lambda: ServerSentEvent(comment="alive", sep="\n"),
        send_timeout=_SEND_LIMIT_S,
    )


def event(kind: str, body: BaseModel) -> ServerSentEvent:
    return ServerSentEvent(body.model_dump_json(by_alias=True), event=kind, sep="\n")
