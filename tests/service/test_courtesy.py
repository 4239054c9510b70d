from __future__ import annotations

import threading
import time

from edge.service.courtesy import Courtesy
from tests.support.service import wait_for


def test_a_batch_goes_on_where_nobody_waits() -> None:
    courtesy = Courtesy(longest_s=60)
    courtesy.stand_back()
    with courtesy.asked_for():
        pass
    courtesy.stand_back()


def test_a_batch_stands_back_until_the_last_photo_is_answered() -> None:
    courtesy, gone_on = Courtesy(longest_s=60), threading.Event()

    def batch() -> None:
        courtesy.stand_back()
        gone_on.set()

    first, second = courtesy.asked_for(), courtesy.asked_for()
    first.__enter__()
    second.__enter__()
    thread = threading.Thread(target=batch)
    thread.start()
    first.__exit__(None, None, None)
    assert not gone_on.wait(0.05)
    second.__exit__(None, None, None)
    wait_for(gone_on.is_set)
    thread.join()


def test_photos_that_never_end_do_not_stop_a_batch_for_good() -> None:
    courtesy = Courtesy(longest_s=0.05)
    began = time.monotonic()
    with courtesy.asked_for():
        courtesy.stand_back()
    assert time.monotonic() - began >= 0.05
