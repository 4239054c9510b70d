"""Archives of synthetic photos: scenes cut, lit, grained and stored anew, with EXIF as a phone writes it.

``python -m scripts.batch_bench.archive FOLDER --count 20000``. A few hundred scenes are drawn once and every
photo is a variation of one, so that 20,000 take minutes. What is there already is kept.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from edge.domain import Pixels
from scripts.batch_bench.scenes import random_scene

_A_FOLDER = 1000
_PLACES = ((44.43, 26.10), (50.45, 30.52), (52.52, 13.40), (48.86, 2.35), (41.72, 44.79), (42.70, 23.32))
"""Cities whose surroundings the photos are said to show, WGS 84."""
_PLACED, _TIMED = 0.7, 0.9
"""Shares of the photos that say where and when they were taken."""
_GRAIN = 4.0


@dataclass(frozen=True, slots=True)
class Kind:
    """``drawn`` is the size of the scenes, ``sizes`` are those of the photos, width × height in pixels."""

    name: str
    drawn: tuple[int, int]
    sizes: tuple[tuple[int, int], ...]
    scenes: int


SMALL = Kind("small", (960, 720), ((632, 474), (474, 632), (728, 410), (540, 540)), 160)
"""Up to 0.3 megapixels."""
LARGE = Kind("large", (4200, 3150), ((4000, 3000),), 6)
"""12 megapixels."""


def make_archive(folder: Path, count: int, kind: Kind, seed: int, jobs: int) -> list[Path]:
    """``count`` photos in folders of a thousand; what is there is kept."""
    with ProcessPoolExecutor(jobs) as pool:
        list(pool.map(partial(_scene, kind, folder, seed), range(kind.scenes)))
        paths = [folder / f"{number // _A_FOLDER:03d}" / f"{number:07d}.jpg" for number in range(count)]
        for at in range(0, count, _A_FOLDER):
            paths[at].parent.mkdir(parents=True, exist_ok=True)
        missing = [number for number, path in enumerate(paths) if not path.exists()]
        for done, _ in enumerate(pool.map(partial(_photo, kind, folder, seed), missing, chunksize=50), 1):
            if done % 2000 == 0:
                print(f"{done} of {len(missing)} photos made", flush=True)
    return paths


def make_files(folder: Path, count: int, seed: int) -> None:
    """``count`` small files of a few sizes and contents, no two the same; what is there is kept."""
    random = np.random.default_rng(seed)
    bases = [
        _encoded(".jpg", cv2.resize(random.integers(0, 256, (6, 8, 3), np.uint8), size))
        for size in ((160, 120), (120, 160), (192, 108))
    ]
    for number in range(count):
        place = folder / f"{number // _A_FOLDER:03d}" / f"{number:07d}.jpg"
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            own = np.random.default_rng((seed, number))
            place.write_bytes(with_exif(numbered(bases[number % len(bases)], number), own))


def numbered(jpeg: bytes, number: int) -> bytes:
    """The same picture as another content: with a comment that holds the number."""
    comment = f"number {number}".encode()
    return b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _scene_path(kind: Kind, folder: Path, seed: int, number: int) -> Path:
    return folder.with_name(f"scenes-{kind.name}-{seed}") / f"{number:03d}.png"


def _scene(kind: Kind, folder: Path, seed: int, number: int) -> None:
    place = _scene_path(kind, folder, seed, number)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        _store(place, _encoded(".png", random_scene(seed * 10_000 + number, *kind.drawn)))


def _photo(kind: Kind, folder: Path, seed: int, number: int) -> None:
    random = np.random.default_rng((seed, number))
    scene = _read(_scene_path(kind, folder, seed, int(random.integers(kind.scenes))))
    pixels = _varied(scene, kind.sizes[int(random.integers(len(kind.sizes)))], random)
    data = _encoded(".jpg", pixels, cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 93)))
    _store(folder / f"{number // _A_FOLDER:03d}" / f"{number:07d}.jpg", with_exif(data, random))


def _varied(scene: Pixels, size: tuple[int, int], random: np.random.Generator) -> Pixels:
    """A part of the scene at another brightness, with grain."""
    width, height = size
    share = random.uniform(0.75, 1.0) * min(scene.shape[1] / width, scene.shape[0] / height)
    wide, tall = int(width * share), int(height * share)
    x, y = (int(random.integers(most + 1)) for most in (scene.shape[1] - wide, scene.shape[0] - tall))
    part = cv2.resize(scene[y : y + tall, x : x + wide], size, interpolation=cv2.INTER_AREA)
    gamma, cast = random.uniform(0.75, 1.3), random.uniform(0.92, 1.08, 3)
    table = (255 * (np.arange(256) / 255)[:, None] ** gamma * cast).clip(0, 255).astype(np.uint8)
    lit = cv2.LUT(part, table[None])
    grain = np.roll(_grain(), tuple(random.integers(4096, size=2)), (0, 1))[:height, :width, None]
    return np.asarray((lit.astype(np.int16) + grain).clip(0, 255), np.uint8)


@cache
def _grain() -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.rint(np.random.default_rng(5).normal(0, _GRAIN, (4096, 4096))).astype(np.int16)


@cache
def _read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def with_exif(jpeg: bytes, random: np.random.Generator) -> bytes:
    """Time and place, as many phones give them, behind the start of the file."""
    exif = Image.Exif()
    if random.random() < _TIMED:
        taken = datetime(2014, 1, 1) + timedelta(minutes=int(random.integers(6_000_000)))
        detail = exif.get_ifd(IFD.Exif)
        detail[Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
        detail[Base.OffsetTimeOriginal] = "+02:00"
    if random.random() < _PLACED:
        latitude, longitude = np.add(
            _PLACES[int(random.integers(len(_PLACES)))], random.normal(0, 0.15, 2)
        ).tolist()
        gps = exif.get_ifd(IFD.GPSInfo)
        gps[GPS.GPSLatitudeRef], gps[GPS.GPSLatitude] = "N", _degrees(latitude)
        gps[GPS.GPSLongitudeRef], gps[GPS.GPSLongitude] = "E", _degrees(longitude)
        gps[GPS.GPSImgDirectionRef] = "T"
        gps[GPS.GPSImgDirection] = Fraction(int(random.integers(36_000)), 100)
    block = exif.tobytes()
    return jpeg[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[2:]


def _degrees(value: float) -> tuple[Fraction, Fraction, Fraction]:
    minutes = (value % 1) * 60
    return Fraction(int(value)), Fraction(int(minutes)), Fraction(int((minutes % 1) * 6000), 100)


def _encoded(kind: str, pixels: Pixels, *options: int) -> bytes:
    done, data = cv2.imencode(kind, pixels, options)
    assert done
    return data.tobytes()


def _store(place: Path, data: bytes) -> None:
    temporary = place.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.replace(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--large", action="store_true", help="photos of 12 megapixels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    kind = LARGE if options.large else SMALL
    paths = make_archive(options.folder, options.count, kind, options.seed, options.jobs)
    total = sum(path.stat().st_size for path in paths)
    print(f"{len(paths)} photos, {total / 1e6:.0f} MB in {options.folder}")


if __name__ == "__main__":
    main()
