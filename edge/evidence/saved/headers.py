"""Header blocks of RTSP and HTTP answers, and the SDP among them, line by line: saved texts are cut, joined
and annotated, so no length and no order is relied on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.domain_streams import Answer
from edge.evidence.saved.observed import Observed, address_fields, observations
from edge.vendors.protocol_rules import Field

_STATUS = re.compile(r"^[\"'b \t]{0,16}(RTSP|HTTP)/\d(?:\.\d)? (\d{3})\b")
_REQUEST = re.compile(r"^[\"'b \t]{0,16}[A-Z_]{3,16} \S{1,2000} (?:RTSP|HTTP)/\d(?:\.\d)?[\"']?\s*$")
_HEADER = re.compile(r"^[ \t\"']{0,16}([A-Za-z][A-Za-z0-9-]{0,60})[ \t]?:(?!//)[ \t]*(.*)$")
_FOLD = re.compile(r"^[ \t]+\S")
MAX_FOLDS = 16
_SDP = re.compile(r"^[ \t\"']{0,16}([vosiuepcbtrzkam])=(.*)$")
_SESSION = re.compile(r"^[ \t\"']{0,16}(?:v=0|m=(?:video|audio|application)\b)", re.MULTILINE)
_REALM = re.compile(
    r"\brealm\s*=\s*(?:\"([^\"]{0,300})\"?|'([^']{0,300})'|([^\s,;\"']{1,300}))", re.IGNORECASE
)
_LOGIN = re.compile(r"Login to ([0-9A-Z]{10,20})", re.IGNORECASE)
_URLS = re.compile(r"\burl\s*=\s*\"?([^;,\"\s]{1,1000})", re.IGNORECASE)

_RTSP_ONLY = frozenset({"cseq", "public", "content-base", "rtp-info", "transport", "x-accept-dynamic-rate"})
_KNOWN = _RTSP_ONLY | {
    "server",
    "www-authenticate",
    "content-type",
    "content-length",
    "content-location",
    "location",
    "date",
    "session",
    "set-cookie",
    "range",
    "x-dynamic-rate",
    "x-powered-by",
    "user-agent",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A header (``name`` in lower case) or SDP line (``name`` its letter) of an answer."""

    carrier: str
    name: str
    text: str


def read_headers(text: str) -> Observed:
    """What header blocks and SDP in ``text`` hold; ``text`` has plain lines."""
    lines = tuple(_lines(text))
    fields = (pair for line in lines for pair in _fields(line))
    kinds = tuple(dict.fromkeys(line.carrier for line in lines))
    return Observed(observations(fields), kinds=kinds)


def read_answers(answers: Iterable[Answer]) -> Observed:
    """The same of an exchange with a stream."""
    lines = [Line("rtsp", name.lower(), f"{name}: {value}") for a in answers for name, value in a.headers]
    for answer in answers:
        lines += [line for line in _lines(answer.body) if line.carrier == "sdp"]
    fields = (pair for line in lines for pair in _fields(line))
    return Observed(observations(fields), kinds=tuple(dict.fromkeys(line.carrier for line in lines)))


def _lines(text: str) -> Iterator[Line]:
    """Lines that an answer holds, folded ones joined; those of requests are passed over."""
    carrier, described = _carrier_without_status(text), _SESSION.search(text) is not None
    strict, sent, folds = carrier is not None, False, 0
    last: Line | None = None
    for raw in text.split("\n"):
        line = raw[:8192]
        if last is not None and folds < MAX_FOLDS and _FOLD.match(line) and not _is_known(line):
            last, folds = Line(last.carrier, last.name, f"{last.text} {line.strip()}"[:8192]), folds + 1
            continue
        if last is not None:
            yield last
        last, folds = None, 0
        if status := _STATUS.match(line):
            carrier, strict, sent = status[1].lower(), False, False
        elif _REQUEST.match(line):
            sent = True
        elif described and (sdp := _SDP.match(line)):
            sent = False
            yield Line("sdp", sdp[1], _unquoted(sdp[2]))
        elif sent or carrier is None:
            sent = sent and bool(line.strip())
        elif (header := _HEADER.match(line)) and (not strict or header[1].lower() in _KNOWN):
            last = Line(carrier, header[1].lower(), f"{header[1]}: {_unquoted(header[2])}")
    if last is not None:
        yield last


def _is_known(line: str) -> bool:
    """Whether an indented line is a header of its own after all."""
    header = _HEADER.match(line)
    return header is not None and header[1].lower() in _KNOWN


def _unquoted(value: str) -> str:
    """Without the quote of source code that ends the line, but with one that the answer itself opened."""
    text = value.rstrip(" \t\\,")
    return text[:-1] if text[-1:] in ('"', "'") and text.count(text[-1]) % 2 else text


def _carrier_without_status(text: str) -> str | None:
    """Of headers that stand without a status line: RTSP where one is RTSP's own, or an SDP is there."""
    if _STATUS.search(text) or re.search(r"^[\"'b \t]{0,16}(?:RTSP|HTTP)/\d", text, re.MULTILINE):
        return None
    names = {m[1].lower() for line in text.split("\n")[:400] if (m := _HEADER.match(line[:2000]))}
    if not names & _KNOWN:
        return None
    return (
        "rtsp" if names & _RTSP_ONLY or re.search(r"^\s*m=(?:video|audio) ", text, re.MULTILINE) else "http"
    )


def _fields(line: Line) -> list[tuple[Field, str]]:
    if line.carrier == "sdp":
        return _sdp_fields(line.name, line.text)
    value = line.text.partition(":")[2].strip()
    if line.carrier == "http":
        return _http_fields(line, value)
    return _rtsp_fields(line, value)


def _rtsp_fields(line: Line, value: str) -> list[tuple[Field, str]]:
    found = [(Field.RTSP_HEADER, line.text)]
    match line.name:
        case "server":
            found.append((Field.RTSP_SERVER, value))
        case "www-authenticate":
            found += _realm_fields(Field.RTSP_REALM, value)
        case "public":
            found.append((Field.RTSP_PUBLIC, ", ".join(part.strip() for part in value.split(","))))
        case "content-base" | "content-location" | "location":
            found += address_fields(value, Field.RTSP_PATH, Field.RTSP_PORT)
        case "rtp-info":
            for url in _URLS.findall(value[:4096]):
                found += address_fields(url, Field.RTSP_PATH, Field.RTSP_PORT)
    return found


def _http_fields(line: Line, value: str) -> list[tuple[Field, str]]:
    found = [(Field.HTTP_HEADER, line.text)]
    if line.name == "server":
        found.append((Field.HTTP_SERVER, value))
    elif line.name == "www-authenticate":
        found += _realm_fields(Field.HTTP_REALM, value)
    elif line.name in {"location", "content-location"}:
        found.append((Field.HTTP_BODY, value))
    return found


def _realm_fields(field: Field, value: str) -> list[tuple[Field, str]]:
    """The realms, and the serial number that some makers put into it."""
    realms = ["".join(parts) for parts in _REALM.findall(value[:4096])]
    serials = [match[1] for realm in realms if (match := _LOGIN.fullmatch(realm))]
    return [*((field, realm) for realm in realms), *((Field.SERIAL, serial) for serial in serials)]


_SDP_FIELDS = {
    "s": Field.SDP_NAME,
    "i": Field.SDP_INFO,
    "o": Field.SDP_ORIGIN,
    "u": Field.SDP_URI,
    "m": Field.SDP_MEDIA,
}


def _sdp_fields(name: str, text: str) -> list[tuple[Field, str]]:
    if name in _SDP_FIELDS:
        return [(_SDP_FIELDS[name], text)]
    attribute, _, value = text.partition(":")
    if name != "a":
        return []
    key = attribute.strip().lower()
    if key == "control":
        return address_fields(value, Field.RTSP_PATH, Field.RTSP_PORT) if "/" in value else []
    return [(_ATTRIBUTES[key], value)] if key in _ATTRIBUTES else [(Field.SDP_ATTRIBUTE, text)]


_ATTRIBUTES = {
    "tool": Field.SDP_TOOL,
    "x-qt-text-nam": Field.SDP_NAME,
    "x-qt-text-inf": Field.SDP_INFO,
}
