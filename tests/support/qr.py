"""Reads a QR code from a terminal as a phone does: by a picture of it."""

from __future__ import annotations

import re

import cv2
import numpy as np

_SCALE = 8
_UPPER, _LOWER = "▀█", "▄█"


def decoded(shown: str) -> str:
    """The text of the last QR code among the lines of a terminal; empty where none is found."""
    lines = [
        re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines() if line.startswith("\x1b[38;5;16")
    ]
    width = len(lines[-1])
    last = [line for line in reversed(lines) if len(line) == width]
    rows = [[one in half for one in line] for line in reversed(last) for half in (_UPPER, _LOWER)]
    dark = np.array(rows, dtype=bool)
    picture = np.where(np.kron(dark, np.ones((_SCALE, _SCALE), bool)), 0, 255).astype(np.uint8)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    return str(text)
