"""What both trainings share: the averaged weights and the course of the learning rate."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn


class Ema:
    """Exponential moving average of a model's state; ``decay`` ramps up so that early steps are forgotten."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.state: dict[str, Tensor] = {k: v.detach().clone() for k, v in model.state_dict().items()}
        self.decay = decay

    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (20 + step))
        now = model.state_dict()
        moving = [name for name, value in now.items() if value.dtype.is_floating_point]
        torch._foreach_lerp_([self.state[n] for n in moving], [now[n] for n in moving], 1 - decay)
        for name in now.keys() - set(moving):
            self.state[name].copy_(now[name])


class Course:
    """How far a training has come: by its steps, or by the clock where ``minutes`` are given."""

    def __init__(
        self, steps: int, minutes: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._steps, self._minutes, self._clock = steps, minutes, clock
        self._started = clock()

    def share(self, step: int) -> float:
        """0 at the beginning, 1 when it is over."""
        if self._minutes is None:
            return min(1.0, step / self._steps)
        return min(1.0, (self._clock() - self._started) / (60 * self._minutes))


def rate_at(share: float, step: int, peak: float, warm_up: int) -> float:
    """Linear over ``warm_up`` steps, and with the ``share`` that is done a cosine down to 2 % of ``peak``."""
    return peak * min(1.0, (step + 1) / warm_up) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
