"""Catalogues for tests: the shipped one with another date, and with what else is to be in it, signed."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.vendors.installed import SHIPPED, shipped
from edge.vendors.signed import files_in, public_text, seal

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = public_text(KEY.public_key())
NEW_BRAND = '\n[brand.norvane_optics]\nname = "Norvane Optics"\nwordmarks = ["NORVANOPT"]\n'


def files(day: str = "2999-01-01", more: str = "") -> dict[str, str]:
    """The shipped files as of ``day``, with ``more`` at the end of ``catalogue.toml``."""
    found = files_in(SHIPPED)
    stated = f"catalogue_date = {shipped().catalogue.date}"
    found["catalogue.toml"] = found["catalogue.toml"].replace(stated, f"catalogue_date = {day}", 1) + more
    return found


def signed(day: str = "2999-01-01", more: str = "", key: Ed25519PrivateKey = KEY) -> bytes:
    return seal(files(day, more), key)


def sealed_as(content: bytes, key: Ed25519PrivateKey = KEY, head: bytes = b"camid-catalogue 1\n") -> bytes:
    """Any content, truly signed."""
    return head + base64.b64encode(key.sign(head + content)) + b"\n" + content


def written(place: Path, data: bytes) -> Path:
    place.write_bytes(data)
    return place
