"""GetDeviceInformation against a server that answers what a device may answer."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from edge.errors import StreamError, StreamFault
from edge.media.onvif import DeviceInformation, OnvifTarget, device_information, password_digest
from edge.settings import load_settings
from tests.support import answers

INFORMATION = answers.DEVICE_INFORMATION.format(maker="Acme", model="One", firmware="1.0", serial="S1")
CLOCK = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><r><UTCDateTime><Time><Hour>5</Hour>'
    "<Minute>4</Minute><Second>3</Second></Time><Date><Year>2020</Year><Month>2</Month><Day>1</Day></Date>"
    "</UTCDateTime></r></s:Body></s:Envelope>"
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = OnvifTarget("http://192.0.2.4/onvif/device_service", "admin", "s3cret")

Answer = Callable[[httpx.Request], httpx.Response]


def ask(answer: Answer, target: OnvifTarget = TARGET) -> DeviceInformation:
    transport = httpx.MockTransport(answer)
    return device_information(target, load_settings(), now=lambda: NOW, transport=transport)


def answering(status: int, body: str, clock: str = CLOCK) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        if b"GetSystemDateAndTime" in request.content:
            return httpx.Response(200, text=clock)
        return httpx.Response(status, text=body)

    return answer


def test_a_device_tells_what_it_is() -> None:
    assert ask(answering(200, INFORMATION)) == DeviceInformation("Acme", "One", "1.0", "S1", "88")


def test_the_password_travels_as_a_digest_by_the_devices_clock() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content.decode())
        return answering(200, INFORMATION)(request)

    ask(answer)
    assert all("s3cret" not in text for text in seen)
    assert "UsernameToken" not in seen[0]
    nonce = base64.b64decode(re.findall(r"<w:Nonce[^>]*>([^<]+)<", seen[1])[0])
    assert re.findall(r"<u:Created>([^<]+)<", seen[1]) == ["2020-02-01T05:04:03Z"]
    wanted = hashlib.sha1(nonce + b"2020-02-01T05:04:03Z" + b"s3cret").digest()
    assert re.findall(r"PasswordDigest\">([^<]+)<", seen[1]) == [base64.b64encode(wanted).decode()]


def test_the_digest_is_that_of_the_standard() -> None:
    # The example of the ONVIF application programmer's guide.
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


def test_a_device_that_wants_http_digest_gets_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers:
            return answering(200, INFORMATION)(request)
        login = {"WWW-Authenticate": 'Digest realm="x", nonce="1", qop="auth"'}
        return httpx.Response(401, headers=login)

    assert ask(answer).manufacturer == "Acme"


def test_a_clock_that_is_not_told_is_ours() -> None:
    assert ask(answering(200, INFORMATION, clock="<nothing/>")).model == "One"


@pytest.mark.parametrize(
    ("answer", "target", "fault"),
    [
        (answering(401, ""), TARGET, StreamFault.AUTH_FAILED),
        (answering(401, ""), OnvifTarget("http://192.0.2.4/x"), StreamFault.AUTH_REQUIRED),
        (answering(400, "<f>ter:NotAuthorized</f>"), TARGET, StreamFault.AUTH_FAILED),
        (answering(404, "no"), TARGET, StreamFault.NOT_FOUND),
        (answering(200, "no xml"), TARGET, StreamFault.CORRUPT),
        (answering(200, "<other/>"), TARGET, StreamFault.CORRUPT),
        (answering(200, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), TARGET, StreamFault.CORRUPT),
        (answering(200, "<a>" + "x" * 400_000 + "</a>"), TARGET, StreamFault.CORRUPT),
    ],
)
def test_what_can_go_wrong(answer: Answer, target: OnvifTarget, fault: StreamFault) -> None:
    with pytest.raises(StreamError) as raised:
        ask(answer, target)
    assert raised.value.code is fault
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "fault"),
    [(httpx.ConnectTimeout("x"), StreamFault.TIMEOUT), (httpx.ConnectError("x"), StreamFault.UNREACHABLE)],
)
def test_a_device_that_is_away(error: httpx.TransportError, fault: StreamFault) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(StreamError) as raised:
        ask(answer)
    assert raised.value.code is fault


def test_a_target_hides_its_credentials() -> None:
    target = OnvifTarget.of_host("fe80::1", 8080, "admin", "s3cret")
    assert target.url == "http://[fe80::1]:8080/onvif/device_service"
    assert "s3cret" not in repr(target)
