"""What a camera answers and how a file is called commands no terminal."""

from __future__ import annotations

import pytest

from edge.terminal import say

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202ename\x9b31m\u2066\x08"


def test_a_message_shows_control_characters_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"first {HOSTILE}\nsecond")
    told = capsys.readouterr().err
    assert told.splitlines()[1] == "second"
    assert told.replace("\n", "").isprintable()
    assert r"\x1b]0;owned\x07" in told
