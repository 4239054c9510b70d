"""Render random camera housings, and what only looks like one, as cut-outs; runs in `make render-env`.

    .venv-train/bin/python -m scripts.synthesise logos --data ../shared/data --out runs/render
    .venv-render/bin/python -m scripts.synthesise cameras --out runs/render --count 1500 --seed 51
    .venv-render/bin/python -m scripts.synthesise lookalikes --out runs/render --count 600 --seed 52

Writes ``OUT/cameras`` and ``OUT/lookalikes`` as ``draw_cutouts.py`` does: BGRA pictures and ``labels.jsonl``
with ``file``, ``form``, ``body`` (null for what is no camera), and beside it ``marks`` (vendor, four corners
in pixels), ``azimuth`` and ``elevation`` of the eye in radians. Trainings take the folders as ``--drawn``.
What is there already is kept, so a run that was cut off goes on where it ended. ``logos`` makes the names
that are put on half of the cameras, of the shared logos; they stay beside the renders and out of Git.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

LOGO_SIDE = 320
NAMED = 0.6
"""Share of the cameras with a name on them."""
LEAST_BODY = 0.05
"""Share of the picture that the body must fill."""


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


def rendered(what: str, seed: str, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One picture at ``path``, cropped to what is in it; returns its label."""
    from scripts.rendering import housings, lookalikes, scene  # noqa: PLC0415 - only inside Blender

    random.seed(seed)
    stage = scene.cleared(options.side)
    model, frontal = (
        (housings.random_housing(), False) if what == "cameras" else lookalikes.random_lookalike()
    )
    name_on(model, options.out / "logos")
    scene.pose(model, frontal)
    scene.light(stage)
    seeing, azimuth, elevation = scene.eye(stage, model, frontal)
    seen = scene.sight(stage, model, seeing, azimuth, elevation)
    scene.render(stage, path, options.samples)
    pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
    ys, xs = np.nonzero(pixels[..., 3] > 8)
    x0, y0 = int(xs.min()), int(ys.min())
    cv2.imwrite(str(path), pixels[y0 : ys.max() + 1, x0 : xs.max() + 1])
    side = options.side
    corner = (x0, y0, x0, y0)
    body = [round(value * side - offset, 1) for value, offset in zip(seen.body, corner, strict=True)]
    return {
        "file": path.name,
        "form": model.form,
        "body": body if what == "cameras" else None,
        "marks": [
            {
                "vendor": vendor,
                "corners": [[round(x * side - x0, 1), round(y * side - y0, 1)] for x, y in quad],
            }
            for vendor, quad in seen.marks
        ],
        "azimuth": round(azimuth, 3),
        "elevation": round(elevation, 3),
    }


def visible(label: dict[str, Any]) -> bool:
    if label["body"] is None:
        return True
    x0, y0, x1, y1 = label["body"]
    return min(x1 - x0, y1 - y0) > 8


def render_all(options: argparse.Namespace) -> None:
    folder = options.out / options.what
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "labels.jsonl"
    done = len(table.read_text().splitlines()) if table.exists() else 0
    started = time.monotonic()
    for number in range(done, options.count):
        path = folder / f"{options.what}-{options.seed}-{number:05d}.png"
        for attempt in range(9):
            label = rendered(options.what, f"{options.seed}/{number}/{attempt}", path, options)
            if visible(label):
                break
        with table.open("a") as lines:
            lines.write(json.dumps(label) + "\n")
        if number % 20 == 0 or number + 1 == options.count:
            each = (time.monotonic() - started) / (number - done + 1)
            print(f"{number + 1}/{options.count}, {each:.1f} s each", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("logos", "cameras", "lookalikes"))
    parser.add_argument("--data", type=Path, help="the shared data, for logos")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument("--side", type=int, default=256, help="pixels of the picture before it is cropped")
    parser.add_argument("--samples", type=int, default=16, help="paths a pixel")
    options = parser.parse_args()
    if options.what == "logos":
        logos(options)
    else:
        render_all(options)


if __name__ == "__main__":
    main()
