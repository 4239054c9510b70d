"""Every address of the service, from its OpenAPI description."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from edge.errors import CamidError, ErrorCode
from edge.service.app import create_app
from edge.service.engine import PhotoIdentifier
from edge.settings import Settings
from scripts.reference.markdown import code, page, sentence, table

Described = dict[str, Any]
"""A part of the description, as OpenAPI has it."""


def http_page() -> str:
    description = openapi()
    schemas = description["components"]["schemas"]
    nouns: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, one in methods.items():
            nouns.setdefault(_noun(path), []).extend(_operation(path, method, one, schemas))
    parts = [part for noun, described in nouns.items() for part in (f"## {noun.capitalize()}", *described)]
    return page(
        "Every address",
        "the service's OpenAPI description",
        "What the addresses are for, tokens, limits and events: [HTTP](../http.md). A running service"
        " has this description with examples at `/docs`, and for programs at `/openapi.json`. What an"
        " error's code means: [error codes](errors.md).",
        *parts,
    )


def openapi() -> Described:
    """The description by a service of its own, which loads no model and leaves nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder) / "data", lan=False, mqtt_url=None), _no_models)
        return asyncio.run(_described(app))


async def _described(app: FastAPI) -> Described:
    async with app.router.lifespan_context(app):
        return app.openapi()


def _no_models(settings: Settings) -> PhotoIdentifier:
    del settings
    raise CamidError(ErrorCode.MODEL_MISSING, "Nothing is looked at here.")


def _noun(path: str) -> str:
    return path.split("/")[3].partition(".")[0] if path.startswith("/api/") else "for operators"


def _operation(path: str, method: str, one: Described, schemas: Described) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`"
    access = "" if "security" in one else " Needs no token."
    yield " ".join(filter(None, (sentence(one["summary"]), sentence(one.get("description", ""))))) + access
    fields = [*map(_parameter, one.get("parameters", [])), *_body(one, schemas)]
    if fields:
        yield table(("Field", "In", "Meaning"), fields)
    yield table(
        ("Status", "Meaning"),
        ((code(status), _answer(answer)) for status, answer in one["responses"].items()),
    )


def _parameter(one: Described) -> tuple[str, str, str]:
    return (
        code(one["name"]),
        one["in"],
        _meaning(one["schema"], one.get("description", ""), one.get("required", True)),
    )


def _body(one: Described, schemas: Described) -> Iterator[tuple[str, str, str]]:
    for kind, content in one.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content.get("schema", {}), schemas)
        needed = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            yield code(name), kind, _meaning(field, field.get("description", ""), name in needed)


def _resolved(schema: Described, schemas: Described) -> Described:
    reference = schema.get("$ref", "").rpartition("/")[2]
    return schemas[reference] if reference else schema


def _meaning(schema: Described, description: str, needed: bool) -> str:
    words = [sentence(description)]
    if "default" in schema and schema["default"] is not None:
        words.append(f"Default {code(str(schema['default']).lower())}.")
    elif not needed:
        words.append("Optional.")
    return " ".join(filter(None, words))


def _answer(answer: Described) -> str:
    kinds = ", ".join(code(kind) for kind in answer.get("content", {}))
    return " ".join(filter(None, (sentence(answer["description"]), kinds)))
