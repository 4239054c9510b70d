"""The HTTP client for batches at web addresses, and where a server may send it on.

Whoever runs the server that an operator names can answer with a redirect, and would make this machine ask its
own network, or the service that hands out a cloud machine's credentials (CWE-918). So a redirect to another
host leads to public addresses alone. Names are checked as they are resolved for the connection itself: there
is no second answer to slip in (DNS rebinding).
"""

from __future__ import annotations

import socket
from ipaddress import ip_address

from aiohttp import ClientRequest, ClientSession, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver
from aiohttp.tracing import Trace
from yarl import URL

from edge.media.hosts import may_lead_to


async def open_client(*, home: str, **options: object) -> ClientSession:
    """A client for what lies at the host ``home``; ``options`` are aiohttp's."""
    return ClientSession(connector=_Connector(home, ThreadedResolver()), **options)  # type: ignore[arg-type]


def client_options(url: str) -> dict[str, object]:
    """What fsspec's HTTP storage is to be given for ``url``; equal for equal hosts, for it keeps storages."""
    return {"get_client": open_client, "client_kwargs": {"home": URL(url).host or ""}}


class _Connector(TCPConnector):
    """aiohttp asks no resolver about addresses that are none to be resolved, so these are checked here."""

    def __init__(self, home: str, inner: AbstractResolver) -> None:
        super().__init__(resolver=CheckedResolver(home, inner))
        self._home = home

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        host = req.url.host or ""
        if _is_address(host):
            _check(host, host == self._home)
        return await super().connect(req, traces, timeout)


class CheckedResolver(AbstractResolver):
    """Gives the addresses of a host only if all of them may be led to."""

    def __init__(self, home: str, inner: AbstractResolver) -> None:
        self._home = home
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises: OSError."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            _check(one["host"], host.lower() == self._home)
        return found

    async def close(self) -> None:
        await self._inner.close()


def _check(address: str, at_home: bool) -> None:
    if not may_lead_to(address, at_home=at_home):
        raise PermissionError("the server leads into a network of ours")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
