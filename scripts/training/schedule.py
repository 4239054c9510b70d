"""What both trainings share: the averaged weights and the course of the learning rate."""

from __future__ import annotations

import math

from torch import Tensor, nn


class Ema:
    """Exponential moving average of a model's state; ``decay`` ramps up so that early steps are forgotten."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.state: dict[str, Tensor] = {k: v.detach().clone() for k, v in model.state_dict().items()}
        self.decay = decay

    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (20 + step))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[name].lerp_(value.detach(), 1 - decay)
            else:
                self.state[name].copy_(value)


def learning_rate(step: int, steps: int, peak: float, warm_up: int) -> float:
    """Linear over ``warm_up`` steps, then a cosine down to 2 % of ``peak``."""
    return peak * min(1.0, (step + 1) / warm_up) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / steps)))
