"""WS-Discovery: which ONVIF devices on the local network answer a probe. Nothing is logged in to.

One multicast datagram goes out on each interface (OASIS WS-Discovery 1.1: 239.255.255.250, port 3702); what
comes back within the time is read, bounded in number and size.
"""

from __future__ import annotations

import re
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from edge.errors import StreamError, StreamFault
from edge.settings import Settings

GROUP = ("239.255.255.250", 3702)
MAX_SCOPES = 64
MAX_TEXT = 512
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
    "<w:MessageID>uuid:{message}</w:MessageID>"
    "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Discovered:
    """One device that answered: the ``host`` it answered from, its service addresses, its scopes, and the
    answer itself as text."""

    host: str
    endpoint: str
    addresses: tuple[str, ...]
    scopes: tuple[str, ...]
    answer: str


def discover(
    settings: Settings,
    *,
    group: tuple[str, int] = GROUP,
    interfaces: Iterable[str] = ("0.0.0.0",),
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[Discovered, ...]:
    """Every device that answers within ``discover_s``, each once, in the order of their addresses.

    Raises:
        StreamError: ``unreachable`` where no probe can be sent.
    """
    sockets = _probing(group, interfaces)
    try:
        found = _answers(sockets, settings, monotonic)
    finally:
        for one in sockets:
            one.close()
    unique = {one.endpoint or one.host: one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: (_by_number(one.host), one.endpoint)))


def _probing(group: tuple[str, int], interfaces: Iterable[str]) -> list[socket.socket]:
    """Sockets that have sent a probe each."""
    probe = _PROBE.format(message=uuid.uuid4()).encode("utf-8")
    sockets: list[socket.socket] = []
    fault = ""
    for interface in interfaces:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", 1))
            one.bind((interface, 0))
            one.sendto(probe, group)
            sockets.append(one)
        except OSError as error:
            one.close()
            fault = error.strerror or type(error).__name__
    if not sockets:
        raise StreamError(StreamFault.UNREACHABLE, f"No probe can be sent into the network ({fault}).")
    return sockets


def _answers(
    sockets: list[socket.socket], settings: Settings, monotonic: Callable[[], float]
) -> list[Discovered]:
    end = monotonic() + settings.discover_s
    found: list[Discovered] = []
    read = 0
    while read < settings.discover_max_answers and (left := end - monotonic()) > 0:
        for one in sockets:
            one.settimeout(max(0.01, min(left, 0.25) / len(sockets)))
            try:
                data, sender = one.recvfrom(min(65535, settings.onvif_max_answer_bytes))
            except TimeoutError:
                continue
            except OSError:  # a port that is closed somewhere answers so
                continue
            read += 1
            if device := parse_answer(data, str(sender[0])):
                found.append(device)
    return found


def parse_answer(data: bytes, host: str) -> Discovered | None:
    """A ProbeMatches or Hello datagram; None for anything else."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    match = next((e for e in root.iter() if _local(e) in {"ProbeMatch", "Hello", "ResolveMatch"}), None)
    if match is None:
        return None
    texts = {_local(element): (element.text or "").strip() for element in match.iter()}
    return Discovered(
        host=host,
        endpoint=texts.get("Address", "")[:MAX_TEXT],
        addresses=_words(texts.get("XAddrs", "")),
        scopes=_words(texts.get("Scopes", "")),
        answer=data.decode("utf-8", "replace"),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word[:MAX_TEXT] for word in text.split()[:MAX_SCOPES])


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _by_number(host: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", host))
