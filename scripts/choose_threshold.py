"""What each posterior threshold would name on the train pictures, right and wrong, by kind of evidence:
`python -m scripts.choose_threshold --data DATA --cache CACHE`.

Every picture is judged twice: with its maker known (the gallery without its own model's prints, the table of
marks fitted on the other folds), and with its maker taken out of catalogue and gallery, so that any name is
wrong. Pictures of no camera are judged as of an unknown maker. The threshold to ship is the lowest at which
the upper end of the interval of wrong names is at most 1 %, or at which it can fall no further.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from edge.domain import Evidence, EvidenceKind, Identification, Verdict
from edge.evidence.confusions import load_confusions
from edge.evidence.fusion import identify
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import (
    Likelihoods,
    LikelihoodTable,
    Thresholds,
    load_likelihoods,
    load_thresholds,
)
from edge.evidence.mark import TABLE, evidence_from_marks
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.embedding import load_mark_embedder
from scripts.logo_renders import read_logos
from scripts.mark_fit import Trial, fit_steps, folds, matches_with, trials, trusted
from scripts.mark_regions import LetteredPicture, read_pictures
from scripts.prototypes import LOGO_SEED, Prototype, logo_prototypes, mark_prototypes

FOLDS = 5
POSTERIORS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
KINDS = {
    "lettering": {EvidenceKind.WORDMARK, EvidenceKind.MODEL},
    "marks": {EvidenceKind.MARK},
    "both": set(EvidenceKind),
}


@dataclass(frozen=True, slots=True)
class Case:
    picture: LetteredPicture
    known: bool
    evidence: tuple[Evidence, ...]
    catalogue: Catalogue
    likelihoods: Likelihoods


def without(catalogue: Catalogue, platforms: frozenset[str]) -> Catalogue:
    brands = {i: b for i, b in catalogue.brands.items() if b.platform not in platforms}
    rules = tuple(r for r in catalogue.model_rules if r.platform not in platforms)
    return replace(catalogue, brands=MappingProxyType(brands), model_rules=rules)


def cases(
    pictures: Sequence[LetteredPicture], prototypes: Sequence[Prototype], models: Path, catalogue: Catalogue
) -> Iterator[Case]:
    confusions, shipped, limits = load_confusions(models), load_likelihoods(models), load_thresholds(models)
    tables = _tables_by_group(trials(pictures, prototypes, catalogue), shipped)
    readers: dict[frozenset[str], tuple[Catalogue, Lettering]] = {}
    for picture in pictures:
        likelihoods = tables.get(picture.group, shipped)
        for known in (True, False) if picture.platforms else (False,):
            hidden = frozenset() if known else picture.platforms
            if hidden not in readers:
                reduced = without(catalogue, hidden)
                readers[hidden] = (reduced, Lettering(reduced, confusions, shipped))
            reduced, lettering = readers[hidden]
            seen = [p for p in prototypes if p.brand in reduced.brands and p.group != picture.group]
            read = lettering.evidence(picture.reading.lines())
            marks = evidence_from_marks(matches_with(picture, seen), reduced, likelihoods, limits, read)
            yield Case(picture, known, (*read, *marks), reduced, likelihoods)


def _tables_by_group(found: Sequence[Trial], shipped: Likelihoods) -> dict[str, Likelihoods]:
    """For each group the likelihoods whose table of marks was fitted without its fold."""
    fold = folds(found, FOLDS)
    answer: dict[str, Likelihoods] = {}
    for number in range(FOLDS):
        rest = [t for t, f in zip(found, fold, strict=True) if f != number]
        table = LikelihoodTable(TABLE, fit_steps(rest), len(rest), "held out", "held out")
        likelihoods = replace(shipped, tables={**shipped.tables, TABLE: table})
        answer |= {t.group: likelihoods for t, f in zip(found, fold, strict=True) if f == number}
    return answer


def found_cases(data: Path, cache: Path, settings: Settings, catalogue: Catalogue) -> list[Case]:
    """Every lettered train picture, with its maker known and taken out; readings come from ``cache``."""
    embedder = load_mark_embedder(settings, threads=1)
    pictures = list(read_pictures(data, cache, embedder, catalogue))
    logos = logo_prototypes(read_logos(data / "logos"), embedder, catalogue, LOGO_SEED)
    prototypes = trusted(pictures, [*logos, *mark_prototypes(pictures)], catalogue)
    return list(cases(pictures, prototypes, settings.models_dir, catalogue))


def judge(case: Case, kinds: set[EvidenceKind], thresholds: Thresholds) -> Identification:
    evidence = [e for e in case.evidence if e.kind in kinds]
    return identify(evidence, case.catalogue, case.likelihoods, thresholds)


def is_right(answer: Identification, picture: LetteredPicture) -> bool:
    brands = {brand.id for brand in picture.brands}
    return answer.brand in brands if answer.brand else answer.platform in picture.platforms


def wilson_upper(wrong: int, n: int) -> float:
    """Upper end of Wilson's 95 % interval (two-sided)."""
    z, share = 1.96, wrong / n
    middle = share + z * z / (2 * n)
    reach = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return (middle + reach) / (1 + z * z / n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--names", action="store_true", help="list every wrong name")
    options = parser.parse_args()
    settings = Settings(provider="cpu")
    found = found_cases(options.data, options.cache, settings, load_catalogue())
    thresholds = load_thresholds(settings.models_dir)
    for name, kinds in KINDS.items():
        for posterior in POSTERIORS:
            report(name, kinds, replaced(thresholds, posterior), found, options.names)


def replaced(thresholds: Thresholds, posterior: float) -> Thresholds:
    return replace(
        thresholds,
        identify_posterior=posterior,
        identify_conflict=max(posterior, thresholds.identify_conflict),
    )


def report(
    name: str, kinds: set[EvidenceKind], thresholds: Thresholds, found: Sequence[Case], names: bool
) -> None:
    answers = [(case, judge(case, kinds, thresholds)) for case in found]
    named = [(case, a) for case, a in answers if a.verdict is Verdict.IDENTIFIED]
    readable = [c for c in found if c.known and c.picture.readable]
    right = sum(1 for c, a in named if c.known and c.picture.readable and is_right(a, c.picture))
    wrong_known = [(c, a) for c, a in named if c.known and not is_right(a, c.picture)]
    wrong_unknown = [(c, a) for c, a in named if not c.known]
    known, unknown = sum(1 for c in found if c.known), sum(1 for c in found if not c.known)
    print(
        f"{name:9s} posterior {thresholds.identify_posterior:.3f}: right {right}/{len(readable)} readable;"
        f" wrong {len(wrong_known)}/{known} (≤ {wilson_upper(len(wrong_known), known):.2%}),"
        f" maker unknown {len(wrong_unknown)}/{unknown} (≤ {wilson_upper(len(wrong_unknown), unknown):.2%})"
    )
    if names:
        for case, answer in (*wrong_known, *wrong_unknown):
            values = "; ".join(f"{e.kind} {e.value}" for e in case.evidence)
            print(f"    {case.picture.key} {case.picture.group}: {answer.brand}/{answer.platform} ({values})")


if __name__ == "__main__":
    main()
