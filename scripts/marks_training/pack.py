"""Pack what the training of marks needs into a few megabytes, to carry to a machine with a GPU:

    python -m scripts.marks_training.pack --data ../shared/data --frames runs/osd/train \\
        --out runs/gpu/marks

That machine needs no typefaces, no codec and no SVG renderer. ``--frames`` are stills that
``scripts.draw_osd`` drew of the train split. Typefaces and backgrounds of the drawn test set are left out,
and so are the drawings of logos that it keeps to itself. Nothing in the pack may be published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from edge.vendors.catalogue import load_catalogue
from scripts.drawing.osd_fonts import Face, OutlineFace
from scripts.drawing.osd_marks import split_logos
from scripts.drawing.osd_scenery import Background, backgrounds
from scripts.drawing.osd_splits import Split, make_split
from scripts.marks_training.blobs import Grey, encoded, packed
from scripts.marks_training.coded_marks import CodedMark, coded_marks
from scripts.marks_training.corners import corners_of
from scripts.marks_training.faces import CHINESE, FONTS, HELD_OUT, TRAIN, found
from scripts.marks_training.lettering import draw_glyphs, joined, save_glyphs
from scripts.train_embedding import LAST, housings
from scripts.training.command import described
from scripts.training.mobilenet import imagenet_weights

TALL, LONG = 48, 352
"""Most pixels of a drawing."""
GROUND = (512, 288)
SURFACE = 96
HELD = 7
"""Every seventh background is held out of training."""


def drawings(data: Path) -> Iterator[tuple[str, str, Grey, Grey]]:
    """Vendor, kind, ink and grey levels of each logo that may be trained on, and of the makers' Chinese
    words."""
    catalogue = load_catalogue()
    for vendor, marks in sorted(split_logos(data / "logos", catalogue, "train").items()):
        for mark in marks:
            grey = (
                mark.colour @ np.array([0.114, 0.587, 0.299], np.float32)
                if mark.colour is not None
                else mark.ink
            )
            yield vendor, mark.kind, _fitted(mark.ink * 255), _fitted(grey)
    for face in _faces(CHINESE):
        for brand in catalogue.brands.values():
            for word in brand.wordmarks:
                if not word.text.isascii():
                    ink = _fitted(face.line(word.text, 64).ink * 255)
                    yield brand.id, "word", ink, ink


def _fitted(picture: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Grey:
    height, width = picture.shape
    scale = min(TALL / height, LONG / width)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    fitted: Grey = np.clip(cv2.resize(picture, size, interpolation=how), 0, 255).astype(np.uint8)
    return fitted


def save_drawings(data: Path, out: Path) -> None:
    every = list(drawings(data))
    np.savez_compressed(
        out,
        vendors=np.array([vendor for vendor, _, _, _ in every]),
        kinds=np.array([kind for _, kind, _, _ in every]),
        shapes=np.array([ink.shape for _, _, ink, _ in every], np.int16),
        ink=joined(ink // 8 * 8 + ink // 64 for _, _, ink, _ in every),
        grey=joined(grey // 16 * 16 + 8 for _, _, _, grey in every),
    )


def save_grounds(pool: Sequence[Background], data: Path, out: Path, count: int) -> None:
    """Every seventh is held out."""
    chosen = sorted(pool, key=lambda ground: ground.name)[:: max(1, len(pool) // count)][:count]
    scenes = [_encoded_ground(ground.path) for ground in chosen]
    surfaces = [_encoded_surface(picture) for picture in housings(data)[::4][:110]]
    pixels, ends = packed([*scenes, *surfaces])
    np.savez(out, pixels=pixels, ends=ends, scenes=np.array(len(scenes)))


def _encoded_ground(path: Path) -> bytes:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert picture is not None, path
    height, width = picture.shape
    crop = picture[
        : min(height, width * GROUND[1] // GROUND[0]), : min(width, height * GROUND[0] // GROUND[1])
    ]
    return encoded(np.asarray(cv2.resize(crop, GROUND, interpolation=cv2.INTER_AREA), np.uint8), ".webp", 62)


def _encoded_surface(picture: Grey) -> bytes:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return encoded(
        np.asarray(cv2.resize(grey, (SURFACE, SURFACE), interpolation=cv2.INTER_AREA), np.uint8), ".webp", 70
    )


def _faces(names: tuple[str, ...]) -> list[Face]:
    cjk = set(CHINESE)
    return [
        OutlineFace(path.stem, str(path.relative_to(FONTS[0])), cjk=path.name in cjk)
        for path in found(names)
        if path.is_relative_to(FONTS[0])
    ]


def save_patches(split: Split, held: Split, out: Path, count: int) -> None:
    """Of two faces and backgrounds: a quarter in those that are held out."""
    kept = [(mark, False) for mark in coded_marks(split, _faces(TRAIN), count * 3 // 4, 1)]
    kept += [(mark, True) for mark in coded_marks(held, _faces(HELD_OUT), count // 4, 2)]
    pixels, ends = packed([_encoded_patch(mark) for mark, _ in kept])
    np.savez(
        out,
        pixels=pixels,
        ends=ends,
        boxes=np.array([mark.box for mark, _ in kept], np.int16),
        vendors=np.array([mark.vendor for mark, _ in kept]),
        held=np.array([held_out for _, held_out in kept]),
    )


def _encoded_patch(mark: CodedMark) -> bytes:
    return encoded(mark.pixels, ".webp", 88)


def save_corners(folder: Path, out: Path, most: int) -> None:
    found_corners = list(corners_of(folder))
    chosen = found_corners[:most]
    pixels, ends = packed([encoded(corner.pixels, ".webp", 72) for corner in chosen])
    rows = [
        (number, *box, vague)
        for number, corner in enumerate(chosen)
        for boxes, vague in ((corner.boxes, 0), (corner.vague, 1))
        for box in boxes
    ]
    frames = sorted({corner.frame for corner in chosen})
    held = np.array([frames.index(corner.frame) % 5 == 0 for corner in chosen])
    np.savez(out, pixels=pixels, ends=ends, boxes=np.array(rows, np.float32).reshape(-1, 6), held=held)


def save_start(out: Path) -> None:
    """ImageNet's weights of the layers that the embedding begins with, in half precision."""
    state = torch.load(imagenet_weights(), map_location="cpu", weights_only=True)
    wanted = {k: v for k, v in state.items() if k.startswith("features.") and int(k.split(".")[1]) < LAST}
    halves = {
        k: v.numpy().astype(np.float16 if v.is_floating_point() else np.int64) for k, v in wanted.items()
    }
    np.savez_compressed(out, **halves)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patches", type=int, default=2000)
    parser.add_argument("--corners", type=int, default=390)
    parser.add_argument("--grounds", type=int, default=150)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    catalogue = load_catalogue()
    pool = sorted(backgrounds(options.data, "train"), key=lambda ground: ground.name)
    logos = split_logos(options.data / "logos", catalogue, "train")
    split = make_split("train", 97, tuple(pool), logos, catalogue)
    spare = tuple(ground for number, ground in enumerate(pool) if number % HELD == 0)
    rest = tuple(ground for number, ground in enumerate(pool) if number % HELD)
    words = {brand.id: [word.text for word in brand.wordmarks] for brand in catalogue.brands.values()}
    (options.out / "words.json").write_text(json.dumps(words, ensure_ascii=False), "utf-8")
    save_glyphs(options.out / "glyphs.npz", {p.name: draw_glyphs(p) for p in found(TRAIN + HELD_OUT)})
    save_drawings(options.data, options.out / "drawings.npz")
    save_grounds(rest, options.data, options.out / "grounds.npz", options.grounds)
    save_start(options.out / "start.npz")
    save_corners(options.frames, options.out / "corners.npz", options.corners)
    save_patches(
        replace(split, backgrounds=rest),
        replace(split, backgrounds=spare),
        options.out / "patches.npz",
        options.patches,
    )
    for path in sorted(options.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
