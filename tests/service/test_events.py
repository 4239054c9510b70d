"""Who listens: bounded, the newest wins, and nobody is kept waiting at the end."""

from __future__ import annotations

import asyncio

import pytest

from edge.service.events import Events
from edge.service.problems import BusyError


async def opened(clients: int = 4, pending: int = 8) -> Events:
    events = Events(clients, pending)
    events.open()
    return events


async def told(events: Events, *streams: str) -> None:
    """From another thread, as the monitor does; they have arrived when this returns."""
    await asyncio.to_thread(lambda: list(map(events.tell, streams)))
    await asyncio.sleep(0)


def test_a_slow_client_hears_of_each_stream_once() -> None:
    async def run() -> list[str | None]:
        events = await opened()
        with events.listen() as listener:
            await told(events, *("a", "b") * 50, "c")
            return [await listener.next() for _ in range(3)]

    assert asyncio.run(run()) == ["a", "b", "c"]


def test_a_client_that_waits_is_woken() -> None:
    async def run() -> str | None:
        events = await opened()
        with events.listen() as listener:
            waiting = asyncio.create_task(listener.next())
            await asyncio.sleep(0)
            await told(events, "a")
            return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(run()) == "a"


def test_a_listener_to_one_stream_hears_of_no_other() -> None:
    async def run() -> str | None:
        events = await opened()
        with events.listen("b") as listener:
            await told(events, "a", "b", "c")
            heard = await listener.next()
            events.close()
            assert await listener.next() is None
            return heard

    assert asyncio.run(run()) == "b"


def test_a_client_that_falls_behind_for_good_is_let_go() -> None:
    async def run() -> None:
        events = await opened(pending=3)
        with events.listen() as listener:
            await told(events, "a", "b", "c", "d")
            assert await listener.next() is None

    asyncio.run(run())


def test_there_is_a_limit_that_does_not_bind_the_service_itself() -> None:
    async def run() -> None:
        events = await opened(clients=1)
        events.check_room()
        with events.listen():
            with pytest.raises(BusyError):
                events.check_room()
            with events.listen() as refused:
                assert await refused.next() is None
            with events.listen(inside=True) as inside:
                await told(events, "a")
                assert await inside.next() == "a"
        events.check_room()

    asyncio.run(run())


def test_the_end_wakes_everybody_and_lets_nobody_in() -> None:
    async def run() -> None:
        events = await opened()
        with events.listen() as one, events.listen("b") as two:
            waiting = [asyncio.create_task(one.next()), asyncio.create_task(two.next())]
            await asyncio.sleep(0)
            events.close()
            assert await asyncio.wait_for(asyncio.gather(*waiting), 10) == [None, None]
        with events.listen() as late:
            assert await late.next() is None
        with pytest.raises(BusyError):
            events.check_room()

    asyncio.run(run())


def test_telling_before_the_start_and_after_the_end_does_no_harm() -> None:
    events = Events(4, 8)
    events.tell("a")

    async def run() -> None:
        events.open()

    asyncio.run(run())
    events.tell("a")
    assert events.closed
