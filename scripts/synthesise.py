"""Render random camera housings, and what only looks like one, as cut-outs; look at them; compose scenes.

    .venv-train/bin/python -m scripts.synthesise logos --data ../shared/data --out runs/render
    .venv-render/bin/python -m scripts.synthesise cameras --out runs/render --count 1500 --seed 51
    .venv-render/bin/python -m scripts.synthesise lookalikes --out runs/render --count 600 --seed 52
    .venv/bin/python -m scripts.synthesise sheet --out runs/render/cameras --count 60
    .venv/bin/python -m scripts.synthesise scenes --data ../shared/data --out runs/render --count 48

``cameras`` and ``lookalikes`` want Blender's module (`make render-env`) and write ``OUT/cameras`` and
``OUT/lookalikes`` as ``draw_cutouts.py`` does: BGRA pictures and ``labels.jsonl``, here with marks, colour
and angles too (``rendering/records.py``). Trainings take the folders as ``--drawn``. What is there already is
kept, so a run that was cut off goes on where it ended; another seed adds to the folder. ``logos`` makes the
names that are put on half of the cameras, of the shared logos; they stay beside the renders and out of Git.
``sheet`` writes ``contact.png`` into the folder of renders that it shows, ``scenes`` composes them with the
shared scenes into ``OUT/scenes``: pictures, ``coco.json``, ``contact.jpg``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.rendering import records
from scripts.rendering.records import Mark, Record

LOGO_SIDE = 320
NAMED = 0.6
"""Share of the cameras with a name on them, where their shape has room for one."""
ATTEMPTS = 9
FAINTEST = 8
"""Alpha up to which a pixel at the border is cropped away."""


def logos(options: argparse.Namespace) -> None:
    """Every shared logo as a picture with alpha, named after its vendor."""
    from scripts.logo_renders import read_logos  # noqa: PLC0415 - wants resvg, which Blender's Python lacks

    folder = options.out / "logos"
    folder.mkdir(parents=True, exist_ok=True)
    for number, logo in enumerate(read_logos(options.data / "logos")):
        scale = LOGO_SIDE / max(logo.ink.shape)
        pixels = np.dstack((logo.colour, (logo.ink * 255).astype(np.uint8)))
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        kind = "flat" if logo.flat else "colour"
        cv2.imwrite(str(folder / f"{logo.vendor}-{number:03d}-{kind}.png"), small)


def name_on(model: Any, folder: Path) -> None:
    from scripts.rendering.shapes import decal  # noqa: PLC0415 - only inside Blender

    files = sorted(folder.glob("*.png"))
    if not files or not model.faces or random.random() > NAMED:
        return
    file = random.choice(files)
    vendor, _, kind = file.stem.split("-")
    dark = random.random() < 0.7
    level = random.uniform(0.01, 0.15) if dark else random.uniform(0.6, 0.95)
    paint = None if kind == "colour" or random.random() < 0.3 else (level, level, level)
    for frame in random.sample(model.faces, k=random.randint(1, len(model.faces))):
        thing = decal(model.body[0], frame, file, random.uniform(0.6, 1.0), paint, random.uniform(0.2, 0.7))
        model.marks.append((thing, vendor))


def rendered(seed: str, path: Path, options: argparse.Namespace) -> Record:
    """One picture at ``path``, cropped to what is in it."""
    from scripts.rendering import housings, lookalikes, scene  # noqa: PLC0415 - only inside Blender

    random.seed(seed)
    cameras = options.what == "cameras"
    stage = scene.cleared(options.side)
    build = housings.random_housing if cameras else lookalikes.random_lookalike
    model, frontal = build(options.forms)
    name_on(model, options.out / "logos")
    scene.pose(model, frontal)
    scene.light(stage)
    seeing, azimuth, elevation = scene.eye(stage, model, frontal)
    seen = scene.sight(stage, model, seeing, azimuth, elevation)
    scene.render(stage, path, options.samples)
    x, y = cropped(path)
    side = options.side
    x0, y0, x1, y1 = (value * side for value in seen.body)
    return Record(
        path.name,
        model.form,
        (round(x0 - x, 1), round(y0 - y, 1), round(x1 - x, 1), round(y1 - y, 1)) if cameras else None,
        tuple(Mark(vendor, tuple(moved(quad, side, x, y))) for vendor, quad in seen.marks),
        round(azimuth, 3),
        round(elevation, 3),
        model.colour,
    )


def moved(quad: Iterable[tuple[float, float]], side: int, x: int, y: int) -> Iterator[tuple[float, float]]:
    """Shares of the picture to pixels of what was cropped at (x, y)."""
    return ((round(u * side - x, 1), round(v * side - y, 1)) for u, v in quad)


def cropped(path: Path) -> tuple[int, int]:
    """Crops the picture to what is opaque and gives the corner at which it was cropped."""
    pixels: NDArray[np.uint8] = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)
    ys, xs = np.nonzero(pixels[..., 3] > FAINTEST)
    x, y = int(xs.min()), int(ys.min())
    cv2.imwrite(str(path), pixels[y : ys.max() + 1, x : xs.max() + 1])
    return x, y


def render_all(options: argparse.Namespace) -> None:
    folder = options.out / options.what
    folder.mkdir(parents=True, exist_ok=True)
    todo = records.missing(folder, options.what, options.seed, options.count)
    for number in progress(todo):
        path = folder / records.name(options.what, options.seed, number)
        for attempt in range(ATTEMPTS):
            record = rendered(f"{options.seed}/{number}/{attempt}", path, options)
            if records.visible(record):
                records.append(folder, record)
                break


def progress(todo: Sequence[int]) -> Iterator[int]:
    """The same numbers, with a bar on the terminal or, in a log, a line now and then."""
    started, live = time.monotonic(), sys.stderr.isatty()
    for done, number in enumerate(todo):
        yield number
        share = (done + 1) / len(todo)
        left = (time.monotonic() - started) * (1 / share - 1) / 60
        if live or done % 20 == 0 or share == 1:
            bar = "█" * int(30 * share) + "·" * (30 - int(30 * share))
            line = f"{bar} {done + 1}/{len(todo)}, {left:.0f} min left"
            print(line, file=sys.stderr, end="\r" if live and share < 1 else "\n", flush=True)


def look(options: argparse.Namespace) -> None:
    from scripts.rendering import overview  # noqa: PLC0415 - Blender's Python lacks what it wants

    if options.what == "sheet":
        overview.sheet(options.out, options.out / "contact.png", options.count)
        return
    drawn = [folder for folder in (options.out / "cameras", options.out / "lookalikes") if folder.is_dir()]
    overview.scenes(options.data, drawn, options.out / "scenes", options.count, options.side, options.seed)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("logos", "cameras", "lookalikes", "sheet", "scenes"))
    parser.add_argument("--data", type=Path, help="the shared data, for logos and scenes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument(
        "--forms", nargs="+", default=(), help="only these, of bullet, dome, … or lamp, horn, …"
    )
    parser.add_argument(
        "--side", type=int, default=0, help="of a picture in pixels: 256 before it is cropped"
    )
    parser.add_argument("--samples", type=int, default=10, help="paths a pixel")
    options = parser.parse_args(arguments)
    options.side = options.side or (416 if options.what == "scenes" else 256)
    if options.what in {"logos", "scenes"} and options.data is None:
        parser.error("--data is missing")
    {"logos": logos, "sheet": look, "scenes": look}.get(options.what, render_all)(options)


if __name__ == "__main__":
    main()
