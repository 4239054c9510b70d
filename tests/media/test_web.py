"""Where a web server may send us on: to public addresses, never into our own network."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from edge.errors import PhotoError
from edge.media.remote import Fetching, RemoteFile, Unlisted, files
from edge.media.web import CheckedResolver

HOW = Fetching(tries=1, wait_s=0.01, most_bytes=1 << 20)
SECRET = b"of the inner network"


class _Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        raise NotImplementedError

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(answer: type[_Quiet], host: str = "127.0.0.1") -> Iterator[int]:
    with ThreadingHTTPServer((host, 0), answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Inner(_Quiet):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(SECRET)


@contextmanager
def watched(host: str) -> Iterator[tuple[int, list[str]]]:
    """A server that holds the secret, and what it was asked."""
    asked: list[str] = []
    with serving(type("Watched", (Inner,), {"asked": asked}), host) as port:
        yield port, asked


def redirecting(stack: ExitStack, target: str) -> str:
    """The URL of a photo at a server that sends everybody on to ``target``."""

    class Redirect(_Quiet):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return f"http://127.0.0.1:{stack.enter_context(serving(Redirect))}/a.jpg"


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "2130706434", "0x7f000002", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]"]
)
def test_a_redirect_does_not_lead_into_our_network(host: str) -> None:
    with ExitStack() as stack:
        port, asked = stack.enter_context(watched("127.0.0.2"))
        url = redirecting(stack, f"http://{host}:{port}/latest/meta-data")
        (found,) = files(url, HOW)
        assert isinstance(found, Unlisted)
        with pytest.raises(PhotoError):
            RemoteFile(url, url, url, None, 0).read(100, HOW)
    assert asked == []


def test_a_redirect_on_the_same_host_is_followed() -> None:
    with ExitStack() as stack:
        port, _ = stack.enter_context(watched("127.0.0.1"))
        url = redirecting(stack, f"http://127.0.0.1:{port}/moved.jpg")
        assert RemoteFile(url, url, url, None, 0).read(100, HOW) == SECRET


class Names(AbstractResolver):
    """Each time it is asked, the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self._answers.pop(0)
        ]

    async def close(self) -> None:
        pass


def resolved(host: str, *answers: list[str]) -> list[str]:
    checked = CheckedResolver("home.example", Names(*answers))
    return [one["host"] for one in asyncio.run(checked.resolve(host, 80))]


def test_a_name_that_changes_its_mind_is_refused() -> None:
    names = CheckedResolver("home.example", Names(["93.184.215.14"], ["192.168.1.1"]))
    assert asyncio.run(names.resolve("elsewhere.example", 80))[0]["host"] == "93.184.215.14"
    with pytest.raises(OSError, match="into a network of ours"):
        asyncio.run(names.resolve("elsewhere.example", 80))


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"],
)
def test_a_foreign_name_leads_to_no_inner_address(address: str) -> None:
    with pytest.raises(OSError, match="into a network of ours"):
        resolved("elsewhere.example", ["93.184.215.14", address])


def test_the_host_that_was_named_may_be_an_inner_one_but_no_service_with_credentials() -> None:
    assert resolved("Home.example", ["192.168.1.20"]) == ["192.168.1.20"]
    with pytest.raises(OSError, match="into a network of ours"):
        resolved("home.example", ["169.254.169.254"])
