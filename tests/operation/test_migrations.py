"""Databases of every earlier schema, made by the SQL of their time: they open and keep every row."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import CamidError, ErrorCode
from edge.report.contract import to_json
from edge.service import store as store_module
from edge.service.data_dir import DataDir
from edge.service.store import SCHEMA_VERSION, Store
from edge.service.stream_store import StoredStream
from edge.streams.state import Expectation
from tests.operation.test_retention import answer

CONTENT = b"the bytes of a photo"
PHOTO, STREAM, BATCH, TOKEN = (letter * 32 for letter in "abcd")
AT = "2026-03-14T09:00:00.000Z"

STEPS: tuple[str, ...] = (
    """CREATE TABLE photos (id TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT NOT NULL,
        created_at TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX ix_photos_sha256 ON photos (sha256);""",
    f"""CREATE TABLE streams (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, url TEXT NOT NULL, sealed BLOB NOT NULL, enabled BOOLEAN NOT NULL, vendor TEXT,
        model TEXT, firmware TEXT, pinned_ip TEXT NOT NULL, created_at TEXT NOT NULL);
    INSERT INTO streams VALUES (1, '{STREAM}', 'Gate', 'rtsp://10.0.0.9/', x'01', 1, 'dahua', NULL, NULL,
        '10.0.0.9', '{AT}');""",
    f"""CREATE TABLE batches (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, folder TEXT, upload TEXT, upload_bytes INTEGER, min_score FLOAT,
        created_at TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL, code TEXT, message TEXT,
        files INTEGER, settled INTEGER NOT NULL, photos INTEGER NOT NULL, frames INTEGER NOT NULL,
        videos INTEGER NOT NULL, duplicates INTEGER NOT NULL, unreadable INTEGER NOT NULL,
        cameras INTEGER NOT NULL, identified INTEGER NOT NULL);
    INSERT INTO batches VALUES (1, '{BATCH}', 'Box', '/x', NULL, NULL, NULL, '{AT}', 'done', '{AT}', NULL,
        NULL, 3, 3, 2, 0, 0, 0, 1, 5, 1);""",
    f"""CREATE TABLE doubts (photo TEXT NOT NULL PRIMARY KEY, doubt FLOAT NOT NULL);
    CREATE INDEX ix_doubts_doubt ON doubts (doubt);
    CREATE TABLE reviews (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, photo TEXT NOT NULL,
        "by" TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX ix_reviews_photo ON reviews (photo);
    INSERT INTO doubts VALUES ('{PHOTO}', 0.25);
    INSERT INTO reviews VALUES (1, '{PHOTO}', 'A. Reporter', '{AT}',
        '{{"complete": true, "cameras": [], "blur": []}}');""",
    f"""CREATE TABLE tokens (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, digest TEXT NOT NULL, scopes TEXT NOT NULL, created_at TEXT NOT NULL,
        expires_at TEXT, revoked_at TEXT);
    ALTER TABLE photos ADD COLUMN owner TEXT NOT NULL DEFAULT 'admin';
    ALTER TABLE photos ADD COLUMN shared BOOLEAN NOT NULL DEFAULT 0;
    INSERT INTO tokens VALUES (1, 'f00', 'prometheus', '{TOKEN}', 'read', '{AT}', NULL, NULL);""",
    """CREATE TABLE sightings (id TEXT NOT NULL PRIMARY KEY, created_at TEXT NOT NULL, hand_latitude FLOAT,
        hand_longitude FLOAT, placed_by TEXT, placed_at TEXT, machine TEXT NOT NULL, latitude FLOAT,
        longitude FLOAT, country TEXT, taken_at TEXT, vendor TEXT, form_factor TEXT,
        rejected BOOLEAN NOT NULL, words TEXT NOT NULL);
    CREATE INDEX ix_sightings_vendor ON sightings (vendor);
    CREATE INDEX ix_sightings_taken_at ON sightings (taken_at);
    CREATE TABLE views (photo TEXT NOT NULL, camera INTEGER NOT NULL, sighting TEXT NOT NULL,
        PRIMARY KEY (photo, camera));
    CREATE INDEX ix_views_sighting ON views (sighting);
    INSERT INTO sightings SELECT id, created_at, 48.5, 35.25, 'A. Reporter', created_at,
        json_extract(body, '$.cameras[0]'), NULL, NULL, NULL, NULL, NULL, NULL, 0, '' FROM photos;
    INSERT INTO views SELECT id, 0, id FROM photos;""",
    """ALTER TABLE photos ADD COLUMN sending TEXT;
    CREATE UNIQUE INDEX photos_sending ON photos (owner, sending);
    UPDATE photos SET sending = '0123456789abcdef';""",
    """CREATE TABLE pairing_codes (digest TEXT NOT NULL PRIMARY KEY, name TEXT, scopes TEXT NOT NULL,
        phone_days INTEGER NOT NULL, expires_at TEXT NOT NULL, used_at TEXT);
    ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'token';""",
    """CREATE TABLE sighting_words (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, sighting TEXT NOT NULL,
        "by" TEXT NOT NULL, at TEXT NOT NULL, decision TEXT NOT NULL, vendor TEXT, form_factor TEXT);
    CREATE INDEX ix_sighting_words_sighting ON sighting_words (sighting);""",
)
"""What each version of the schema added, with rows of its own; the first is followed by a photo."""


def made(data: DataDir, version: int) -> None:
    """A data directory as a Camid with that schema left it."""
    body = answer(CONTENT)
    place = data.photos / body.source.sha256[:2] / body.source.sha256
    place.parent.mkdir()
    place.write_bytes(CONTENT)
    with closing(sqlite3.connect(data.database)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        for number, step in enumerate(STEPS[:version], start=1):
            database.executescript(step)
            if number == 1:
                row = (PHOTO, body.source.sha256, "a.jpg", AT, to_json(body))
                database.execute("INSERT INTO photos VALUES (?, ?, ?, ?, ?)", row)
        database.execute(f"PRAGMA user_version = {version:d}")


def test_every_version_but_todays_has_its_sql_here() -> None:
    assert len(STEPS) == SCHEMA_VERSION, "add what the newest version added"


@pytest.mark.parametrize("version", range(1, len(STEPS) + 1))
def test_an_earlier_database_opens_and_keeps_its_rows(tmp_path: Path, version: int) -> None:
    with DataDir(tmp_path / "data") as data:
        made(data, version)
        with closing(Store(data)) as store:
            kept = store.get(PHOTO)
            assert (kept.created_at, kept.owner, kept.shared) == (AT, "admin", False)
            assert to_json(kept.body) == to_json(answer(CONTENT))
            assert hashlib.sha256(kept.original.read_bytes()).hexdigest() == kept.body.source.sha256
            assert [one.id for one in store.streams.all()] == [STREAM] * (version >= 2)
            assert [one.spec.id for one in store.batches.all()] == [BATCH] * (version >= 3)
            assert [one.by for one in store.reviews.of(PHOTO)] == ["A. Reporter"] * (version >= 4)
            assert [one.caller.name for one in store.tokens.all()] == ["prometheus"] * (version >= 5)
            assert (store.sent("admin", "0123456789abcdef") is not None) == (version >= 7)
        with closing(sqlite3.connect(data.database)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            # Every camera of the photo is in a sighting, whatever version the photo came with.
            cameras = len(kept.body.cameras) if version < 6 else 1
            assert database.execute("SELECT count(*) FROM views").fetchone() == (cameras,)
            placed = database.execute("SELECT count(*) FROM sightings WHERE hand_latitude = 48.5").fetchone()
            assert placed == (int(version >= 6),)


def test_what_an_earlier_database_holds_can_be_added_to(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data:
        made(data, 1)
        with closing(Store(data)) as store:
            received = data.incoming / "one.part"
            received.write_bytes(b"another")
            added = store.add(received, answer(b"another"))
            store.streams.add(
                StoredStream(STREAM, "Gate", "rtsp://10.0.0.9/", b"1", True, Expectation(), "", AT)
            )
            assert [one.id for one in store.streams.all()] == [STREAM]
            assert store.get(added.id).body.source.name == "a.jpg"


def test_a_migration_that_is_interrupted_leaves_the_earlier_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(connection: object) -> None:
        raise RuntimeError("a kill")

    with DataDir(tmp_path / "data") as data:
        made(data, 3)
        with monkeypatch.context() as patch:
            patch.setattr(store_module, "_MIGRATIONS", (*store_module._MIGRATIONS[:-1], fails))
            with pytest.raises(RuntimeError, match="a kill"):
                Store(data)
        with closing(sqlite3.connect(data.database)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (3,)
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        assert not tables & {"tokens", "reviews", "sightings"}
        with closing(Store(data)) as store:
            assert store.get(PHOTO).created_at == AT


def test_a_newer_database_is_refused_by_every_command_and_left_as_it_is(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data:
        made(data, 1)
        with closing(sqlite3.connect(data.database)) as database:
            database.execute("PRAGMA user_version = 99")
        before = data.database.read_bytes()
        with pytest.raises(CamidError, match="newer Camid") as caught:
            Store(data)
        assert caught.value.code is ErrorCode.SETTINGS_INVALID
    runner, place = CliRunner(), ["--data-dir", str(tmp_path / "data")]
    for command in (["serve", "--port", "0"], ["doctor", "--no-measure"], ["purge", "--days", "1"]):
        done = runner.invoke(app, [*command, *place])
        assert (done.exit_code, "99" in done.output) == (2, True), command
    assert (tmp_path / "data" / "camid.sqlite").read_bytes() == before
