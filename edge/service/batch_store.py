"""Batches in SQLite: on the disk before they are acknowledged. What they found lies in their own folders."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

import sqlalchemy as sql

from edge.service.batch_state import (
    Batch,
    BatchProblem,
    BatchSource,
    BatchSpec,
    BatchState,
    FolderSource,
    Progress,
    UploadSource,
)

_metadata = sql.MetaData()
_batches = sql.Table(
    "batches",
    _metadata,
    # In the order in which they were added.
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("id", sql.Text, nullable=False, unique=True),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("folder", sql.Text),
    sql.Column("upload", sql.Text),
    sql.Column("upload_bytes", sql.Integer),
    sql.Column("min_score", sql.Float),
    sql.Column("created_at", sql.Text, nullable=False),
    sql.Column("state", sql.Text, nullable=False),
    sql.Column("since", sql.Text, nullable=False),
    sql.Column("code", sql.Text),
    sql.Column("message", sql.Text),
    sql.Column("files", sql.Integer),
    *(
        sql.Column(name, sql.Integer, nullable=False)
        for name in (
            "settled",
            "photos",
            "frames",
            "videos",
            "duplicates",
            "unreadable",
            "cameras",
            "identified",
        )
    ),
    sqlite_autoincrement=True,
)

_KEPT_AS = {BatchState.PAUSING: BatchState.PAUSED, BatchState.CANCELLING: BatchState.CANCELLED}
"""What was asked for stands, also if the service is killed before the batch has come to rest."""


def create_batches(connection: sql.Connection) -> None:
    """The step of the schema that brings batches."""
    _metadata.create_all(connection)


class BatchStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(self, engine: sql.Engine, writing: threading.Lock) -> None:
        self._engine = engine
        self._writing = writing

    def all(self) -> tuple[Batch, ...]:
        """In the order in which they were added."""
        with self._engine.connect() as connection:
            rows = connection.execute(sql.select(_batches).order_by(_batches.c.number))
            return tuple(_batch(row) for row in rows)

    def add(self, batch: Batch) -> None:
        with self._writing, self._engine.begin() as connection:
            connection.execute(sql.insert(_batches).values({**_fixed(batch.spec), **_changing(batch)}))

    def update(self, batch: Batch) -> None:
        """Keeps where it stands; what it is about never changes."""
        with self._writing, self._engine.begin() as connection:
            connection.execute(
                sql.update(_batches).where(_batches.c.id == batch.spec.id).values(_changing(batch))
            )

    def remove(self, batch: str) -> None:
        with self._writing, self._engine.begin() as connection:
            connection.execute(sql.delete(_batches).where(_batches.c.id == batch))


def _fixed(spec: BatchSpec) -> dict[str, object]:
    source = spec.source
    return {
        "id": spec.id,
        "name": spec.name,
        "folder": source.given if isinstance(source, FolderSource) else None,
        "upload": source.name if isinstance(source, UploadSource) else None,
        "upload_bytes": source.size if isinstance(source, UploadSource) else None,
        "min_score": spec.min_score,
        "created_at": spec.created_at,
    }


def _changing(batch: Batch) -> dict[str, object]:
    progress = asdict(batch.progress)
    del progress["rate"]
    return {
        "state": str(_KEPT_AS.get(batch.state, batch.state)),
        "since": batch.since,
        "code": batch.problem.code if batch.problem else None,
        "message": batch.problem.message if batch.problem else None,
        **progress,
    }


def _batch(row: sql.Row[Any]) -> Batch:
    return Batch(
        BatchSpec(row.id, row.name, _source(row), row.min_score, row.created_at),
        BatchState(row.state),
        row.since,
        Progress(
            row.files,
            row.settled,
            row.photos,
            row.frames,
            row.videos,
            row.duplicates,
            row.unreadable,
            row.cameras,
            row.identified,
        ),
        BatchProblem(row.code, row.message) if row.code is not None else None,
    )


def _source(row: sql.Row[Any]) -> BatchSource:
    if row.folder is not None:
        return FolderSource(row.folder)
    return UploadSource(row.upload, row.upload_bytes)
