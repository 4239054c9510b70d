"""The parts of the training of marks that need torch; they run where the training environment does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is in the training environment only (make train-env)")

from edge.vision import embedding  # noqa: E402
from scripts.marks_training.atlas import NOBODY, Entry, Inks, built  # noqa: E402
from scripts.marks_training.checking import check_finder, distinct_boxes  # noqa: E402
from scripts.marks_training.degrade import cosine_basis, degraded, jpeg  # noqa: E402
from scripts.marks_training.displays import MOST, CornerMaker, Corners  # noqa: E402
from scripts.marks_training.losses import Centres, finder_loss, giou  # noqa: E402
from scripts.marks_training.nets import STRIDE, MarkFinder, MarkNet  # noqa: E402
from scripts.marks_training.painting import level, sampled  # noqa: E402
from scripts.marks_training.strips import HEIGHT, WIDTH, StripMaker, cut  # noqa: E402


def bars(number: int, width: int = 80) -> Entry:
    ink = np.zeros((32, width), np.uint8)
    ink[:, :: number + 4] = 255
    ink[0] = ink[-1] = ink[:, 0] = ink[:, -1] = 255
    return Entry(ink, number if number < 6 else NOBODY)


@pytest.fixture
def inks() -> Inks:
    atlas = built([bars(number, 40 + 12 * number) for number in range(8)], 48, 352)
    return Inks(atlas, built([bars(9, 200)], 28, 512), atlas, tuple("abcdef"), 4)


@pytest.fixture
def grounds() -> object:
    return torch.full((3, 1, 288, 512), 90, dtype=torch.uint8)


@pytest.mark.parametrize("size", [(30, 16), (90, 20), (24, 40), (400, 60)])
def test_a_strip_is_cut_as_the_running_system_does(size: tuple[int, int]) -> None:
    assert (embedding.MARK_HEIGHT, embedding.DISPLAY_WIDTH) == (HEIGHT, WIDTH)
    chance = np.random.default_rng(1)
    picture = chance.integers(60, 90, (110, 460)).astype(np.uint8)
    crop = picture[20 : 20 + size[1], 30 : 30 + size[0]]
    cv2.putText(crop, "Mark", (2, size[1] - 5), cv2.FONT_HERSHEY_SIMPLEX, size[1] / 40, 220, 2)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0)
    crop = picture[20 : 20 + size[1], 30 : 30 + size[0]]
    wanted = embedding.display_strip(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR))[0].astype(np.float32)
    box = torch.tensor([[30.0, 20.0, 30.0 + size[0], 20.0 + size[1]]])
    (found,) = cut(torch.from_numpy(picture)[None, None].float(), box)[:, 0].numpy()
    assert np.abs(found - wanted).mean() < 6.0


def test_batches_show_what_their_labels_say(inks: Inks, grounds: object) -> None:
    torch.manual_seed(1)
    strips, labels = StripMaker(inks, grounds, None).batch(24)
    assert strips.shape == (24, 1, HEIGHT, WIDTH)
    assert len(labels) == 24
    assert {NOBODY, 0, 1, 2, 3} <= set(labels.tolist())
    assert 0 <= float(strips.min()) <= float(strips.max()) <= 255


def test_ink_lies_where_it_is_put(inks: Inks) -> None:
    index = torch.tensor([2])
    placed = level(inks.marks, index, torch.tensor([100.0]), torch.tensor([40.0]), torch.tensor([20.0]))
    ink, _, plate = sampled(inks.marks, placed, (80, 200))
    rows, columns = torch.nonzero(ink[0, 0] > 0.4, as_tuple=True)
    x0, y0, x1, y1 = placed.boxes()[0].tolist()
    assert abs(float(columns.min()) - x0) <= 1.5
    assert abs(float(columns.max()) + 1 - x1) <= 1.5
    assert abs(float(rows.min()) - y0) <= 1.5
    assert abs(float(rows.max()) + 1 - y1) <= 1.5
    assert bool((plate[0, 0, 40, 100] > 0) & (plate[0, 0, 5, 5] < 0))


@pytest.mark.parametrize("side", [4, 8])
def test_the_cosine_basis_is_orthonormal(side: int) -> None:
    basis = cosine_basis(side, torch.device("cpu"))
    assert torch.allclose(basis @ basis.T, torch.eye(side * side), atol=1e-5)
    assert float(basis[0].std()) < 1e-6


def test_fine_jpeg_changes_little() -> None:
    torch.manual_seed(2)
    picture = torch.rand(2, 1, 30, 45) * 60 + 90
    assert float((jpeg(picture, torch.full((2, 1, 1, 1), 99.0)) - picture).abs().mean()) < 2.0
    coarse = jpeg(picture, torch.full((2, 1, 1, 1), 10.0))
    assert float((coarse - picture).abs().mean()) > 4.0


def test_degraded_pictures_keep_their_size() -> None:
    torch.manual_seed(3)
    for size in ((44, 232), (33, 51)):
        out = degraded(torch.rand(6, 1, *size) * 255)
        assert out.shape == (6, 1, *size)
        assert bool(torch.isfinite(out).all())


def test_boxes_of_composed_corners_lie_inside(inks: Inks, grounds: object) -> None:
    torch.manual_seed(4)
    corners = CornerMaker(inks, grounds, None).batch(12)
    boxes = corners.boxes[corners.shown]
    assert 2 < len(boxes) < 12
    assert bool((boxes[:, :2] >= 0).all() & (boxes[:, 2] <= 512).all() & (boxes[:, 3] <= 192).all())
    assert bool((boxes[:, 2:] > boxes[:, :2]).all())


def test_the_loss_parts_classes_and_nobody() -> None:
    torch.manual_seed(5)
    net, centres = torch.nn.Sequential(torch.nn.Linear(20, 128)), Centres(2)
    seen = torch.rand(6, 20)
    labels = torch.tensor([0, 0, 1, 1, NOBODY, NOBODY])
    optimiser = torch.optim.Adam([*net.parameters(), *centres.parameters()], 3e-2)
    losses = []
    for _ in range(40):
        loss = centres(torch.nn.functional.normalize(net(seen), dim=1), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2


def answer(box: tuple[float, float, float, float], logit: float = 9.0) -> object:
    """Of a finder that sees this box in one cell."""
    found = torch.full((1, 5, 24, 64), -9.0)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    column, row = int(x // STRIDE), int(y // STRIDE)
    x, y = (column + 0.5) * STRIDE, (row + 0.5) * STRIDE
    found[0, 0, row, column] = logit
    found[0, 1:, row, column] = (
        torch.tensor([x - box[0], y - box[1], box[2] - x, box[3] - y]) / STRIDE
    ).log()
    return found


def corner(box: tuple[float, float, float, float]) -> Corners:
    boxes, shown = torch.zeros(1, MOST, 4), torch.zeros(1, MOST, dtype=torch.bool)
    boxes[0, 0], shown[0, 0] = torch.tensor(box), True
    return Corners(torch.zeros(1, 1, 192, 512, dtype=torch.uint8), boxes, shown, torch.zeros(1, MOST, 4))


BOX = (40.0, 60.0, 140.0, 90.0)


def test_the_finders_answer_is_read_as_its_box() -> None:
    ((boxes, scores),) = distinct_boxes(answer(BOX))
    assert torch.allclose(boxes, torch.tensor([BOX]), atol=0.1)
    assert float(scores[0]) > 0.99
    assert float(giou(boxes, torch.tensor([BOX]))) > 0.99


def test_the_loss_is_least_where_the_box_is_right() -> None:
    truth = corner(BOX)

    def loss(found: object) -> float:
        return float(finder_loss(found, truth.boxes, truth.shown, truth.vague))

    assert loss(answer(BOX)) < loss(answer((300.0, 60.0, 400.0, 90.0)))


@pytest.mark.parametrize(("box", "found"), [(BOX, 1.0), ((300.0, 60.0, 400.0, 90.0), 0.0)])
def test_marks_count_as_found_where_they_are(box: tuple[float, float, float, float], found: float) -> None:
    assert check_finder(lambda _: answer(box), corner(BOX)).found == found


def test_the_finder_answers_for_each_cell() -> None:
    with torch.no_grad():
        assert MarkFinder().eval()(torch.zeros(1, 1, 96, 160)).shape == (1, 5, 12, 20)


def test_the_embedding_gives_unit_vectors() -> None:
    with torch.no_grad():
        vectors = MarkNet().eval()(torch.zeros(2, 1, HEIGHT, WIDTH, dtype=torch.uint8))
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)
