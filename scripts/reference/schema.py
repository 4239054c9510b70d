"""The fields of the JSON contracts, from their models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from edge.report.contract import PhotoV1, UnreadableV1
from edge.report.stream_contract import StreamV1
from scripts.reference.markdown import code, page, sentence, table

Described = dict[str, Any]
"""A part of a JSON Schema."""


def schema_page() -> str:
    return page(
        "Fields of `camid/1`",
        "`edge/report/contract.py`",
        "What they mean together: [schema](../schema.md). For programs there is a JSON Schema:"
        " [camid-1.schema.json](camid-1.schema.json).",
        *_models(PhotoV1, {}),
        *_models(UnreadableV1, _definitions(PhotoV1)),
    )


def stream_schema_page() -> str:
    return page(
        "Fields of `camid-stream/1`",
        "`edge/report/stream_contract.py`",
        "What they mean together: [streams](../streams.md). Parts that photos have too stand with"
        " [`camid/1`](schema.md).",
        *_models(StreamV1, _definitions(PhotoV1)),
    )


def schema_json() -> str:
    """JSON Schema of an answer about a photo."""
    return json.dumps(_schema(PhotoV1), indent=1, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel]) -> Described:
    return model.model_json_schema(by_alias=True, mode="serialization")


def _definitions(model: type[BaseModel]) -> Described:
    definitions: Described = _schema(model).get("$defs", {})
    return definitions


def _models(model: type[BaseModel], known: Mapping[str, object]) -> Iterator[str]:
    """``model``, then what it is made of but what is ``known`` from elsewhere."""
    whole = _schema(model)
    definitions: Described = whole.get("$defs", {})
    for name, one in ((model.__name__, whole), *definitions.items()):
        if "properties" not in one or name in known:
            continue
        yield f"## `{name}`"
        if one.get("description"):
            yield sentence(one["description"].partition("\n\n")[0])
        fields = one["properties"].items()
        yield table(
            ("Field", "Type", "Meaning"), (_field(key, field, definitions, known) for key, field in fields)
        )


def _field(
    name: str, field: Described, definitions: Described, known: Mapping[str, object]
) -> tuple[str, str, str]:
    return code(name), _kind(field, definitions, known), sentence(field.get("description", ""))


def _kind(field: Described, definitions: Described, known: Mapping[str, object]) -> str:
    if "$ref" in field:
        return _named(field["$ref"].rpartition("/")[2], definitions, known)
    if "anyOf" in field:
        return " or ".join(_kind(one, definitions, known) for one in field["anyOf"])
    if words := field.get("enum") or [field[key] for key in ("const",) if key in field]:
        return ", ".join(map(code, words))
    if field.get("type") in ("array", "object"):
        return _many(field, definitions, known)
    kind: str = field.get("type", "any")
    return {"string": "text", "integer": "whole number"}.get(kind, kind)


def _many(field: Described, definitions: Described, known: Mapping[str, object]) -> str:
    """A list, one of fixed length, or a mapping."""
    if "prefixItems" in field:
        members = field["prefixItems"]
        return f"list of {len(members)}: {_kind(members[0], definitions, known)}"
    if field["type"] == "array":
        return f"list of {_kind(field['items'], definitions, known)}"
    values = field.get("additionalProperties")
    return f"text to {_kind(values, definitions, known)}" if isinstance(values, dict) else "object"


def _named(name: str, definitions: Described, known: Mapping[str, object]) -> str:
    one = definitions[name]
    if "properties" not in one:
        return _kind(one, definitions, known)
    return f"[`{name}`]({'schema.md' if name in known else ''}#{name.lower()})"
