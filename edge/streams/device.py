"""What a camera says it is: over ONVIF with the credentials given, and in its answers to RTSP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from edge.domain import Evidence
from edge.domain_streams import Exchange
from edge.errors import StreamError
from edge.evidence.likelihoods import load_likelihoods
from edge.evidence.protocol import ProtocolFinding, onvif_finding, protocol_finding
from edge.media.address import StreamAddress
from edge.media.onvif import OnvifTarget, device_information
from edge.settings import Settings
from edge.streams.findings import NOT_STATED, Device, Target
from edge.vendors.catalogue import Catalogue
from edge.vendors.installed import in_use

_log = logging.getLogger("edge.streams")


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """``evidence`` is what ONVIF adds; that of RTSP comes with the look at the stream."""

    device: Device = NOT_STATED
    evidence: tuple[Evidence, ...] = ()


AskDevice = Callable[[Target, Exchange | None], DeviceAnswer]
"""Does not raise: a camera that does not say what it is, is no error."""


def device_asker(settings: Settings, catalogue: Catalogue) -> AskDevice:
    likelihoods, rules = load_likelihoods(settings.models_dir), in_use(settings.data_dir).facts.rules

    def ask(target: Target, exchange: Exchange | None) -> DeviceAnswer:
        told = ProtocolFinding()
        if exchange is not None:
            told = protocol_finding(exchange, catalogue, likelihoods, rules)
        onvif = _onvif_target(target)
        if onvif is None or exchange is None:
            return DeviceAnswer(_device(told))
        try:
            stated = device_information(onvif, settings)
        except StreamError as error:
            _log.info("%s: no ONVIF: %s", target.address.redacted, error.code)
            return DeviceAnswer(_device(told))
        found = onvif_finding(stated, catalogue, likelihoods, rules)
        device = Device(
            manufacturer=stated.manufacturer,
            model=stated.model or told.model,
            firmware=stated.firmware or told.firmware,
            serial=stated.serial or told.serial,
            mac=told.mac,
        )
        return DeviceAnswer(device, found.evidence)

    return ask


def _onvif_target(target: Target) -> OnvifTarget | None:
    """Only where the user gave credentials: nothing is logged in to unasked."""
    address = target.address
    if not isinstance(address, StreamAddress) or target.onvif_port is None or not address.username:
        return None
    return OnvifTarget.of_host(
        target.pinned_ip or address.host, target.onvif_port, address.username, address.password
    )


def _device(told: ProtocolFinding) -> Device:
    return Device(model=told.model, firmware=told.firmware, serial=told.serial, mac=told.mac)
