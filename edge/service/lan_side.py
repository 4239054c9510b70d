"""The service on the local network: its certificate, kept current, and the port that says how to trust it."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from cryptography import x509

from edge.disk import write_private
from edge.errors import CamidError
from edge.lan.certificate import FOLDER, BoxCertificate, Now
from edge.lan.names import BoxNames, box_names
from edge.service.connections import patient_protocol
from edge.service.lan_address import ADDRESS_FILE, LanAddress
from edge.service.pausing import pause
from edge.service.trust import trust_app
from edge.settings import Settings

_log = logging.getLogger("edge.lan")

_MOST_CLIENTS = 50
"""At the port without TLS, at the same time."""


class LanSide:
    """Makes authority and certificate where they are missing. For one event loop.

    Raises:
        CamidError: ``settings_invalid`` for an authority that is damaged or has ended; OSError.
    """

    def __init__(
        self,
        settings: Settings,
        listeners: tuple[socket.socket, socket.socket],
        names: Callable[[], BoxNames] | None = None,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        listener, self._trust_listener = listeners
        self._settings = settings
        self._ports = listener.getsockname()[1], self._trust_listener.getsockname()[1]
        listening = listener.getsockname()[0]
        self._names = names or (lambda: _named(settings.lan_host, box_names(listening)))
        data = settings.data_dir.absolute()
        self._file = data / FOLDER / ADDRESS_FILE
        self.certificate = BoxCertificate(data, settings.lan_certificate_days, self._names, now)
        self.certificate.refresh()
        self.address = self._published()
        self._stopped = asyncio.Event()
        self._complaint = ""
        self._running: list[asyncio.Task[None]] = []

    @property
    def server_file(self) -> Path:
        """Key and certificate for the listener with TLS."""
        return self.certificate.file

    def start(self, context: ssl.SSLContext) -> None:
        """Keeps the certificate of ``context`` current from now on, and opens the port without TLS."""
        self._trust = _Beside(
            uvicorn.Config(
                trust_app(self),
                http=patient_protocol(self._settings),
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                ws="none",
                lifespan="off",
                limit_concurrency=_MOST_CLIENTS,
            )
        )
        self._running = [
            asyncio.create_task(self._trust.serve(sockets=[self._trust_listener])),
            asyncio.create_task(self._keep(context)),
        ]

    async def stop(self) -> None:
        self._stopped.set()
        if self._running:
            self._trust.should_exit = True
            await asyncio.gather(*self._running, return_exceptions=True)
        with suppress(OSError):  # a disk that lets nothing be deleted does not keep the service from its end
            self._file.unlink()

    def close(self) -> None:
        self._trust_listener.close()

    def look(self) -> bool:
        """Whether there is another certificate to be served now; a failure is logged, once."""
        try:
            changed = self.certificate.refresh()
            self.address = self._published()
        except (CamidError, OSError) as error:
            if str(error) != self._complaint:
                _log.error("The certificate for the local network cannot be kept current: %s", error)
            self._complaint = str(error)
            return False
        self._complaint = ""
        return changed

    async def _keep(self, context: ssl.SSLContext) -> None:
        while not self._stopped.is_set():
            if await asyncio.to_thread(self.look):
                context.load_cert_chain(self.server_file)
            await pause(self._stopped, self._settings.lan_check_s)

    def _published(self) -> LanAddress:
        """Where the service is reached now, for ``camid lan`` too."""
        names = self.certificate.authority.vouchable(self._names())
        service, trust = (
            f"{scheme}://{_written(names[0])}:{port}"
            for scheme, port in zip(("https", "http"), self._ports, strict=True)
        )
        others = [f"https://{_written(one)}:{self._ports[0]}" for one in names[1:]]
        address = LanAddress(service=service, trust=trust, others=tuple(others))
        content = address.model_dump_json().encode()
        if not self._file.is_file() or self._file.read_bytes() != content:
            write_private(self._file, content)
        return address


class _Beside(uvicorn.Server):
    """A second server in the loop of the first, which hears the signals for both."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _named(wanted: str | None, found: BoxNames) -> BoxNames:
    """``found`` with what the settings want in the QR code."""
    if wanted is None:
        return found
    try:
        return replace(found, addresses=(ipaddress.ip_address(wanted), *found.addresses))
    except ValueError:
        return replace(found, hosts=(wanted.lower(), *found.hosts))


def _written(name: x509.GeneralName) -> str:
    """As it stands in a URL."""
    return f"[{name.value}]" if ":" in str(name.value) else str(name.value)
