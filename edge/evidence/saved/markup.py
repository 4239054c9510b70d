"""XML and HTML answers, scanned rather than parsed: saved texts are often cut, and a scanner has no entities
to expand, no depth to run out of, nothing to fetch. Only leaves, the root's namespace and addresses count."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from edge.evidence.saved.observed import NOTHING, Device, Observed, address_fields, observations
from edge.vendors.protocol_rules import Field

MAX_LEAVES = 3000
_TAG = re.compile(r"<(?:[\w.-]{1,80}:)?([A-Za-z][\w.-]{0,80})(\s[^<>]{0,16000})?/?>")
_LEAF = re.compile(
    r"<(?:[\w.-]{1,80}:)?([A-Za-z][\w.-]{0,80})(?:\s[^<>]{0,2000})?>([^<>]{0,2048})</(?:[\w.-]{1,80}:)?\1\s*>"
)
_DEFAULT_NAMESPACE = re.compile(r"\sxmlns\s*=\s*[\"']([^\"'<>]{1,300})[\"']")
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<>]{0,400})</title", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|title|script)\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.{0,4000}?-->", re.DOTALL)
MAX_BODY = 65536
"""Characters of an HTML page that are searched."""
_PIECE = 2000

_SCOPE = re.compile(r"onvif://www\.onvif\.org/([\w.-]{1,64})/([^\s<>\"']{1,300})", re.IGNORECASE)
_ANSWERS_ABOUT_ITSELF = frozenset({"DeviceInfo", "GetDeviceInformationResponse"})
_ADDRESSES = frozenset({"XAddr", "XAddrs", "Uri", "rtspUri", "snapshotUri"})


def read_markup(text: str) -> Observed:
    """What XML or HTML in ``text`` holds; nothing where there is none."""
    if "<" not in text or ">" not in text:
        return NOTHING
    if _HTML.search(text[:20000]) and "Envelope" not in text[:20000]:
        return _page(text)
    root = next((m for m in _TAG.finditer(text[:40000]) if not m[0].startswith("<?")), None)
    if root is None:
        return NOTHING
    leaves = tuple(_leaves(text))
    fields = [*_namespace(root), *_leaf_fields(leaves, _is_about_itself(text))]
    device = _device(leaves) if _is_about_itself(text) else Device()
    scopes = read_scopes(text)
    found = Observed(observations(fields), device).joined(Observed(scopes.observations, scopes.device))
    return found.of_kind(_kind(text, root[1]))


def _leaves(text: str) -> Iterator[tuple[str, str]]:
    for count, match in enumerate(_LEAF.finditer(_COMMENT.sub("", text))):
        if count >= MAX_LEAVES:
            return
        yield match[1], html.unescape(match[2]).strip()


def _namespace(root: re.Match[str]) -> list[tuple[Field, str]]:
    return [(Field.NAMESPACE, found[1])] if (found := _DEFAULT_NAMESPACE.search(root[2] or "")) else []


def _is_about_itself(text: str) -> bool:
    """Whether the leaves state who answers; a recorder's list of channels states whom it knows."""
    return any(m[1] in _ANSWERS_ABOUT_ITSELF for m in _TAG.finditer(text[:40000]))


def _leaf_fields(leaves: tuple[tuple[str, str], ...], about_itself: bool) -> Iterator[tuple[Field, str]]:
    for name, value in leaves:
        if not value:
            continue
        if about_itself or name == "channelName":
            yield Field.ELEMENT, f"{name}={value}"
        if name in _ADDRESSES:
            for address in value.split():
                yield from _address(address)


def _address(address: str) -> list[tuple[Field, str]]:
    if address.lower().startswith("rtsp"):
        return address_fields(address, Field.RTSP_PATH, Field.RTSP_PORT)
    return address_fields(address, Field.HTTP_PATH, Field.HTTP_PORT)


_NAMES = {
    "manufacturer": "maker",
    "model": "model",
    "firmwareversion": "firmware",
    "serialnumber": "serial",
    "macaddress": "mac",
}


def _device(leaves: tuple[tuple[str, str], ...]) -> Device:
    told: dict[str, str] = {}
    for name, value in leaves:
        if value and (key := _NAMES.get(name.lower())):
            told.setdefault(key, value[:256])
    return Device(**told)


def read_scopes(text: str) -> Observed:
    """What the ONVIF scopes in ``text`` say. The name in them can be set by the user."""
    told: dict[str, str] = {}
    names = []
    for key, value in _scope_pairs(text):
        if key in _SCOPES:
            told.setdefault(_SCOPES[key], value)
        elif key == "name":
            names.append((Field.SCOPE_NAME, value))
    return Observed(observations(names), Device(**told)).of_kind("scopes")


_SCOPES = {"hardware": "model", "manufacturer": "maker", "mfr": "maker", "mac": "mac", "macaddress": "mac"}


def _scope_pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _SCOPE.finditer(text[:MAX_BODY]):
        if value := " ".join(unquote(match[2]).split()):
            yield match[1].lower(), value[:256]


def _kind(text: str, root: str) -> str:
    if re.search(r"<(?:[\w.-]+:)?(?:ProbeMatches|ResolveMatches|Hello)\b", text[:40000]):
        return "ws-discovery"
    if root == "Envelope" or "onvif.org" in text[:20000]:
        return "onvif"
    return "isapi" if "XMLSchema" in text[:2000] else "xml"


def _page(text: str) -> Observed:
    titles = [(Field.HTTP_TITLE, html.unescape(title)) for title in _TITLE.findall(text[:MAX_BODY])]
    body = text[:MAX_BODY]
    pieces = [(Field.HTTP_BODY, body[at : at + _PIECE]) for at in range(0, len(body), _PIECE - 100)]
    return Observed(observations([*titles[:4], *pieces])).of_kind("html")
