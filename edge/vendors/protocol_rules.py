"""Rules that tell a maker from what its devices answer: ``protocol_rules.toml`` beside this file.

A rule reads one field of an answer. It speaks for a platform, or it knows a program that stands between us
and the camera. ``docs/reference/protocol.md`` explains every field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from edge.domain import Strength
from edge.vendors.catalogue import Brand, Catalogue, load_catalogue
from edge.vendors.parsing import Entry, Sources, read_toml, toml_entry

RULES_FILE = "protocol_rules.toml"
MAX_VALUE = 2048
"""Characters of one field that a rule looks at."""

OF_PATH = "path: "
"""Begins what is told of a stream's address. Most devices repeat in it what they were asked for, so it is no
answer of theirs."""


class Field(StrEnum):
    """The parts of answers that rules read. The word before the dot is the protocol that carried them."""

    RTSP_SERVER = "rtsp.server"
    RTSP_REALM = "rtsp.realm"
    RTSP_PUBLIC = "rtsp.public"
    RTSP_HEADER = "rtsp.header"
    """Any header, as ``Name: value``."""
    RTSP_PATH = "rtsp.path"
    """Path and query of a stream's address, as the device itself states it."""
    RTSP_PORT = "rtsp.port"
    """``:port/path`` of the same."""
    SDP_NAME = "sdp.s"
    SDP_INFO = "sdp.i"
    SDP_ORIGIN = "sdp.o"
    SDP_URI = "sdp.u"
    SDP_MEDIA = "sdp.m"
    SDP_TOOL = "sdp.tool"
    SDP_ATTRIBUTE = "sdp.a"
    """Any attribute line but ``a=tool`` and ``a=control``, without ``a=``."""
    HTTP_SERVER = "http.server"
    HTTP_REALM = "http.realm"
    HTTP_HEADER = "http.header"
    HTTP_TITLE = "http.title"
    HTTP_BODY = "http.body"
    HTTP_PATH = "http.path"
    HTTP_PORT = "http.port"
    FAVICON = "http.favicon"
    """MD5 of an icon, in lower case."""
    TLS_SUBJECT = "tls.subject"
    """``,CN=…,O=…,`` in the order of the certificate."""
    BANNER = "banner.line"
    """A line of a Telnet, FTP, SNMP or SIP answer."""
    NAMESPACE = "isapi.namespace"
    """Default namespace of an XML answer's root."""
    ELEMENT = "isapi.element"
    """``name=text`` of an XML answer's leaf."""
    PAIR = "cgi.pair"
    """A line ``key=value``."""
    JSON = "json.pair"
    """``key=value`` of a leaf in a JSON answer."""
    SCOPE_NAME = "onvif.name"
    """The name among a device's ONVIF scopes; its user can set it."""
    MAKER = "device.maker"
    MODEL = "device.model"
    FIRMWARE = "device.firmware"
    SERIAL = "device.serial"

    @property
    def carrier(self) -> str:
        return self.value.partition(".")[0]


@dataclass(frozen=True, slots=True)
class ProtocolRule:
    """``platform`` is whom a match speaks for; ``brand`` is set only where it also proves the name. With
    ``program`` a match tells a program in the way: alone it hides the camera, with ``platform`` it is that
    maker's own, with ``library`` it may also run inside a camera. Rules of one ``group`` and one platform
    look at the same thing and count once. A ``copied`` pattern is known from other makers as well.
    """

    field: Field
    pattern: re.Pattern[str]
    strength: Strength
    source: str
    example: str
    platform: str | None = None
    brand: str | None = None
    program: str | None = None
    library: bool = False
    group: str = ""
    copied: bool = False
    facts: tuple[str, ...] = ()

    def matches(self, value: str) -> bool:
        return self.pattern.search(value[:MAX_VALUE]) is not None


@dataclass(frozen=True, slots=True)
class ProtocolRules:
    """Every rule, by the field that it reads."""

    by_field: Mapping[Field, tuple[ProtocolRule, ...]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_field", MappingProxyType(dict(self.by_field)))

    @property
    def all(self) -> tuple[ProtocolRule, ...]:
        return tuple(rule for rules in self.by_field.values() for rule in rules)

    def matching(self, field: Field, value: str) -> tuple[ProtocolRule, ...]:
        return tuple(rule for rule in self.by_field.get(field, ()) if rule.matches(value))


def load_protocol_rules(catalogue: Catalogue | None = None, path: Path | None = None) -> ProtocolRules:
    """The rules in ``path`` (default: the shipped ones), checked against ``catalogue`` (default likewise).

    Raises:
        CamidError: ``settings_invalid``, naming the rule and what is wrong.
    """
    if catalogue is None and path is None:
        return _shipped()
    return _load(catalogue or load_catalogue(), path or Path(__file__).parent / RULES_FILE)


@lru_cache(maxsize=1)
def _shipped() -> ProtocolRules:
    return _load(load_catalogue(), Path(__file__).parent / RULES_FILE)


def _load(catalogue: Catalogue, path: Path) -> ProtocolRules:
    return parse_protocol_rules(read_toml(path), catalogue, path.name)


def parse_protocol_rules(text: str, catalogue: Catalogue, name: str = RULES_FILE) -> ProtocolRules:
    """The checked rules of a file called ``name``; raises ``CamidError`` at the first fault."""
    head = toml_entry(name, text)
    sources = Sources(head)
    rules: dict[Field, list[ProtocolRule]] = {}
    for number, table in enumerate(head.tables("rule")):
        rule = _rule(Entry(f"{name}: rule {number}", table), sources, catalogue.brands)
        rules.setdefault(rule.field, []).append(rule)
    sources.close()
    head.close()
    return ProtocolRules({field: tuple(found) for field, found in rules.items()})


def _rule(entry: Entry, sources: Sources, brands: Mapping[str, Brand]) -> ProtocolRule:
    platform, brand = entry.optional("platform"), entry.optional("brand")
    program = entry.optional("program")
    rule = ProtocolRule(
        field=entry.choice("field", Field),
        pattern=_pattern(entry),
        strength=entry.choice("strength", Strength, Strength.STRONG if program and not platform else None),
        source=sources.take(entry),
        example=entry.text("example"),
        platform=platform,
        brand=brand,
        program=program,
        library=entry.flag("library"),
        group=entry.text("group", ""),
        copied=entry.flag("copied"),
        facts=entry.texts("facts"),
    )
    entry.close()
    _check(rule, entry, brands)
    return rule


def _pattern(entry: Entry) -> re.Pattern[str]:
    text = entry.text("pattern")
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise entry.fault(f"'pattern' is no regular expression ({error})") from None


def _check(rule: ProtocolRule, entry: Entry, brands: Mapping[str, Brand]) -> None:
    if unknown := {rule.platform, rule.brand} - {None, *brands}:
        raise entry.fault(f"names '{unknown.pop()}', which is no brand")
    if rule.platform is None and rule.program is None:
        raise entry.fault("names neither a platform nor a program")
    if rule.brand is not None:
        brand = brands[rule.brand]
        if brand.platform_known and brand.platform != rule.platform:
            raise entry.fault(f"brand '{rule.brand}' is on platform '{brand.platform}'")
    if not rule.matches(rule.example):
        raise entry.fault(f"does not match its own example {rule.example!r}")
