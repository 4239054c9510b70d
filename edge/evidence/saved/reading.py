"""A saved answer of any kind, read for what the rules look at."""

from __future__ import annotations

from edge.evidence.saved.documents import read_document
from edge.evidence.saved.headers import read_headers
from edge.evidence.saved.markup import read_markup, read_scopes
from edge.evidence.saved.observed import NOTHING, Observed, together
from edge.evidence.saved.pairs import read_banner, read_certificate, read_labelled, read_pairs
from edge.evidence.saved.text import decode_text, plain_lines, unpacked

MAX_DEPTH = 3
"""Texts inside texts: a hex dump of JSON that holds an RTSP answer."""


def read_saved(data: bytes) -> Observed:
    """What the saved answer ``data`` holds, whatever its form; its size is the caller's to bound.

    Raises:
        CamidError: ``empty``, or ``not_text`` where the bytes are no text.
    """
    return read_saved_text(decode_text(data))


def read_saved_text(text: str, depth: int = 0) -> Observed:
    """The same of a text. Several kinds in one text are read each."""
    if depth >= MAX_DEPTH:
        return NOTHING
    if inner := unpacked(text):
        return read_saved_text(inner, depth + 1)
    if document := read_document(text):
        inside = together(read_saved_text(part, depth + 1) for part in document.texts)
        headers = read_headers("\n".join(document.headers)) if document.headers else NOTHING
        return document.observed.joined(inside).joined(headers)
    plain = plain_lines(text)
    lines = together((read_headers(plain), read_markup(plain)))
    if {"sdp", "onvif", "isapi", "ws-discovery"} & set(lines.kinds):
        return lines
    readers = (read_scopes, read_labelled, read_pairs, read_certificate, read_banner)
    return together((lines, *(read(plain) for read in readers)))
