"""``camid serve``: one process, one address, stopped by a signal after the photo in hand is done."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import ssl
from contextlib import ExitStack, closing, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from rich.console import Console

from edge.errors import CamidError, ErrorCode
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.report.sentence import printable
from edge.service.app import create_app, end_waiting, load_identifier
from edge.service.auth import Admission, Token, load_or_make_token
from edge.service.connections import patient_protocol
from edge.service.data_dir import DataDir
from edge.service.engine import Load
from edge.service.lan_greeting import greet_lan
from edge.service.lan_side import LanSide
from edge.service.parts import Parts
from edge.service.streaming import REAL, Streaming
from edge.settings import Settings

_MOST_HEAD_BYTES = 64 * 1024
"""Of the line and the headers of a request together."""
_GRACE_S = 120
"""How long a shutdown waits for requests that are under way; photos not yet begun are refused at once."""


def serve(settings: Settings, load: Load = load_identifier, console: Console | None = None) -> None:
    """Runs the service until SIGINT or SIGTERM; prints its address, and a newly made token once.

    Raises:
        CamidError: ``settings_invalid`` if the data directory, token or address cannot be used, or the
            code of a model that cannot be loaded.
    """
    console = console or Console()
    start_log(settings)
    check_tls(settings)
    listener = listen(settings)
    with closing(listener), ExitStack() as stack:
        data = stack.enter_context(DataDir(settings.data_dir))
        admission = load_or_make_token(settings, data)
        lan = stack.enter_context(closing(open_lan(settings, listener))) if settings.lan else None
        _greet(console, _address(listener, settings, lan), admission, settings)
        server = Server(settings, load, (data, admission.token), lan=lan)
        if lan is not None:
            greet_lan(console, lan, server.app.state.parts.store.pairings, settings)
        stack.pop_all()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if server.failure is not None:
        raise server.failure


class Server(uvicorn.Server):
    """Stops if the models cannot be loaded, and tells engine and listeners when a shutdown begins."""

    def __init__(
        self,
        settings: Settings,
        load: Load,
        opened: tuple[DataDir, Token],
        streaming: Streaming = REAL,
        clock: Clock = SYSTEM_CLOCK,
        lan: LanSide | None = None,
    ) -> None:
        self._lan = lan
        self.failure: CamidError | None = None
        self.app = create_app(
            settings, load, streaming, opened=opened, on_load_failure=self._give_up, clock=clock
        )
        self.app.state.lan = lan
        super().__init__(_config(self.app, settings, lan))

    def _give_up(self, failure: CamidError) -> None:
        self.failure = failure
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._lan is not None and self.config.ssl is not None:
            self._lan.start(self.config.ssl)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        parts: Parts = self.app.state.parts
        # Connections that listen to events would never end by themselves.
        end_waiting(parts)
        if self._lan is not None:
            await self._lan.stop()
        await super().shutdown(sockets)


def _config(app: FastAPI, settings: Settings, lan: LanSide | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=patient_protocol(settings, app.state.parts.metrics.connection_cut),
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        ssl_certfile=lan.server_file if lan is not None else settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        # The log of requests is ours (edge.service.access): uvicorn's would hold query strings.
        access_log=False,
        log_config=None,
        server_header=False,
        # Whoever is behind a proxy is the proxy's business; a header must not say who is asking.
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_S,
    )


def check_tls(settings: Settings) -> None:
    """Reads certificate and key once, where there are any: what is wrong with them is said at once.

    Raises:
        CamidError: ``settings_invalid``.
    """
    if settings.tls_certificate is None and settings.tls_key is None:
        return
    if settings.lan:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, "lan, tls_certificate: a certificate is made, or given, not both."
        )
    if settings.tls_certificate is None or settings.tls_key is None:
        raise CamidError(ErrorCode.SETTINGS_INVALID, "tls_certificate, tls_key: give both or neither.")
    try:
        # Without a callback OpenSSL would ask the terminal for a passphrase, and wait.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_certificate, settings.tls_key, password=lambda: b""
        )
    except OSError as error:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, f"tls_certificate, tls_key: they cannot be used ({error.strerror})."
        ) from error


def open_lan(settings: Settings, listener: socket.socket) -> LanSide:
    """The local network's side of the service that has ``listener``.

    Raises:
        CamidError: ``settings_invalid``, with the reason.
    """
    trust = listen(settings, settings.lan_trust_port)
    try:
        return LanSide(settings, (listener, trust))
    except OSError as error:
        trust.close()
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, f"data_dir: lan/ cannot be written ({error.strerror})."
        ) from error
    except BaseException:
        trust.close()
        raise


def listen(settings: Settings, port: int | None = None) -> socket.socket:
    """A listening socket at the host of the settings, and at their port if none is given; 0 takes a free one.

    Raises:
        CamidError: ``settings_invalid``, with the reason.
    """
    everywhere = settings.lan and "host" not in settings.model_fields_set
    host = "0.0.0.0" if everywhere else settings.host
    port = settings.port if port is None else port
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID,
            f"host, port: {host} port {port} cannot be listened on ({error.strerror}).",
        ) from error
    listener.setblocking(False)
    return listener


def _address(listener: socket.socket, settings: Settings, lan: LanSide | None) -> str:
    if lan is not None:
        return f"{lan.address.service}/"
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_certificate is not None else "http"
    return f"{scheme}://{shown}:{port}/"


def _greet(console: Console, address: str, admission: Admission, settings: Settings) -> None:
    lines = [f"Camid listens on {address}"]
    if admission.fresh is not None:
        # The fragment of an address is never sent to a server, so it stands in no log.
        lines += [
            f"Token: {admission.fresh}",
            "It is shown this once and kept only as a hash. Open the page with it:",
            f"{address}#token={admission.fresh}",
        ]
    elif settings.token is not None:
        lines.append("The token is the one in CAMID_TOKEN.")
    else:
        kept = settings.data_dir / "token.sha256"
        lines.append(f"The token is the one shown at the first start; delete {kept} for a new one.")
    url = urlsplit(address)
    if url.scheme == "http" and not ipaddress.ip_address(url.hostname or "").is_loopback:
        lines.append(
            "Others can reach this address, and HTTP can be read on the way: set tls_certificate and "
            "tls_key, or put TLS in front."
        )
    for line in lines:
        console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)


class _PrivateLog(RotatingFileHandler):
    """Each file that it begins can be read by its owner only."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        os.fchmod(stream.fileno(), 0o600)
        return stream


def start_log(settings: Settings) -> None:
    """To the standard error output, or to a file that is rotated and that its owner alone can read.

    Raises:
        CamidError: ``settings_invalid`` if the file cannot be written.
    """
    logging.basicConfig(level=logging.INFO, handlers=[log_handler(settings)])


class _Entry(logging.Formatter):
    """What a name, a path or an error holds cannot pose as another entry or command a terminal: each entry
    begins at the margin, all that follows in it is indented, and control characters are written out."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(map(printable, super().format(record).split("\n")))


def log_handler(settings: Settings) -> logging.Handler:
    """Where the log goes, and in which form; see ``start_log``."""
    handler = _where_to(settings)
    handler.setFormatter(_Entry("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler


def _where_to(settings: Settings) -> logging.Handler:
    if settings.log_file is None:
        return logging.StreamHandler()
    try:
        return _PrivateLog(
            settings.log_file,
            maxBytes=settings.log_max_bytes,
            backupCount=settings.log_files,
            encoding="utf-8",
        )
    except OSError as error:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, f"log_file: {settings.log_file} cannot be written ({error.strerror})."
        ) from error
