"""The second look at a candidate: is it a camera, and of which form."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scripts.training.mobilenet import FEATURES, MobileNetV2
from scripts.training.sources import FORMS

CROP = 128
FROZEN = 14
"""Blocks of MobileNetV2, up to 96 channels at a sixteenth of the size."""
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Verifier(nn.Module):
    """Input N×128×128×3 uint8 BGR crops; output camera logit (N), form logits (N×9)."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = MobileNetV2()
        self.dropout = nn.Dropout(0.2)
        self.camera = nn.Linear(FEATURES, 1)
        self.form = nn.Linear(FEATURES, len(FORMS))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) * 255)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1) * 255)

    def freeze_early(self) -> None:
        """Keeps the first blocks as ImageNet left them, out of training mode: on the CPU they take most of
        the time, and edges look the same here. To be called after each ``train()``."""
        early = self.trunk.features[:FROZEN]
        early.eval()
        early.requires_grad_(False)

    def early(self, crops: Tensor) -> Tensor:
        """What the frozen blocks make of the crops: the same in all networks that began alike."""
        rgb = crops.permute(0, 3, 1, 2).flip(1).float()
        return self.trunk.features[:FROZEN]((rgb - self.mean) / self.deviation)

    def late(self, early: Tensor) -> tuple[Tensor, Tensor]:
        features = self.dropout(self.trunk.features[FROZEN:](early).mean((2, 3)))
        return self.camera(features)[:, 0], self.form(features)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        return self.late(self.early(crops))


def mirrored_mean(model: Verifier, crops: Tensor) -> tuple[Tensor, Tensor]:
    """The mean answer to each crop and its mirror image."""
    camera, form = model(torch.cat((crops, crops.flip(2))))
    # Parted by a reshape and no count, so that an export holds for any number of crops.
    return camera.reshape(2, -1).mean(0), form.reshape(2, -1, form.shape[1]).mean(0)
