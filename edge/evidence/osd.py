"""What an on-screen display says of the camera that recorded the picture: its text, its clock, its mark.

A mark counts where displays have theirs: in a corner, beside a clock also at the rim; without a clock only
if it is read letter by letter, for a shop may have a sign. The style of a clock, a channel's name from the
factory and the info bar of trail cameras are weak evidence, which alone never names (``fusion``). A display
that software drew says nothing of a camera.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from edge.domain import Box, Evidence, EvidenceKind, Osd, Strength, TextLine
from edge.domain_streams import OsdClock
from edge.evidence.confusions import Confusions, tokens
from edge.evidence.lettering import MIN_WEIGHT, Lettering, Match, origin, strength_of
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.osd_text import ReadClock, channel_name, read_clock, stays, without_clock
from edge.evidence.overlay_rules import OverlayRules, Software
from edge.vendors.catalogue import Catalogue
from edge.vision.gallery import GalleryMatch
from edge.vision.overlay import Overlay, OverlayLine

PREFIX = "osd_"
MARK_TABLE, CHANNEL_TABLE, CLOCK_TABLE, BAR_TABLE = "osd_mark", "osd_channel", "osd_clock", "osd_bar"
AGREED_TABLE = "osd_agreed"
BOTH = "Both the letters and the logo resemble this maker's."
CORNER = (0.075, 0.09)
"""Shares of the frame's width, across and down, within which a mark lies in a corner: a clock may stand above
or below it."""
HIGHEST = 0.2
"""Share of the frame's height above which lettering is no mark of a display."""
RIM = 0.04
"""Share of the frame's height within which a mark lies at the upper or lower rim."""
LEAST_ALIKE = 0.75
"""Similarity of a wordmark to the letters read: those of a display are plain, a worse one is another word."""
BESIDE = 2
"""Letters that may stand beside a wordmark in its line: a symbol is read as letters."""
SAME_TEXT = 0.6
"""Likeness of a mark's readings in several frames: a half-transparent one is read badly over some."""
SAME_MARK, AGREES = 0.5, 0.6
"""Scores from which a logo confirms an ambiguous wordmark, and from which it agrees with a misread one."""
ONE_PLACE = 0.4
"""Share of the smaller of two boxes that the other covers from which both show one mark."""


@dataclass(frozen=True, slots=True)
class OsdFinding:
    """``overlay_by`` names software that drew the display; then no evidence speaks of a camera."""

    osd: Osd | None = None
    clock: OsdClock | None = None
    evidence: tuple[Evidence, ...] = ()
    overlay_by: str | None = None


def osd_lettering(catalogue: Catalogue, confusions: Confusions, likelihoods: Likelihoods) -> Lettering:
    """The wordmarks weighed as displays show them: drawn by software, not photographed."""
    tables = likelihoods.tables.items()
    own = {name.removeprefix(PREFIX): table for name, table in tables if name.startswith(PREFIX)}
    return Lettering(catalogue, confusions, Likelihoods(likelihoods.prior, {**likelihoods.tables, **own}))


def osd_finding(
    overlay: Overlay,
    matches: Sequence[GalleryMatch],
    lettering: Lettering,
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    rules: OverlayRules,
    received: datetime | None = None,
) -> OsdFinding:
    """Reads a display as a person would. ``lettering`` weighs with the tables of displays, ``matches`` are
    gallery matches of the overlay's lines; ``received`` is when the newest frame came in, None for a photo
    (then there is no clock)."""
    clock = read_clock(overlay)
    software = _software(overlay, rules)
    marks = _Marks(overlay, clock, matches, lettering, catalogue, likelihoods, rules)
    found, lines = marks.evidence()
    channel = channel_name(overlay, clock, lines, rules)
    weak = [*_habits(clock, channel, likelihoods, rules), *_info_bar(overlay, clock, likelihoods, rules)]
    speaks = software is None or software.beside
    return OsdFinding(
        osd=_osd(clock, channel),
        clock=_osd_clock(clock, received),
        evidence=(*found, *weak) if speaks else (),
        overlay_by=None if software is None else software.id,
    )


def _osd(clock: ReadClock | None, channel: str | None) -> Osd | None:
    if clock is None and channel is None:
        return None
    return Osd(None if clock is None else clock.stamp.text, channel)


def _osd_clock(clock: ReadClock | None, received: datetime | None) -> OsdClock | None:
    if clock is None or received is None:
        return None
    return OsdClock(clock.stamp.text, clock.stamp.moment(received), received)


def _software(overlay: Overlay, rules: OverlayRules) -> Software | None:
    """What says most of the display: software that draws all of it before software that draws beside it."""
    found = [s for line in overlay.lines if (s := rules.software_in(line.line.text)) is not None]
    return min(found, key=lambda software: software.beside, default=None)


@dataclass(frozen=True, slots=True)
class _Marks:
    overlay: Overlay
    clock: ReadClock | None
    matches: Sequence[GalleryMatch]
    lettering: Lettering
    catalogue: Catalogue
    likelihoods: Likelihoods
    rules: OverlayRules

    def evidence(self) -> tuple[list[Evidence], list[OverlayLine]]:
        """Evidence of makers' marks, and the lines that they are."""
        found: list[Evidence] = []
        lines: list[OverlayLine] = []
        free = best_of_places(self.matches)
        for line in self._candidates():
            own_matches = [match for match in free if in_one_place(match.box, line.line.box)]
            free = [match for match in free if match not in own_matches]
            lettered, drawn = list(self._lettered(line)), list(self._drawn(own_matches, line.line.box))
            own = [*lettered, *drawn, *self._agreed(lettered)]
            if own:
                found += own
                lines.append(line)
        for match in free:
            found += self._drawn([match], match.box)
        return found, lines

    def _candidates(self) -> Iterator[OverlayLine]:
        for line in self.overlay.lines:
            free: OverlayLine | None = line
            if self.clock is not None and line in self.clock.lines:
                free = without_clock(line)
            low = free is not None and free.line.height <= HIGHEST * self.overlay.height
            if free is not None and low and stays(free, SAME_TEXT):
                yield free

    def _placed(self, box: Box) -> bool:
        return in_corner(box, self.overlay) or (self.clock is not None and at_rim(box, self.overlay))

    def _lettered(self, line: OverlayLine) -> Iterator[Evidence]:
        if not self._placed(line.line.box):
            return
        said: dict[str, Match] = {}
        views = [one for view in line.views for one in (view, _without_symbol(view)) if one is not None]
        for match in self.lettering.matches(views):
            known = said.get(match.target.brand)
            alone = stands_alone(match) or self._heads_info_bar(match)
            if alone and (known is None or _rank(match) > _rank(known)):
                said[match.target.brand] = match
        read = [one for one in views if any(match.line is one for match in said.values())]
        for evidence in self.lettering.evidence(read):
            own = said.get(evidence.brand or "")
            if own is not None and self._counts(own, line.line):
                supports = {
                    platform: self._cautious(own, value) for platform, value in evidence.supports.items()
                }
                if max(supports.values()) >= MIN_WEIGHT:
                    yield replace(
                        evidence, kind=EvidenceKind.OSD, origin=_origin(line.line.box), supports=supports
                    )

    def _heads_info_bar(self, match: Match) -> bool:
        """Whether the wordmark is the first of an info bar of which more was found as the same line."""
        return (
            match.words[0] == 0
            and match.target.brand in self.rules.trail
            and has_info_bar(self.overlay, self.clock, self.rules)
        )

    def _cautious(self, match: Match, value: float) -> float:
        """A misreading is worth no more than on a housing: those tables saw more names that are nearly a
        maker's."""
        if match.similarity == 1.0:
            return value
        return min(value, self.likelihoods.value(match.target.table, match.similarity))

    def _counts(self, match: Match, line: TextLine) -> bool:
        brand = match.target.brand
        sure = self.clock is not None or self._confirmed(brand, line.box, AGREES)
        if match.similarity < (LEAST_ALIKE if sure else 1.0):
            return False
        if not match.target.ambiguous:
            return True
        return brand in self.rules.printed or self._confirmed(brand, line.box, SAME_MARK)

    def _confirmed(self, brand: str, box: Box, least: float) -> bool:
        """Whether the line resembles the brand's logo more than any other's."""
        return any(
            match.brand == brand and mark_score(match) >= least and in_one_place(match.box, box)
            for match in self.matches
        )

    def _drawn(self, matches: Sequence[GalleryMatch], place: Box) -> Iterator[Evidence]:
        """Logos in a corner that resemble a maker's; ``place`` is that of the line that they stand in."""
        for match in matches:
            brand = self.catalogue.brands.get(match.brand)
            ratio = self.likelihoods.value(MARK_TABLE, mark_score(match))
            if brand is not None and ratio > 0.0 and in_corner(match.box, self.overlay):
                yield Evidence(
                    kind=EvidenceKind.OSD,
                    value=brand.name,
                    box=match.box,
                    strength=strength_of(ratio),
                    supports={brand.platform: ratio},
                    note=f"resembles the mark of {brand.name}: similarity {match.similarity:.2f}",
                    brand=brand.id,
                    origin=_origin(place),
                )

    def _agreed(self, lettered: Sequence[Evidence]) -> Iterator[Evidence]:
        """Letters and logo that speak for one brand say more than either."""
        for evidence in lettered:
            if evidence.brand and evidence.box and self._confirmed(evidence.brand, evidence.box, AGREES):
                ratio = self.likelihoods.value(AGREED_TABLE, 1.0)
                supports = dict.fromkeys(evidence.supports, ratio)
                yield replace(evidence, supports=supports, strength=strength_of(ratio), note=BOTH)


def in_corner(box: Box, overlay: Overlay) -> bool:
    across = min(box.x0, overlay.width - box.x1)
    down = min(box.y0, overlay.height - box.y1)
    return across <= CORNER[0] * overlay.width and down <= CORNER[1] * overlay.width


def at_rim(box: Box, overlay: Overlay) -> bool:
    return min(box.y0, overlay.height - box.y1) <= RIM * overlay.height


def best_of_places(matches: Sequence[GalleryMatch]) -> list[GalleryMatch]:
    """The best match of each place: a piece of a mark may resemble another maker's."""
    kept: list[GalleryMatch] = []
    for match in sorted(matches, key=lambda match: (-mark_score(match), match.box.as_tuple())):
        if not any(in_one_place(match.box, better.box) for better in kept):
            kept.append(match)
    return kept


def in_one_place(one: Box, other: Box) -> bool:
    return one.intersection(other) > ONE_PLACE * min(one.area, other.area)


def mark_score(match: GalleryMatch) -> float:
    """What ``osd_mark`` is fitted on: the similarity, less where another brand comes close."""
    return match.similarity - max(0.0, 0.2 - match.margin)


def stands_alone(match: Match) -> bool:
    """Whether nothing but what may be a symbol stands in the line beside the wordmark."""
    words = tokens(match.line.text)
    beside = [*words[: match.words[0]], *words[match.words[1] :]]
    return sum(len(word) for word in beside) <= BESIDE and len(beside) <= 1


def _rank(match: Match) -> tuple[float, bool]:
    return match.similarity, match.whole


def _without_symbol(line: TextLine) -> TextLine | None:
    """The line without a word at its head that may be a symbol; None where there is none."""
    head, _, rest = line.text.partition(" ")
    return replace(line, text=rest) if 0 < len(head) <= BESIDE < len(rest) else None


def _origin(box: Box) -> str:
    return "osd" + origin("", box)


def _habits(
    clock: ReadClock | None, channel: str | None, likelihoods: Likelihoods, rules: OverlayRules
) -> Iterator[Evidence]:
    """Weak evidence: what may be changed in every camera's menu, and which others imitate."""
    if clock is not None:
        for habit in rules.clocks:
            if habit.fits(clock.stamp.style):
                ratio = likelihoods.value(CLOCK_TABLE, _grade(habit.strength))
                note = f"{habit.platform} writes its clock like this if nobody changes it"
                yield _weak(clock.stamp.text, habit.platform, ratio, note, "osd:clock")
    known = rules.channel(channel) if channel else None
    if channel and known is not None and known.platform and known.strength:
        ratio = likelihoods.value(CHANNEL_TABLE, _grade(known.strength))
        yield _weak(channel, known.platform, ratio, f"a name of {known.platform}'s factory", "osd:channel")


def _info_bar(
    overlay: Overlay, clock: ReadClock | None, likelihoods: Likelihoods, rules: OverlayRules
) -> Iterator[Evidence]:
    """A temperature beside the clock: trail cameras measure it, surveillance cameras do not."""
    if not has_info_bar(overlay, clock, rules):
        return
    ratio = likelihoods.value(BAR_TABLE, 1.0)
    yield Evidence(
        EvidenceKind.OSD,
        "info bar",
        None,
        Strength.WEAK,
        dict.fromkeys(sorted(rules.trail), ratio),
        note="an info bar as of trail cameras",
        origin="osd:bar",
    )


def has_info_bar(overlay: Overlay, clock: ReadClock | None, rules: OverlayRules) -> bool:
    return clock is not None and any(rules.holds_temperature(line.line.text) for line in overlay.lines)


def _grade(strength: Strength) -> float:
    return {Strength.STRONG: 1.0, Strength.MEDIUM: 0.6, Strength.WEAK: 0.3}[strength]


def _weak(value: str, platform: str, ratio: float, note: str, where: str) -> Evidence:
    return Evidence(EvidenceKind.OSD, value, None, Strength.WEAK, {platform: ratio}, note=note, origin=where)
