"""EXIF, comments and SEI messages as evidence about the camera that recorded."""

from __future__ import annotations

import pytest

from edge.domain import EvidenceKind, FileTags, Strength, Verdict
from edge.evidence import fusion
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.evidence.makers import maker_named
from edge.evidence.metadata import evidence_from_metadata, evidence_from_user_data, software_encoder
from edge.settings import load_settings
from edge.vendors.catalogue import load_catalogue

CATALOGUE = load_catalogue()
MODELS = load_settings().models_dir
LIKELIHOODS = load_likelihoods(MODELS)
X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"x264 - core 164 r3095 - H.264/MPEG-4 AVC codec"


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("HIKVISION", "hikvision"),
        ("Hangzhou Hikvision Digital Technology Co., Ltd.", "hikvision"),
        ("AXIS Communications AB", "axis"),
        ("UNV", "uniview"),
        ("D-Link Corporation", "d_link"),
        ("dahua TECHNOLOGY", "dahua"),
        ("General", None),
        ("IPCAM", None),
        ("Camera", None),
        ("", None),
        ("a fine axis of evil", None),
    ],
)
def test_names_of_firms(name: str, brand: str | None) -> None:
    found = maker_named(name, CATALOGUE)
    assert (found.id if found else None) == brand


def test_a_make_alone_is_medium_and_a_model_beside_it_names() -> None:
    alone = evidence_from_metadata(FileTags(make="Hikvision"), CATALOGUE, LIKELIHOODS)
    assert [one.strength for one in alone] == [Strength.MEDIUM]
    both = evidence_from_metadata(FileTags("Hikvision", "DS-2CD2386G2-IU"), CATALOGUE, LIKELIHOODS)
    assert {one.kind for one in both} == {EvidenceKind.METADATA}
    thresholds = load_thresholds(MODELS)
    assert fusion.identify(alone, CATALOGUE, LIKELIHOODS, thresholds).verdict is Verdict.CANDIDATES
    assert fusion.identify(both, CATALOGUE, LIKELIHOODS, thresholds).platform == "hikvision"


@pytest.mark.parametrize(
    "tags",
    [
        FileTags(),
        FileTags("Canon", "Canon EOS 5D", "Adobe"),
        FileTags("motorola", "moto g power"),
        FileTags("Apple", "iPhone 15"),
        FileTags(None, "DS-2CD2386G2-IU"),
        FileTags(comments=("CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90",)),
    ],
)
def test_phones_and_still_cameras_are_nobody(tags: FileTags) -> None:
    assert not evidence_from_metadata(tags, CATALOGUE, LIKELIHOODS)


def test_a_makers_name_in_a_comment_is_medium() -> None:
    found = evidence_from_metadata(FileTags(comments=("PRD=MOBOTIX VER=1",)), CATALOGUE, LIKELIHOODS)
    assert [(one.value, one.strength) for one in found] == [("MOBOTIX", Strength.MEDIUM)]


def test_a_stream_from_a_software_encoder_says_nothing() -> None:
    assert software_encoder((b"", X264)) == "x264"
    assert software_encoder((b"x265 (build 199) - 3.5",)) == "x265"
    assert software_encoder((b"something else",)) is None
    assert not evidence_from_user_data((X264, b"hikvision"), CATALOGUE, LIKELIHOODS)


def test_a_name_in_a_message_counts_and_noise_does_not() -> None:
    found = evidence_from_user_data((b"\x00\x01Hikvision\x00",), CATALOGUE, LIKELIHOODS)
    assert [one.supports.keys() >= {"hikvision"} for one in found] == [True]
    assert not evidence_from_user_data((bytes(range(256)) * 8, b"axi tvt lts"), CATALOGUE, LIKELIHOODS)
