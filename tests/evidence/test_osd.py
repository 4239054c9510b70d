"""What displays say, on overlays that are put together here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.domain import Box, EvidenceKind, Strength, TextLine, Verdict
from edge.evidence import fusion
from edge.evidence.confusions import load_confusions
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.evidence.osd import OsdFinding, osd_finding, osd_lettering
from edge.evidence.overlay_rules import load_overlay_rules
from edge.vendors.catalogue import load_catalogue
from edge.vision.gallery import GalleryMatch
from edge.vision.overlay import Overlay, OverlayLine

MODELS = Path(__file__).resolve().parents[2] / "models"
WIDTH, HEIGHT = 1280, 720
CLOCK = "2024-05-14 10:33:20"
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (20, 20), (900, 20), (20, 670), (1140, 670)


@pytest.fixture(scope="module")
def lettering() -> Lettering:
    return osd_lettering(load_catalogue(), load_confusions(MODELS), load_likelihoods(MODELS))


def line(
    text: str, at: tuple[float, float], before: tuple[str | None, ...] = (), height: float = 24.0
) -> OverlayLine:
    box = Box(at[0], at[1], at[0] + 0.55 * height * len(text), at[1] + height)
    read = TextLine(text, 0.98, box, height)
    older = tuple(None if one is None else TextLine(one, 0.98, box, height) for one in before)
    return OverlayLine(read, (read,), older)


def finding(
    lettering: Lettering,
    *lines: OverlayLine,
    matches: tuple[GalleryMatch, ...] = (),
    received: datetime | None = None,
) -> OsdFinding:
    overlay = Overlay(WIDTH, HEIGHT, 1 + max(len(one.before) for one in lines), lines)
    likelihoods, rules = load_likelihoods(MODELS), load_overlay_rules()
    return osd_finding(overlay, matches, lettering, load_catalogue(), likelihoods, rules, received)


def named(found: OsdFinding) -> str | None:
    weighed = fusion.identify(
        found.evidence, load_catalogue(), load_likelihoods(MODELS), load_thresholds(MODELS)
    )
    return weighed.brand or weighed.platform


def test_clock_channel_and_mark_are_told_apart(lettering: Lettering) -> None:
    found = finding(
        lettering, line(CLOCK, TOP_LEFT), line("Gate 2", BOTTOM_LEFT), line("Reolink", BOTTOM_RIGHT)
    )
    assert found.osd is not None
    assert (found.osd.timestamp_text, found.osd.channel_text) == (CLOCK, "Gate 2")
    assert named(found) == "reolink"
    assert {e.kind for e in found.evidence} == {EvidenceKind.OSD}


def test_the_clock_has_a_moment_only_in_a_stream(lettering: Lettering) -> None:
    received = datetime(2024, 5, 14, 8, 33, 21, tzinfo=UTC)
    assert finding(lettering, line(CLOCK, TOP_LEFT)).clock is None
    clock = finding(lettering, line(CLOCK, TOP_LEFT), received=received).clock
    assert clock is not None
    assert (clock.moment, clock.received) == (datetime(2024, 5, 14, 10, 33, 20), received)


def test_date_and_time_may_stand_apart(lettering: Lettering) -> None:
    beside = finding(lettering, line("3/8/17", (300, 20)), line("00:06:58:21", (900, 22)))
    assert beside.osd is not None
    assert beside.osd.timestamp_text == "3/8/17 00:06:58:21"
    below = finding(lettering, line("2024-05-14", (20, 640)), line("10:33:20", (20, 668)))
    assert below.osd is not None
    assert below.osd.timestamp_text == CLOCK


def test_without_a_clock_a_mark_counts_in_a_corner_letter_by_letter(lettering: Lettering) -> None:
    assert named(finding(lettering, line("EZVIZ", BOTTOM_RIGHT))) == "ezviz"
    assert named(finding(lettering, line("EZVI2", BOTTOM_RIGHT))) is None
    assert named(finding(lettering, line("EZVIZ", (500, 100)))) is None


def test_a_sign_amid_the_picture_is_no_mark_even_beside_a_clock(lettering: Lettering) -> None:
    found = finding(lettering, line(CLOCK, TOP_LEFT), line("HIKVISION", (480, 80)))
    assert named(found) is None


@pytest.mark.parametrize(
    "text",
    [
        "Ring camera video shows two suspects",
        "HIKVISION cameras banned in offices",
        "DHA",
        "enterprise-example.com",
        "Nest box 4",
        "Realink",
    ],
)
def test_captions_and_other_names_name_nobody(lettering: Lettering, text: str) -> None:
    assert named(finding(lettering, line(text, BOTTOM_LEFT))) is None
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), line(text, BOTTOM_LEFT))) is None


def test_an_ambiguous_name_needs_a_maker_that_prints_it_or_its_logo(lettering: Lettering) -> None:
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), line("blink", BOTTOM_RIGHT))) == "blink"
    plain = line("Canon", BOTTOM_RIGHT)
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), plain)) is None
    logo = GalleryMatch(plain.line.box, "canon", 0.9, 0.4)
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), plain, matches=(logo,))) == "canon"


def test_a_vague_logo_alone_does_not_name(lettering: Lettering) -> None:
    mark = line("3", BOTTOM_LEFT)
    logo = GalleryMatch(mark.line.box, "wyze", 0.57, 0.3)
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), mark, matches=(logo,))) is None
    weaker = GalleryMatch(mark.line.box, "wyze", 0.5, 0.3)
    assert finding(lettering, mark, matches=(weaker,)).evidence == ()


def test_an_info_bar_helps_a_misread_mark_of_a_trail_camera(lettering: Lettering) -> None:
    bar = (line("07-17-2024 02:53:26", (900, 680)), line("Cam6", (200, 680)))
    mark = line("Meldase", (12, 680))
    assert named(finding(lettering, *bar, mark)) is None
    assert named(finding(lettering, *bar, mark, line("21°C", (330, 680)))) == "meidase"


def test_layout_alone_names_nobody(lettering: Lettering) -> None:
    found = finding(
        lettering,
        line("05-14-2024 Tue 10:33:20", TOP_LEFT),
        line("Camera 01", BOTTOM_RIGHT),
        line("21°C", (330, 680)),
    )
    assert {e.strength for e in found.evidence} == {Strength.WEAK}
    assert {p for e in found.evidence for p in e.supports} >= {"hikvision", "bushnell"}
    weighed = fusion.identify(
        found.evidence, load_catalogue(), load_likelihoods(MODELS), load_thresholds(MODELS)
    )
    assert weighed.verdict is not Verdict.IDENTIFIED


def test_software_is_named_and_hides_the_camera(lettering: Lettering) -> None:
    found = finding(
        lettering,
        line("FPS: 12.5 5/14/2024 10:33:20 PM", TOP_LEFT),
        line("Hikvision", BOTTOM_RIGHT),
    )
    assert found.overlay_by == "ispy"
    assert found.evidence == ()
    assert found.osd is not None
    assert found.osd.timestamp_text == "5/14/2024 10:33:20 PM"


def test_labels_of_a_detector_hide_nothing(lettering: Lettering) -> None:
    found = finding(
        lettering, line(CLOCK, TOP_LEFT), line("person 0.84", (400, 60)), line("Reolink", BOTTOM_RIGHT)
    )
    assert found.overlay_by == "detector"
    assert named(found) == "reolink"


def test_what_moves_is_no_display(lettering: Lettering) -> None:
    van = line("EZVIZ", BOTTOM_RIGHT, before=("Fresh fish", None))
    assert finding(lettering, van).evidence == ()
    assert named(finding(lettering, line("EZVIZ", BOTTOM_RIGHT, before=("EZVIZ", "EZV1Z")))) == "ezviz"


def test_older_frames_vote_on_the_clock(lettering: Lettering) -> None:
    """A view that goes on from the older frames beats one that does not."""
    box = line(CLOCK, TOP_LEFT).line.box
    views = tuple(TextLine(text, 0.95, box, 24.0) for text in ("2024-06-14 10:33:20", "2024-05-14 10:33:20"))
    older = TextLine("2024-05-14 10:33:18", 0.95, box, 24.0)
    found = finding(lettering, OverlayLine(views[0], views, (older,)))
    assert found.osd is not None
    assert found.osd.timestamp_text == CLOCK


def test_without_a_clock_a_photo_has_no_channel_but_a_factorys_name(lettering: Lettering) -> None:
    assert finding(lettering, line("BAKERY", BOTTOM_LEFT)).osd is None
    found = finding(lettering, line("CAM 02", BOTTOM_LEFT))
    assert found.osd is not None
    assert (found.osd.timestamp_text, found.osd.channel_text) == (None, "CAM 02")


def test_a_symbol_before_the_name_may_be_read_as_a_letter(lettering: Lettering) -> None:
    assert named(finding(lettering, line(CLOCK, TOP_LEFT), line("G Nest", BOTTOM_RIGHT))) == "nest"


def test_a_logo_speaks_without_letters_in_a_corner(lettering: Lettering) -> None:
    place = Box(1140, 660, 1240, 700)
    logo = GalleryMatch(place, "dahua", 0.93, 0.4)
    for matches, brand in (((logo,), "dahua"), ((), None)):
        assert named(finding(lettering, line(CLOCK, TOP_LEFT), matches=matches)) == brand
    assert named(finding(lettering, line("x", TOP_LEFT), matches=(logo,))) == "dahua"
    amid = GalleryMatch(Box(600, 300, 700, 340), "dahua", 0.93, 0.4)
    assert finding(lettering, line("x", TOP_LEFT), matches=(amid,)).evidence == ()


def test_of_a_mark_and_a_piece_of_it_only_the_likest_speaks(lettering: Lettering) -> None:
    whole = GalleryMatch(Box(1100, 660, 1240, 700), "tvt", 0.82, 0.4)
    piece = GalleryMatch(Box(1140, 660, 1240, 700), "rvi", 0.7, 0.3)
    found = finding(lettering, line(CLOCK, TOP_LEFT), matches=(piece, whole))
    assert {e.brand for e in found.evidence} == {"tvt"}


def test_letters_and_logo_of_one_place_count_once_and_say_more(lettering: Lettering) -> None:
    mark = line("Reolink", BOTTOM_RIGHT)
    around = GalleryMatch(mark.line.box.grown(0.1), "reolink", 0.8, 0.4)
    found = finding(lettering, line(CLOCK, TOP_LEFT), mark, matches=(around,))
    assert len({e.origin for e in found.evidence}) == 1
    assert any("Both" in e.note for e in found.evidence if e.note)
