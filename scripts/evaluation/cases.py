"""The labelled pictures that Camid is measured on (never tuned on), read from the shared data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.domain import Box
from scripts.training.sources import FORMS, UNKNOWN_FORM, form_index

SCENES, NEGATIVES, PRODUCTS, MARKS = "scenes", "negatives", "products", "marks_only"
SETS: Mapping[str, str] = {
    SCENES: "scenes/dev",
    NEGATIVES: "negatives/dev",
    PRODUCTS: "products/dev",
    MARKS: "products/marks_only",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A labelled camera. ``box`` is None where the picture shows one product and nobody boxed it; ``vendor``
    is None where no person found a name, ``form`` (a value of ``FormFactor``) where none could tell it."""

    box: Box | None
    vendor: str | None
    sub_brand: str | None = None
    form: str | None = None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name in (self.vendor, self.sub_brand) if name is not None)


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled picture.

    ``kind`` is field or stock for scenes, the thing shown for negatives. ``readable`` says that a person
    could read the mark, ``open_set`` that the maker is kept out of the catalogue or the housing bears no
    brand. ``complete`` is False where not every camera is boxed.
    """

    set: str
    path: Path
    kind: str
    truths: tuple[Truth, ...]
    readable: bool = False
    open_set: bool = False
    complete: bool = True


def load_cases(data: Path, names: tuple[str, ...]) -> list[Case]:
    """The cases of the named sets (keys of ``SETS``), in the labels' order.

    Raises:
        FileNotFoundError: if the shared data lacks one of them.
    """
    return [case for name in names for case in load_set(data / SETS[name], name)]


def load_set(folder: Path, name: str) -> list[Case]:
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [_READERS[name](folder, json.loads(line)) for line in lines if line.strip()]


def form_named(word: object) -> str | None:
    """The form factor that a label's word means, None for one that Camid does not tell apart."""
    index = form_index(word)
    return None if index == UNKNOWN_FORM else FORMS[index]


def _scene(folder: Path, label: dict[str, Any]) -> Case:
    cameras = zip(label["boxes"], label["vendors"], label["forms"], strict=True)
    truths = tuple(
        Truth(Box(*map(float, box)), vendor, form=form_named(form)) for box, vendor, form in cameras
    )
    return Case(SCENES, folder / label["file"], label["kind"], truths, complete=label["complete"])


def _negative(folder: Path, label: dict[str, Any]) -> Case:
    return Case(NEGATIVES, folder / label["file"], label["thing"], ())


def _product(folder: Path, label: dict[str, Any]) -> Case:
    truth = Truth(None, label["vendor"], label["sub_brand"], form_named(label["form_factor"]))
    return Case(
        PRODUCTS,
        folder / label["file"],
        "product",
        (truth,),
        readable=bool(label["mark_readable"]),
        open_set=label["open_set"],
    )


def _mark(folder: Path, label: dict[str, Any]) -> Case:
    truths = (Truth(None, label["vendor"]),) if label["shows_camera"] else ()
    return Case(MARKS, folder / label["file"], label["kind"], truths)


_READERS = {SCENES: _scene, NEGATIVES: _negative, PRODUCTS: _product, MARKS: _mark}
