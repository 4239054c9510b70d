"""What a camera answers over RTSP, ONVIF and HTTP, as evidence about who built it.

Strong evidence names, medium evidence names where two independent fields agree, weak evidence never adds to
other evidence: the values in the likelihood table ``protocol`` are fitted so (docs/design/protocol.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain import Evidence, EvidenceKind, Strength
from edge.domain_streams import Exchange
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.makers import maker_named
from edge.evidence.saved.headers import read_answers
from edge.evidence.saved.observed import Device, Observation, Observed, observation
from edge.evidence.saved.reading import read_saved
from edge.media.onvif import DeviceInformation
from edge.vendors.catalogue import Brand, Catalogue, RelationKind, normalise_model
from edge.vendors.oui import OuiTable, load_oui, macs_in
from edge.vendors.protocol_rules import OF_PATH, Field, ProtocolRule, ProtocolRules

TABLE = "protocol"
SCORES = {Strength.STRONG: 1.0, Strength.MEDIUM: 0.6, Strength.WEAK: 0.3}
"""The score of a rule in the fitted table."""
_RANK = {Strength.WEAK: 0, Strength.MEDIUM: 1, Strength.STRONG: 2}
_LOWER = {Strength.STRONG: Strength.MEDIUM, Strength.MEDIUM: Strength.WEAK, Strength.WEAK: Strength.WEAK}

_STREAM = frozenset({"rtsp", "sdp"})
_HIDDEN = {"rtsp": _STREAM, "sdp": _STREAM, "device": frozenset({"device", "onvif", "http", "isapi", "rtsp"})}
"""What a program rewrites that was told by a field of this carrier."""

_SHOWN = {
    Field.RTSP_SERVER: "Server: {}",
    Field.HTTP_SERVER: "Server: {}",
    Field.RTSP_REALM: 'realm="{}"',
    Field.HTTP_REALM: 'realm="{}"',
    Field.RTSP_PUBLIC: "Public: {}",
    Field.RTSP_PATH: OF_PATH + "{}",
    Field.RTSP_PORT: OF_PATH + "{}",
    Field.SDP_NAME: "s={}",
    Field.SDP_INFO: "i={}",
    Field.SDP_ORIGIN: "o={}",
    Field.SDP_URI: "u={}",
    Field.SDP_MEDIA: "m={}",
    Field.SDP_TOOL: "a=tool:{}",
    Field.SDP_ATTRIBUTE: "a={}",
    Field.HTTP_TITLE: "title: {}",
    Field.FAVICON: "icon {}",
    Field.NAMESPACE: "xmlns={}",
    Field.MAKER: "manufacturer: {}",
    Field.MODEL: "model: {}",
    Field.FIRMWARE: "firmware: {}",
    Field.SERIAL: "serial number: {}",
    Field.SCOPE_NAME: "name: {}",
}
_MODEL_FIELDS = (Field.MODEL, Field.SERIAL, Field.SCOPE_NAME)
_BARE_MACS = (Field.RTSP_REALM, Field.HTTP_REALM, Field.SERIAL, Field.SDP_NAME)
_MAC_FIELDS = (*_BARE_MACS, Field.SCOPE_NAME)


@dataclass(frozen=True, slots=True)
class ProtocolFinding:
    """``evidence`` is about the camera. ``intermediary`` names a server or program that stands between us and
    it, as people write it; what it rewrites is no evidence then. ``model``, ``firmware``, ``serial`` and
    ``mac`` are as the device states them, None: not stated. ``kinds`` are the forms of answer recognised."""

    evidence: tuple[Evidence, ...] = ()
    intermediary: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    """An observation that speaks for a platform."""

    platform: str
    brand: str | None
    strength: Strength
    field: Field
    value: str
    note: str
    group: str = ""
    copied: bool = False
    builders: tuple[str, ...] = ()
    """Others who may have built it, where a brand's own id stands for builders that no fact names."""


def protocol_finding(
    exchange: Exchange, catalogue: Catalogue, likelihoods: Likelihoods, rules: ProtocolRules
) -> ProtocolFinding:
    """What the OPTIONS and DESCRIBE answers of a stream tell."""
    return finding(read_answers(exchange.answers), catalogue, likelihoods, rules)


def saved_finding(
    data: bytes, catalogue: Catalogue, likelihoods: Likelihoods, rules: ProtocolRules
) -> ProtocolFinding:
    """What a saved answer of any kind tells.

    Raises:
        CamidError: ``empty``, or ``not_text`` where the bytes are no text.
    """
    return finding(read_saved(data), catalogue, likelihoods, rules)


def onvif_finding(
    information: DeviceInformation, catalogue: Catalogue, likelihoods: Likelihoods, rules: ProtocolRules
) -> ProtocolFinding:
    """What a device tells of itself through ONVIF."""
    device = Device(
        maker=information.manufacturer,
        model=information.model,
        firmware=information.firmware,
        serial=information.serial,
    )
    return finding(Observed(device=device, kinds=("onvif",)), catalogue, likelihoods, rules)


def finding(
    observed: Observed,
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    rules: ProtocolRules,
    oui: OuiTable | None = None,
) -> ProtocolFinding:
    """What observations tell, whatever they were read from."""
    seen = (*observed.observations, *_stated(observed.device))
    matches = [(rule, one) for one in seen for rule in rules.matching(one.field, one.value)]
    mac = _mac(observed, seen)
    hits = [
        *(_rule_hit(rule, one) for rule, one in matches if rule.platform is not None),
        *_maker_hits(seen, catalogue),
        *_model_hits(seen, catalogue),
        *_mac_hits(observed, seen, catalogue, oui or load_oui()),
    ]
    hidden = _hidden(matches)
    kept = _without_copies([hit for hit in hits if hit.field.carrier not in hidden])
    device = observed.device
    return ProtocolFinding(
        evidence=tuple(_evidence(kept, likelihoods)),
        intermediary=_intermediary(matches, kept),
        model=device.model,
        firmware=device.firmware,
        serial=device.serial,
        mac=mac,
        kinds=observed.kinds,
    )


def _stated(device: Device) -> tuple[Observation, ...]:
    stated = (
        (Field.MAKER, device.maker),
        (Field.MODEL, device.model),
        (Field.FIRMWARE, device.firmware),
        (Field.SERIAL, device.serial),
    )
    made = (observation(kind, value) for kind, value in stated if value)
    return tuple(one for one in made if one is not None)


def _rule_hit(rule: ProtocolRule, one: Observation) -> _Hit:
    assert rule.platform is not None
    note = f"{rule.strength.value} rule; source: {rule.source}"
    return _Hit(rule.platform, rule.brand, rule.strength, one.field, one.value, note, rule.group, rule.copied)


def _maker_hits(seen: Sequence[Observation], catalogue: Catalogue) -> list[_Hit]:
    """A maker's name where the device states its maker proves the brand; in a name that its user can set it
    is one grade less, and proves nothing."""
    found = []
    for one in seen:
        if one.field not in (Field.MAKER, Field.SCOPE_NAME):
            continue
        name = one.value if one.field is Field.MAKER else one.value.partition(" ")[0]
        brand = maker_named(name, catalogue)
        if brand is None:
            continue
        sure = one.field is Field.MAKER
        found.append(
            _Hit(
                platform=brand.platform,
                brand=brand.id if sure else None,
                strength=Strength.STRONG if sure else Strength.MEDIUM,
                field=one.field,
                value=one.value,
                note=f"the device states {brand.name}",
                group="maker",
                builders=_builders(brand),
            )
        )
    return found


def _builders(brand: Brand) -> tuple[str, ...]:
    if brand.platform_known:
        return ()
    built = (relation for relation in brand.oem if relation.relation is not RelationKind.OWNER)
    return tuple(dict.fromkeys(relation.parent for relation in built))


def _model_hits(seen: Sequence[Observation], catalogue: Catalogue) -> list[_Hit]:
    """Model and serial numbers by the grammars of rules.toml, where the field holds nothing but a number."""
    found = []
    for one in seen:
        if one.field not in _MODEL_FIELDS:
            continue
        text = normalise_model(one.value)
        for rule in catalogue.model_rules:
            if not rule.matches(text):
                continue
            strength = _LOWER[rule.strength] if one.field is Field.SCOPE_NAME else rule.strength
            brand = rule.brand if strength is Strength.STRONG else None
            group = one.field.value if one.field is Field.SERIAL else "model"
            note = f"a number of the form {rule.example}; source: {rule.source}"
            found.append(_Hit(rule.platform, brand, strength, one.field, one.value, note, group))
    return found


def _mac(observed: Observed, seen: Sequence[Observation]) -> str | None:
    """The MAC that the device states, else the first in a field that holds one."""
    if observed.device.mac and (stated := macs_in(observed.device.mac, bare=True)):
        return stated[0]
    found = (mac for one in seen if one.field in _MAC_FIELDS for mac in _macs_of(one))
    return next(found, None)


def _macs_of(one: Observation) -> tuple[str, ...]:
    return macs_in(one.value, bare=one.field in _BARE_MACS)


def _mac_hits(
    observed: Observed, seen: Sequence[Observation], catalogue: Catalogue, oui: OuiTable
) -> list[_Hit]:
    """Blocks of addresses tell who made the device or its network chip, never under which name it is sold."""
    told = [(one.field, mac) for one in seen if one.field in _MAC_FIELDS for mac in _macs_of(one)]
    if observed.device.mac:
        told += [(Field.SERIAL, mac) for mac in macs_in(observed.device.mac, bare=True)]
    found = []
    for place, mac in dict.fromkeys(told):
        registrant = oui.registrant(mac)
        brand = catalogue.brands.get(registrant.maker) if registrant else None
        if registrant is None or brand is None:
            continue
        note = f"an address of a block that {brand.name} registered"
        found.append(_Hit(brand.platform, None, registrant.strength, place, mac, note, f"mac:{mac}"))
    return found


def _hidden(matches: Sequence[tuple[ProtocolRule, Observation]]) -> frozenset[str]:
    """Carriers of answers that a program in the way has written anew."""
    hides = [
        _HIDDEN.get(one.field.carrier, frozenset())
        for rule, one in matches
        if rule.program and not rule.library and rule.platform is None
    ]
    return frozenset().union(*hides)


def _without_copies(hits: Sequence[_Hit]) -> list[_Hit]:
    """Drops patterns that other makers are known to copy, where something else speaks for another maker."""
    sure = [hit for hit in hits if not hit.copied and hit.strength is not Strength.WEAK]
    return [
        hit
        for hit in hits
        if not hit.copied or all(hit.platform in (one.platform, *one.builders) for one in sure)
    ]


def _evidence(hits: Sequence[_Hit], likelihoods: Likelihoods) -> list[Evidence]:
    """The strongest of each origin and platform first; weak hits share the origin of the strongest for their
    platform, so that they count only where nothing else does."""
    best: dict[tuple[str, str], _Hit] = {}
    for hit in hits:
        key = (_origin(hit, hits), hit.platform)
        if key not in best or _RANK[hit.strength] > _RANK[best[key].strength]:
            best[key] = hit
    ranked = sorted(best.items(), key=lambda item: -_RANK[item[1].strength])
    return [_told(hit, origin, likelihoods) for (origin, _), hit in ranked]


def _origin(hit: _Hit, hits: Sequence[_Hit]) -> str:
    if hit.strength is not Strength.WEAK:
        return f"protocol:{hit.group or hit.field.value}"
    rivals = [one for one in hits if one.platform == hit.platform and one.strength is not Strength.WEAK]
    if not rivals:
        return "protocol:weak"
    return _origin(max(rivals, key=lambda one: _RANK[one.strength]), hits)


def _told(hit: _Hit, origin: str, likelihoods: Likelihoods) -> Evidence:
    weight = likelihoods.value(TABLE, SCORES[hit.strength])
    return Evidence(
        kind=EvidenceKind.PROTOCOL,
        value=_SHOWN.get(hit.field, "{}").format(hit.value[:180])
        if not hit.group.startswith("mac:")
        else f"MAC {hit.value}",
        box=None,
        strength=hit.strength,
        supports=dict.fromkeys((hit.platform, *hit.builders), weight),
        note=hit.note,
        brand=hit.brand,
        origin=origin,
    )


def _intermediary(matches: Sequence[tuple[ProtocolRule, Observation]], kept: Sequence[_Hit]) -> str | None:
    """The program in the way; a library, or a maker's own server, only where no platform is told."""
    programs = [rule for rule, _ in matches if rule.program]
    hiding = [rule.program for rule in programs if not rule.library and rule.platform is None]
    if hiding:
        return hiding[0]
    own = [rule.program for rule in programs if rule.platform is not None]
    if own:
        return own[0]
    told = any(hit.strength is not Strength.WEAK for hit in kept)
    libraries = [rule.program for rule in programs if rule.library]
    return libraries[0] if libraries and not told else None
