"""The bench of archives: its photos, its arithmetic, and one round of it."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from edge.batch.output import Output
from edge.batch.rows import CAMERAS, PHOTOS, Rows
from edge.media.photo import decode
from edge.settings import load_settings
from scripts.batch_bench import alone
from scripts.batch_bench.archive import Kind, make_archive, make_files, numbered, with_exif
from scripts.batch_bench.rows import same_rows
from scripts.batch_bench.speed import Bench, Measured, speed_rounds, speed_table
from scripts.batch_bench.watch import Sample, Watched, watched
from scripts.bench_batch import _ran, ran_table
from tests.support.service import photo

TINY = Kind("tiny", (192, 144), ((160, 120), (120, 160)), 2)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_archive(tmp_path_factory.mktemp("bench") / "photos", 6, TINY, 1, 1)


def test_photos_are_the_same_every_time_and_no_two_alike(photos: list[Path], tmp_path: Path) -> None:
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in photos]
    assert len(set(hashes)) == len(hashes) == 6
    again = make_archive(tmp_path / "photos", 3, TINY, 1, 1)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in again] == hashes[:3]


def test_photos_say_when_and_where() -> None:
    random = np.random.default_rng(0)
    sources = [decode(with_exif(photo(n), random), "a.jpg", load_settings()).source for n in range(40)]
    times = [source.taken_at for source in sources if source.taken_at]
    places = [source.gps for source in sources if source.gps]
    assert 25 < len(times) <= 40
    assert 15 < len(places) < 40
    assert all(isinstance(one, datetime) and 2013 < one.year < 2026 for one in times)
    assert all(40 < gps.latitude < 54 and gps.bearing is not None for gps in places)


def test_a_number_makes_another_content_of_the_same_picture() -> None:
    one, other = (decode(numbered(photo(), n), "a.jpg", load_settings()) for n in (1, 2))
    assert one.source.sha256 != other.source.sha256
    assert np.array_equal(one.pixels, other.pixels)


def test_small_files_are_pictures_and_differ(tmp_path: Path) -> None:
    make_files(tmp_path, 5, 1)
    contents = {path.read_bytes() for path in tmp_path.glob("*/*.jpg")}
    assert len(contents) == 5
    for data in contents:
        decode(data, "a.jpg", load_settings())


def test_a_round_measures_the_engine_against_the_bare_work(photos: list[Path], tmp_path: Path) -> None:
    bench = Bench(load_settings(), tmp_path, [])
    rows = list(speed_rounds(bench, photos, 1, 4, reading=False))
    assert [(row.what, row.against) for row in rows] == [
        ("decoding", ""),
        ("detection", ""),
        ("its networks", ""),
        ("Camid, not reading", "decoding + detection"),
        ("Camid, not reading", "decoding + networks"),
    ]
    assert all(row.photos == 4 and row.wall_ms > 0 for row in rows)
    decoding, detection, _, found, _ = rows
    assert found.ratio_cpu == pytest.approx((decoding.cpu_ms + detection.cpu_ms) / found.cpu_ms)
    assert not list(tmp_path.iterdir())


def test_the_table_has_medians_over_rounds() -> None:
    rows = [Measured(n, "a", 10, n, 2 * n, 2.0, "b", 0.1 * n, 0.2 * n) for n in (1, 5, 2)]
    line = speed_table(rows).splitlines()[1].split()
    assert line == ["a", "b", "2.00", "4.00", "2.00", "0.20", "0.40"]


def test_costs_add_up() -> None:
    total = alone.Cost(1, 2) + alone.Cost(2, 3)
    assert (total, round(total.cores, 2)) == (alone.Cost(3, 5), 1.67)


def test_a_command_is_watched_with_all_below_it() -> None:
    hold = "x = bytearray(80_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(0.9)"
    command = [
        sys.executable,
        "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])",
    ]
    seen: list[Sample] = []
    done = watched(command, Path.cwd(), told=seen.append)
    assert done.code == 0
    assert done.peak_mb > 80
    assert max(sample.processes for sample in seen) == 2


def test_memory_early_and_late() -> None:
    samples = tuple(Sample(n, 100 + n, 1) for n in range(100))
    row = _ran("x", 50, Watched(0, 25.0, 30.0, 199, samples), same=True)
    assert (row.photos_a_second, row.early_mb, row.late_mb) == (2.0, 114.5, 194.5)
    assert ran_table([row]).endswith("yes")


def test_rows_are_compared_whichever_parts_they_lie_in(tmp_path: Path) -> None:
    for out, order in (("a", "xy"), ("b", "yx"), ("c", "x")):
        with Output(tmp_path / out, "0" * 64, {}) as output:
            for name in order:
                row = {
                    **dict.fromkeys(PHOTOS.names),
                    "place": name,
                    "bytes": 1,
                    "modified_ns": 1,
                    "sha256": name,
                }
                camera = {**dict.fromkeys(CAMERAS.names), "place": name, "camera": 0}
                output.add(Rows(row, (camera,)))
                output.flush()
    assert same_rows(tmp_path / "a", tmp_path / "b")
    assert not same_rows(tmp_path / "a", tmp_path / "c")
