"""Fits the likelihood table ``protocol`` on the collected facts, and writes it into ``likelihoods.toml``.

    python -m scripts.fit_protocol --data ../shared/data/protocol --date 2026-11-28

Medium and weak: the facts that come with counts (so many models under this maker, so many in all) give the
share of cameras with a pattern that are the named platform's. Its value is the log likelihood ratio that
takes the platform with the highest prior exactly to that share: a single medium fact then is as sure as the
counts say, which lies below the threshold of a name.

Strong: each strong rule is tried on every recorded answer of another maker that the same protocol carried.
With k false matches in n trials the chance of a false one is (k + 1/2)/(n + 1), and the value is its negative
logarithm.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from edge.domain import Strength
from edge.evidence.likelihoods import LIKELIHOODS_FILE, load_likelihoods
from edge.evidence.protocol import SCORES, TABLE
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vendors.protocol_rules import Field, ProtocolRules, load_protocol_rules

_COUNTS = re.compile(r": (\d+) models under [^,]+, \d+ brands in all, share ([\d.]+)")
_CARRIERS = {
    "rtsp": ("rtsp", "rtp"),
    "sdp": ("sdp", "rtp"),
    "http": ("http", "tls"),
    "tls": ("tls",),
    "banner": ("telnet", "ftp", "snmp", "sip"),
    "device": ("onvif", "model-regex", "serial", "isapi"),
    "isapi": ("isapi", "onvif"),
    "cgi": ("dahua-cgi", "http"),
    "json": ("http", "dahua-cgi"),
}
_PREFIX = re.compile(
    r"^(?:Server|Public|[siuom]|a|a=tool|WWW-Authenticate)\s*[:=]\s*|^(?:Basic|Digest) realm=\"?"
)
_LICENCE_LEFT_OUT = "NPSL"


@dataclass(frozen=True, slots=True)
class Fact:
    platform: str | None
    protocol: str
    field: str
    strength: Strength
    quote: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A log likelihood ratio and the number of observations behind it."""

    value: float
    n: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--date", required=True)
    arguments = parser.parse_args()
    catalogue = load_catalogue()
    facts = read_facts(arguments.data / "fingerprints.jsonl", catalogue)
    highest = max(load_likelihoods(arguments.models).prior.platforms.values())
    fitted = fit(facts, load_protocol_rules(), highest)
    command = f"python -m scripts.fit_protocol --data DATA --date {arguments.date}"
    _write(arguments.models / LIKELIHOODS_FILE, fitted, arguments.date, command)
    for strength, found in fitted.items():
        print(f"{strength.value}: {found.value:.2f} on {found.n}")


def read_facts(path: Path, catalogue: Catalogue) -> list[Fact]:
    """The facts whose licence allows to use them; platforms as catalogue ids, unknown ones as they stand."""
    facts = []
    for line in path.read_text("utf-8").splitlines():
        raw = json.loads(line)
        if raw["licence"] == _LICENCE_LEFT_OUT:
            continue
        brand = catalogue.brand_of(raw["platform"]) if raw["platform"] else None
        platform = brand.platform if brand else raw["platform"]
        facts.append(Fact(platform, raw["protocol"], raw["field"], Strength(raw["strength"]), raw["quote"]))
    return facts


def fit(facts: Sequence[Fact], rules: ProtocolRules, prior: float) -> dict[Strength, Fitted]:
    """``prior`` is the highest of any platform."""
    return {
        Strength.WEAK: _by_share(facts, Strength.WEAK, prior),
        Strength.MEDIUM: _by_share(facts, Strength.MEDIUM, prior),
        Strength.STRONG: _by_false_matches(facts, rules),
    }


def _by_share(facts: Sequence[Fact], strength: Strength, prior: float) -> Fitted:
    counted = [
        (int(found[1]), float(found[2]))
        for fact in facts
        if fact.strength is strength and fact.platform and (found := _COUNTS.search(fact.quote))
    ]
    own = sum(models for models, _ in counted)
    share = sum(models * share for models, share in counted) / own
    return Fitted(math.log(share / (1 - share)) - math.log(prior / (1 - prior)), len(counted))


def _by_false_matches(facts: Sequence[Fact], rules: ProtocolRules) -> Fitted:
    trials = false = 0
    for rule in rules.all:
        if rule.strength is not Strength.STRONG or rule.platform is None:
            continue
        for fact in facts:
            if fact.platform != rule.platform and _carried(rule.field, fact):
                trials += 1
                false += rule.matches(fact.quote) or rule.matches(_PREFIX.sub("", fact.quote))
    return Fitted(-math.log((false + 0.5) / (trials + 1)), trials)


def _carried(field: Field, fact: Fact) -> bool:
    """Whether the fact's recorded answer came where the rule looks."""
    if field in (Field.RTSP_PATH, Field.HTTP_PATH):
        return fact.protocol == "url-path"
    return fact.protocol in _CARRIERS.get(field.carrier, ())


def _write(path: Path, fitted: dict[Strength, Fitted], date: str, command: str) -> None:
    document = tomlkit.parse(path.read_text("utf-8"))
    table = tomlkit.table()
    table.update({"n": sum(found.n for found in fitted.values()), "date": date, "command": command})
    steps = tomlkit.array().multiline(True)
    for strength, found in sorted(fitted.items(), key=lambda item: SCORES[item[0]]):
        step = tomlkit.inline_table()
        step.update({"at_least": SCORES[strength], "value": round(found.value, 2), "n": found.n})
        steps.append(step)
    table["steps"] = steps
    tables = document["tables"]
    assert isinstance(tables, dict)
    tables[TABLE] = table
    path.write_text(tomlkit.dumps(document), "utf-8")


if __name__ == "__main__":
    main()
