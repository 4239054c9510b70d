from __future__ import annotations

import threading
from datetime import UTC, datetime

import av
import numpy as np
import pytest

from edge.errors import StreamError, StreamFault
from edge.media.clock import SYSTEM_CLOCK
from edge.media.shelf import Shelf, Shot

ENDED = StreamError(StreamFault.ENDED, "over")


def shot(number: int) -> Shot:
    picture = av.VideoFrame.from_ndarray(np.full((16, 16, 3), number, np.uint8), "bgr24")
    return Shot(picture, float(number), datetime(2026, 3, 14, tzinfo=UTC), number / 25, False)


def test_the_newest_wins_and_what_nobody_took_is_counted() -> None:
    shelf = Shelf(SYSTEM_CLOCK)

    assert [shelf.put(shot(i)) for i in range(3)] == [False, True, True]

    frame = shelf.take(0.0, None)
    assert frame is not None
    assert frame.received == 2
    assert not shelf.put(shot(3))


def test_a_frame_is_given_once_to_who_names_it() -> None:
    shelf = Shelf(SYSTEM_CLOCK)
    shelf.put(shot(1))
    frame = shelf.take(0.0, None)

    assert shelf.take(0.0, frame) is None
    assert shelf.take(0.0, None) is frame


def test_who_waits_is_woken() -> None:
    shelf = Shelf(SYSTEM_CLOCK)
    threading.Timer(0.05, lambda: shelf.put(shot(7))).start()

    frame = shelf.take(5, None)

    assert frame is not None
    assert frame.received == 7


def test_the_end_wakes_everyone_and_the_first_reason_stays() -> None:
    shelf = Shelf(SYSTEM_CLOCK)
    threading.Timer(0.05, lambda: shelf.fail(ENDED)).start()

    with pytest.raises(StreamError, match="over"):
        shelf.take(5, None)

    shelf.fail(StreamError(StreamFault.CORRUPT, "later"))
    with pytest.raises(StreamError, match="over"):
        shelf.take(0, None)


def test_a_frame_from_before_the_end_is_given_first() -> None:
    shelf = Shelf(SYSTEM_CLOCK)
    shelf.put(shot(1))
    shelf.fail(ENDED)

    frame = shelf.take(0, None)

    with pytest.raises(StreamError):
        shelf.take(0, frame)


def test_a_sleeping_stream_holds_no_picture() -> None:
    shelf = Shelf(SYSTEM_CLOCK)
    shelf.forget = True
    shelf.put(shot(1))

    assert shelf.take(0, None) is not None
    assert shelf._shot is None
    assert shelf._frame is None
