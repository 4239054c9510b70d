"""JSON bodies, bounded in bytes and time, read after the token was checked and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge.errors import CamidError, ErrorCode
from edge.service.parts import parts

MAX_JSON_BYTES = 64 * 1024
_MAX_FAULTS = 5
_MAX_PLACE_CHARACTERS = 60

Body = TypeVar("Body", bound=BaseModel)


async def read_json(request: Request, model: type[Body]) -> Body:
    """The body of ``request`` as ``model``.

    FastAPI's own body parameters are read before any dependency runs, so also for clients without a token,
    and without a limit.

    Raises:
        CamidError: ``bad_request``; what the client sent is not quoted, for it may hold a password.
        ClientDisconnect: if the client goes away before the end.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise CamidError(ErrorCode.BAD_REQUEST, "The body is not application/json.")
    body = await _received(request)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = "; ".join(_fault(one) for one in details[:_MAX_FAULTS])
        raise CamidError(ErrorCode.BAD_REQUEST, f"The request is wrong ({faults}).") from None


async def _received(request: Request) -> bytes:
    body = bytearray()
    limit_s = parts(request).settings.upload_idle_s
    try:
        async with asyncio.timeout(limit_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON_BYTES:
                    raise CamidError(
                        ErrorCode.BAD_REQUEST, f"The body is larger than {MAX_JSON_BYTES} bytes."
                    )
    except TimeoutError:
        raise CamidError(
            ErrorCode.BAD_REQUEST, f"The body did not arrive within {limit_s:g} seconds."
        ) from None
    return bytes(body)


def _fault(detail: ErrorDetails) -> str:
    """Where and why. Names of fields are the client's as well, so they are shortened."""
    place = ".".join(str(part) for part in detail["loc"])[:_MAX_PLACE_CHARACTERS]
    return f"{place or 'body'}: {detail['msg']}"


def json_request(model: type[BaseModel]) -> dict[str, object]:
    """What the OpenAPI description says of a body that ``read_json`` reads; ``model`` holds no cycle."""
    schema = model.model_json_schema(ref_template="{model}")
    whole = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole}}}}


def _inlined(node: Any, parts: Mapping[str, Any]) -> Any:
    """``node`` with each reference replaced by what it stands for: FastAPI lists only models of answers."""
    if isinstance(node, list):
        return [_inlined(one, parts) for one in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inlined(value, parts) for key, value in node.items() if key != "$ref"}
    return {**_inlined(parts[node["$ref"]], parts), **own} if "$ref" in node else own
