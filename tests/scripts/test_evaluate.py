"""The evaluation itself: hand-made cases with known figures, and whole runs with a stand-in for Camid."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Self

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import (
    Box,
    Camera,
    Identification,
    PhotoReport,
    Picture,
    Reading,
    Timing,
    Verdict,
)
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from scripts import evaluate
from scripts.evaluation.cases import PRODUCTS, SCENES, SETS, Case, Truth, form_named, load_cases
from scripts.evaluation.confusion import OPEN, Confusion, forms, makers
from scripts.evaluation.detection import measure
from scripts.evaluation.matching import Scored, average_precision, match, threshold_for
from scripts.evaluation.naming import (
    Outcome,
    grade,
    grade_picture,
    grade_scene,
    measure_marks,
    measure_products,
    measure_scenes,
)
from scripts.evaluation.observations import Kept, Observation, Observer, Seen, fingerprint
from scripts.evaluation.ratchet import Counts, Ratchet, count, load_ratchet, save_ratchet
from scripts.evaluation.shares import Share
from scripts.evaluation.summary import as_json, as_markdown, summarise
from tests.support.shared import shared_data

HERE = Box(10, 10, 50, 50)
THERE = Box(60, 10, 90, 40)
AWAY = Box(5, 60, 25, 80)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def seen(box: Box = HERE, score: float = 0.9, brand: str | None = None, platform: str | None = None) -> Seen:
    verdict = Verdict.IDENTIFIED if brand or platform else Verdict.UNDETERMINED
    return Seen(box, score, verdict, brand, platform)


def observed(*cameras: Seen, threshold: float = 0.5) -> Observation:
    shown = tuple(c for c in cameras if c.score >= threshold)
    return Observation(shown, cameras, threshold)


def scene(*truths: Truth, kind: str = "field", complete: bool = True) -> Case:
    return Case("scenes", Path("scene.jpg"), kind, truths, complete=complete)


def negative() -> Case:
    return Case("negatives", Path("lamp.jpg"), "lamp", ())


def product(
    vendor: str | None, sub: str | None = None, readable: bool = True, open_set: bool = False
) -> Case:
    return Case("products", Path("product.jpg"), "product", (Truth(None, vendor, sub),), readable, open_set)


# --- detection ---------------------------------------------------------------------------------------------


def test_each_camera_is_matched_once_by_the_best_score() -> None:
    twice = [seen(HERE, 0.7), seen(HERE.moved(2, 0), 0.9), seen(AWAY, 0.8)]
    assert [(s.score, s.truth) for s in match([HERE, THERE], twice)] == [(0.9, 0), (0.8, None), (0.7, None)]


def test_a_box_that_meets_less_than_half_is_false() -> None:
    assert match([HERE], [seen(HERE.moved(20, 0))]) == [Scored(0.9, None)]


@pytest.mark.parametrize(
    ("hits", "cameras", "expected"),
    [
        ([True, True], 2, 1.0),
        ([False, True], 1, 0.5),
        ([True], 2, 51 / 101),  # precision 1 at recalls 0 to 0.5
        ([True, False, True], 2, (51 + 50 * 2 / 3) / 101),
        ([], 3, 0.0),
        ([False], 1, 0.0),
    ],
)
def test_average_precision_by_hand(hits: list[bool], cameras: int, expected: float) -> None:
    scored = [Scored(1 - 0.1 * rank, 0 if hit else None) for rank, hit in enumerate(hits)]
    assert average_precision(scored, cameras) == pytest.approx(expected)


def test_average_precision_without_cameras_is_no_number() -> None:
    assert math.isnan(average_precision([], 0))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30), st.integers(30, 40))
def test_average_precision_stays_between_nought_and_recall(
    rows: list[tuple[float, bool]], cameras: int
) -> None:
    scored = [Scored(score, 0 if hit else None) for score, hit in rows]
    recall = sum(hit for _, hit in rows) / cameras
    assert 0 <= average_precision(scored, cameras) <= recall + 1 / 101


def test_the_threshold_for_a_number_of_false_boxes() -> None:
    scored = [Scored(0.9, None), Scored(0.8, 0), Scored(0.7, None), Scored(0.6, None)]
    assert sum(s.truth is None and s.score >= threshold_for(scored, 1) for s in scored) == 1
    assert threshold_for(scored, 3) == 0.0


def test_detection_figures_by_size_and_kind() -> None:
    results = [
        (scene(Truth(HERE, None), Truth(THERE, None)), observed(seen(HERE, 0.9), seen(AWAY, 0.6))),
        (scene(Truth(HERE, None), kind="stock"), observed(seen(HERE, 0.3))),
        (negative(), observed(seen(AWAY, 0.55))),
    ]
    figures = measure(results)
    assert figures.found == Share(1, 3)
    assert (figures.false_boxes, figures.photos) == (2, 3)
    assert figures.by_size["32 to 64 px"] == Share(1, 2)
    assert figures.by_size["0 to 32 px"] == Share(0, 1)
    assert figures.by_kind["stock"] == (Share(0, 1), 0, 1)
    assert figures.by_kind["negative: lamp"] == (Share(0, 0), 1, 1)
    assert figures.recall_at_false == Share(1, 3)  # no false box allowed on three photos


def test_unmatched_boxes_do_not_count_where_labels_are_incomplete() -> None:
    results = [(scene(Truth(HERE, None), complete=False), observed(seen(HERE), seen(AWAY)))]
    assert measure(results).false_boxes == 0


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brand", "platform", "truth", "expected"),
    [
        ("dahua", "dahua", Truth(None, "dahua"), Outcome.RIGHT),
        (None, "dahua", Truth(None, "dahua"), Outcome.RIGHT),
        ("uniarch", "uniview", Truth(None, "uniview", "uniarch"), Outcome.RIGHT),
        ("uniview", "uniview", Truth(None, "uniview", "uniarch"), Outcome.RIGHT),
        ("hikvision", "hikvision", Truth(None, "ezviz"), Outcome.WRONG),
        (None, "hikvision", Truth(None, "ezviz"), Outcome.PLATFORM),
        (None, "dahua", Truth(None, "ezviz"), Outcome.WRONG),
        ("dahua", "dahua", Truth(None, None), Outcome.WRONG),
        ("dahua", "dahua", Truth(None, "maker_not_in_the_catalogue"), Outcome.WRONG),
        (None, "dahua", None, Outcome.WRONG),
        (None, None, Truth(None, "dahua"), Outcome.UNDETERMINED),
    ],
)
def test_grades(
    brand: str | None, platform: str | None, truth: Truth | None, expected: Outcome, catalogue: Catalogue
) -> None:
    assert grade(seen(brand=brand, platform=platform), truth, catalogue) is expected


def test_candidates_are_no_name(catalogue: Catalogue) -> None:
    unsure = Seen(HERE, 0.9, Verdict.CANDIDATES)
    assert grade(unsure, Truth(None, "dahua"), catalogue) is Outcome.CANDIDATES


def test_one_wrong_name_makes_a_product_picture_wrong(catalogue: Catalogue) -> None:
    right, wrong = seen(brand="dahua", platform="dahua"), seen(THERE, brand="axis", platform="axis")
    graded = grade_picture(product("dahua"), observed(right, wrong), catalogue)
    assert (graded.outcome, graded.said) == (Outcome.WRONG, "axis")
    assert grade_picture(product("dahua"), observed(right, seen(THERE)), catalogue).outcome is Outcome.RIGHT
    assert grade_picture(product("dahua"), observed(), catalogue).outcome is Outcome.NOT_FOUND


def test_scene_cameras_are_matched_to_labels_and_stray_names_are_wrong(catalogue: Catalogue) -> None:
    case = scene(Truth(HERE, "dahua"), Truth(THERE, None))
    named = observed(seen(HERE, brand="dahua"), seen(THERE, brand="axis"), seen(AWAY, brand="ring"))
    graded = {
        (g.truth.vendor if g.truth else "stray"): g.outcome for g in grade_scene(case, named, catalogue)
    }
    assert graded == {"dahua": Outcome.RIGHT, None: Outcome.WRONG, "stray": Outcome.WRONG}
    missed = grade_scene(case, observed(), catalogue)
    assert [g.outcome for g in missed] == [Outcome.NOT_FOUND] * 2


def test_product_figures(catalogue: Catalogue) -> None:
    dahua = seen(brand="dahua", platform="dahua")
    results = [
        (product("dahua"), observed(dahua)),
        (product("axis"), observed(seen())),
        (product("dahua", readable=False), observed(seen())),
        (product("secret", open_set=True), observed(dahua)),
        (product(None, readable=False, open_set=True), observed()),
    ]
    naming = measure_products(results, catalogue)
    assert naming.shares["readable, named right"] == Share(1, 2)
    assert naming.shares["named wrong"] == Share(1, 5)
    assert naming.shares["open set, named wrong"] == Share(1, 2)
    assert naming.shares["camera found"] == Share(4, 5)
    assert naming.by_vendor["dahua"] == {Outcome.RIGHT: 1, Outcome.UNDETERMINED: 1}
    assert naming.wrong == [("product.jpg", "secret", "dahua")]


def test_scene_figures_tell_names_without_a_mark_apart(catalogue: Catalogue) -> None:
    case = scene(Truth(HERE, "dahua"), Truth(THERE, None))
    results = [
        (case, observed(seen(HERE), seen(THERE, brand="axis"))),
        (negative(), observed(seen(AWAY, brand="ring"))),
    ]
    naming = measure_scenes(results, catalogue)
    assert naming.shares["vendor known, named right"] == Share(0, 1)
    assert naming.shares["named where no person found a mark"] == Share(1, 1)
    assert naming.shares["names that stand on no camera"] == Share(1, 2)


def test_a_carton_that_is_named_as_a_camera_is_wrong(catalogue: Catalogue) -> None:
    carton = Case("marks_only", Path("carton.jpg"), "carton", ())
    banner = Case("marks_only", Path("banner.jpg"), "banner", (Truth(None, "dahua"),))
    results = [(case, observed(seen(brand="dahua"))) for case in (carton, banner)]
    assert measure_marks(results, catalogue).shares["named wrong as a camera"] == Share(1, 2)


def test_a_share_of_nothing_has_no_value() -> None:
    assert Share(0, 0).as_json() == {"count": 0, "total": 0, "value": None, "wilson95": None}
    assert str(Share(0, 0)) == "none"


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval or (0, 0)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


# --- runs --------------------------------------------------------------------------------------------------


class StandIn:
    """Finds a camera wherever the picture is bright, and calls it a Dahua if it may read."""

    asked: int = 0

    def __init__(self, settings: Settings) -> None:
        self._reads = settings.max_read_crops > 0

    @classmethod
    def load(cls, settings: Settings) -> Self:
        return cls(settings)

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        type(self).asked += 1
        bright = picture.pixels.max() > 200
        said = Identification(Verdict.IDENTIFIED, "dahua", "dahua", 0.99) if self._reads else None
        camera = Camera(HERE, 0.9, None, said or Identification.undetermined(), Reading.READ)
        thresholds: Mapping[str, float] = {"detect": 0.5}
        cameras = (camera,) if bright else ()
        return PhotoReport(picture.source, cameras, (), {}, thresholds, Timing(0, 0, 0, 0))


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    StandIn.asked = 0
    module = ModuleType("edge.identify")
    module.Identifier = StandIn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "edge.identify", module)
    return StandIn


def paint(path: Path, bright: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[0, 0] = len(list(path.parent.iterdir()))  # no two pictures alike
    if bright:
        pixels[10:50, 10:50] = 255
    assert cv2.imwrite(str(path), pixels)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    rows: dict[str, list[dict[str, object]]] = {
        "scenes": [
            {
                "boxes": [HERE.as_tuple()],
                "vendors": ["dahua"],
                "forms": ["dome"],
                "kind": "field",
                "complete": True,
            },
        ],
        "negatives": [{"thing": "lamp"}],
        "products": [
            {
                "vendor": "dahua",
                "sub_brand": None,
                "form_factor": "ptz",
                "mark_readable": True,
                "open_set": False,
            },
            {
                "vendor": "secret",
                "sub_brand": None,
                "form_factor": "ptz",
                "mark_readable": True,
                "open_set": True,
            },
        ],
        "marks_only": [{"vendor": "dahua", "kind": "carton", "shows_camera": False}],
    }
    for name, folder in SETS.items():
        lines = []
        for number, row in enumerate(rows[name]):
            paint(root / folder / f"{number}.png", bright=name in ("scenes", "products"))
            lines.append(json.dumps({"file": f"{number}.png", **row}))
        (root / folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_the_curve_is_taken_without_reading_and_the_answer_with(data: Path, stand_in: type[StandIn]) -> None:
    observer = Observer.load(Settings())
    shown, lamp = (observer.observe(case) for case in load_cases(data, ("scenes", "negatives")))
    assert [s.brand for s in shown.cameras] == ["dahua"]
    assert [s.brand for s in shown.detections] == [None]
    assert lamp == Observation((), (), 0.5)
    assert stand_in.asked == 3  # no camera on the lamp, so nothing to name


def test_a_whole_run(data: Path, stand_in: type[StandIn], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--data", str(data), "--runs", str(data / "runs"), "--json"]
    assert evaluate.main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["detection"]["ap50"] == pytest.approx(1.0)
    assert answer["naming"]["products"]["shares"]["named wrong"]["count"] == 1
    assert answer["naming"]["products"]["wrong"] == [{"file": "1.png", "label": "secret", "said": "dahua"}]
    assert answer["naming"]["scenes"]["shares"]["vendor known, named right"]["value"] == 1.0
    first = stand_in.asked
    assert evaluate.main(arguments) == 0
    assert stand_in.asked == first  # every answer was kept
    assert evaluate.main([*arguments, "--fresh"]) == 0
    assert stand_in.asked == 2 * first


def test_one_set_as_markdown(data: Path, stand_in: type[StandIn], capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(data), "--runs", str(data / "runs"), "--sets", "products"]) == 0
    text = capsys.readouterr().out
    assert "### Names, products" in text
    assert "- 1.png: secret was called dahua" in text
    assert "Detection" not in text


def test_without_the_data_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(tmp_path / "gone")]) == 3
    assert "CAMID_SHARED_DATA" in capsys.readouterr().err


def test_a_torn_line_of_an_interrupted_run_is_measured_again(data: Path, tmp_path: Path) -> None:
    first, second = load_cases(data, ("products",))
    kept = Kept(tmp_path, "key")
    kept.put(first, observed(seen(brand="dahua", platform="dahua")))
    kept.put(second, observed(seen()))
    lines = kept.path.read_text(encoding="utf-8")
    kept.path.write_text(lines[:-20], encoding="utf-8")
    again = Kept(tmp_path, "key")
    assert again.get(first) == observed(seen(brand="dahua", platform="dahua"))
    assert again.get(second) is None
    again.put(second, observed(seen()))
    assert Kept(tmp_path, "key").get(second) == observed(seen())


def test_the_fingerprint_changes_with_models_and_code(tmp_path: Path) -> None:
    models, code = tmp_path / "models", tmp_path / "edge"
    for folder in (models, code):
        folder.mkdir()
    (models / "a.onnx").write_bytes(b"1")
    (code / "a.py").write_text("1", encoding="utf-8")
    before = fingerprint(models, code)
    (models / "MODEL_CARD.md").write_text("words", encoding="utf-8")
    assert fingerprint(models, code) == before
    (code / "a.py").write_text("2", encoding="utf-8")
    assert fingerprint(models, code) != before


def test_a_summary_of_nothing_is_empty(catalogue: Catalogue) -> None:
    empty = summarise([], catalogue)
    assert as_json(empty) == {"detection": None, "naming": {}, "forms": None, "makers": {}}
    assert as_markdown(empty) == ""


# --- confusion ---------------------------------------------------------------------------------------------


def test_forms_are_those_of_found_cameras_that_a_person_could_tell() -> None:
    there = Box(200, 0, 260, 60)
    case = Case(
        SCENES, Path("a.jpg"), "field", (Truth(HERE, None, form="dome"), Truth(there, None, form=None))
    )
    found = [replace(seen(), form="turret"), replace(seen(box=there), form="ptz")]
    confusion = forms([(case, observed(*found))])
    assert dict(confusion.counts) == {("dome", "turret"): 1}
    assert confusion.right == Share(0, 1)


def test_no_answer_is_not_right_and_not_answered() -> None:
    confusion = Confusion.of([("dome", "dome"), ("dome", OPEN), ("ptz", "dome")])
    assert confusion.right == Share(1, 3)
    assert confusion.right_of_answered == Share(1, 2)
    assert confusion.answers == ["dome", OPEN]
    assert confusion.rows() == [["dome", "1", "1"], ["ptz", "1", ""]]


def test_makers_tells_who_was_taken_for_whom(catalogue: Catalogue) -> None:
    case = Case(PRODUCTS, Path("a.jpg"), "product", (Truth(None, "dahua"),))
    answers = [seen(brand="dahua", platform="dahua"), seen(brand="axis", platform="axis"), seen()]
    confusion = makers([(case, observed(answer)) for answer in answers], catalogue)
    assert dict(confusion.counts) == {("dahua", "dahua"): 1, ("dahua", "axis"): 1, ("dahua", OPEN): 1}


def test_form_words_of_the_labels() -> None:
    assert [form_named(word) for word in ("dome", "doorbell", "unknown", None)] == [
        "dome",
        "indoor",
        None,
        None,
    ]


# --- ratchet -----------------------------------------------------------------------------------------------


def test_ratchet_counts(data: Path, catalogue: Catalogue) -> None:
    cases = load_cases(data, tuple(SETS))
    settings = Settings()
    assert count(cases, StandIn(settings), settings, catalogue) == Counts(
        cameras_found=1, named_right=2, named_wrong=1, false_boxes=0
    )


@pytest.mark.parametrize(
    ("counts", "faults"),
    [
        (Counts(10, 10, 1, 3), 0),
        (Counts(9, 9, 0, 4), 0),  # one less may be another processor's rounding
        (Counts(8, 10, 1, 3), 1),
        (Counts(10, 8, 2, 5), 3),
    ],
)
def test_ratchet_limits(counts: Counts, faults: int) -> None:
    assert len(Ratchet((), Counts(10, 10, 1, 3)).faults(counts)) == faults
    assert Ratchet((), None).faults(counts) == []


def test_the_ratchet_is_stored_as_it_was(tmp_path: Path) -> None:
    ratchet = Ratchet((("scenes", "a.jpg"), ("products", "b.jpg")), Counts(1, 2, 3, 4))
    save_ratchet(ratchet, tmp_path / "ratchet.json")
    assert load_ratchet(tmp_path / "ratchet.json") == ratchet


@pytest.mark.shared
def test_the_shipped_ratchet_names_sixty_pictures_of_the_dev_sets() -> None:
    known = {(case.set, case.path.name) for case in load_cases(shared_data(), tuple(SETS))}
    pictures = load_ratchet().pictures
    assert len(set(pictures)) == 60
    assert set(pictures) <= known
