"""A disk without room has one name, whoever noticed it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy

from edge.disk import full_disk
from edge.errors import CamidError, ErrorCode


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_has_one_name(number: int) -> None:
    with pytest.raises(CamidError, match="no room") as caught, full_disk("There is no room."):
        raise OSError(number, "of the system")
    assert caught.value.code is ErrorCode.STORE_FULL


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), RuntimeError("no"), PermissionError()])
def test_other_faults_keep_theirs(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, full_disk("There is no room."):
        raise error
    assert caught.value is error


_GROW = "CREATE TABLE t AS SELECT zeroblob(100000)"


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "a.sqlite")
    database.execute("PRAGMA max_page_count = 2")
    with pytest.raises(CamidError) as caught, full_disk("There is no room."):
        database.execute(_GROW)
    database.close()
    assert caught.value.code is ErrorCode.STORE_FULL


def test_sqlalchemys_error_is_looked_into(tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'b.sqlite'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        with pytest.raises(CamidError) as caught, full_disk("There is no room."):
            connection.exec_driver_sql(_GROW)
    engine.dispose()
    assert caught.value.code is ErrorCode.STORE_FULL
