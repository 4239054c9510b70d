"""What a client may say on the wire: requests of two meanings, huge ones, paths that lead out."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.service import Service, make_settings, running

POST = b"POST /api/v1/pairing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("wire") / "data"
    with running(make_settings(data_dir, connection_wait_s=0.5)) as started:
        yield started


def said(service: Service, request: bytes) -> bytes:
    """All that comes back until the connection ends, which one that only waits does soon."""
    host, port = service.url.removeprefix("http://").split(":")
    got = bytearray()
    with socket.create_connection((host, int(port)), timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(request)
        while piece := connection.recv(65536):
            got += piece
    return bytes(got)


def statuses(answer: bytes) -> list[int]:
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        (b"Content-Length: 2\r\nContent-Length: 36\r\n\r\n{}", 400),
        (b"Content-Length: 2, 36\r\n\r\n{}", 400),
        (b"Content-Length: +2\r\n\r\n{}", 400),
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 422),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 422),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ],
)
def test_a_request_with_two_ends_is_refused_and_nothing_after_it_is_read(
    service: Service, framing: bytes, status: int
) -> None:
    assert statuses(said(service, POST + framing + SMUGGLED)) == [status]


@pytest.mark.parametrize(
    "request_",
    [
        GET + b"A: " + b"a" * 400_000 + b"\r\n\r\n",
        GET.replace(b"healthz", b"a" * 400_000) + b"\r\n",
        POST + b"Host: b\r\n\r\n",
    ],
)
def test_huge_and_doubled_heads_are_refused(service: Service, request_: bytes) -> None:
    assert statuses(said(service, request_)) in ([400], [])  # what is closed on may lose its answer
    assert statuses(said(service, GET + b"Connection: close\r\n\r\n")) == [200]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../page.py",
        "/static/../../../../../../../../etc/passwd",
        "/static/%2e%2e/page_texts.py",
        "/static/..%2f..%2fpage.py",
        "/static/%252e%252e/page.py",
        "/static/..\\..\\page.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/a%00.js",
        "/static/",
        "/static/icons",
    ],
)
def test_no_static_path_leads_out(service: Service, path: str) -> None:
    answer = said(service, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert statuses(answer) == [404]
    assert b"import " not in answer
    assert b"root:" not in answer


def test_no_header_is_made_of_what_was_asked(service: Service) -> None:
    answer = said(
        service, b"GET /x%0d%0aSet-Cookie:%20a=b%0d%0a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert statuses(answer) == [404]
    assert b"set-cookie" not in answer.lower()
