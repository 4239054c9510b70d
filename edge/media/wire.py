"""The connection to a camera: resolved once, or pinned to an address that was checked; TLS where asked."""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Protocol

from edge.errors import StreamError, StreamFault
from edge.media.address import StreamAddress
from edge.settings import Settings

_CHUNK = 64 * 1024

Admit = Callable[[str], str]
"""Decides on the host of a redirect: gives the IP address to connect to, or raises CamidError."""


class Wire(Protocol):
    """A connected byte stream. ``receive`` gives b"" at its end and raises TimeoutError when the time is up;
    all methods raise OSError where the connection breaks."""

    def send(self, data: bytes, seconds: float) -> None: ...

    def receive(self, seconds: float) -> bytes: ...

    def close(self) -> None: ...


Connect = Callable[[StreamAddress, str | None, Settings], Wire]
"""From an address and the IP address that it is pinned to."""


class SocketWire:
    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    @property
    def peer(self) -> str:
        """The camera's IP address."""
        return str(self._socket.getpeername()[0])

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def buffered(self) -> bool:
        """Whether there is something to receive that the descriptor does not show."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def send(self, data: bytes, seconds: float) -> None:
        self._socket.settimeout(max(0.001, seconds))
        self._socket.sendall(data)

    def receive(self, seconds: float) -> bytes:
        self._socket.settimeout(max(0.001, seconds))
        try:
            return self._socket.recv(_CHUNK)
        except ssl.SSLEOFError:  # closed without the farewell of TLS, as cameras do
            return b""

    def close(self) -> None:
        """Wakes whoever waits on it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()


def connect_wire(address: StreamAddress, pinned_ip: str | None, settings: Settings) -> SocketWire:
    """Connects to ``pinned_ip``, or to the first address of the host that answers, within
    ``settings.stream_connect_s``.

    Raises:
        StreamError: ``unreachable``, ``refused`` or ``tls_failed``.
    """
    end = time.monotonic() + settings.stream_connect_s
    connected = _connect(address, [pinned_ip] if pinned_ip else _resolve(address, end), end)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not address.secure:
        return SocketWire(connected)
    try:
        return SocketWire(_with_tls(connected, address, settings, end))
    except StreamError:
        connected.close()
        raise


def _resolve(address: StreamAddress, end: float) -> list[str]:
    """The system's resolver knows no time limit: it runs in a thread that is left behind when it is late."""
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))

    if _is_ip(address.host):
        return [address.host]
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answer.get(timeout=max(0.001, end - time.monotonic()))
    except queue.Empty:
        found = []
    if not found:
        raise StreamError(
            StreamFault.UNREACHABLE, f"{address.redacted}: the host name {address.host} cannot be resolved."
        )
    return found


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _connect(address: StreamAddress, places: list[str], end: float) -> socket.socket:
    problem = OSError("no address")
    for number, place in enumerate(places):
        share = max(0.05, end - time.monotonic()) / (len(places) - number)
        try:
            return socket.create_connection((place, address.port), timeout=share)
        except OSError as error:
            problem = error
    raise _unconnected(address, problem) from None


def _unconnected(address: StreamAddress, problem: OSError) -> StreamError:
    where = f"{address.redacted}: "
    if isinstance(problem, ConnectionRefusedError):
        return StreamError(StreamFault.REFUSED, f"{where}nothing listens on port {address.port}.")
    if isinstance(problem, ConnectionResetError):
        return StreamError(StreamFault.REFUSED, f"{where}the connection was refused.")
    if isinstance(problem, TimeoutError):
        return StreamError(StreamFault.UNREACHABLE, f"{where}nobody answers there.")
    return StreamError(StreamFault.UNREACHABLE, f"{where}{problem.strerror or type(problem).__name__}.")


def _with_tls(
    connected: socket.socket, address: StreamAddress, settings: Settings, end: float
) -> ssl.SSLSocket:
    connected.settimeout(max(0.001, end - time.monotonic()))
    name = None if _is_ip(address.host) and not settings.stream_tls_verify else address.host
    try:
        return tls_context(settings.stream_tls_verify).wrap_socket(connected, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        problem = f"the camera's certificate is not trusted ({error.verify_message.rstrip('.')})"
    except ssl.SSLError as error:
        problem = f"the TLS handshake failed ({(error.reason or 'no TLS').replace('_', ' ').lower()})"
    except TimeoutError:
        problem = "the TLS handshake was not answered"
    except OSError:
        problem = "the connection was closed during the TLS handshake"
    raise StreamError(StreamFault.TLS_FAILED, f"{address.redacted}: {problem}.")


def tls_context(verify: bool) -> ssl.SSLContext:
    """Without ``verify`` it takes what cameras of the last fifteen years speak: certificates that they signed
    themselves, small keys, TLS 1.0. The link is encrypted, but anyone on the way may pose as the camera."""
    context = ssl.create_default_context()
    if verify:
        return context
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with contextlib.suppress(ValueError):
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context
