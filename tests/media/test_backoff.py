from __future__ import annotations

from random import Random

from edge.media.backoff import Backoff
from edge.settings import Settings

SETTINGS = Settings(
    stream_backoff_first_s=1, stream_backoff_factor=2, stream_backoff_max_s=30, stream_backoff_jitter=0.3
)


def test_waits_double_up_to_the_limit_and_never_pass_it() -> None:
    backoff = Backoff(SETTINGS.model_copy(update={"stream_backoff_jitter": 0.0}))

    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_success_begins_anew() -> None:
    backoff = Backoff(SETTINGS.model_copy(update={"stream_backoff_jitter": 0.0}))
    for _ in range(5):
        backoff.next()

    backoff.reset()

    assert backoff.next() == 1


def test_jitter_takes_off_up_to_its_share() -> None:
    waits = [wait for seed in range(200) for wait in [Backoff(SETTINGS, Random(seed)).next()]]

    assert all(0.7 <= wait <= 1 for wait in waits)
    assert max(waits) - min(waits) > 0.25


def test_cameras_that_fell_out_together_are_not_called_in_step() -> None:
    backoffs = [Backoff(SETTINGS, Random(seed)) for seed in range(20)]

    moments = [sum(backoff.next() for _ in range(6)) for backoff in backoffs]

    assert len({round(moment, 1) for moment in moments}) > 10


def test_it_never_ends() -> None:
    backoff = Backoff(SETTINGS, Random(1))

    assert all(0 < backoff.next() <= 30 for _ in range(10_000))
