"""The log file: rotated, bounded, its owner's alone."""

from __future__ import annotations

import logging
import re
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import CamidError, ErrorCode
from edge.service.server import log_handler
from tests.support.service import make_settings


def test_a_log_file_is_rotated_and_private(tmp_path: Path) -> None:
    log = tmp_path / "camid.log"
    settings = make_settings(tmp_path, log_file=log, log_max_bytes=1000, log_files=2)
    with closing(log_handler(settings)) as handler:
        for number in range(400):
            handler.emit(logging.makeLogRecord({"msg": f"line {number}"}))
    files = sorted(one.name for one in tmp_path.iterdir())
    assert files == ["camid.log", "camid.log.1", "camid.log.2"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    assert sum(one.stat().st_size for one in tmp_path.iterdir()) <= 3000
    assert "line 399" in log.read_text()


def test_without_one_the_log_goes_to_the_standard_error(tmp_path: Path) -> None:
    assert type(log_handler(make_settings(tmp_path))) is logging.StreamHandler


def test_a_log_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamidError, match="log_file") as caught:
        log_handler(make_settings(tmp_path, log_file=tmp_path / "none" / "camid.log"))
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_a_hostile_text_is_no_entry_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "camid.log"
    forged = "2026-01-01 00:00:00,000 INFO edge forged"
    text = f"a\n{forged}\r{forged}\u2028{forged}\x85{forged}\x1b[2Jb\u202ec\u200b\ud800"
    with closing(log_handler(make_settings(tmp_path, log_file=log))) as handler:
        try:
            raise ValueError(text)
        except ValueError:
            info = sys.exc_info()
        record = {"msg": "%s", "args": (text,), "exc_info": info, "created": 0}
        handler.handle(logging.makeLogRecord(record))
    written = log.read_text("utf-8")
    assert len(re.findall(r"^\S", written, re.MULTILINE)) == 1
    assert all(c.isprintable() or c == "\n" for c in written)
    assert "ValueError" in written
