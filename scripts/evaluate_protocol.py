"""Runs the protocol evidence on recorded answers whose platform is known, and counts.

    python -m scripts.evaluate_protocol --data ../shared/data/protocol [--json OUT.json] [--verbose]

Right: the platform is named; wrong: another is, or one where the label says that the answer tells none. What
is left is undetermined. A rule can know a sample where a strong one, or rules on two fields, speak for it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.domain import Identification, Strength
from edge.evidence import fusion
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.evidence.protocol import ProtocolFinding, saved_finding
from edge.settings import load_settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from scripts.evaluation.shares import Share


class Result(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Judged:
    """One sample: what was said of it, and whether any rule speaks for its platform."""

    file: str
    kind: str
    truth: str
    platform: str | None
    named: str | None
    result: Result
    knowable: bool
    intermediary: str | None
    intermediary_told: str | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--verbose", action="store_true", help="name every sample that is not right")
    arguments = parser.parse_args()
    judged = judge_all(arguments.data)
    print(summary(judged))
    if arguments.verbose:
        print("\n".join(_line(one) for one in judged if one.result is not Result.RIGHT))
    if arguments.json:
        rows = [{name: getattr(one, name) for name in Judged.__slots__} for one in judged]
        arguments.json.write_text(json.dumps(rows, indent=1), "utf-8")


def judge_all(data: Path) -> list[Judged]:
    models = load_settings().models_dir
    catalogue, rules = load_catalogue(), load_protocol_rules()
    likelihoods, thresholds = load_likelihoods(models), load_thresholds(models)
    judged = []
    for line in (data / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        found = saved_finding((data / label["file"]).read_bytes(), catalogue, likelihoods, rules)
        identification = fusion.identify(found.evidence, catalogue, likelihoods, thresholds)
        judged.append(_judge(label, found, identification, catalogue))
    return judged


def _judge(
    label: dict[str, str | None], found: ProtocolFinding, identification: Identification, catalogue: Catalogue
) -> Judged:
    wanted = platform_id(label["platform"], catalogue)
    named = identification.platform or _brands_platform(identification.brand, catalogue)
    result = Result.UNDETERMINED
    if named is not None:
        result = Result.RIGHT if named == wanted else Result.WRONG
    speaking = [e for e in found.evidence if wanted in e.supports and e.strength is not Strength.WEAK]
    knowable = any(e.strength is Strength.STRONG for e in speaking) or len({e.origin for e in speaking}) > 1
    return Judged(
        file=str(label["file"]),
        kind=str(label["kind"]),
        truth=str(label["truth"]),
        platform=wanted,
        named=named,
        result=result,
        knowable=knowable,
        intermediary=label["intermediary"],
        intermediary_told=found.intermediary,
    )


def platform_id(name: str | None, catalogue: Catalogue) -> str | None:
    """A label's platform as the catalogue's id; an unknown one as it stands."""
    brand = catalogue.brand_of(name) if name else None
    return brand.platform if brand else name


def _brands_platform(brand: str | None, catalogue: Catalogue) -> str | None:
    return catalogue.brands[brand].platform if brand else None


def summary(judged: Sequence[Judged]) -> str:
    lines = [f"{len(judged)} samples, {len({one.kind for one in judged})} kinds"]
    told = [one for one in judged if one.platform]
    known = [one for one in told if one.knowable]
    lines.append(_share("wrong, of all", (one.result is Result.WRONG for one in judged)))
    lines.append(_share("right, of those with a platform", (one.result is Result.RIGHT for one in told)))
    lines.append(
        _share("right, of those that a rule can know", (one.result is Result.RIGHT for one in known))
    )
    hidden = [one for one in judged if one.intermediary]
    lines.append(_share("a program in the way is told", (bool(one.intermediary_told) for one in hidden)))
    lines.append("")
    lines.append(f"{'kind':28} {'right':>6} {'wrong':>6} {'undet.':>7}  of those without a platform: undet.")
    for kind in sorted({one.kind for one in judged}):
        counts = Counter(one.result for one in told if one.kind == kind)
        without = Counter(one.result for one in judged if one.kind == kind and not one.platform)
        lines.append(
            f"{kind:28} {counts[Result.RIGHT]:6} {counts[Result.WRONG] + without[Result.WRONG]:6} "
            f"{counts[Result.UNDETERMINED]:7}  {without[Result.UNDETERMINED]}"
        )
    return "\n".join(lines)


def _share(what: str, hits: Iterable[bool]) -> str:
    values = list(hits)
    return f"{what}: {Share(sum(values), len(values))}"


def _line(one: Judged) -> str:
    return (
        f"{one.result.value:13} {one.file.partition('/')[2]:58} {one.platform} named {one.named} "
        f"knowable {one.knowable} via {one.intermediary} told {one.intermediary_told}"
    )


if __name__ == "__main__":
    main()
