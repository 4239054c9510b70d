"""The labelled pictures that the detector learns from, decoded once and kept in memory."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float32]
"""N×4: x0, y0, x1, y1 in pixels."""

MAX_SIDE = 1280
KIND_WEIGHTS = {"field": 4.0, "stock": 3.0, "bench": 2.0, "marketing": 1.5}
REVIEWED_WEIGHT = 2.0
"""Of a reviewed photo: that of a field photo whose source has four."""
# A dealer's cut-out of these shows more panel or lamp than camera, so its outline is no housing box.
NOT_A_BODY = {"solar", "floodlight"}
# Bullets and boxes stand on thick arms; the arm of a dome or a positioner is part of what the labels box.
THIN_PARTS = {"bullet": 0.55, "box": 0.55, "thermal": 0.55, "alpr": 0.5}


FORMS = ("bullet", "dome", "turret", "ptz", "box", "fisheye", "multi", "alpr", "indoor")
UNKNOWN_FORM = -1
# The labels' other words for the form factors that Camid tells apart.
FORM_WORDS = {"doorbell": "indoor", "cube/indoor": "indoor"}


def form_index(word: object) -> int:
    """Index into ``FORMS`` of a label's form factor, or ``UNKNOWN_FORM``."""
    word = FORM_WORDS.get(str(word), str(word))
    return FORMS.index(word) if word in FORMS else UNKNOWN_FORM


@dataclass(frozen=True, slots=True)
class Photo:
    """``forms`` holds an index into ``FORMS`` (or ``UNKNOWN_FORM``) for each of the N boxes; ``source`` is
    where it comes from: pictures of one source are alike."""

    pixels: Pixels
    boxes: Boxes
    forms: NDArray[np.int64]
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cutout:
    """An object with alpha; ``body`` is the housing's box inside it, None for a thing that is no camera."""

    pixels: NDArray[np.uint8]
    body: Boxes | None
    form: int = UNKNOWN_FORM
    source: str = ""


@dataclass(slots=True)
class Sources:
    scenes: list[Photo] = field(default_factory=list)
    products: list[Photo] = field(default_factory=list)
    empty: list[Photo] = field(default_factory=list)
    cameras: list[Cutout] = field(default_factory=list)
    drawn: list[Cutout] = field(default_factory=list)
    distractors: list[Cutout] = field(default_factory=list)
    lookalikes: list[Cutout] = field(default_factory=list)
    """Drawn distractors."""


PARTS = {
    "scenes": ("scenes",),
    "cutouts": ("cameras", "products"),
    "lookalikes": ("distractors", "lookalikes"),
    "empty": ("empty",),
}
"""What a training can be without, to learn what it brings (``scripts/ablate.py``): lists that are emptied."""


def without(sources: Sources, parts: Sequence[str]) -> Sources:
    """``sources`` with the lists of some of ``PARTS`` empty."""
    return replace(sources, **{name: [] for part in parts for name in PARTS[part]})


FOLDS = 4
PHOTOGRAPHED = ("scenes", "products", "empty", "cameras", "distractors")


def held_out(name: str, share: float) -> bool:
    """A fixed, seedless draw by file name: the same pictures are validation in every run."""
    return zlib.crc32(name.encode()) % 1000 < share * 1000


def in_folds(sources: Sources) -> list[Sources]:
    """The sources parted into ``FOLDS`` about equal ones: pictures of one source stay together, so that what
    learns from some folds has seen nothing like the others. Drawn things, which have no source, go by their
    order."""
    weight: Counter[str] = Counter()
    for name in PHOTOGRAPHED:
        for item in getattr(sources, name):
            weight[item.source] += 4 if name == "scenes" else 1
    loads, fold = [0] * FOLDS, {}
    for source, amount in sorted(weight.items(), key=lambda pair: (-pair[1], pair[0])):
        fold[source] = loads.index(min(loads))
        loads[fold[source]] += amount
    parts = [Sources() for _ in range(FOLDS)]
    for name in PHOTOGRAPHED:
        for item in getattr(sources, name):
            getattr(parts[fold[item.source]], name).append(item)
    for name in ("drawn", "lookalikes"):
        for number, item in enumerate(getattr(sources, name)):
            getattr(parts[number % FOLDS], name).append(item)
    return parts


def joined(parts: Sequence[Sources]) -> Sources:
    whole = Sources()
    for part in parts:
        for item in fields(Sources):
            getattr(whole, item.name).extend(getattr(part, item.name))
    return whole


def rows(folder: Path) -> Iterator[dict[str, object]]:
    with (folder / "labels.jsonl").open() as lines:
        for line in lines:
            yield json.loads(line)


def load(
    data: Path,
    drawn: Sequence[Path] = (),
    coco: Sequence[Path] = (),
    validation: float = 0.15,
    negatives_validation: float = 0.3,
) -> tuple[Sources, Sources]:
    """Training and validation sources under ``data`` (the train folders only; no dev picture is touched).

    ``drawn`` are folders of ``draw_cutouts.py``, of cameras or look-alikes; all of it is for training.
    ``coco`` are folders of ``camid review export``, parted like the scenes. A
    scene's weight falls with the root of the number of its source's pictures: forty views of one maker's
    poles must not outweigh everything else.
    """
    train, check = Sources(), Sources()
    count = Counter(str(row["source"]) for row in rows(data / "scenes/train"))
    for row in rows(data / "scenes/train"):
        if not row["complete"]:
            continue
        photo = _photo(
            data / "scenes/train" / str(row["file"]),
            row["boxes"],
            row["forms"],
            KIND_WEIGHTS[str(row["kind"])] / math.sqrt(count[str(row["source"])]),
            str(row["source"]),
        )
        (check if held_out(str(row["file"]), validation) else train).scenes.append(photo)
    for folder, share in (
        ("negatives/train", negatives_validation),
        ("backgrounds", negatives_validation / 2),
    ):
        for row in rows(data / folder):
            photo = _photo(data / folder / str(row["file"]), [], [], source=str(row["source"]))
            side = check if held_out(str(row["file"]), share) else train
            side.empty.append(photo)
            if folder == "negatives/train" and (cutout := cut_from_white(photo.pixels)) is not None:
                side.distractors.append(replace(cutout, source=photo.source))
    for row in rows(data / "products/train"):
        if not row.get("cutout") or not row["single"] or row["form_factor"] in NOT_A_BODY:
            continue
        path = data / "products/cutouts" / Path(str(row["cutout"])).name
        cutout = _camera_cutout(path, str(row["form_factor"]), str(row["source"]))
        side = check if held_out(str(row["file"]), validation) else train
        if cutout is not None:
            side.cameras.append(cutout)
            side.products.append(_on_white(cutout))
    for cutouts in drawn:
        _load_drawn(cutouts, train)
    for reviewed in coco:
        _load_reviewed(reviewed, validation, train, check)
    return train, check


def _load_reviewed(folder: Path, validation: float, train: Sources, check: Sources) -> None:
    """The photos of a COCO dataset in which every camera is boxed; one without any is an empty picture.

    A box that COCO calls a crowd is nobody's camera, so its photo is left out, as is one marked incomplete.
    """
    dataset = json.loads((folder / "annotations.json").read_text("utf-8"))
    of_image: dict[int, list[dict[str, object]]] = {image["id"]: [] for image in dataset["images"]}
    for annotation in dataset["annotations"]:
        of_image[annotation["image_id"]].append(annotation)
    for image in dataset["images"]:
        found = of_image[image["id"]]
        if not image.get("complete", True) or any(one.get("iscrowd") for one in found):
            continue
        name = str(image["file_name"])
        boxes = [_corners(one["bbox"]) for one in found]
        forms = [one.get("form_factor") for one in found]
        photo = _photo(folder / name, boxes, forms, REVIEWED_WEIGHT, f"reviewed {name}")
        side = check if held_out(name, validation) else train
        (side.scenes if boxes else side.empty).append(photo)


def _corners(bbox: object) -> list[float]:
    """COCO's x, y, width, height as x0, y0, x1, y1."""
    assert isinstance(bbox, list)
    x, y, width, height = map(float, bbox)
    return [x, y, x + width, y + height]


def _load_drawn(folder: Path, into: Sources) -> None:
    for row in rows(folder):
        pixels = cv2.imread(str(folder / str(row["file"])), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.shape[2] != 4:
            raise ValueError(f"{row['file']} is no cut-out")
        if row["body"] is None:
            into.lookalikes.append(Cutout(np.asarray(pixels, np.uint8), None))
            continue
        body = np.asarray(row["body"], np.float32).reshape(1, 4)
        into.drawn.append(Cutout(np.asarray(pixels, np.uint8), body, form_index(row["form"])))


def _limited(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = MAX_SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _photo(path: Path, boxes: object, forms: object, weight: float = 1.0, source: str = "") -> Photo:
    raw = cv2.imread(str(path))
    if raw is None:
        raise ValueError(f"{path} cannot be decoded")
    pixels = _limited(raw)
    scale = pixels.shape[1] / raw.shape[1]
    assert isinstance(forms, list)
    indices = np.array([form_index(form) for form in forms], np.int64)
    return Photo(pixels, np.asarray(boxes, np.float32).reshape(-1, 4) * scale, indices, weight, source)


def _camera_cutout(path: Path, form: str, source: str) -> Cutout | None:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        return None
    pixels = _limited(pixels)
    body = body_box(pixels[..., 3], THIN_PARTS.get(form, 0.3))
    return None if body is None else Cutout(pixels, body, form_index(form), source)


def body_box(alpha: NDArray[np.uint8], thin: float) -> Boxes | None:
    """1×4 box of the thick part of a silhouette: arms, poles, cables and aerials are opened away.

    A housing's box holds no bracket (the labels' convention), and a bracket is thinner than the body.
    ``thin`` is the share of the largest inscribed radius below which a part counts as an arm.
    """
    solid = cv2.copyMakeBorder((alpha > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    radius = float(depth.max())
    if radius < 4:
        return None
    core = (depth >= thin * radius).astype(np.uint8)
    _, labels = cv2.connectedComponents(core)
    core = (labels == labels[np.unravel_index(depth.argmax(), depth.shape)]).astype(np.uint8)
    grow = 2 * int(thin * radius) + 1
    opened = cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow, grow))) & solid
    ys, xs = np.nonzero(opened)
    return np.array([[xs.min() - 1, ys.min() - 1, xs.max(), ys.max()]], np.float32)


def _on_white(cutout: Cutout) -> Photo:
    alpha = cutout.pixels[..., 3:].astype(np.float32) / 255
    pixels = (cutout.pixels[..., :3] * alpha + 250 * (1 - alpha)).astype(np.uint8)
    pad = max(pixels.shape[:2]) // 12
    pixels = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(250, 250, 250))
    assert cutout.body is not None
    return Photo(pixels, cutout.body + pad, np.array([cutout.form], np.int64), source=cutout.source)


def cut_from_white(pixels: Pixels) -> Cutout | None:
    """The object of a picture on a plain white ground, or None where the border is not white."""
    height, width = pixels.shape[:2]
    light = pixels.min(2)
    border = np.concatenate((light[0], light[-1], light[:, 0], light[:, -1]))
    if (border > 238).mean() < 0.97:
        return None
    ground = cv2.copyMakeBorder((light > 238).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(ground, None, (0, 0), 2)
    alpha = ((ground[1:-1, 1:-1] != 2) * 255).astype(np.uint8)
    if not 0.03 < (alpha > 0).mean() < 0.9:
        return None
    ys, xs = np.nonzero(alpha)
    cut = np.dstack((pixels, cv2.GaussianBlur(alpha, (3, 3), 0)))[
        ys.min() : ys.max() + 1, xs.min() : xs.max() + 1
    ]
    return Cutout(np.ascontiguousarray(cut), None) if min(cut.shape[:2]) > 0.05 * min(height, width) else None
