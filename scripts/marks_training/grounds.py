"""Scenes and surfaces that marks are composed over."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from scripts.marks_training.blobs import unpacked

SIZE = (512, 288)


def load_grounds(pack: Path) -> tuple[Tensor, int]:
    """uint8 (G, 1, 288, 512), scenes before surfaces, and how many are scenes."""
    with np.load(pack / "grounds.npz", allow_pickle=False) as kept:
        pictures = unpacked(kept["pixels"], kept["ends"])
        scenes = int(kept["scenes"])
    sized = [
        cv2.resize(p, SIZE, interpolation=cv2.INTER_LINEAR) if p.shape != SIZE[::-1] else p for p in pictures
    ]
    return torch.from_numpy(np.stack(sized)[:, None]), scenes
