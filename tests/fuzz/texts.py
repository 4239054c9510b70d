"""Targets: the grammar of clocks on the screen, and what people ask for in words."""

from __future__ import annotations

from edge.batch.query import filter_query
from edge.errors import ErrorCode
from edge.evidence.clock import find_stamp
from edge.service.sighting_query import rectangle
from tests.fuzz.target import Target, refusing

_MAX_LINE = 400
"""Characters that one line of a display can have."""


def clock(data: bytes) -> None:
    """A stamp written down as a person would still means what it meant, if maybe other things as well: what
    stands beside it may have told day and month apart."""
    text = data.decode("utf-8", "replace")[:_MAX_LINE]
    stamp = find_stamp(text)
    if stamp is None:
        return
    start, end = stamp.span
    assert 0 <= start < end <= len(text)
    assert 1 <= len(stamp.moments) <= 2
    again = find_stamp(stamp.text)
    assert again is not None
    assert set(again.moments) & set(stamp.moments)


def query(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with refusing(ErrorCode.BAD_REQUEST):
        found = filter_query(text)
        assert found.sql.count("?") == len(found.values)
    with refusing(ErrorCode.BAD_REQUEST):
        _, south, _, north = rectangle(text[:80])
        assert -90 <= south < north <= 90


TARGETS = (Target("clock", clock, 512), Target("query", query, 4096))
