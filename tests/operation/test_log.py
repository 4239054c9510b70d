"""The log file: rotated, bounded, its owner's alone."""

from __future__ import annotations

import logging
import stat
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
