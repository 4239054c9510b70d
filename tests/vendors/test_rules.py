"""Model-number rules: they read real numbers, tolerate OCR's spacing, and keep off ordinary text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vendors.catalogue import load_catalogue, normalise_model

RULES = load_catalogue().model_rules

WORDS = """
camera security video surveillance warning recording alarm system 24 hours cctv in operation smile you are on
welcome entrance exit office bank hotel parking reception private property no entry police street avenue
wireless outdoor smart battery solar doorbell night vision colour full hd 4k ultra 1080p 2160p wifi poe
12V DC 1A 24VAC IP66 IP67 IP68 IK10 CE FCC RoHS made in china model s/n p/n mac input output power 2.8mm 3.6mm
4MP 5MP 8MP H.264 H.265 microsd rj45 tel 0800 123456 www.example.com info@example.com +49 30 123456
2024-01-31 23:59:59 01/31/2024 12:00:00 AM 2023.05.06 Mon 14:22:05 CAM 01 CH1 CAMERA 1 IPC IPCAM NVR DVR DVR-4
channel 16 lane 2 gate 7 A1 B2 C200 M25 P2 Q4 T5 T8 F150 BMW X5 GTI 2.0 AB-123-CD EN 54 ISO 9001 DIN 14675
NEMA 4X 100-240V 50/60Hz LED 30W 3000K E27 GU10 T8 18W iPhone 15 Galaxy S24 Windows 11 USB-C HDMI 2.1
"""
LINES = [
    "Camera 01 2024-01-31 23:59:59",
    "SMILE YOU ARE ON CAMERA",
    "IP66 12V DC 1A 12W",
    "24 HOUR VIDEO SURVEILLANCE",
    "VIP 2024 PARKING",
    "M4 P2 Q1 2023",
    "T8 4 ft 18W",
    "DCS 2020 TV IP 66",
    "PRODUCT NO 20230415 REV 02",
    "FE 8000 CC 1234",
]


def named(text: str) -> set[str]:
    reading = normalise_model(text)
    return {rule.platform for rule in RULES if rule.matches(reading)}


@pytest.mark.parametrize("text", sorted({*WORDS.split(), *WORDS.splitlines(), *LINES}))
def test_ordinary_text_is_no_model_number(text: str) -> None:
    assert named(text) == set()


def test_no_rule_takes_another_makers_example() -> None:
    for rule in RULES:
        assert named(rule.example) == {rule.platform}, rule.example


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("DS-2CD2143G2-LI(S)(2U)", "hikvision"),
        ("Model: DS - 2CD2143G2-I", "hikvision"),
        ("ds-2cd 2143g0-i", "hikvision"),
        ("DS–2DE4225W–DE(S6)", "hikvision"),
        ("iDS-2SK8144IXS-DJ", "hikvision"),
        ("DS-2CE16H0T-ITPF", "hikvision"),
        ("IPC-HFW2431S-S-S2", "dahua"),
        ("DH-IPC-HDBW1431EP-S-0280B", "dahua"),
        ("DH-SD49225XA-HNR", "dahua"),
        ("DH-HAC-HFW1200TP", "dahua"),
        ("IPC2122LB-DSF28(40)KM", "uniview"),
        ("IPC3618SR3-ADF28(40)KM-G", "uniview"),
        ("IPC6634S-X33-VF", "uniview"),
        ("IPC-T122-APF28", "uniview"),
        ("RLC-520A", "reolink"),
        ("XNO-6080R", "hanwha"),
        ("QNV-7080R", "hanwha"),
        ("AXIS P3245-LVE", "axis"),
        ("UVC G4 Pro", "unifi"),
        ("DCS-932L", "d_link"),
    ],
)
def test_numbers_as_they_stand_on_housings(text: str, platform: str) -> None:
    assert named(text) == {platform}


def test_a_number_inside_a_word_does_not_count() -> None:
    assert named("XDS-2CD2143G0") == set()
    assert named("BRLC-520A") == set()


def test_shared_hardware_proves_the_platform_only() -> None:
    for text in ("IPC-HFW2431S-S-S2", "DH-XVR5108C-X", "20190430AAWRD14878498W"):
        hits = [rule for rule in RULES if rule.matches(normalise_model(text))]
        assert hits
        assert all(rule.brand is None for rule in hits)


@given(st.dates(), st.times())
def test_no_timestamp_is_a_model_number(day: object, moment: object) -> None:
    assert named(f"{day} {moment}") == set()


@given(st.text(max_size=40))
def test_normalising_is_stable(text: str) -> None:
    once = normalise_model(text)
    assert normalise_model(once) == once
