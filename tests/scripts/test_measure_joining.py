"""What joined photos are measured by."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.domain import Box, Evidence, EvidenceKind, Identification, Strength, Verdict
from edge.report.contract import CameraV1, IdentificationV1, camera_contract
from edge.sightings.joining import Weighing
from scripts import measure_joining
from scripts.evaluation.cases import PRODUCTS, Case, Truth
from scripts.measure_joining import Side, measure, measure_mistakes, of_one_maker, of_one_model, of_two_makers
from tests.support.joining import WEIGHING
from tests.support.reports import camera


def named(maker: str) -> CameraV1:
    read = Evidence(
        EvidenceKind.WORDMARK, maker.upper(), Box(1, 1, 9, 5), Strength.STRONG, {maker: 7.0}, brand=maker
    )
    return camera_contract(camera(Identification(Verdict.IDENTIFIED, maker, maker, 0.99, evidence=(read,))))


UNREAD = camera_contract(camera(Identification.undetermined()))


def side(file: str, maker: str, model: str | None, answer: CameraV1 | None, form: str = "dome") -> Side:
    return Side(Case(PRODUCTS, Path(file), "product", (Truth(None, maker, form=form),)), model, answer)


def files(joins: object) -> list[str]:
    assert hasattr(joins, "__iter__")
    return [" ".join(one.case.path.name for one in join) for join in joins]


def test_which_pictures_are_joined() -> None:
    sides = [
        side("a", "hikvision", "M", UNREAD),
        side("b", "hikvision", "M", UNREAD),
        side("c", "hikvision", "M", UNREAD),
        side("d", "hikvision", "N", UNREAD),
        side("e", "dahua", "M", UNREAD),
        side("f", "hikvision", None, UNREAD, form="bullet"),
    ]
    assert files(of_one_model(sides)) == ["a b c", "a b", "a c", "b c"]
    assert files(of_one_maker(sides)) == ["a d", "b d", "c d"]
    assert sorted(files(of_two_makers(sides, 99, 1))) == ["a e", "b e", "c e", "d e", "e f"]


def test_a_join_is_held_against_the_better_answer() -> None:
    good, unread = side("a", "hikvision", "M", named("hikvision")), side("b", "hikvision", "M", UNREAD)
    unseen = side("c", "hikvision", "M", None)
    tally = measure([(good, unread), (good, unseen), (unread, unread)], WEIGHING)
    assert (tally.joins, tally.better, tally.below, tally.newly_wrong) == (2, 0, [], [])
    misread = side("d", "hikvision", "M", named("dahua"))
    tally = measure([(good, misread), (misread, unread)], WEIGHING)
    assert tally.newly_wrong == []
    assert len(tally.below) == 2
    assert "d: candidates from named right, named wrong" in tally.report("title")


def test_an_answer_out_of_nowhere_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def always(_cameras: object, _weighing: Weighing) -> IdentificationV1:
        return named("dahua").identification

    monkeypatch.setattr(measure_joining, "joined", always)
    unread, hikvision = side("a", "hikvision", "M", UNREAD), side("b", "hikvision", "M", named("hikvision"))
    assert len(measure([(unread, unread)], WEIGHING).newly_wrong) == 1
    other = side("c", "dahua", "M", named("dahua"))
    mistakes = measure_mistakes([(hikvision, unread), (hikvision, other)], WEIGHING)
    assert (mistakes.joins, mistakes.both_named) == (2, 1)
    assert (len(mistakes.invented), len(mistakes.kept)) == (1, 1)


def test_two_makers_joined_by_mistake_name_nobody() -> None:
    one, other = side("a", "hikvision", "M", named("hikvision")), side("b", "dahua", "M", named("dahua"))
    mistakes = measure_mistakes([(one, other)], WEIGHING)
    assert (mistakes.both_named, mistakes.kept, mistakes.invented) == (1, [], [])
