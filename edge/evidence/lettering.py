"""From lines of lettering to evidence: wordmarks of the catalogue, read fuzzily, and model numbers.

A wordmark is compared with every run of words of a line; the similarity (``confusions.py``) becomes a log
likelihood ratio by a table fitted for its length, for short names are often met by chance. A wordmark that
the catalogue calls ambiguous counts only where it is read exactly and is all that the line says.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from edge.domain import Box, Evidence, EvidenceKind, Strength, TextLine
from edge.evidence.confusions import Confusions, fold, tokens
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.model_numbers import model_evidence
from edge.vendors.catalogue import Brand, Catalogue

MIN_SCORE = 0.5
"""Lines that the recogniser itself doubts more than this are noise."""
MIN_AMBIGUOUS_SCORE = 0.8
MIN_SIMILARITY = 0.6
LEAST_SHARE = 0.75
"""Of a wordmark's letters that must have been read: letters are lost together, so that their single costs say
too little (a news agency's ``DHA`` is two lost letters from Dahua)."""
MAX_WORDS = 4
MIN_WEIGHT = 2.5
"""Log likelihood ratio under which a resemblance is not worth telling."""
CERTAIN = 8.0
"""Log likelihood ratio from which an exact reading ends the search."""
EXPLAINED = 3.0
"""A weaker match of the same pixels is explained away by one that is better by this log likelihood ratio."""
SAME_PLACE = 0.3
"""Share of a line's box that another must cover to be a reading of the same lettering."""
NATS = 6.0
"""A cost of 1 (``confusions.py``) as a log likelihood: that of a confusion never seen in some 400 letters."""


@dataclass(frozen=True, slots=True)
class Target:
    """One way in which a brand's mark may be read; ``text`` is folded. A ``learnt`` one is a misreading that
    training pictures showed: only that very reading counts."""

    brand: str
    text: str
    ambiguous: bool = False
    learnt: bool = False
    parts: tuple[str, ...] = ()
    """The words of a name of several, also where they are written as one (``GeoVision``)."""

    @property
    def table(self) -> str:
        """Name of the fitted table: Han and other wide signs count as two letters."""
        if self.ambiguous:
            return "wordmark_ambiguous"
        if self.learnt:
            return "wordmark_spelling"
        letters = sum(1 if char.isascii() else 2 for char in self.text)
        return "wordmark_short" if letters <= 4 else "wordmark_medium" if letters <= 6 else "wordmark_long"


@dataclass(frozen=True, slots=True)
class Match:
    target: Target
    line: TextLine
    words: tuple[int, int]
    """First and one past the last word of the line."""
    similarity: float
    whole: bool
    """Whether nothing else stands in the line."""

    @property
    def cost(self) -> float:
        """Of all its misread letters together: makes rival matches of the same lettering comparable."""
        return (1.0 - self.similarity) * len(self.target.text)


class Lettering:
    """The wordmarks of a catalogue, ready to be matched."""

    def __init__(self, catalogue: Catalogue, confusions: Confusions, likelihoods: Likelihoods) -> None:
        self._catalogue = catalogue
        self._confusions = confusions
        self._likelihoods = likelihoods
        self._brands_on = Counter(brand.platform for brand in catalogue.brands.values())
        self.targets = targets(catalogue, confusions)

    def evidence(self, lines: Sequence[TextLine], where: str = "") -> list[Evidence]:
        """Evidence of wordmarks and model numbers; ``where`` sets the housing apart from others of the same
        picture in ``Evidence.origin``."""
        marks = self._wordmarks(lines, where)
        return [*marks, *model_evidence(lines, self._catalogue, self._likelihoods, where)]

    def certain(self, lines: Sequence[TextLine]) -> bool:
        """Whether these lines settle the maker: one brand beyond doubt and no other platform in sight."""
        found = self._weighed(lines)
        platforms = {self._catalogue.brands[match.target.brand].platform for _, match in found}
        return len(platforms) == 1 and any(w >= CERTAIN and m.similarity == 1.0 for w, m in found)

    def matches(self, lines: Sequence[TextLine]) -> Iterator[Match]:
        """Every resemblance of a line to a target that may count; several of one line where words allow."""
        for line in lines:
            if line.score >= MIN_SCORE:
                yield from self._line_matches(line)

    def _line_matches(self, line: TextLine) -> Iterator[Match]:
        words = tokens(line.text)
        for first in range(len(words)):
            for last in range(first + 1, min(len(words), first + MAX_WORDS) + 1):
                read = "".join(words[first:last])
                whole = last - first == len(words)
                for target in self.targets:
                    similarity = self._similarity(read, target)
                    if similarity >= MIN_SIMILARITY:
                        yield Match(target, line, (first, last), similarity, whole)

    def _similarity(self, read: str, target: Target) -> float:
        if target.ambiguous or target.learnt:
            return float(read == target.text)
        if len(read) < LEAST_SHARE * len(target.text):
            return 0.0
        limit = (len(target.text) + 1) // 2 + 1
        if Levenshtein.distance(read, target.text, score_cutoff=limit) > limit:
            return 0.0
        similarity = self._confusions.similarity(read, target.text)
        # "Vision" alone is nobody's name: it resembles GeoVision, but the word that it is even more.
        if any(self._confusions.similarity(read, part) >= similarity for part in target.parts):
            return 0.0
        return similarity

    def _wordmarks(self, lines: Sequence[TextLine], where: str) -> list[Evidence]:
        kept = self._weighed(lines)
        told = [self._told(weight, match, [m for _, m in kept], where) for weight, match in kept]
        return [e for e in told if max(e.supports.values()) >= MIN_WEIGHT]

    def _weighed(self, lines: Sequence[TextLine]) -> list[tuple[float, Match]]:
        """The best match of each brand with its log likelihood ratio, less what a better one explains."""
        weighed = [(self._weight(match), match) for match in self._admitted(list(self.matches(lines)))]
        weighed = [(weight, match) for weight, match in weighed if weight >= MIN_WEIGHT]
        weighed.sort(
            key=lambda item: (-item[0], -item[1].similarity, -len(item[1].target.text), item[1].target.brand)
        )
        kept: list[tuple[float, Match]] = []
        for weight, match in weighed:
            known = any(match.target.brand == other.target.brand for _, other in kept)
            if not known and not any(_explains(other, best, match, weight) for best, other in kept):
                kept.append((weight, match))
        return kept

    def _weight(self, match: Match) -> float:
        return self._likelihoods.value(match.target.table, match.similarity)

    def _share(self, brand: Brand) -> float:
        """Log of the share of a platform's housings that bear this brand. The platform's prior counts all of
        them; most bear the maker's own name, so a resemblance to another of its brands is worth less."""
        return 0.0 if brand.platform == brand.id else -math.log(self._brands_on[brand.platform])

    def _admitted(self, matches: Sequence[Match]) -> Iterator[Match]:
        """Without the ambiguous ones among other words, unless the parent's name is one of them."""
        for match in matches:
            alone = match.whole or self._beside_parent(match, matches)
            if not match.target.ambiguous or (alone and match.line.score >= MIN_AMBIGUOUS_SCORE):
                yield match

    def _beside_parent(self, match: Match, matches: Sequence[Match]) -> bool:
        parent = self._catalogue.brands[match.target.brand].platform
        return any(
            other.line is match.line and other.target.brand == parent != match.target.brand
            for other in matches
            if other.similarity == 1.0 and not other.target.ambiguous
        )

    def _told(self, weight: float, match: Match, kept: Sequence[Match], where: str) -> Evidence:
        brand = self._catalogue.brands[match.target.brand]
        below = self._cut_below(match) or any(
            self._catalogue.brands[m.target.brand].platform == brand.id
            for m in kept
            if m is not match and m.target.brand != brand.id
        )
        sure = match.similarity == 1.0 and not match.target.learnt
        return Evidence(
            kind=EvidenceKind.WORDMARK,
            value=match.line.text,
            box=match.line.box,
            strength=strength_of(weight),
            supports={brand.platform: max(0.0, weight + self._share(brand))},
            note=_note(brand, match, sure),
            # Under the parent's name stands a brand of its own: that one is the name of the camera.
            brand=None if below else brand.id,
            origin=origin(where, match.line.box),
        )

    def _cut_below(self, match: Match) -> bool:
        """Whether the next word begins like the name of one of this maker's brands (``VIG`` of VIGI behind
        TP-Link) without being it."""
        after = tokens(match.line.text)[match.words[1] : match.words[1] + 1]
        return any(
            word != target.text
            and target.text.startswith(word)
            and len(word) >= LEAST_SHARE * len(target.text)
            for word in after
            for target in self.targets
            if self._catalogue.brands[target.brand].platform == match.target.brand != target.brand
        )


def targets(catalogue: Catalogue, confusions: Confusions) -> tuple[Target, ...]:
    """All wordmarks and learnt spellings of the catalogue's brands, less those that two brands share."""
    owners: dict[str, dict[str, Target]] = defaultdict(dict)
    for brand in catalogue.brands.values():
        for wordmark in brand.wordmarks:
            text = fold(wordmark.text)
            owners[text][brand.id] = Target(brand.id, text, wordmark.ambiguous, parts=parts(wordmark.text))
    for brand_id, spellings in confusions.spellings.items():
        for spelling in spellings:
            if brand_id in catalogue.brands and spelling.text not in owners:
                owners[spelling.text][brand_id] = Target(brand_id, spelling.text, learnt=True)
    return tuple(
        target for text, found in owners.items() if text and len(found) == 1 for target in found.values()
    )


def parts(text: str) -> tuple[str, ...]:
    """The folded words of a name, parted at blanks and at capitals after small letters; none for one word."""
    words = [fold(word) for piece in text.split() for word in re.split(r"(?<=[a-z])(?=[A-Z])|-", piece)]
    words = [word for word in words if len(word) > 1]
    return tuple(words) if len(words) > 1 or fold(text) not in words else ()


def strength_of(weight: float) -> Strength:
    return Strength.STRONG if weight >= 6.0 else Strength.MEDIUM if weight >= 3.0 else Strength.WEAK


def origin(where: str, box: Box) -> str:
    """The same for lettering in the same place of the same housing (to an eighth of its size)."""
    grid = max(1.0, box.long_side)
    return f"text:{where}:{round((box.x0 + box.x1) / grid)}:{round((box.y0 + box.y1) / grid)}"


def evidence_from_lines(
    lines: Sequence[TextLine], catalogue: Catalogue, likelihoods: Likelihoods, confusions: Confusions
) -> list[Evidence]:
    """``Lettering.evidence`` for a single use."""
    return Lettering(catalogue, confusions, likelihoods).evidence(lines)


def _explains(better: Match, best: float, match: Match, weight: float) -> bool:
    """Whether a better match accounts for the lettering that a weaker one of another brand rests on."""
    if better.line is match.line:
        shared = min(better.words[1], match.words[1]) - max(better.words[0], match.words[0])
        if shared <= 0:
            return False
        if better.words != match.words and shared == match.words[1] - match.words[0]:
            return True  # a part of the longer name, as "tp-link" of "tp-link VIGI"
    elif match.line.box.coverage_by(better.line.box) <= SAME_PLACE:
        return False
    return max(best - weight, NATS * (match.cost - better.cost)) > EXPLAINED


def _note(brand: Brand, match: Match, sure: bool) -> str:
    if sure:
        return f"{brand.name} is readable here."
    return f"This reads like {brand.name} ({match.similarity:.0%} alike)."
