"""ONVIF ``GetDeviceInformation``: what a camera says it is, asked with the user's own credentials.

The password travels as a WS-Security digest (OASIS UsernameToken Profile 1.0: Base64 of SHA-1 over nonce,
time and password), by the device's own clock, which is asked first; where a device wants HTTP digest instead,
it gets that. Nothing else is asked and nothing is set.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from edge.errors import StreamError, StreamFault
from edge.settings import Settings

SERVICE_PATH = "/onvif/device_service"
MAX_TEXT = 256
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    "<s:Header>{header}</s:Header>"
    '<s:Body><d:{operation} xmlns:d="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_TOKEN = (
    f'<w:Security xmlns:w="{_WSS}wssecurity-secext-1.0.xsd" xmlns:u="{_WSS}wssecurity-utility-1.0.xsd" '
    's:mustUnderstand="1"><w:UsernameToken><w:Username>{user}</w:Username>'
    f'<w:Password Type="{_WSS}username-token-profile-1.0#PasswordDigest">{{digest}}</w:Password>'
    f'<w:Nonce EncodingType="{_WSS}soap-message-security-1.0#Base64Binary">{{nonce}}</w:Nonce>'
    "<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
)
_UNAUTHORISED = frozenset({400, 401, 403, 500})
"""What devices answer with a SOAP fault to wrong credentials."""


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """As the device states it; None: left empty."""

    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    hardware_id: str | None


@dataclass(frozen=True, slots=True)
class OnvifTarget:
    """``url`` of the device service, without credentials; these never stand in ``repr``."""

    url: str
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"OnvifTarget({self.url!r})"

    @classmethod
    def of_host(
        cls, host: str, port: int = 80, username: str | None = None, password: str | None = None
    ) -> OnvifTarget:
        bracketed = f"[{host}]" if ":" in host else host
        return cls(f"http://{bracketed}:{port}{SERVICE_PATH}", username, password)


def device_information(
    target: OnvifTarget,
    settings: Settings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    transport: httpx.BaseTransport | None = None,
) -> DeviceInformation:
    """Asks the device at ``target`` what it is; at most three requests, each bounded in time and bytes.

    Raises:
        StreamError: ``unreachable``, ``timeout``, ``auth_required``, ``auth_failed``, ``not_found`` or
            ``corrupt``.
    """
    place = urlsplit(target.url).hostname or "the device"
    limit = httpx.Timeout(settings.onvif_answer_s)
    try:
        with httpx.Client(timeout=limit, transport=transport, trust_env=False, verify=False) as client:
            asker = _Asker(client, target, settings.onvif_max_answer_bytes)
            offset = asker.clock_offset(now())
            return _information(asker.ask("GetDeviceInformation", asker.token(now() + offset)), place)
    except httpx.TimeoutException:
        raise StreamError(StreamFault.TIMEOUT, f"{place} did not answer the ONVIF request.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = type(error).__name__
        raise StreamError(StreamFault.UNREACHABLE, f"{place} does not answer ONVIF ({reason}).") from None


@dataclass(frozen=True, slots=True)
class _Asker:
    client: httpx.Client
    target: OnvifTarget
    max_bytes: int

    def clock_offset(self, now: datetime) -> timedelta:
        """The device's clock against ours; zero where it does not tell."""
        try:
            root = self._parsed(self._post("GetSystemDateAndTime", "")[1])
            return (_moment(root) or now) - now
        except StreamError:
            return timedelta()

    def token(self, created: datetime) -> str:
        if self.target.username is None:
            return ""
        nonce = secrets.token_bytes(16)
        stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _TOKEN.format(
            user=escape(self.target.username),
            digest=password_digest(nonce, stamp, self.target.password or ""),
            nonce=base64.b64encode(nonce).decode("ascii"),
            created=stamp,
        )

    def ask(self, operation: str, header: str) -> Element:
        status, body = self._post(operation, header)
        if status == 401 and self.target.username is not None:
            login = httpx.DigestAuth(self.target.username, self.target.password or "")
            status, body = self._post(operation, header, login)
        place = urlsplit(self.target.url).hostname
        if status == 404:
            raise StreamError(StreamFault.NOT_FOUND, f"{place} has no ONVIF device service there.")
        if status in (401, 403) or (status in _UNAUTHORISED and _refuses(body)):
            given = self.target.username is not None
            fault = StreamFault.AUTH_FAILED if given else StreamFault.AUTH_REQUIRED
            raise StreamError(fault, f"{place} refuses the ONVIF request.")
        return self._parsed(body)

    def _post(self, operation: str, header: str, auth: httpx.Auth | None = None) -> tuple[int, bytes]:
        content = _ENVELOPE.format(header=header, operation=operation).encode("utf-8")
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        with self.client.stream(
            "POST", self.target.url, content=content, headers=headers, auth=auth
        ) as answer:
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > self.max_bytes:
                    raise StreamError(StreamFault.CORRUPT, "The ONVIF answer is larger than the limit.")
            return answer.status_code, body

    def _parsed(self, body: bytes) -> Element:
        try:
            root: Element = fromstring(body, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            raise StreamError(StreamFault.CORRUPT, "The ONVIF answer is no XML.") from None
        return root


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """WS-Security: Base64 (SHA-1 (nonce + created + password))."""
    digest = hashlib.sha1(nonce + created.encode("utf-8") + password.encode("utf-8"), usedforsecurity=False)
    return base64.b64encode(digest.digest()).decode("ascii")


def _refuses(body: bytes) -> bool:
    words = body[:8192].lower()
    return b"notauthorized" in words or b"not authorized" in words or b"failedauthentication" in words


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _texts(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter():
        text = (element.text or "").strip()
        if text:
            found.setdefault(_local(element), text[:MAX_TEXT])
    return found


def _information(root: Element, place: str) -> DeviceInformation:
    if not any(_local(element) == "GetDeviceInformationResponse" for element in root.iter()):
        raise StreamError(StreamFault.CORRUPT, f"{place} answered something else than device information.")
    texts = _texts(root)
    return DeviceInformation(
        manufacturer=texts.get("Manufacturer"),
        model=texts.get("Model"),
        firmware=texts.get("FirmwareVersion"),
        serial=texts.get("SerialNumber"),
        hardware_id=texts.get("HardwareId"),
    )


def _moment(root: Element) -> datetime | None:
    """UTC of a GetSystemDateAndTime answer."""
    utc = next((element for element in root.iter() if _local(element) == "UTCDateTime"), None)
    if utc is None:
        return None
    parts = _texts(utc)
    try:
        numbers = [int(parts[key]) for key in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
        return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]
    except (KeyError, ValueError, OverflowError):
        return None
