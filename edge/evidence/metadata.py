"""What a file or a stream says of the device that wrote it: EXIF, JPEG comments, SEI user data.

It speaks for the camera that *recorded*, never for one seen in the picture. Anyone can write these texts, so
one alone is medium evidence; a make with a model number of the same maker names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edge.domain import Evidence, EvidenceKind, FileTags, Strength
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.makers import maker_named
from edge.evidence.protocol import SCORES, TABLE
from edge.vendors.catalogue import Brand, Catalogue, normalise_model

MAX_COMMENTS = 16
MAX_COMMENT = 512
MAX_MESSAGES = 32
MAX_MESSAGE = 4096

_OF_OTHER_CAMERAS = frozenset(
    (
        *("alfred", "asus", "aver", "blink", "canon", "consistent", "dji", "flir", "hanwha", "hive"),
        *("honeywell", "huawei", "i_pro", "infinity", "juan", "lg", "logitech", "matrix", "motorola"),
        *("nest", "panasonic", "planet", "ring", "siemens", "sony", "toshiba", "vera", "xiaomi", "yi", "zte"),
    )
)
"""Brands whose name in EXIF as often stands for a phone, a still camera, a drone or a plain word."""

_WORDS = re.compile(r"(?<![\w-])[A-Za-z][\w-]{4,40}(?![\w-])")
"""Shorter words turn up in binary messages by chance."""
_ENCODERS = (
    (re.compile(rb"x264 - core \d+"), "x264"),
    (re.compile(rb"x265 \(build \d+\)"), "x265"),
    (re.compile(rb"\bLavc\d"), "FFmpeg"),
)


def evidence_from_metadata(tags: FileTags, catalogue: Catalogue, likelihoods: Likelihoods) -> list[Evidence]:
    """Evidence from EXIF and JPEG comments (``Picture.tags``); empty where they name no maker of
    surveillance cameras."""
    found = []
    make = _maker(tags.make, catalogue)
    if make is not None and tags.make:
        found.append(_evidence(make, Strength.MEDIUM, tags.make, "EXIF make", "make", likelihoods))
    for platform, brand, strength, text in _models(tags.model, make, catalogue):
        found.append(
            Evidence(
                kind=EvidenceKind.METADATA,
                value=text[:200],
                box=None,
                strength=strength,
                supports={platform: likelihoods.value(TABLE, SCORES[strength])},
                note="EXIF model",
                brand=brand,
                origin="metadata:model",
            )
        )
    for comment in tags.comments[:MAX_COMMENTS]:
        found += [
            _evidence(named, Strength.MEDIUM, word, "JPEG comment", "comment", likelihoods)
            for word, named in _named_in(comment[:MAX_COMMENT], catalogue)
        ]
    return found


def _maker(text: str | None, catalogue: Catalogue) -> Brand | None:
    brand = maker_named(text, catalogue) if text else None
    return brand if brand is not None and brand.id not in _OF_OTHER_CAMERAS else None


def _models(
    model: str | None, make: Brand | None, catalogue: Catalogue
) -> Iterator[tuple[str, str | None, Strength, str]]:
    """A model number counts only beside the make of the same maker: phones have such numbers too."""
    if model is None or make is None:
        return
    text = normalise_model(model[:128])
    for rule in catalogue.model_rules:
        if rule.platform == make.platform and rule.matches(text):
            yield rule.platform, rule.brand, rule.strength, model


def _named_in(text: str, catalogue: Catalogue) -> Iterator[tuple[str, Brand]]:
    for word in dict.fromkeys(_WORDS.findall(text)):
        if (brand := _maker(word, catalogue)) is not None:
            yield word, brand


def _evidence(
    brand: Brand, strength: Strength, value: str, note: str, place: str, likelihoods: Likelihoods
) -> Evidence:
    return Evidence(
        kind=EvidenceKind.METADATA,
        value=value[:200],
        box=None,
        strength=strength,
        supports={brand.platform: likelihoods.value(TABLE, SCORES[strength])},
        note=f"{note} names {brand.name}",
        brand=brand.id,
        origin=f"metadata:{place}",
    )


def evidence_from_user_data(
    user_data: Sequence[bytes], catalogue: Catalogue, likelihoods: Likelihoods
) -> list[Evidence]:
    """Evidence from SEI messages (``StreamInfo.user_data``): a maker's name that stands in them as text. A
    stream that a program encoded says nothing."""
    if software_encoder(user_data) is not None:
        return []
    found = []
    for message in user_data[:MAX_MESSAGES]:
        text = "".join(chr(b) if 32 <= b < 127 else "\n" for b in message[:MAX_MESSAGE])
        found += [
            _evidence(named, Strength.MEDIUM, word, "SEI user data", "sei", likelihoods)
            for word, named in _named_in(text, catalogue)
        ]
    return found


def software_encoder(user_data: Sequence[bytes]) -> str | None:
    """The software that encoded the stream, such as "x264", where an SEI message names one: such a stream
    comes out of a program, so nothing in its bytes speaks for a camera."""
    for message in user_data[:MAX_MESSAGES]:
        for pattern, name in _ENCODERS:
            if pattern.search(message[:MAX_MESSAGE]):
                return name
    return None
