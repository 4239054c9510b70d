from __future__ import annotations

import pytest

from edge.lan.qr import terminal_qr
from tests.support.qr import decoded


@pytest.mark.parametrize(
    "text",
    [
        "http://192.168.1.20:8471/",
        "https://a-rather-long-name-of-a-box.local:65535/pair#EJTfq2Uuc3d0VzU-UWmzbw",
    ],
)
def test_what_the_terminal_shows_can_be_scanned(text: str) -> None:
    shown = terminal_qr(text)
    assert decoded(shown) == text
    assert max(map(len, shown.splitlines())) < 80 + len("\x1b[38;5;16;48;5;231m\x1b[0m")
    assert shown.count("\n") < 40
