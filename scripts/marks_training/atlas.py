"""All inks that marks and lettering are composed from, side by side in one tensor."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scripts.marks_training import vocabulary
from scripts.marks_training.faces import HELD_OUT
from scripts.marks_training.lettering import Glyphs, Ink, load_glyphs, parted, word
from scripts.marks_training.signs import buttons, symbol

TALL, LONG = 48, 352
"""Pixels of a cell for marks."""
TEXT_TALL, TEXT_LONG = 28, 512
"""Pixels of a cell for clocks and captions."""
SOFT = (0.0, 0.8, 1.7)
"""Blur (standard deviation, pixels) of the copies that are sampled when an ink is drawn at its own size, at
half and at a quarter of it."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Entry:
    """An ink, the class that it shows (``NOBODY`` for none), and its grey levels where it has its own."""

    ink: Ink
    label: int
    grey: Ink | None = None


@dataclass(frozen=True, slots=True)
class Atlas:
    """``ink`` is uint8 (len(SOFT), N, 1, H, W); ``extent`` (N, 2) height and width of each ink in its cell;
    ``label`` (N) its class; ``grey`` (M, 1, H, W) with ``own`` (N) the row in it, -1 where none."""

    ink: Tensor
    extent: Tensor
    label: Tensor
    grey: Tensor
    own: Tensor

    def to(self, device: torch.device) -> Atlas:
        return Atlas(*(part.to(device) for part in (self.ink, self.extent, self.label, self.grey, self.own)))


@dataclass(frozen=True, slots=True)
class Inks:
    """``marks`` show classes or nothing; ``texts`` clocks and captions. ``names`` has the name of each class,
    makers first, of which there are ``makers``. ``unseen`` are marks of classes that are never trained on."""

    marks: Atlas
    texts: Atlas
    unseen: Atlas
    names: tuple[str, ...]
    makers: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many inks of each sort. ``fonts`` is that of each maker's word, ``unseen`` of classes held out."""

    fonts: int = 16
    invented: int = 2400
    symbols: int = 160
    near: int = 3
    captions: int = 900
    unseen: int = 60


def load_inks(pack: Path, amounts: Amounts, seed: int) -> Inks:
    """From what ``scripts.marks_training.pack`` made."""
    faces = {n: g for n, g in load_glyphs(pack / "glyphs.npz").items() if n not in HELD_OUT}
    words = vocabulary_of(pack)
    chance = random.Random(seed)
    known = vocabulary.all_words(words)
    makers = sorted(words)
    names = [*makers]
    entries = list(_makers(pack, words, makers, faces, amounts, chance))
    for name in vocabulary.invented(amounts.invented, seed, known):
        entries += _lettered(name, len(names), faces, 3, chance)
        names.append(f"word/{name}")
    for number in range(amounts.symbols):
        entries.append(Entry(symbol(number), len(names)))
        names.append(f"symbol/{number}")
    entries += _nobodys(words, known, faces, amounts, seed, chance)
    texts = [
        entry
        for text in _texts(amounts.captions, chance)
        for entry in _lettered(text, NOBODY, faces, 1, chance)
    ]
    return Inks(
        built(entries, TALL, LONG),
        built(texts, TEXT_TALL, TEXT_LONG),
        built(list(_unseen(amounts.unseen, known, faces, seed, chance)), TALL, LONG),
        tuple(names),
        len(makers),
    )


def vocabulary_of(pack: Path) -> dict[str, list[str]]:
    """Words of each maker that has any, or a drawing."""
    words: dict[str, list[str]] = json.loads((pack / "words.json").read_text("utf-8"))
    drawn = set(_drawn_vendors(pack))
    return {vendor: texts for vendor, texts in words.items() if texts or vendor in drawn}


def _drawn_vendors(pack: Path) -> list[str]:
    with np.load(pack / "drawings.npz", allow_pickle=False) as kept:
        return [str(vendor) for vendor in kept["vendors"]]


def _makers(
    pack: Path,
    words: Mapping[str, Sequence[str]],
    makers: Sequence[str],
    faces: Mapping[str, Glyphs],
    amounts: Amounts,
    chance: random.Random,
) -> Iterator[Entry]:
    number = {maker: k for k, maker in enumerate(makers)}
    with np.load(pack / "drawings.npz", allow_pickle=False) as kept:
        shapes = [(int(h), int(w)) for h, w in kept["shapes"]]
        inks, greys = parted(kept["ink"], shapes), parted(kept["grey"], shapes)
        vendors, kinds = [str(v) for v in kept["vendors"]], [str(k) for k in kept["kinds"]]
    for vendor, kind, ink, grey in zip(vendors, kinds, inks, greys, strict=True):
        entry = Entry(ink, number[vendor], None if kind == "word" else grey)
        yield from [entry] * (2 if kind == "word" else 5)
    for maker in makers:
        for text in words[maker]:
            for _ in range(amounts.fonts):
                yield from _lettered(vocabulary.cased(text, chance), number[maker], faces, 1, chance)


def _lettered(
    text: str, label: int, faces: Mapping[str, Glyphs], count: int, chance: random.Random
) -> list[Entry]:
    entries = []
    for name in chance.sample(sorted(faces), count):
        tracking = 0.0 if chance.random() < 0.7 else chance.uniform(-2.0, 8.0)
        ink = word(text, faces[name], tracking)
        if ink is not None:
            entries.append(Entry(ink, label))
    return entries


def _nobodys(
    words: Mapping[str, Sequence[str]],
    known: frozenset[str],
    faces: Mapping[str, Glyphs],
    amounts: Amounts,
    seed: int,
    chance: random.Random,
) -> Iterator[Entry]:
    """Near misses, addresses, clocks and captions, buttons."""
    every = [text for texts in words.values() for text in texts]
    for text in vocabulary.near_misses(every, amounts.near, seed, known):
        yield from _lettered(vocabulary.cased(text, chance), NOBODY, faces, 2, chance)
    for name in vocabulary.invented(amounts.captions // 3, seed + 1, known):
        yield from _lettered(
            chance.choice(("www.{}.com", "{}.net", "{} TV")).format(name), NOBODY, faces, 1, chance
        )
    for text in _texts(amounts.captions // 2, chance):
        yield from _lettered(text, NOBODY, faces, 1, chance)
    for ink in buttons():
        yield from [Entry(ink, NOBODY)] * 12


def _texts(count: int, chance: random.Random) -> list[str]:
    return [
        vocabulary.clock(chance) if chance.random() < 0.6 else vocabulary.caption(chance)
        for _ in range(count)
    ]


def _unseen(
    count: int, known: frozenset[str], faces: Mapping[str, Glyphs], seed: int, chance: random.Random
) -> Iterator[Entry]:
    """New makers: two thirds words, one third symbols, of a seed of their own."""
    trained = frozenset(name.lower() for name in vocabulary.invented(3000, seed, known))
    for number, name in enumerate(vocabulary.invented(count * 2 // 3, seed + 2, known | trained)):
        yield from _lettered(name, number, faces, 1, chance)
    for number in range(count * 2 // 3, count):
        yield Entry(symbol(900_000 + number), number)


def built(entries: Sequence[Entry], tall: int, long: int) -> Atlas:
    """Raises ValueError without an ink."""
    if not entries:
        raise ValueError("an atlas needs an ink")
    cells = np.zeros((len(entries), tall, long), np.uint8)
    extent = np.zeros((len(entries), 2), np.float32)
    greys: list[NDArray[np.uint8]] = []
    own = np.full(len(entries), -1, np.int64)
    for number, entry in enumerate(entries):
        scale = min((tall - 2) / entry.ink.shape[0], (long - 2) / entry.ink.shape[1])
        placed = _placed(entry.ink, scale, cells[number])
        extent[number] = placed
        if entry.grey is not None:
            own[number] = len(greys)
            greys.append(np.zeros((tall, long), np.uint8))
            _placed(entry.grey, scale, greys[-1])
    soft = [cells] + [
        np.stack([cv2.GaussianBlur(cell, (0, 0), sigma) for cell in cells]) for sigma in SOFT[1:]
    ]
    grey = np.stack(greys) if greys else np.zeros((1, tall, long), np.uint8)
    return Atlas(
        torch.from_numpy(np.stack(soft)[:, :, None]),
        torch.from_numpy(extent),
        torch.tensor([entry.label for entry in entries]),
        torch.from_numpy(grey[:, None]),
        torch.from_numpy(own),
    )


def _placed(ink: Ink, scale: float, cell: NDArray[np.uint8]) -> tuple[int, int]:
    """Puts the ink into the cell's upper left corner, a pixel off the rim; returns its size there."""
    size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    height, width = min(small.shape[0], cell.shape[0] - 2), min(small.shape[1], cell.shape[1] - 2)
    cell[1 : 1 + height, 1 : 1 + width] = small[:height, :width]
    return height, width
