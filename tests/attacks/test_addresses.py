"""Devices and brokers that would send Camid elsewhere: it goes nowhere."""

from __future__ import annotations

import httpx
import pytest

from edge.errors import CamidError, StreamError
from edge.media.onvif import OnvifTarget, device_information
from edge.service.map_tiles import tile_origin
from edge.service.mqtt import Broker
from edge.settings import load_settings

TARGET = OnvifTarget.of_host("192.168.1.10", 80, "viewer", "word")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_of_a_camera_is_followed_over_onvif(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.host}{request.url.path}")
        return httpx.Response(status, headers={"Location": "http://169.254.169.254/latest/meta-data"})

    with pytest.raises(StreamError):
        device_information(TARGET, load_settings(), transport=httpx.MockTransport(answer))
    assert set(asked) == {"192.168.1.10/onvif/device_service"}


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://a", "mqtt://a/b", "mqtt://u:p@a", "mqtt://", "unix:/a"]
)
def test_a_broker_is_a_host_and_nothing_else(url: str) -> None:
    with pytest.raises(CamidError):
        Broker.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/{z}/{x}/{y}",
        "javascript:alert(1)/{z}/{x}/{y}",
        "https://a; script-src 'unsafe-inline'/{z}/{x}/{y}",
        "https://u:p@a/{z}/{x}/{y}",
        "https://*/{z}/{x}/{y}",
    ],
)
def test_no_address_of_tiles_widens_the_policy_of_the_page(url: str) -> None:
    """The service never asks it; a browser does, as far as the policy of the page lets it."""
    try:
        origin = tile_origin(load_settings(map_tiles_url=url))
    except CamidError:
        return
    assert origin is not None
    pytest.fail(f"taken: {origin}")
