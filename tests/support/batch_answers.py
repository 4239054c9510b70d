"""Of batches in tests: an archive with something of everything, a stand-in for the models, the rows."""

from __future__ import annotations

import os
import shutil
import signal
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from edge.batch.engine import LocalEngine
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.settle import Totals
from edge.domain import PhotoReport, Picture
from edge.errors import ErrorCode, ModelError
from edge.settings import Settings, load_settings
from tests.support.clips import Clip, make_clip
from tests.support.service import photo, report_on

KEY = "ab" * 32


def mixed_archive(root: Path, photos: int = 12) -> Path:
    """Photos, copies before and after their originals in other folders, damage, archives, a video."""
    root.mkdir()
    for number in range(photos):
        (root / f"{number:03d}.jpg").write_bytes(photo(number))
    (root / "000-copy.jpg").write_bytes(photo(photos - 1))
    (root / "999.jpg").write_bytes(photo(0))
    (root / "damaged.jpg").write_bytes(photo(3)[:100])
    (root / "damaged-too.jpg").write_bytes(photo(3)[:100])
    (root / "text.jpg").write_text("no picture")
    (root / "loop").symlink_to(root)
    with zipfile.ZipFile(root / "inner.zip", "w") as inner:
        inner.writestr("deep.jpg", photo(100))
    with zipfile.ZipFile(root / "more.zip", "w") as more:
        for number in range(4):
            more.writestr(f"{number}.jpg", photo(101 + number))
        more.writestr("copy.jpg", photo(1))
        more.write(root / "inner.zip", "inner.zip")
    shutil.copy(make_clip(Clip(seconds=3, fps=10, gop=10)), root / "video.mp4")
    shutil.copy(root / "video.mp4", root / "video-copy.mp4")
    return root


@dataclass(frozen=True, slots=True)
class StandIn:
    """Says the same of every photo; ``deadly`` names one that kills its process, while there is no
    ``marker``, or always where that is None. With ``fails`` the models are broken."""

    deadly: str = ""
    marker: Path | None = None
    fails: bool = False

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        if self.fails:
            raise ModelError(ErrorCode.MODEL_BROKEN, "The model failed.")
        if picture.source.name == self.deadly and not (self.marker and self.marker.exists()):
            if self.marker:
                self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return report_on(picture)


def small_parts(**overrides: object) -> Settings:
    return load_settings(**{"batch_part_rows": 4, "batch_ray_files": 3, "video_gap_s": 0.1, **overrides})


def run_locally(plan: Plan, out: Path) -> Totals:
    with Output(out, KEY, {"detector": "cd" * 32}) as output:
        totals = LocalEngine(StandIn(), output, plan.settings, workers=2).run(plan)
        output.finish()
    return totals


def content(out: Path) -> list[bytes]:
    """All rows of photos, cameras and errors as bytes of Arrow's own form, in the order of the plan."""
    tables = []
    for name in ("photos", "cameras"):
        parts = sorted((out / name).glob("part-*.parquet"))
        table = pa.concat_tables([pq.read_table(part) for part in parts])
        tables.append(table.take(pa.array(range(len(table)))))  # under nulls lies what lay in each part
    tables.append(pq.read_table(out / "errors.parquet").sort_by("place"))
    return [as_bytes(table) for table in tables]


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())
