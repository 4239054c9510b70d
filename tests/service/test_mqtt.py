"""Publishing over MQTT, with a broker of our own: real connections, a protocol that we wrote ourselves."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from edge.errors import CamidError, ErrorCode
from edge.service.app import create_app
from edge.service.mqtt import Broker as Address
from edge.streams.state import PictureFault
from tests.support.broker import Broker, mqtt_broker
from tests.support.service import Service, StandIn, make_settings, running, wait_for

STREAMS = "/api/v1/streams"


@contextmanager
def publishing(path: Path, broker: Broker, **settings: object) -> Iterator[tuple[Service, httpx.Client]]:
    made = make_settings(
        path, mqtt_url=broker.url, stream_backoff_first_s=0.05, stream_backoff_max_s=0.1, **settings
    )
    with running(made) as service, service.client() as client:
        yield service, client


def add(client: httpx.Client, name: str = "Back door") -> str:
    url = "rtsp://viewer-name:s3cret-word@192.168.1.10/a"
    return str(client.post(STREAMS, json={"url": url, "name": name}).json()["id"])


def test_a_stream_is_announced_followed_and_retracted(tmp_path: Path) -> None:
    with mqtt_broker() as broker, publishing(tmp_path, broker) as (service, client):
        wait_for(lambda: broker.retained.get("camid/online") == "online")
        stream = add(client)
        topic = f"camid/streams/{stream}"
        wait_for(lambda: topic in broker.retained)
        assert broker.json(topic)["state"] == "connecting"
        assert broker.json(topic)["maker"] == "undetermined"
        service.monitor.identify(stream)
        wait_for(lambda: broker.json(topic)["state"] == "asleep")
        told = broker.json(topic)
        assert (told["maker"], told["platform"], told["verdict"]) == ("Dahua", "dahua", "identified")
        assert (told["problem"], told["confidence"]) == (False, 0.9981)
        service.monitor.fail(stream)
        wait_for(lambda: broker.json(topic)["problem"])
        assert broker.json(topic)["fault"] == "timeout"
        client.delete(f"{STREAMS}/{stream}")
        wait_for(lambda: not any(stream in key for key in broker.retained))
    assert broker.retained == {"camid/online": "offline"}


def test_a_fault_of_the_picture_is_a_problem(tmp_path: Path) -> None:
    with mqtt_broker() as broker, publishing(tmp_path, broker) as (service, client):
        stream = add(client)
        wait_for(lambda: bool(service.monitor.specs))
        service.monitor.look(stream, picture_faults=(PictureFault.FROZEN,))
        topic = f"camid/streams/{stream}"
        wait_for(lambda: topic in broker.retained and broker.json(topic)["problem"])
        assert broker.json(topic)["picture_faults"] == ["frozen"]


def test_home_assistant_finds_three_entities_of_one_device(tmp_path: Path) -> None:
    with mqtt_broker() as broker, publishing(tmp_path, broker, mqtt_topic="house/camid") as (_, client):
        stream = add(client, 'A "name" {{ with }} <braces>')
        topic = f"house/camid/streams/{stream}"
        wait_for(lambda: topic in broker.retained)
        configs = {key: broker.json(key) for key in broker.retained if key.startswith("homeassistant/")}
    start = f"camid_{stream}"
    assert configs.keys() == {
        f"homeassistant/sensor/{start}/maker/config",
        f"homeassistant/sensor/{start}/state/config",
        f"homeassistant/binary_sensor/{start}/problem/config",
    }
    for config in configs.values():
        assert config["state_topic"] == topic
        assert config["availability_topic"] == "house/camid/online"
        assert config["device"] == {"identifiers": [start], "name": 'A "name" {{ with }} <braces>'}
    assert len({config["unique_id"] for config in configs.values()}) == 3


def test_a_broker_that_comes_back_gets_everything_again(tmp_path: Path) -> None:
    with mqtt_broker() as broker:
        port = broker.port
        with publishing(tmp_path, broker) as (service, client):
            kept, gone = add(client), add(client)
            wait_for(lambda: sum(key.startswith("camid/streams/") for key in broker.retained) == 2)
            broker.drop()
            wait_for(lambda: broker.connections == 2)
            wait_for(lambda: broker.retained["camid/online"] == "online")
            broker.login = ("somebody", "else")
            broker.drop()
            wait_for(lambda: broker.connections > 2)
            wait_for(lambda: broker.retained["camid/online"] == "offline")
            service.monitor.identify(kept)
            client.delete(f"{STREAMS}/{gone}")
            assert broker.json(f"camid/streams/{kept}")["state"] == "connecting"
            broker.login = None
            wait_for(lambda: broker.json(f"camid/streams/{kept}")["state"] == "asleep")
            wait_for(lambda: f"camid/streams/{gone}" not in broker.retained)
            assert broker.port == port


def test_what_was_removed_while_the_service_could_not_tell_is_taken_back_later(tmp_path: Path) -> None:
    with mqtt_broker() as broker:
        with publishing(tmp_path, broker) as (_, client):
            kept, gone = add(client), add(client)
            wait_for(lambda: sum(key.startswith("camid/streams/") for key in broker.retained) == 2)
            broker.login = ("somebody", "else")
            broker.drop()
            wait_for(lambda: broker.retained["camid/online"] == "offline")
            client.delete(f"{STREAMS}/{gone}")
        broker.login = None
        broker.retained["camid/streams/of-somebody-else"] = "{}"
        assert any(gone in topic for topic in broker.retained)
        with publishing(tmp_path, broker):
            wait_for(lambda: not any(gone in topic for topic in broker.retained))
            assert sum(kept in topic for topic in broker.retained) == 4
            assert "camid/streams/of-somebody-else" in broker.retained


def test_it_logs_in_and_tells_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), mqtt_broker(login=("camid", "br0ker-word")) as broker:
        login = {"mqtt_username": "camid", "mqtt_password": SecretStr("br0ker-word")}
        with publishing(tmp_path, broker, **login) as (service, client):
            stream = add(client)
            wait_for(lambda: f"camid/streams/{stream}" in broker.retained)
            service.monitor.fail(stream)
            wait_for(lambda: broker.json(f"camid/streams/{stream}")["problem"])
        told = caplog.text + repr(broker.log)
    for secret in ("viewer-name", "s3cret-word", "br0ker-word"):
        assert secret not in told


def test_without_a_broker_the_service_works_and_ends(tmp_path: Path) -> None:
    with mqtt_broker() as broker:
        pass  # nobody listens at this port any more
    with publishing(tmp_path, broker) as (_, client):
        assert add(client)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://broker", "broker", 1883, False),
        ("mqtts://broker", "broker", 8883, True),
        ("mqtt://10.0.0.1:1884/", "10.0.0.1", 1884, False),
        ("mqtt://[::1]:1884", "::1", 1884, False),
    ],
)
def test_addresses_of_brokers(url: str, host: str, port: int, tls: bool) -> None:
    assert Address.parse(url) == Address(host, port, tls)


@pytest.mark.parametrize(
    "url", ["", "broker", "http://broker", "mqtt://", "mqtt://h:99999", "mqtt://u:s3cret@h", "mqtt://h/topic"]
)
def test_a_wrong_address_is_named_before_anything_listens(tmp_path: Path, url: str) -> None:
    with pytest.raises(CamidError, match="mqtt_url") as caught:
        create_app(make_settings(tmp_path, mqtt_url=url), StandIn().load)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "s3cret" not in str(caught.value)


def test_the_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    with pytest.raises(CamidError, match=r"camid\[mqtt\]") as caught:
        create_app(make_settings(tmp_path, mqtt_url="mqtt://broker"), StandIn().load)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
