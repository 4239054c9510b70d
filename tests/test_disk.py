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


def test_a_full_database_with_and_without_sqlalchemy(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "a.sqlite")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'b.sqlite'}")
    pragma, create = "PRAGMA max_page_count = 2", "CREATE TABLE t AS SELECT zeroblob(100000)"
    with pytest.raises(CamidError) as bare, full_disk("There is no room."):
        database.execute(pragma)
        database.execute(create)
    with pytest.raises(CamidError) as wrapped, full_disk("There is no room."), engine.begin() as connection:
        connection.exec_driver_sql(pragma)
        connection.exec_driver_sql(create)
    assert {bare.value.code, wrapped.value.code} == {ErrorCode.STORE_FULL}
    database.close()
    engine.dispose()
