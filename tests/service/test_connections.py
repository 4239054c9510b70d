"""Half-open sockets, drips and crowds at a real service: nobody holds a place for nothing."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.service.connections import Standing
from tests.support.service import TOKEN, Service, StandIn, make_settings, metric, photo, running, wait_for

BEARER = f"Authorization: Bearer {TOKEN}\r\n".encode()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(make_settings(tmp_path_factory.mktemp("hasty") / "data", connection_wait_s=1)) as started:
        yield started


def connected(service: Service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def read_all(connection: socket.socket) -> bytes:
    """Until the other side closes; fails after the time-out of the socket."""
    got = bytearray()
    try:
        while piece := connection.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return bytes(got)


def drip(connection: socket.socket, piece: bytes, seconds: float = 15) -> None:
    """Sends ``piece`` again and again until the other side has had enough; fails where it never has."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            connection.sendall(piece)
        except OSError:
            return
        time.sleep(0.02)
    pytest.fail("the connection stands for ever")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_that_does_not_come_is_given_up(hasty: Service, begun: bytes) -> None:
    before = metric(hasty, 'camid_connections_cut_total{cause="head"}')
    with closing(connected(hasty)) as connection:
        connection.sendall(begun)
        assert read_all(connection) == b""
    assert metric(hasty, 'camid_connections_cut_total{cause="head"}') > before


def test_a_head_that_drips_is_given_up(hasty: Service) -> None:
    with closing(connected(hasty)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        drip(connection, b"A: b\r\n")


def test_a_second_head_that_drips_is_given_up(hasty: Service) -> None:
    with closing(connected(hasty)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        drip(connection, b"l")


def test_a_body_that_is_not_wanted_holds_no_connection(hasty: Service) -> None:
    """It is answered at once, for there is no token; what still comes is dropped, not waited for."""
    with closing(connected(hasty)) as connection:
        connection.sendall(b"POST /api/v1/photos HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
        drip(connection, b"x")


def test_a_client_that_takes_nothing_is_given_up(hasty: Service) -> None:
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = hasty.url.removeprefix("http://").split(":")
        connection.settimeout(20)
        connection.connect((host, int(port)))
        # More answers than the buffers of both sides hold.
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
        wait_for(lambda: len(hasty.server.server_state.connections) > 0)
        wait_for(lambda: not hasty.server.server_state.connections)
    assert metric(hasty, 'camid_connections_cut_total{cause="reader"}') >= 1


def test_a_long_answer_is_waited_for(tmp_path: Path) -> None:
    models = StandIn()
    with running(make_settings(tmp_path / "data", connection_wait_s=1), models) as service:
        models.gate.clear()
        threading.Timer(2.0, models.gate.set).start()
        assert service.send(("a.jpg", photo())).status_code == 200


def test_a_body_that_drips_is_given_up(tmp_path: Path) -> None:
    """Each byte comes in time, all of them never would."""
    with running(make_settings(tmp_path / "data", upload_idle_s=2)) as service:
        with closing(connected(service)) as connection:
            connection.sendall(
                b"POST /api/v1/photos HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n"
                b"Content-Length: 90000\r\n" + BEARER + b"\r\n"
            )
            for _ in range(500):
                if select.select([connection], [], [], 0.02)[0]:
                    break
                connection.sendall(b"-")
            else:
                pytest.fail("it is waited for for ever")
            answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 422")
        assert b"too slowly" in answer
        assert service.received() == []


def test_too_many_connections_are_refused_until_some_end(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data", max_connections=3)) as service:
        wait_for(lambda: not service.server.server_state.connections)
        crowd = [connected(service) for _ in range(3)]
        wait_for(lambda: len(service.server.server_state.connections) == 3)
        with closing(connected(service)) as late:
            answer = read_all(late)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 5\r\n" in answer
        for one in crowd:
            one.close()
        wait_for(lambda: not service.server.server_state.connections)
        assert metric(service, 'camid_connections_cut_total{cause="full"}') == 1


def test_one_address_leaves_room_for_others() -> None:
    standing = Standing(most=4, most_per_address=2)
    assert [standing.take("a") for _ in range(3)] == [True, True, False]
    assert [standing.take("b") for _ in range(2)] == [True, True]
    assert not standing.take("c")  # all of them are taken
    standing.give_back("a")
    assert standing.take("c")
    assert not standing.take("a")


def test_without_limits_everybody_may() -> None:
    standing = Standing(0, 0)
    assert all(standing.take("a") for _ in range(5000))
