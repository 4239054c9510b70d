"""Answers of ``key=value`` lines (CGI scripts of cameras), certificates, banners, sums of icons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edge.evidence.saved.observed import Device, Observed, observations
from edge.vendors.protocol_rules import Field

MAX_LINES = 5000
MAX_BANNER_LINES = 40
_PAIR = re.compile(r"^\s{0,8}([A-Za-z_][\w.\[\]-]{1,200})\s?=\s?(.*)$")
_SUBJECT = re.compile(r"(?:^|\bsubject\s*[=:]\s*)((?:/|\s)*(?:CN|C|O|OU|ST|L)\s*=\s*\S.*)$", re.IGNORECASE)
_PART = re.compile(r"(?:^|[,/;]\s*)(CN|C|O|OU|ST|L)\s*=\s*", re.IGNORECASE)
_MD5 = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)
_ICON = re.compile(r"favicon|\bico\b|\bmd5\b|logo\.png|lgbg\.jpg", re.IGNORECASE)
_LABELLED = re.compile(
    r"^[\s|_{]{0,12}[\"']?(manufacturer|model|firmware ?version|serial ?number|mac(?: ?address)?|"
    r"http-server-header|http-title|title)[\"']?\s*[:=]\s*[\"']?([^\"']{1,300}?)[\"']?[\s,}]*$",
    re.IGNORECASE,
)
_SNMP = re.compile(
    r"(?:sysDescr\S*|\.1\.3\.6\.1\.2\.1\.1\.1\.0)\s*[:=]+\s*(?:STRING:\s*)?\"?([^\"]+)", re.IGNORECASE
)


def read_pairs(text: str) -> Observed:
    """What lines of ``key=value`` hold."""
    pairs = tuple(_pairs(text))
    found = [(Field.PAIR, f"{key}={value}") for key, value in pairs]
    return Observed(observations(found), _device(pairs)).of_kind("pairs")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n", MAX_LINES)[:MAX_LINES]:
        if len(line) < 2048 and (match := _PAIR.match(line)):
            yield match[1], match[2].strip().strip("\"'")


_NAMES = {
    "serialnumber": "serial",
    "version": "firmware",
    "softwareversion": "firmware",
    "firmwareversion": "firmware",
    "prodnbr": "model",
    "devicetype": "model",
    "type": "model",
    "vendor": "maker",
    "brand": "maker",
    "manufacturer": "maker",
    "model": "model",
    "macaddress": "mac",
    "mac": "mac",
}
_GROUPS_OF_AXIS = ("root.brand.", "root.properties.firmware.", "root.properties.system.", "root.network.")


def _device(pairs: tuple[tuple[str, str], ...]) -> Device:
    """The first statement of each; a key within a tree counts only where Axis keeps these."""
    told: dict[str, str] = {}
    for key, value in pairs:
        path, _, last = key.lower().rpartition(".")
        name = _NAMES.get(last)
        if not name or not value or (path and not key.lower().startswith(_GROUPS_OF_AXIS)):
            continue
        if name == "model" and value.isdecimal():  # Dahua's recorders answer a number there
            continue
        told.setdefault(name, value.partition(",build")[0][:256] if name == "firmware" else value[:256])
    return Device(**told)


def read_certificate(text: str) -> Observed:
    """Subjects of certificates, as OpenSSL and browsers write them."""
    lines = (line.strip() for line in text.split("\n", MAX_LINES)[:MAX_LINES] if len(line) < 2048)
    matches = (_SUBJECT.search(line) for line in lines if "=" in line)
    found = [(Field.TLS_SUBJECT, subject(match[1])) for match in matches if match]
    return Observed(observations(found)).of_kind("certificate")


def subject(text: str) -> str:
    """``,CN=…,O=…,`` whatever parts the fields in ``text``."""
    parts = _PART.split(text.strip().lstrip("/ "))
    pairs = [
        f"{key.upper()}={value.strip().strip(',/')}"
        for key, value in zip(parts[1::2], parts[2::2], strict=False)
    ]
    return f",{','.join(pairs)},"


def read_banner(text: str) -> Observed:
    """Lines of a short text: greetings of Telnet, FTP, SIP and SNMP; titles; MD5 sums of icons."""
    lines = [line.strip() for line in text.strip().split("\n", MAX_BANNER_LINES)[:MAX_BANNER_LINES]]
    found: list[tuple[Field, str]] = []
    for line in (line[:1024] for line in lines if line):
        found.append((Field.BANNER, line))
        found += [(Field.BANNER, told) for told in _SNMP.findall(line)]
        if _ICON.search(line) or len(lines) == 1:
            found += [(Field.FAVICON, digest.lower()) for digest in _MD5.findall(line)]
    return Observed(observations(found))


def read_labelled(text: str) -> Observed:
    """Lines such as ``Manufacturer: ACME``, as tools print them, with or without quotes."""
    told: dict[str, str] = {}
    found: list[tuple[Field, str]] = []
    for line in text.split("\n", MAX_LINES)[:MAX_LINES]:
        match = _LABELLED.match(line[:512])
        if match is None:
            continue
        label = match[1].lower().replace(" ", "")
        if label in {"http-title", "title"}:
            found.append((Field.HTTP_TITLE, match[2]))
        elif label == "http-server-header":
            found.append((Field.HTTP_SERVER, match[2]))
        else:
            told.setdefault(_NAMES.get(label, label), match[2].strip())
    return Observed(observations(found), Device(**told)).of_kind("labels")
