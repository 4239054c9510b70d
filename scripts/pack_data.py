"""Make a small copy of the training folders, to carry to a machine with a GPU.

    python -m scripts.pack_data --data ../shared/data --out runs/pack
    python -m scripts.pack_data --drawn runs/train/drawn --out runs/pack-drawn

The copy has the same folders and labels and can be given as ``--data`` (or ``--drawn``) to every training;
pictures are smaller and compressed harder, boxes scaled with them. The dev folders are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

import cv2
import numpy as np

from scripts.training.command import described
from scripts.training.sources import rows

Row = dict[str, Any]
FOLDERS = {"scenes/train": 1280, "negatives/train": 900, "backgrounds": 1000, "products/train": 0}
"""Longest side of the pictures kept, in pixels; 0: only the labels, for the pictures are not asked for."""
CUTOUT_SIDE, DRAWN_SIDE = 400, 256
WEIGHTS = "weights/yolox_nano_coco.onnx"


def shrunk(source: Path, target: Path, side: int, quality: int) -> float:
    """Writes the picture as WebP, no longer than ``side``; returns the scale.

    Raises:
        ValueError: if it cannot be decoded.
    """
    read = cv2.imread(str(source), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise ValueError(f"{source} cannot be decoded")
    pixels = np.asarray(read)
    scale = min(1.0, side / max(pixels.shape[:2]))
    if scale < 1:
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    target.parent.mkdir(parents=True, exist_ok=True)
    coded = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])[1]
    target.write_bytes(np.asarray(coded).tobytes())
    return float(scale)


def scaled(row: Row, names: Mapping[str, Callable[[Any, float], Any]], scale: float) -> Row:
    return {**row, **{name: how(row[name], scale) for name, how in names.items() if row.get(name)}}


def one_box(box: list[float], scale: float) -> list[float]:
    return [round(value * scale, 1) for value in box]


def many_boxes(boxes: list[list[float]], scale: float) -> list[list[float]]:
    return [one_box(box, scale) for box in boxes]


def write_rows(folder: Path, packed: list[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in packed))


def pack_folder(data: Path, out: Path, name: str, side: int, quality: int) -> None:
    def packed(row: Row) -> Row:
        if not side:
            return row
        # The name stays, ending and all: what is held out is drawn by it.
        file = str(row["file"])
        scale = shrunk(data / name / file, out / name / file, side, quality)
        return scaled(row, {"boxes": many_boxes}, scale)

    write_rows(out / name, [packed(dict(row)) for row in rows(data / name)])


def pack_cutouts(data: Path, out: Path, quality: int) -> None:
    for row in rows(data / "products/train"):
        if row.get("cutout") and row["single"]:
            name = Path(str(row["cutout"])).name
            shrunk(data / "products/cutouts" / name, out / "products/cutouts" / name, CUTOUT_SIDE, quality)


def pack_drawn(folder: Path, out: Path, quality: int, count: int | None) -> None:
    packed = []
    for row in list(rows(folder))[:count]:
        file = Path(str(row["file"])).with_suffix(".webp")
        scale = shrunk(folder / str(row["file"]), out / file, DRAWN_SIDE, quality)
        packed.append(scaled({**row, "file": str(file)}, {"body": one_box}, scale))
    write_rows(out, packed)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--drawn", type=Path, nargs="+", default=())
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quality", type=int, default=80)
    parser.add_argument("--count", type=int, help="of each drawn folder: the first so many")
    options = parser.parse_args()
    if options.data:
        for name, side in FOLDERS.items():
            pack_folder(options.data, options.out, name, side, options.quality)
        pack_cutouts(options.data, options.out, options.quality)
        (options.out / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
        copyfile(options.data / WEIGHTS, options.out / WEIGHTS)
    for folder in options.drawn:
        pack_drawn(folder, options.out / folder.name, options.quality, options.count)
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
