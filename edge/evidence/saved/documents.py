"""JSON answers: leaves as pairs, header tables as headers, and texts inside them as texts of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.evidence.saved.observed import Device, Observed, observations
from edge.vendors.protocol_rules import Field

MAX_DEPTH = 24
MAX_LEAVES = 4000
MAX_TEXTS = 64
_STARTS = ("{", "[")


@dataclass(frozen=True, slots=True)
class Document:
    """``observed`` is of the leaves, ``headers`` are lines ``Name: value``, ``texts`` longer texts inside."""

    observed: Observed
    headers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    pairs: list[tuple[str, str]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def read_document(text: str) -> Document | None:
    """The JSON that ``text`` is, or that starts on one of its lines; None where there is none."""
    parsed = _parsed(text)
    if parsed is None:
        return None
    found = _Found()
    for key, value in _leaves(parsed, "", 0):
        _sort(key, value, found)
    pairs = [(Field.JSON, f"{key}={value}") for key, value in found.pairs]
    observed = Observed(observations(pairs), _device(found.pairs)).of_kind("json")
    return Document(observed, tuple(found.headers), tuple(found.texts[:MAX_TEXTS]))


def _parsed(text: str) -> object | None:
    decoder = json.JSONDecoder()
    starts = [0] if text.lstrip().startswith(_STARTS) else []
    starts += [at + 1 for mark in _STARTS for at in [text.find("\n" + mark)] if at >= 0]
    for start in starts:
        begin = start + len(text[start:]) - len(text[start:].lstrip())
        try:
            value, _ = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict | list) and value:
            return value
    return None


def _leaves(value: object, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """(last key, text) of every leaf, in order."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            yield value["name"][:200], value["value"]  # a header in an HTTP archive
        for name, inner in value.items():
            yield from _leaves(inner, str(name)[:200], depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key, depth + 1)
    elif isinstance(value, bool):
        yield key, str(value).lower()
    elif value is not None:
        yield key, str(value)


def _sort(key: str, value: str, found: _Found) -> None:
    if len(found.pairs) >= MAX_LEAVES or not value:
        return
    if "\n" in value.strip() or "<" in value or value.startswith(("RTSP/", "HTTP/", "v=0", "onvif://")):
        found.texts.append(value[:200_000])
    if key.lower() in {"server", "www-authenticate", "public", "content-base", "rtp-info"}:
        found.headers.append(f"{key}: {value[:2048]}")
    if key.lower() in {"title", "http_title"}:
        found.texts.append(f"<title>{value[:400].replace('<', ' ')}</title>")
    found.pairs.append((key, value[:512]))


_NAMES = {
    "prodnbr": "model",
    "model": "model",
    "modelname": "model",
    "devicemodel": "model",
    "devicetype": "type",
    "version": "firmware",
    "firmware": "firmware",
    "firmwareversion": "firmware",
    "firmver": "firmware",
    "serialnumber": "serial",
    "serial": "serial",
    "brand": "maker",
    "manufacturer": "maker",
    "vendor": "maker",
    "mac": "mac",
    "macaddress": "mac",
}


def _device(pairs: list[tuple[str, str]]) -> Device:
    """What is stated once; where a document names several devices, none of them is meant."""
    told: dict[str, set[str]] = {}
    for key, value in pairs:
        name = _NAMES.get(key.lower().replace("_", "").replace("-", ""))
        if name:
            told.setdefault(name, set()).add(value.strip()[:256])
    if len(told.get("model", ())) > 1 or len(told.get("maker", ())) > 1 or len(told.get("serial", ())) > 1:
        return Device()
    once = {name: values.pop() for name, values in told.items() if len(values) == 1}
    kind = once.pop("type", None)  # Dahua's devices state their model there
    return Device(**{"model": kind, **once})
