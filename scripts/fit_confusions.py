"""Learns how OCR misreads the marks, and what a resemblance to a wordmark is worth.

    python -m scripts.reading_cache products/train scenes/train negatives/train backgrounds osd/train \\
        --data DATA --cache CACHE
    python -m scripts.fit_confusions --cache CACHE --date 2026-11-24

Writes ``models/confusions.toml`` and the ``wordmark_*`` and ``model_number`` tables of
``models/likelihoods.toml`` (other tables there stay). Only train sets are read. The tables are fitted on
resemblances that were found out of fold, so that no picture judges by a spelling which it has taught.
docs/design/reading.md explains the method.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from rapidfuzz.distance import Levenshtein

from edge.domain import Box, Strength, TextLine
from edge.evidence.confusions import AFTER, BEFORE, CONFUSIONS_FILE, Confusions, Spelling, fold, tokens
from edge.evidence.lettering import MIN_AMBIGUOUS_SCORE, Lettering, Match, Target
from edge.evidence.likelihoods import LIKELIHOODS_FILE, Likelihoods, Prior
from edge.evidence.model_numbers import MIN_LENGTH, MIN_SCORE, SCORES, TABLE, fitting
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.text import CASCADE
from scripts.reading_cache import HousingReading, load_readings

MODELS = Path(__file__).resolve().parents[1] / "models"
NAMES = Path(__file__).resolve().parent / "other_names.txt"
TRAIN = ("products/train", "scenes/train", "negatives/train", "backgrounds", "osd/train")
FOLDS = 5
SMOOTHING = 30.0
"""Pseudo-count of characters: a confusion seen once in a handful of letters stays dear."""
LOOSE = 0.6
"""Plain similarity from which a reading is taken for a misreading of the mark at all."""
MIN_PICTURES = 3
MIN_SPELLING = 4
UPRIGHT = tuple(step for step in CASCADE if not step.flipped and not step.turn)
"""The passes that teach: what is read upside down is mostly not the mark."""
BINS = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
CAPS = {Strength.WEAK: 2.0, Strength.MEDIUM: 4.5, Strength.STRONG: math.inf}
"""Most that a grammar of each grade may be worth: a judgement on its source, not a fit."""
TABLES = ("wordmark_short", "wordmark_medium", "wordmark_long", "wordmark_ambiguous", "wordmark_spelling")

EMPTY = Likelihoods(Prior({}, other=0.5, unlisted=0.01, n=0, date="", source=""), {})


@dataclass(frozen=True, slots=True)
class FittedStep:
    at_least: float
    value: float
    n: int


@dataclass(slots=True)
class Tally:
    """Counts of resemblances by bin: ``hits`` to the housing's own mark, ``misses`` to any other."""

    hits: Counter[float]
    misses: Counter[float]
    marks: int = 0
    """Housings with a mark that belongs to the table."""
    trials: int = 0
    """Housings times targets that are not theirs."""


def fold_of(index: int) -> int:
    return index % FOLDS


# --- confusions ------------------------------------------------------------------------------------------


def misreadings(
    readings: Iterable[HousingReading], catalogue: Catalogue
) -> Iterator[tuple[str, str, str, str]]:
    """``(brand, picture, read, true)`` for every line that can only be the mark, once a picture; folded."""
    for reading in readings:
        brands = [b for b in reading.brands if b in catalogue.brands]
        if not reading.readable or not brands:
            continue
        texts = {fold(w.text) for b in brands for w in catalogue.brands[b].wordmarks}
        if reading.mark_text and "(" not in reading.mark_text:
            texts.add(fold(reading.mark_text))
        for read in sorted({fold(line.text) for line in reading.lines(UPRIGHT)}):
            similarity, true = max((Levenshtein.normalized_similarity(read, t), t) for t in texts)
            if len(read) > 1 and similarity >= LOOSE:
                yield brands[-1], reading.key, read, true


def fit(readings: Sequence[HousingReading], catalogue: Catalogue) -> Confusions:
    pairs = list(misreadings(readings, catalogue))
    substitutions: Counter[str] = Counter()
    insertions: Counter[str] = Counter()
    deletions: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for _, _, read, true in pairs:
        seen.update(true)
        for step in Levenshtein.editops(true, read):
            match step.tag:
                case "replace":
                    substitutions[true[step.src_pos] + read[step.dest_pos]] += 1
                case "insert":
                    edge = {0: BEFORE, len(true): AFTER}.get(step.src_pos)
                    insertions[edge or read[step.dest_pos]] += 1
                case "delete":
                    deletions[true[step.src_pos]] += 1
    total = sum(seen.values())  # an insertion may happen between any two letters, whatever they are
    return Confusions(
        substitutions={
            key: cost for key, n in sorted(substitutions.items()) if (cost := _cost(n, seen[key[0]])) < 1
        },
        # An insertion may happen between any two letters, whatever they are.
        insertions={key: cost for key, n in sorted(insertions.items()) if (cost := _cost(n, total)) < 1},
        deletions={key: cost for key, n in sorted(deletions.items()) if (cost := _cost(n, seen[key])) < 1},
        spellings=spellings(pairs, readings, catalogue),
    )


def _cost(n: int, chances: int) -> float:
    """−log of the add-one smoothed frequency, on a scale where a confusion never seen costs 1."""
    return round(1.0 - math.log(n + 1) / math.log(chances + SMOOTHING), 3)


def spellings(
    pairs: Sequence[tuple[str, str, str, str]], readings: Sequence[HousingReading], catalogue: Catalogue
) -> dict[str, tuple[Spelling, ...]]:
    """Readings that several pictures of one brand share, and no picture of anybody else."""
    wordmarks = [w.text for brand in catalogue.brands.values() for w in brand.wordmarks]
    known = {fold(text) for text in wordmarks} | {word for text in wordmarks for word in tokens(text)}
    known |= {word for name in names() for word in (*tokens(name), fold(name))}
    pictures: dict[tuple[str, str], set[str]] = defaultdict(set)
    for brand, key, read, _ in pairs:
        pictures[brand, read].add(key)
    owners: dict[str, set[str]] = defaultdict(set)
    for reading in readings:
        for line in reading.lines():
            owners[fold(line.text)].add(reading.brands[-1] if reading.brands else "")
    found: dict[str, list[Spelling]] = defaultdict(list)
    for (brand, read), keys in sorted(pictures.items()):
        alone = owners[read] == {brand}
        if len(keys) >= MIN_PICTURES and len(read) >= MIN_SPELLING and alone and read not in known:
            found[brand].append(Spelling(read, len(keys)))
    return {brand: tuple(items) for brand, items in sorted(found.items())}


# --- likelihoods -----------------------------------------------------------------------------------------


def names() -> list[str]:
    return [row.strip() for row in NAMES.read_text("utf-8").splitlines() if row.strip() and row[0] != "#"]


def other_names(catalogue: Catalogue) -> list[HousingReading]:
    """The list of names that are none of ours, each as the one line of a housing of another maker."""
    known = {fold(w.text) for brand in catalogue.brands.values() for w in brand.wordmarks}
    return [HousingReading(name, (), name, True, True, ()) for name in names() if fold(name) not in known]


def lines_of(reading: HousingReading) -> list[TextLine]:
    if reading.passes or reading.mark_text is None:
        return reading.lines()
    return [TextLine(reading.mark_text, 1.0, Box(0, 0, 1, 1), 1.0)]


def tally(readings: Sequence[HousingReading], catalogue: Catalogue) -> dict[str, Tally]:
    """Resemblances found out of fold."""
    counts = {table: Tally(Counter(), Counter()) for table in TABLES}
    others = other_names(catalogue)
    for number in range(FOLDS):
        kept = [r for i, r in enumerate(readings) if fold_of(i) != number]
        lettering = Lettering(catalogue, fit(kept, catalogue), EMPTY)
        tested = [r for i, r in enumerate(readings) if fold_of(i) == number]
        tested += [r for i, r in enumerate(others) if fold_of(i) == number]
        for reading in tested:
            _count(reading, lettering, catalogue, counts)
    return counts


def _count(
    reading: HousingReading, lettering: Lettering, catalogue: Catalogue, counts: Mapping[str, Tally]
) -> None:
    best: dict[Target, float] = {}
    for match in lettering.matches(lines_of(reading)):
        if admitted(match):
            best[match.target] = max(best.get(match.target, 0.0), match.similarity)
    own = _related(reading.brands, catalogue)
    targets = {table: [t for t in lettering.targets if t.table == table] for table in TABLES}
    mine = [t for t in best if t.brand in reading.brands]
    top = max(mine, key=lambda t: (best[t], len(t.text)), default=None)
    for table, tallied in counts.items():
        # A brand may be lettered in several ways, of which a housing bears one: the one that was read, or
        # any, where none was.
        candidates = [top] if top is not None else [t for t in targets[table] if t.brand in reading.brands]
        if reading.readable and any(t.table == table for t in candidates):
            tallied.marks += 1
            if top is not None:
                tallied.hits[binned(best[top])] += 1
        others = [t for t in targets[table] if t.brand not in own]
        # A housing with a brand that nobody could name may be any of them: it tells nothing of chance.
        tallied.trials += len(others)
        for target in others:
            if target in best:
                tallied.misses[binned(best[target])] += 1


def admitted(match: Match) -> bool:
    return not match.target.ambiguous or (match.whole and match.line.score >= MIN_AMBIGUOUS_SCORE)


def _related(brands: Sequence[str], catalogue: Catalogue) -> set[str]:
    """The brands of a label with those that share their platform: their names may stand beside."""
    platforms = {catalogue.brands[b].platform for b in brands if b in catalogue.brands}
    return {b.id for b in catalogue.brands.values() if b.platform in platforms} | set(brands)


def binned(similarity: float) -> float:
    return max(edge for edge in BINS if edge <= similarity + 1e-9)


def steps(tallied: Tally) -> list[FittedStep]:
    """Log likelihood ratios by bin, neighbours pooled until they rise (pool adjacent violators)."""
    groups = [[edge, float(tallied.hits[edge]), float(tallied.misses[edge])] for edge in BINS]
    merged: list[list[float]] = []
    for group in groups:
        merged.append(group)
        while len(merged) > 1 and _ratio(merged[-1], tallied) <= _ratio(merged[-2], tallied):
            _, hits, misses = merged.pop()
            merged[-1][1] += hits
            merged[-1][2] += misses
    return [
        FittedStep(edge, round(_ratio([edge, hits, misses], tallied), 2), int(hits + misses))
        for edge, hits, misses in merged
        if _ratio([edge, hits, misses], tallied) > 0
    ]


def _ratio(group: Sequence[float], tallied: Tally) -> float:
    _, hits, misses = group
    return math.log((hits + 0.5) / (tallied.marks + 1)) - math.log((misses + 0.5) / (tallied.trials + 1))


def model_steps(readings: Sequence[HousingReading], catalogue: Catalogue) -> list[FittedStep]:
    """The worth of a model number by its grade: right and wrong platforms over all lines of the train sets
    and of the list of other names; the grades are pooled until they rise."""
    right: Counter[float] = Counter()
    wrong: Counter[float] = Counter()
    trials = 0
    for reading in [*readings, *other_names(catalogue)]:
        platforms = {catalogue.brands[b].platform for b in reading.brands if b in catalogue.brands}
        trials += 1
        grades: dict[bool, set[float]] = {True: set(), False: set()}
        for line in lines_of(reading):
            if line.score >= MIN_SCORE and len(line.text) >= MIN_LENGTH:
                for rule, strength in fitting(line.text, catalogue):
                    grades[rule.platform in platforms].add(SCORES[strength])
        right.update(grades[True])
        wrong.update(grades[False])
    print("model numbers: right", dict(right), "wrong", dict(wrong), "housings", trials)
    values = []
    for strength, cap in CAPS.items():
        # How often a housing that is another's fits any rule of the grade. A number that is there is taken to
        # be read half the time: too few train pictures show one to fit that.
        chance = (wrong[SCORES[strength]] + 0.5) / (trials + 1)
        n = right[SCORES[strength]] + wrong[SCORES[strength]]
        values.append(FittedStep(SCORES[strength], round(min(cap, math.log(0.5 / chance)), 2), n))
    return values


# --- files -----------------------------------------------------------------------------------------------


def write_confusions(path: Path, confusions: Confusions, pairs: int, date: str, command: str) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment("How OCR misreads marks, learnt from training pictures; written by"))
    document.add(
        tomlkit.comment("scripts/fit_confusions.py. Costs from 0 to 1; keys of substitutions: true, read.")
    )
    document["n"] = pairs
    document["date"] = date
    document["command"] = command
    document["substitutions"] = dict(confusions.substitutions)
    document["insertions"] = dict(confusions.insertions)
    document["deletions"] = dict(confusions.deletions)
    document["spellings"] = {b: {s.text: s.n for s in found} for b, found in confusions.spellings.items()}
    path.write_text(tomlkit.dumps(document), "utf-8")


def write_tables(path: Path, tables: Mapping[str, Sequence[FittedStep]], date: str, command: str) -> None:
    document = tomlkit.parse(path.read_text("utf-8"))
    held = document.setdefault("tables", tomlkit.table())
    for name, fitted in tables.items():
        table = tomlkit.table()
        table["n"] = sum(step.n for step in fitted)
        table["date"] = date
        table["command"] = command
        rows = tomlkit.array().multiline(True)
        for step in fitted:
            row = tomlkit.inline_table()
            row.update({"at_least": step.at_least, "value": step.value, "n": step.n})
            rows.append(row)
        table["steps"] = rows
        held[name] = table
    path.write_text(tomlkit.dumps(document), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--date", required=True, help="of the fit, ISO 8601")
    options = parser.parse_args()
    catalogue = load_catalogue()
    readings = [reading for name in TRAIN for reading in load_readings(options.cache, name)]
    command = f"python -m scripts.fit_confusions --cache CACHE --date {options.date}"
    confusions = fit(readings, catalogue)
    pairs = sum(1 for _ in misreadings(readings, catalogue))
    write_confusions(options.models / CONFUSIONS_FILE, confusions, pairs, options.date, command)
    counts = tally(readings, catalogue)
    for name, tallied in counts.items():
        print(
            name, tallied.marks, tallied.trials, sorted(tallied.hits.items()), sorted(tallied.misses.items())
        )
    tables = {name: steps(tallied) for name, tallied in counts.items()}
    tables[TABLE] = model_steps(readings, catalogue)
    write_tables(options.models / LIKELIHOODS_FILE, tables, options.date, command)


if __name__ == "__main__":
    main()
