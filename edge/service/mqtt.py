"""Publishes what is known of streams to an MQTT broker, in the form in which Home Assistant finds devices.

Everything is retained: who subscribes later sees the newest at once. The broker remembers longer than this
service, so what it still holds of a stream that is no more is asked for at each connection, and deleted.
Topics and payloads are those of Home Assistant's MQTT discovery
(https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery).
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel

from edge.domain import Verdict
from edge.errors import CamidError, ErrorCode, StreamFault
from edge.media.backoff import Backoff
from edge.report.contract import identification_contract, iso
from edge.report.sentence import Names, recorder_sentence
from edge.service.events import Events, Listener
from edge.service.watched import WatchedStream, WatchedStreams
from edge.settings import Settings
from edge.streams.state import PictureFault, StreamState

if TYPE_CHECKING:
    from aiomqtt import Client

_log = logging.getLogger("edge.service.mqtt")

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TIMEOUT_S = 10
_QOS = 1
_ID = re.compile(r"[0-9a-f]{32}")
"""The id of a stream; others publish nothing under our topics, but they could."""


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, url: str) -> Broker:
        """Raises: CamidError: ``settings_invalid``; the URL is not quoted, it may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _wrong("it is no address") from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise _wrong("use mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
        if parts.username is not None or parts.password is not None:
            raise _wrong("give the login in mqtt_username and mqtt_password")
        return cls(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts")


class MqttStateV1(BaseModel):
    """The payload of a stream's topic."""

    name: str
    state: StreamState
    problem: bool
    fault: StreamFault | None
    message: str | None
    picture_faults: list[PictureFault]
    verdict: Verdict | None
    brand: str | None
    platform: str | None
    maker: str
    confidence: float | None
    sentence: str | None
    intermediary: str | None
    last_look: str | None


class MqttPublisher:
    """``run`` until the events end; a broker that is away is tried again for ever.

    Raises:
        CamidError: ``settings_invalid`` for a wrong URL, or if the extra ``mqtt`` is not installed.
    """

    def __init__(self, settings: Settings, streams: WatchedStreams, events: Events, names: Names) -> None:
        self._settings = settings
        self._streams = streams
        self._events = events
        self._names = names
        self._broker = Broker.parse(settings.mqtt_url or "")
        _check_installed()

    async def run(self) -> None:
        from aiomqtt import MqttError  # noqa: PLC0415

        backoff = Backoff(self._settings)
        while not self._events.closed:
            try:
                async with self._client() as client:
                    _log.info("Connected to the MQTT broker.")
                    backoff.reset()
                    await self._publish(client)
            except (MqttError, OSError) as error:
                _log.warning("The MQTT broker cannot be used: %s", error)
                await self._pause(backoff.next())

    def _client(self) -> Client:
        from aiomqtt import Client, Will  # noqa: PLC0415

        password = self._settings.mqtt_password
        return Client(
            self._broker.host,
            self._broker.port,
            username=self._settings.mqtt_username,
            password=password.get_secret_value() if password is not None else None,
            tls_context=ssl.create_default_context() if self._broker.tls else None,
            will=Will(self._online_topic, "offline", _QOS, retain=True),
            timeout=_TIMEOUT_S,
            logger=_log,
        )

    async def _publish(self, client: Client) -> None:
        """Everything, then what changes; ends with the events, or with the connection's error."""
        with self._events.listen(inside=True) as listener:
            tasks = {
                asyncio.ensure_future(self._tell(client, listener)),
                asyncio.ensure_future(self._tidy(client)),
            }
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()

    async def _tell(self, client: Client, listener: Listener) -> None:
        await self._send(client, self._online_topic, "online")
        for stream in self._streams.all():
            await self._announce(client, stream)
        while (changed := await listener.next()) is not None:
            known = self._known(changed)
            if known is not None:
                await self._announce(client, known)
            else:
                await self._retract(client, changed)
        if self._events.closed:
            # A connection that is closed in good order leaves no last will.
            await self._send(client, self._online_topic, "offline")

    async def _tidy(self, client: Client) -> None:
        """Deletes what is retained of streams that were removed while this service, or the broker, was away.
        Ends only with the error of a lost connection."""
        await client.subscribe(self._topic("+"), qos=_QOS)
        async for message in client.messages:
            stream = message.topic.value.rpartition("/")[2]
            is_ours = message.retain and message.payload and _ID.fullmatch(stream)
            if is_ours and self._known(stream) is None:
                await self._retract(client, stream)

    def _known(self, stream: str) -> WatchedStream | None:
        try:
            return self._streams.get(stream)
        except CamidError:
            return None

    async def _announce(self, client: Client, stream: WatchedStream) -> None:
        for topic, entity in self._entities(stream):
            await self._send(client, topic, entity.model_dump_json(exclude_none=True))
        await self._send(client, self._topic(stream.spec.id), self._state(stream).model_dump_json())

    async def _retract(self, client: Client, stream: str) -> None:
        """An empty retained payload deletes what was retained, and the device at Home Assistant."""
        for topic in (*self._entity_topics(stream), self._topic(stream)):
            await self._send(client, topic, "")

    async def _send(self, client: Client, topic: str, payload: str) -> None:
        await client.publish(topic, payload, qos=_QOS, retain=True)

    async def _pause(self, seconds: float) -> None:
        """Or until the events end."""
        with self._events.listen(inside=True) as listener:
            try:
                async with asyncio.timeout(seconds):
                    while await listener.next() is not None:
                        pass
            except TimeoutError:
                pass

    @property
    def _online_topic(self) -> str:
        return f"{self._settings.mqtt_topic}/online"

    def _topic(self, stream: str) -> str:
        return f"{self._settings.mqtt_topic}/streams/{stream}"

    def _entity_topics(self, stream: str) -> list[str]:
        start = self._settings.mqtt_discovery_topic
        return [f"{start}/{one.component}/camid_{stream}/{one.key}/config" for one in _ENTITIES]

    def _entities(self, stream: WatchedStream) -> Iterator[tuple[str, DiscoveryV1]]:
        topics = self._entity_topics(stream.spec.id)
        for topic, entity in zip(topics, _ENTITIES, strict=True):
            yield topic, self._entity(stream, entity)

    def _entity(self, stream: WatchedStream, entity: _Entity) -> DiscoveryV1:
        device = f"camid_{stream.spec.id}"
        return DiscoveryV1(
            name=entity.name,
            unique_id=f"{device}_{entity.key}",
            state_topic=self._topic(stream.spec.id),
            value_template=entity.template,
            json_attributes_topic=self._topic(stream.spec.id) if entity.key == "maker" else None,
            availability_topic=self._online_topic,
            device_class=entity.device_class,
            icon=entity.icon,
            device=DeviceV1(identifiers=[device], name=stream.spec.name),
        )

    def _state(self, stream: WatchedStream) -> MqttStateV1:
        status, spec = stream.status, stream.spec
        found = identification_contract(status.identification) if status.identification else None
        vendor = (found.brand or found.platform) if found else None
        return MqttStateV1(
            name=spec.name,
            state=status.state,
            problem=status.state is StreamState.FAILING or bool(status.picture_faults),
            fault=status.fault,
            message=status.message,
            picture_faults=list(status.picture_faults),
            verdict=found.verdict if found else None,
            brand=found.brand if found else None,
            platform=found.platform if found else None,
            maker=self._names.get(vendor, vendor) if vendor else "undetermined",
            confidence=found.confidence if found else None,
            sentence=recorder_sentence(found, self._names, status.intermediary) if found else None,
            intermediary=status.intermediary,
            last_look=iso(status.last_look),
        )


class DeviceV1(BaseModel):
    identifiers: list[str]
    name: str


class DiscoveryV1(BaseModel):
    """What Home Assistant is told about one entity."""

    name: str
    unique_id: str
    state_topic: str
    value_template: str
    json_attributes_topic: str | None
    availability_topic: str
    device_class: str | None
    icon: str | None
    device: DeviceV1


@dataclass(frozen=True, slots=True)
class _Entity:
    component: str
    key: str
    name: str
    template: str
    device_class: str | None = None
    icon: str | None = None


_ENTITIES = (
    _Entity("sensor", "maker", "Maker", "{{ value_json.maker }}", icon="mdi:cctv"),
    _Entity("sensor", "state", "State", "{{ value_json.state }}", icon="mdi:eye"),
    _Entity(
        "binary_sensor",
        "problem",
        "Problem",
        "{{ 'ON' if value_json.problem else 'OFF' }}",
        device_class="problem",
    ),
)


def _check_installed() -> None:
    try:
        import aiomqtt  # noqa: F401, PLC0415
    except ImportError:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, "mqtt_url: the extra is missing (pip install 'camid[mqtt]')."
        ) from None


def _wrong(what: str) -> CamidError:
    return CamidError(ErrorCode.SETTINGS_INVALID, f"mqtt_url: {what}.")
