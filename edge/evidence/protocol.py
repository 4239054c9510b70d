"""What a camera answers over RTSP, ONVIF and HTTP, as evidence about who built it."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain import Evidence
from edge.domain_streams import Exchange
from edge.evidence.likelihoods import Likelihoods
from edge.vendors.catalogue import Catalogue
from edge.vendors.protocol_rules import ProtocolRules


@dataclass(frozen=True, slots=True)
class ProtocolFinding:
    """``evidence`` is about the camera. ``intermediary`` names a server or program that stands between us and
    it, as people write it; what it rewrites is no evidence then. ``model``, ``firmware``, ``serial`` and
    ``mac`` are as the device states them, None: not stated."""

    evidence: tuple[Evidence, ...] = ()
    intermediary: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None


def protocol_finding(
    exchange: Exchange, catalogue: Catalogue, likelihoods: Likelihoods, rules: ProtocolRules
) -> ProtocolFinding:
    """What the OPTIONS and DESCRIBE answers of a stream tell."""
    del exchange, catalogue, likelihoods, rules
    return ProtocolFinding()
