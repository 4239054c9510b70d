"""Rules that tell a maker from what its devices answer: ``protocol_rules.toml`` beside this file."""

from __future__ import annotations

from dataclasses import dataclass

from edge.vendors.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True, slots=True)
class ProtocolRules:
    """Every rule, by the field of an answer that it reads."""


def load_protocol_rules(catalogue: Catalogue | None = None) -> ProtocolRules:
    """The shipped rules, checked against ``catalogue`` (default: the shipped one).

    Raises:
        CamidError: ``settings_invalid``, naming the rule and what is wrong.
    """
    del catalogue
    load_catalogue()
    return ProtocolRules()
