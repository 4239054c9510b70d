from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from edge.domain import Box, EvidenceKind, Pixels
from edge.evidence.codes import Code, evidence_from_codes, find_codes
from edge.evidence.likelihoods import load_likelihoods
from edge.vendors.catalogue import load_catalogue

MODELS = Path(__file__).resolve().parents[2] / "models"


def platforms(text: str) -> set[str]:
    found = evidence_from_codes([Code(text, Box(0, 0, 9, 9))], load_catalogue(), load_likelihoods(MODELS))
    assert all(e.kind is EvidenceKind.MODEL for e in found)
    return {p for e in found for p in e.supports}


def drawn(text: str) -> Pixels:
    image = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4)
    code = np.array(image, dtype=np.uint8)
    padded = np.full((code.shape[0] + 60, code.shape[1] + 90, 3), 255, np.uint8)
    padded[20 : 20 + code.shape[0], 50 : 50 + code.shape[1]] = code[:, :, None]
    return padded


def test_a_drawn_code_is_found_in_picture_pixels() -> None:
    (code,) = find_codes(drawn("https://www.reolink.com/qr"), 1000, 2000)
    assert code.text == "https://www.reolink.com/qr"
    assert 1050 <= code.box.x0 < code.box.x1
    assert 2020 <= code.box.y0 < code.box.y1


def test_no_code_in_an_empty_picture() -> None:
    assert find_codes(np.full((50, 50, 3), 200, np.uint8)) == []


@pytest.mark.parametrize(
    "text", ["https://www.reolink.com/qr", "http://reolink.com", "www.reolink.com/app?x=1"]
)
def test_an_address_names_its_maker(text: str) -> None:
    assert platforms(text) == {"reolink"}


@pytest.mark.parametrize(
    "text",
    [
        "https://reolink.com.evil.example/x",
        "https://example.com/reolink.com",
        "WIFI:S:reolink;;",
        "",
        "123456",
    ],
)
def test_other_texts_name_nobody(text: str) -> None:
    assert platforms(text) == set()


def test_a_model_number_in_a_code() -> None:
    assert platforms("SN:123;MODEL:DS-2CD2143G0-I") == {"hikvision"}
