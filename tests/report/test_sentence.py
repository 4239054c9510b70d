from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import (
    AdviceCode,
    Box,
    Evidence,
    EvidenceKind,
    Identification,
    PhotoReport,
    Reading,
    Strength,
    Verdict,
)
from edge.report.contract import AdviceV1, CameraV1, identification_contract, photo_contract
from edge.report.sentence import (
    advice_sentence,
    camera_label,
    camera_sentence,
    display_names,
    mark_label,
    printable,
    recorder_sentence,
)
from edge.vendors.catalogue import load_catalogue
from tests.support.reports import CANDIDATES, IDENTIFIED, LOOK, WORDMARK, camera, one_of_each, report, reports

NAMES = {"hikvision": "Hikvision", "dahua": "Dahua", "uniview": "Uniview", "lorex": "Lorex"}


def _said(found: Identification, reading: Reading = Reading.READ) -> CameraV1:
    return photo_contract(report(camera(found, Box(0, 0, 9, 6), reading))).cameras[0]


def test_a_name_comes_with_brand_platform_and_reason() -> None:
    assert (
        camera_sentence(_said(IDENTIFIED), NAMES)
        == "Hikvision (platform Hikvision), because “HIKVISION” was read on it"
    )


@pytest.mark.parametrize(
    ("brand", "platform", "opening"),
    [
        ("lorex", "dahua", "Lorex (platform Dahua), because"),
        (None, "dahua", "a camera built by Dahua, brand not shown, because"),
        ("lorex", None, "Lorex (platform not known), because"),
        ("new_maker", "new_maker", "new_maker (platform new_maker), because"),
    ],
)
def test_brand_and_platform_are_kept_apart(brand: str | None, platform: str | None, opening: str) -> None:
    found = replace(IDENTIFIED, brand=brand, platform=platform)
    assert camera_sentence(_said(found), NAMES).startswith(opening)


def test_the_reason_is_the_evidence_that_speaks_most_for_the_name() -> None:
    model = Evidence(EvidenceKind.MODEL, "DS-2CD2032", None, Strength.STRONG, {"hikvision": 9.0})
    against = Evidence(EvidenceKind.MARK, "dahua", None, Strength.STRONG, {"dahua": 12.0})
    found = replace(IDENTIFIED, evidence=(WORDMARK, against, model, LOOK))
    assert camera_sentence(_said(found), NAMES).endswith("because it bears the number “DS-2CD2032”")


def test_candidates_are_named_as_such_with_what_is_missing() -> None:
    assert camera_sentence(_said(CANDIDATES), NAMES) == (
        "candidates: Dahua (41 %), Uniview (22 %), or another maker; "
        "only the shape of the housing speaks for them"
    )


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Reading.READ, "no maker's lettering or logo could be read on it"),
        (Reading.TOO_SMALL, "it is too small in the picture to be read (9 px)"),
        (Reading.OVER_BUDGET, "it was not read, for larger cameras used up the limits of reading"),
    ],
)
def test_undetermined_says_why(reading: Reading, reason: str) -> None:
    said = _said(Identification.undetermined(), reading)
    assert camera_sentence(said, NAMES) == f"undetermined: {reason}"


def test_undetermined_shows_what_was_read_if_it_was_too_little() -> None:
    hint = Evidence(EvidenceKind.WORDMARK, "HIK", None, Strength.WEAK, {"hikvision": 1.0})
    sentence = camera_sentence(_said(Identification.undetermined((hint,))), NAMES)
    assert sentence == "undetermined: “HIK” was read on it, which is too little for a name"


def test_an_address_is_no_answer_of_the_device() -> None:
    path = Evidence(
        EvidenceKind.PROTOCOL,
        "path: /cam/realmonitor",
        None,
        Strength.WEAK,
        {"dahua": 1.0},
        origin="protocol:weak",
    )
    said = recorder_sentence(identification_contract(Identification.undetermined((path,))), NAMES)
    assert said.startswith("undetermined: its stream is found under “/cam/realmonitor”, which is too little")


@pytest.mark.parametrize("code", AdviceCode)
def test_every_advice_has_words(code: AdviceCode) -> None:
    values = {"height": 8.26, "side": 61.0, "wanted": 20.0, "times": 2.4}
    assert len(advice_sentence(AdviceV1(code=code, promised=False, values=values)).split()) > 5


def test_an_advice_says_how_much_and_what_it_promises() -> None:
    values = {"height": 8.26, "wanted": 20.0, "times": 2.4}
    advice = AdviceV1(code=AdviceCode.LETTERING_SMALL, promised=True, values=values)

    assert advice_sentence(advice) == (
        "its lettering is 8.3 px high: step closer or zoom 2.4×: then its maker should be readable"
    )


def test_labels_carry_the_verdict_as_text() -> None:
    photo = photo_contract(one_of_each())
    labels = [camera_label(one, NAMES) for one in photo.cameras]
    assert labels == ["Hikvision 98 %", "Dahua or Uniview?", "undetermined", "undetermined"]
    assert mark_label(photo.marks[0], NAMES) == "lettering: Dahua"


def test_a_probability_is_never_rounded_up_to_certainty() -> None:
    assert camera_label(_said(replace(IDENTIFIED, confidence=0.99999)), NAMES) == "Hikvision 99 %"


@given(st.text())
def test_nothing_unprintable_reaches_a_terminal(text: str) -> None:
    assert printable(text).isprintable()


def test_undecodable_file_names_can_be_printed() -> None:
    assert printable("a\udce9\x1b[2J.jpg") == "a\\udce9\\x1b[2J.jpg"


@given(reports)
def test_only_an_identified_camera_is_named_outright(answer: PhotoReport) -> None:
    for one in photo_contract(answer).cameras:
        sentence, verdict = camera_sentence(one, NAMES), one.identification.verdict
        assert sentence.isprintable()
        assert verdict is Verdict.IDENTIFIED or sentence.startswith(verdict.value)


def test_the_catalogue_names_its_makers() -> None:
    assert display_names(load_catalogue())["hikvision"] == "Hikvision"
