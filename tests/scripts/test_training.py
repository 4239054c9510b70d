"""The parts of training that need torch; they run where the training environment does."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is in the training environment only (make train-env)")

from edge.domain import Box  # noqa: E402
from edge.vision.crops import surroundings  # noqa: E402
from scripts.training.assign import detection_loss  # noqa: E402
from scripts.training.candidates import Candidates, candidates, crops, finds, lit  # noqa: E402
from scripts.training.schedule import Course, Ema, rate_at  # noqa: E402
from scripts.training.sources import Photo  # noqa: E402
from scripts.training.validation import Held, held_out_precision  # noqa: E402
from scripts.training.yolox import SIZES, anchor_grid  # noqa: E402

Tensor: TypeAlias = Any
"""``torch.Tensor``, which the environment that is type-checked does not know."""
SIZE = 128
NOTHING = torch.zeros(1, 1, 4)


def raw_of(boxes: list[tuple[float, float, float, float]], grid: Tensor) -> Tensor:
    """1×A×6 output of a network that sees exactly these, each at the cell of stride 8 in its middle."""
    raw = torch.zeros(1, len(grid), 6)
    raw[..., 2:] = -9.0
    for x0, y0, x1, y1 in boxes:
        centre = torch.tensor([(x0 + x1) / 2, (y0 + y1) / 2])
        cell = int(((grid[:, :2] + 0.5) * grid[:, 2:] - centre).abs().sum(1)[grid[:, 2] == 8].argmin())
        raw[0, cell, :2] = centre / 8 - grid[cell, :2]
        raw[0, cell, 2:4] = torch.tensor([(x1 - x0) / 8, (y1 - y0) / 8]).log()
        raw[0, cell, 4:] = 9.0
    return raw


@pytest.fixture
def grid() -> Tensor:
    return anchor_grid(SIZE)


class TestLoss:
    def test_rows_of_zeros_change_nothing(self, grid: Tensor) -> None:
        torch.manual_seed(0)
        raw, boxes = torch.randn(1, len(grid), 6), torch.tensor([[[10.0, 12, 30, 40]]])
        filled = torch.cat((boxes, torch.zeros(1, 5, 4)), 1)
        assert detection_loss(raw, grid, boxes, NOTHING) == detection_loss(raw, grid, filled, NOTHING)

    def test_is_small_for_what_is_right_and_large_for_what_is_missed(self, grid: Tensor) -> None:
        box = (10.0, 12.0, 30.0, 40.0)
        boxes = torch.tensor([[box]])
        seen = detection_loss(raw_of([box], grid), grid, boxes, NOTHING)
        missed = detection_loss(raw_of([], grid), grid, boxes, NOTHING)
        assert seen < 0.5
        assert missed > 5

    def test_what_is_ignored_is_not_punished(self, grid: Tensor) -> None:
        raw = raw_of([(10, 12, 30, 40)], grid)
        spared = torch.tensor([[[5.0, 5, 45, 45]]])
        assert detection_loss(raw, grid, NOTHING, NOTHING) > 8
        assert detection_loss(raw, grid, NOTHING, spared) < 0.1

    def test_a_cell_answers_for_one_of_two_boxes(self, grid: Tensor) -> None:
        torch.manual_seed(1)
        boxes = torch.tensor([[[10.0, 10, 30, 30], [11.0, 11, 31, 31]]])
        raw = torch.randn(1, len(grid), 6, requires_grad=True)
        detection_loss(raw, grid, boxes, NOTHING).backward()
        assert torch.isfinite(raw.grad).all()


class TestCandidates:
    def test_cameras_and_mistakes_are_told_apart(self, grid: Tensor) -> None:
        camera, mistake, unsure = (4.0, 4, 28, 28), (36.0, 36, 60, 60), (36.0, 4, 60, 24)
        found = finds(raw_of([camera, mistake, unsure], grid), grid)
        chosen = candidates(*found, torch.tensor([[camera]]), torch.tensor([[3]]), torch.tensor([[unsure]]))
        assert sorted(chosen.camera.tolist()) == [0.0, 1.0, 1.0]
        assert chosen.form[chosen.camera > 0].tolist() == [3, 3]
        assert chosen.boxes[chosen.camera == 0][0].tolist() == pytest.approx(mistake, abs=0.1)

    def test_without_cameras_nothing_is_a_camera(self, grid: Tensor) -> None:
        found = finds(raw_of([(4, 4, 28, 28)], grid), grid)
        chosen = candidates(*found, NOTHING, torch.tensor([[-1]]), NOTHING)
        assert chosen.camera.tolist() == [0.0]

    def test_crops_are_those_of_the_service(self) -> None:
        rng = np.random.default_rng(3)
        small = rng.integers(0, 255, (6, 6, 3)).astype(np.float32)
        ramp = torch.nn.functional.interpolate(
            torch.from_numpy(small.transpose(2, 0, 1)[None]), size=(400, 400), mode="bicubic"
        ).clamp(0, 255)
        picture = ramp[0].permute(1, 2, 0).numpy().astype(np.uint8)
        box = (60.0, 80.0, 240.0, 200.0)
        chosen = Candidates(torch.tensor([box]), torch.tensor([0]), torch.tensor([1.0]), torch.tensor([-1]))
        ours = crops(torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).float(), chosen, vary=False)
        theirs = surroundings(picture, Box(*box), ours.shape[1])
        assert np.abs(ours[0].numpy() - theirs).mean() < 2

    def test_variation_stays_a_picture(self) -> None:
        torch.manual_seed(0)
        varied = lit(torch.rand(16, 128, 128, 3) * 255)
        assert varied.shape == (16, 128, 128, 3)
        assert 0 <= varied.min() < varied.max() <= 255


class Fixed(torch.nn.Module):  # type: ignore[name-defined,misc]
    def __init__(self, raw: Tensor) -> None:
        super().__init__()
        self.raw = raw

    def forward(self, x: Tensor) -> Tensor:
        return self.raw.expand(len(x), -1, -1)


class TestPrecision:
    BOX = (8.0, 8.0, 40.0, 40.0)

    def held(self) -> Held:
        photo = Photo(np.zeros((SIZE, SIZE, 3), np.uint8), np.array([self.BOX], np.float32), np.array([-1]))
        return Held.of([photo], SIZE)

    def test_is_one_where_all_is_found(self, grid: Tensor) -> None:
        assert held_out_precision(Fixed(raw_of([self.BOX], grid)), self.held(), grid) == pytest.approx(1)

    def test_is_nought_where_nothing_is(self, grid: Tensor) -> None:
        assert held_out_precision(Fixed(raw_of([(44, 44, 60, 60)], grid)), self.held(), grid) == 0


class TestSchedule:
    def test_the_clock_ends_a_training(self) -> None:
        now = [0.0]
        course = Course(100, 2.0, clock=lambda: now[0])
        assert course.share(99) == 0
        now[0] = 60.0
        assert course.share(0) == pytest.approx(0.5)
        now[0] = 500.0
        assert course.share(0) == pytest.approx(1)

    def test_the_rate_rises_and_falls(self) -> None:
        rates = [rate_at(step / 1000, step, 1.0, warm_up=100) for step in (0, 99, 500, 1000)]
        assert rates[0] < 0.02
        assert rates[1] > 0.95
        assert rates[2] > rates[3] == pytest.approx(0.02)

    def test_averaged_weights_follow(self) -> None:
        model = torch.nn.Linear(2, 2)
        ema = Ema(model, 0.9)
        with torch.no_grad():
            model.weight.add_(1.0)
        for step in range(400):
            ema.update(model, step)
        assert torch.allclose(ema.state["weight"], model.weight, atol=1e-4)


@pytest.mark.parametrize("name", SIZES)
def test_both_sizes_answer_for_every_cell(name: str) -> None:
    model = SIZES[name]().eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 3, SIZE, SIZE)).shape == (2, len(anchor_grid(SIZE)), 6)
