"""Measures what reading alone can name, from cached OCR (``scripts/reading_cache.py``).

    python -m scripts.measure_reading --cache CACHE --folds              # products/train, out of fold
    python -m scripts.measure_reading --cache CACHE --set products/dev   # the shipped models, once

For each picture the cascade is run as the product runs it, with its early exit; then the evidence goes
through the fusion with no other evidence. Printed: named right, named wrong and not named, with what was
read for the wrong and the missed; by pass of the cascade how many were settled there, and its mean cost.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.domain import Identification, TextLine
from edge.evidence.confusions import load_confusions
from edge.evidence.fusion import identify
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import (
    Likelihoods,
    LikelihoodTable,
    Step,
    Thresholds,
    load_likelihoods,
    load_thresholds,
)
from edge.evidence.model_numbers import TABLE
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.text import CASCADE
from scripts.fit_confusions import FOLDS, MODELS, TRAIN, FittedStep, fit, fold_of, model_steps, steps, tally
from scripts.reading_cache import SETS, HousingReading, load_readings


@dataclass(frozen=True, slots=True)
class Outcome:
    reading: HousingReading
    identification: Identification
    passes: int
    cpu_ms: float
    pixels: int

    @property
    def named(self) -> bool:
        return self.identification.brand is not None or self.identification.platform is not None

    def right(self, catalogue: Catalogue) -> bool:
        """Brand equals the label, or the platform of a label where no brand is told."""
        if self.identification.brand is not None:
            return self.identification.brand in self.reading.brands
        platforms = {catalogue.brands[b].platform for b in self.reading.brands if b in catalogue.brands}
        return self.identification.platform in platforms | set(self.reading.brands)


@dataclass(frozen=True, slots=True)
class Judge:
    lettering: Lettering
    catalogue: Catalogue
    likelihoods: Likelihoods
    thresholds: Thresholds

    def outcome(self, reading: HousingReading) -> Outcome:
        lines: list[TextLine] = []
        passes, cpu_ms, pixels = 0, 0.0, 0
        for step in CASCADE:
            looked = next((p for p in reading.passes if p.step == step), None)
            if looked is None:
                raise ValueError(f"{reading.key}: the cache lacks the pass {step}")
            lines += looked.lines
            passes, cpu_ms, pixels = passes + 1, cpu_ms + looked.cpu_ms, pixels + looked.pixels
            if self.lettering.certain(lines):
                break
        evidence = self.lettering.evidence(lines)
        answer = identify(evidence, self.catalogue, self.likelihoods, self.thresholds)
        return Outcome(reading, answer, passes, cpu_ms, pixels)


def out_of_fold(train: Sequence[HousingReading], catalogue: Catalogue, models: Path) -> list[Outcome]:
    """Outcomes of all readings, each judged by what the other folds teach."""
    shipped, thresholds = load_likelihoods(models), load_thresholds(models)
    outcomes = []
    for number in range(FOLDS):
        kept = [r for i, r in enumerate(train) if fold_of(i) != number]
        tables = {name: steps(t) for name, t in tally(kept, catalogue).items()}
        tables[TABLE] = model_steps(kept, catalogue)
        likelihoods = Likelihoods(
            shipped.prior, {name: _table(name, fitted) for name, fitted in tables.items()}
        )
        judge = Judge(
            Lettering(catalogue, fit(kept, catalogue), likelihoods), catalogue, likelihoods, thresholds
        )
        outcomes += [judge.outcome(r) for i, r in enumerate(train) if fold_of(i) == number]
    return outcomes


def _table(name: str, fitted: Iterable[FittedStep]) -> LikelihoodTable:
    return LikelihoodTable(name, tuple(Step(s.at_least, s.value, s.n) for s in fitted), 0, "", "")


def shipped_judge(catalogue: Catalogue, models: Path) -> Judge:
    likelihoods = load_likelihoods(models)
    lettering = Lettering(catalogue, load_confusions(models), likelihoods)
    return Judge(lettering, catalogue, likelihoods, load_thresholds(models))


def report(outcomes: Sequence[Outcome], catalogue: Catalogue) -> None:
    """Prints the counts; ``readable`` are those that the labels call so, open set left out."""
    readable = [o for o in outcomes if o.reading.readable and not o.reading.open_set and o.reading.brands]
    right = [o for o in readable if o.named and o.right(catalogue)]
    wrong = [o for o in outcomes if o.named and not o.right(catalogue)]
    missed = [o for o in readable if not o.named]
    print(f"readable {len(readable)}: named right {len(right)} ({len(right) / max(1, len(readable)):.1%})")
    print(f"all {len(outcomes)}: named {sum(o.named for o in outcomes)}, named wrong {len(wrong)}")
    print("verdicts", dict(Counter(str(o.identification.verdict) for o in outcomes)))
    for number, step in enumerate(CASCADE, start=1):
        ended = [o for o in right if o.passes == number]
        print(f"  pass {number} {step}: settled {len(ended)} of the right ones")
    costs = sorted(o.cpu_ms for o in outcomes)
    if costs:
        mean = sum(costs) / len(costs)
        print(
            f"one thread: mean {mean:.0f} ms, median {costs[len(costs) // 2]:.0f} ms, max {costs[-1]:.0f} ms"
        )
        print(f"pixels: mean {sum(o.pixels for o in outcomes) / len(outcomes) / 1e6:.2f} million")
    for title, chosen in (("WRONG", wrong), ("missed", missed)):
        for o in chosen:
            told = [(e.value, e.brand, round(max(e.supports.values()), 1)) for e in o.identification.evidence]
            read = [line.text for line in o.reading.lines()][:10]
            print(f"{title} {o.reading.key} {o.reading.brands} {o.reading.mark_text!r}: {told} {read}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--set", choices=SETS, action="append", default=[])
    options = parser.parse_args()
    catalogue = load_catalogue()
    if options.folds:
        sets = {name: load_readings(options.cache, name) for name in TRAIN}
        outcomes = out_of_fold([r for rows in sets.values() for r in rows], catalogue, options.models)
        for name, rows in sets.items():
            print(f"== {name}, out of fold")
            keys = {r.key for r in rows}
            report([o for o in outcomes if o.reading.key in keys], catalogue)
    judge = shipped_judge(catalogue, options.models) if options.set else None
    for name in options.set:
        print(f"== {name}")
        if judge is not None:
            report([judge.outcome(r) for r in load_readings(options.cache, name)], catalogue)


if __name__ == "__main__":
    main()
