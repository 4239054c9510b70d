"""Listening to streams over HTTP."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx

from edge.streams.state import StreamState
from tests.support.monitor import listening
from tests.support.service import Service, make_settings, metric, running, wait_for
from tests.support.streams_api import STREAMS, add, problem


def test_events_tell_of_all_streams(service: Service, client: httpx.Client) -> None:
    one = add(client)
    with service.client() as other, listening(other, f"{STREAMS}/events") as events:
        assert next(events) == ("streams", {"streams": [one]})
        two = add(client, name="Yard")
        assert next(events) == ("stream", two)
        service.monitor.identify(str(two["id"]))
        kind, body = next(events)
        assert (kind, body["id"], body["state"]) == ("stream", two["id"], "asleep")
        assert body == client.get(f"{STREAMS}/{two['id']}").json()
        client.patch(f"{STREAMS}/{one['id']}", json={"name": "Gate"})
        kind, body = next(events)
        assert (kind, body["name"]) == ("stream", "Gate")
        client.delete(f"{STREAMS}/{one['id']}")
        assert next(events) == ("removed", {"id": one["id"]})


def test_events_of_one_stream_end_with_it(service: Service, client: httpx.Client) -> None:
    one, two = add(client), add(client)
    with service.client() as other, listening(other, f"{STREAMS}/{one['id']}/events") as events:
        assert next(events) == ("stream", one)
        service.monitor.identify(str(two["id"]))
        service.monitor.fail(str(one["id"]))
        kind, body = next(events)
        assert (kind, body["id"], body["fault"]) == ("stream", one["id"], "timeout")
        client.delete(f"{STREAMS}/{one['id']}")
        assert list(events) == [("removed", {"id": one["id"]})]


def test_a_client_that_does_not_read_gets_the_newest_and_holds_up_nobody(
    service: Service, client: httpx.Client
) -> None:
    stream = str(add(client)["id"])
    with service.client() as other, listening(other, f"{STREAMS}/events") as events:
        next(events)
        for _ in range(3000):
            service.monitor.fail(stream)
        service.monitor.identify(stream)
        heard = 0
        for kind, body in events:
            assert kind == "stream"
            heard += 1
            if body["state"] == StreamState.ASLEEP:
                break
        assert heard < 3000


def test_as_many_clients_may_listen_as_the_settings_say(service: Service, client: httpx.Client) -> None:
    wait_for(lambda: metric(service, "camid_event_clients") == 0)
    with (
        service.client() as other,
        listening(other, f"{STREAMS}/events") as one,
        listening(other, f"{STREAMS}/events") as two,
        listening(other, f"{STREAMS}/events") as three,
    ):
        for events in (one, two, three):
            next(events)
        assert metric(service, "camid_event_clients") == 3
        answer = client.get(f"{STREAMS}/events")
        assert problem(answer, 503) == "busy"
        assert int(answer.headers["retry-after"]) > 0
    wait_for(lambda: metric(service, "camid_event_clients") == 0)


def test_a_silent_connection_shows_signs_of_life(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, event_heartbeat_s=0.05)
    with (
        running(settings) as service,
        service.client() as client,
        listening(client, f"{STREAMS}/events") as events,
    ):
        assert next(events) == ("streams", {"streams": []})
        assert next(events) == ("", {})
        assert next(events) == ("", {})


def test_listening_clients_do_not_hold_up_the_end(tmp_path: Path) -> None:
    heard: list[list[tuple[str, dict[str, object]]]] = []
    begun = threading.Semaphore(0)

    def listen(service: Service, path: str) -> None:
        with service.client() as client, listening(client, path) as events:
            first = next(events)
            begun.release()
            heard.append([first, *events])

    with running(make_settings(tmp_path)) as service:
        with service.client() as client:
            stream = str(add(client)["id"])
        paths = (f"{STREAMS}/events", f"{STREAMS}/{stream}/events")
        threads = [threading.Thread(target=listen, args=(service, path)) for path in paths]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert begun.acquire(timeout=20)
        start = time.monotonic()
        service.server.should_exit = True
    for thread in threads:
        thread.join(20)
    assert time.monotonic() - start < 5
    assert sorted(len(events) for events in heard) == [1, 1]
    assert not service.monitor.running
