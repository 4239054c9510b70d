"""Which hosts may be asked for a stream if a client names them: private ones, unless the settings allow more.

Whoever may add a stream makes this machine connect somewhere (server-side request forgery, CWE-918). So a
host is resolved once, every address of the answer is checked, and connections go to the address that was
checked: a name that is resolved again later may lead elsewhere (DNS rebinding). A redirect is a new host.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from edge.errors import CamidError, ErrorCode
from edge.settings import Settings

IpAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

Resolve = Callable[[str], Sequence[str]]
"""All addresses of a host name, as text; raises OSError where there are none."""

HostPolicy = Callable[[str], str]
"""From a host to the one address that may be connected to; raises CamidError where none may."""

_PRIVATE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
)
"""RFC 1918, RFC 4193 and loopback. Link-local addresses are not among them: instances of cloud providers get
credentials from one."""

_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "::/128",
        "224.0.0.0/3",
        "ff00::/8",
        # Metadata services: AWS, Azure, Google, Oracle (IPv4), AWS ECS, Azure's wire server, Alibaba,
        # AWS and Google (IPv6).
        "169.254.169.254/32",
        "169.254.170.2/32",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
    )
)
"""Whatever the settings allow: no host, many hosts, or services that hand out credentials."""

_NAT64: Network = ip_network("64:ff9b::/96")
_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.I)
_LOOKS_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]*))*", re.I)


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """What ``stream_allowed_hosts`` adds to the private ranges: networks, and names with whatever address."""

    networks: tuple[Network, ...]
    names: frozenset[str]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowedHosts:
        """Raises: CamidError: ``settings_invalid`` for an entry that is neither a network nor a name."""
        networks: list[Network] = []
        names: set[str] = set()
        for entry in entries:
            network = _network(entry)
            if network is not None:
                networks.append(network)
            elif _NAME.fullmatch(entry) and not _LOOKS_NUMERIC.fullmatch(entry):
                names.add(_bare(entry))
            else:
                raise CamidError(
                    ErrorCode.SETTINGS_INVALID,
                    f"stream_allowed_hosts: {entry[:100]!r} is no network, address or host name.",
                )
        return cls(tuple(networks), frozenset(names))


def host_policy(settings: Settings, resolve: Resolve | None = None) -> HostPolicy:
    """The policy of these settings.

    The policy raises CamidError: ``host_not_allowed`` for a host that is, or leads to, an address outside the
    private ranges and the settings; ``bad_request`` for what is no host or cannot be resolved.
    """
    allowed = AllowedHosts.parse(settings.stream_allowed_hosts)
    return lambda host: _pin(host, allowed, resolve or resolve_host)


def may_lead_to(address: str, *, at_home: bool) -> bool:
    """Whether a web server may lead to ``address``: at the host that the operator named (``at_home``) to
    whatever is no service with credentials, elsewhere to public addresses alone."""
    meant = _unwrapped(ip_address(address))
    return not _within(meant, _NEVER) and (at_home or meant.is_global)


def resolve_host(host: str) -> Sequence[str]:
    """As the system resolves it, in the system's order; waits as long as that takes."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _pin(host: str, allowed: AllowedHosts, resolve: Resolve) -> str:
    literal = _literal(host)
    if literal is not None:
        return _checked(host, literal, allowed, named=False)
    named = _bare(host) in allowed.names
    checked = [_checked(host, address, allowed, named) for address in _resolved(host, resolve)]
    return checked[0]


def _literal(host: str) -> IpAddress | None:
    """The address that ``host`` is, None where it is a name. Other spellings of addresses (decimal, octal,
    hexadecimal, shortened) are refused: programs disagree about what they mean."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if _LOOKS_NUMERIC.fullmatch(host):
        raise CamidError(ErrorCode.BAD_REQUEST, "Write the host's address as usual: 192.168.1.10.")
    if not _NAME.fullmatch(host):
        raise CamidError(ErrorCode.BAD_REQUEST, "The host of the address is not valid.")
    return None


def _resolved(host: str, resolve: Resolve) -> list[IpAddress]:
    try:
        addresses = [ip_address(text) for text in resolve(host)]
    except (OSError, UnicodeError, ValueError):
        addresses = []
    if not addresses:
        raise CamidError(ErrorCode.BAD_REQUEST, f"The host name {_bare(host)} cannot be resolved.")
    return addresses


def _checked(host: str, address: IpAddress, allowed: AllowedHosts, named: bool) -> str:
    meant = _unwrapped(address)
    if not _within(meant, _NEVER) and (named or _within(meant, _PRIVATE) or _within(meant, allowed.networks)):
        return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)
    # The address itself is not told: the answer would make this service a resolver of inner names.
    raise CamidError(ErrorCode.HOST_NOT_ALLOWED, f"The host {host[:100]} is outside the private networks.")


def _unwrapped(address: IpAddress) -> IpAddress:
    """The IPv4 address inside an IPv6 one that leads to it: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def _within(address: IpAddress, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _bare(name: str) -> str:
    return name.lower().rstrip(".")
