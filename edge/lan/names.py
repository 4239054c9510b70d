"""The private addresses of this machine, and its name in multicast DNS (RFC 6762)."""

from __future__ import annotations

import fcntl
import ipaddress
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE: tuple[Network, ...] = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
"""RFC 1918 and RFC 4193: addresses that nobody owns, so that vouching for one takes nothing from anybody."""
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128"))

_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses of documentation (RFC 5737, RFC 3849): nothing is sent to them."""
_SIOCGIFADDR = 0x8915
_LONGEST_LABEL = 63


@dataclass(frozen=True, slots=True)
class BoxNames:
    """``addresses``: the one by which others most likely reach the box comes first. ``hosts``: DNS names."""

    addresses: tuple[Address, ...]
    hosts: tuple[str, ...]


def box_names(listening: str) -> BoxNames:
    """What the box is called by who reaches it at the address ``listening``, which may be "any"."""
    own = ipaddress.ip_address(listening)
    found = _private_addresses(own.version) if own.is_unspecified else (own,)
    here = ipaddress.ip_address("127.0.0.1" if own.version == 4 else "::1")
    return BoxNames(tuple(dict.fromkeys((*found, here))), (local_name(), "localhost"))


def local_name(host: str | None = None) -> str:
    """``camid-box.local`` for the host name ``Camid Box.example``; only letters, digits and hyphens."""
    first = (host if host is not None else socket.gethostname()).split(".")[0].lower()
    label = re.sub(r"[^a-z0-9]+", "-", first).strip("-")[:_LONGEST_LABEL].rstrip("-")
    return f"{label or 'camid'}.local"


def _private_addresses(version: int) -> tuple[Address, ...]:
    found = map(ipaddress.ip_address, (*_towards_others(), *_of_interfaces()))
    private = (one for one in found if any(one in network for network in PRIVATE))
    return tuple(dict.fromkeys(one for one in private if one.version == version))


def _towards_others() -> Iterator[str]:
    """What the machine would send from; connecting a datagram socket sends nothing."""
    for address, family in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            yield str(probe.getsockname()[0])


def _of_interfaces() -> Iterator[str]:
    """The first IPv4 address of each interface, on Linux; on others those under the host's name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                yield socket.inet_ntoa(answer[20:24])
    with suppress(OSError):
        yield from (str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET))
