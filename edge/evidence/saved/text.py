"""Bytes of a saved answer as plain lines: encodings, dumps and escapes undone, the marks of tools taken off.

Everything is linear in the text and bounded; nothing here fails but on bytes that are no text.
"""

from __future__ import annotations

import base64
import binascii
import re

from edge.errors import CamidError, ErrorCode

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ANSWER = re.compile(rb"(?:RTSP|HTTP)/\d\.\d \d{3}\b")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MAX_ODD = 0.05
"""Share of control characters from which bytes are no text."""
_HEX = re.compile(r"[0-9a-fA-F\s:]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]+")
_DUMP_LINE = re.compile(r"^\s*(?:0x)?[0-9a-fA-F]{4,8}:?\s+((?:[0-9a-fA-F]{2}\s?){1,32})(?:\s.*)?$")
MIN_PACKED = 24
"""Characters below which hexadecimal or base64 text is left as it is."""

_ESCAPED_END = re.compile(r"(?:\\r)?\\n[\"']?[,+)\\]?[ \t]*$|\\r[ \t]*$", re.MULTILINE)
_STAMPS = re.compile(
    r"^(?:"
    r"\[[^\]\n]{1,64}\]"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,Z+:]*"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[\d.,]*"
    r"|\d\d:\d\d:\d\d[\d.,]*"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} [\w./-]{1,64}(?:\[\d+\])?:"
    r"|(?:TRACE|TRC|DEBUG|DBG|INFO|INF|NOTICE|WARN(?:ING)?|WRN|ERROR|ERR)\b:?"
    r"|[ \t]{0,8}\*(?=\s)"
    r"|(?:S->C|S<-C|<-|<<|<|\||#|//|\*)(?=\s)"
    r")[ \t]*"
)
_SENT = re.compile(r"^[ \t]*(?:>>|>|C->S)[ \t]+(?=[A-Z]{3,16} \S+ (?:RTSP|HTTP)/|[A-Za-z-]{2,40}:[ \t]|$)")
_LINE_VALUE = re.compile(r"""^line=['"](.*)['"]$""")
MAX_STAMPS = 6


def decode_text(data: bytes) -> str:
    """The text of ``data``, its line ends unified.

    Raises:
        CamidError: ``empty``; ``not_text`` where it is no text.
    """
    if not data.strip():
        raise CamidError(ErrorCode.EMPTY, "The file has no content.")
    text = _decoded(data)
    odd = len(_UNPRINTABLE.findall(text))
    if odd > MAX_ODD * len(text) and not _ANSWER.search(data[:65536]):
        raise CamidError(ErrorCode.NOT_TEXT, "The file is binary.")
    text = _UNPRINTABLE.sub("\n" if odd > MAX_ODD * len(text) else "", text)
    return re.sub(r"\r+\n|\r|\x0c|\u2028|\x85", "\n", text)


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for encoding in ("utf-16-le", "utf-16-be"):
        zeros = data[1 if encoding.endswith("le") else 0 : 400 : 2]
        if len(zeros) > 8 and zeros.count(0) > 0.9 * len(zeros):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def unpacked(text: str) -> str | None:
    """What a text holds that is wholly a hex dump, hexadecimal or base64; None where it is neither."""
    packed = text.strip()
    if len(packed) < MIN_PACKED:
        return None
    data = _dumped(packed) or _from_hex(packed) or _from_base64(packed)
    if not data:
        return None
    try:
        plain = decode_text(data)
    except CamidError:
        return None
    readable = sum(c.isprintable() or c in "\n\t" for c in plain[:2000])
    return plain if readable > 0.95 * min(len(plain), 2000) and plain.isascii() else None


def _dumped(text: str) -> bytes | None:
    lines = text.split("\n")
    rows = [match[1] for line in lines if (match := _DUMP_LINE.match(line[:200]))]
    if len(rows) < 2 or len(rows) < 0.8 * len(lines):
        return None
    return _from_hex("".join(rows))


def _from_hex(text: str) -> bytes | None:
    digits = re.sub(r"[\s:]|0x", "", text)
    if not _HEX.fullmatch(digits) or len(digits) % 2:
        return None
    return bytes.fromhex(digits)


def _from_base64(text: str) -> bytes | None:
    if not _BASE64.fullmatch(text):
        return None
    try:
        packed = re.sub(r"\s", "", text).translate(str.maketrans("-_", "+/"))
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return None


def plain_lines(text: str) -> str:
    """The text with escaped line ends undone, and without what loggers and tools put before a line. Lines
    that were *sent* (``> `` of curl) are dropped: they say nothing of who answers."""
    if text.count("\\n") + text.count("\\r") >= 2:
        text = _ESCAPED_END.sub("", text)
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\r", "\n")
        text = text.replace('\\"', '"').replace("\\/", "/").replace("\\t", "\t")
    return "\n".join(_bare(line) for line in text.split("\n") if not _SENT.match(line[:2000]))


def _bare(line: str) -> str:
    """``line`` without time stamps, levels and marks; a line of HTML or with an indent keeps it."""
    rest = line
    for _ in range(MAX_STAMPS):
        stripped = _STAMPS.sub("", rest.lstrip() if rest is not line else rest, count=1)
        if stripped == rest:
            break
        rest = stripped
    if match := _LINE_VALUE.match(rest[:4096]):
        return match[1]
    return rest
