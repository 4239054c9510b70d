from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain import OTHER_MAKER, Advisory, Box, Evidence, EvidenceKind, Identification, Strength, Verdict
from edge.evidence.fusion import MAX_CANDIDATES, identify, posterior
from edge.evidence.likelihoods import Likelihoods, Prior, Thresholds
from edge.vendors.catalogue import AdvisoryFact, Brand, Catalogue, Reach

PLATFORMS = ("hikvision", "dahua", "uniview", "axis", "annke")
PRIOR = Prior(
    {"hikvision": 0.2, "dahua": 0.15, "uniview": 0.1, "axis": 0.05},
    other=0.45,
    unlisted=0.01,
    n=40,
    date="2025-01-01",
    source="counted",
)
LIKELIHOODS = Likelihoods(PRIOR, {})
THRESHOLDS = Thresholds(
    detect_nano=0.5,
    detect_small=0.5,
    identify_posterior=0.95,
    identify_conflict=0.995,
    identify_support=3.0,
    identify_housing=0.5,
    candidates_min=0.1,
    mark_similarity=0.5,
    advice_promise=0.8,
)
ADVISORY = Advisory("Hikvision", "ban", "US", "2019-08-13", "No federal purchases.", "law", Strength.STRONG)


def _brand(name: str, platform: str, known: bool = True) -> Brand:
    return Brand(name, name.title(), platform, known, (), (), ())


CATALOGUE = Catalogue(
    date(2025, 1, 1),
    {
        "hikvision": _brand("hikvision", "hikvision"),
        "ezviz": _brand("ezviz", "hikvision"),
        "dahua": _brand("dahua", "dahua"),
        "annke": _brand("annke", "annke", known=False),
    },
    (AdvisoryFact(ADVISORY, frozenset({"hikvision"}), Reach.HARDWARE),),
    (),
)


def _evidence(
    supports: Mapping[str, float],
    kind: EvidenceKind = EvidenceKind.WORDMARK,
    brand: str | None = None,
    origin: str = "",
    value: str = "seen",
) -> Evidence:
    return Evidence(kind, value, Box(0, 0, 8, 4), Strength.STRONG, supports, brand=brand, origin=origin)


def _identify(*evidence: Evidence) -> Identification:
    return identify(evidence, CATALOGUE, LIKELIHOODS, THRESHOLDS)


llrs = st.floats(-12, 12)
supports = st.dictionaries(st.sampled_from(PLATFORMS), llrs, max_size=4)
kinds = st.sampled_from(EvidenceKind)
evidences = st.builds(
    _evidence,
    supports,
    kinds,
    st.sampled_from([None, "ezviz", "hikvision", "dahua", "annke"]),
    st.sampled_from(["", "a", "b", "c"]),
    st.sampled_from(["x", "y", "z"]),
)


def test_nothing_seen_names_nobody() -> None:
    answer = _identify()
    assert answer.verdict is Verdict.UNDETERMINED
    assert answer.candidates == ()


def test_a_read_wordmark_names_brand_and_platform_with_advisories() -> None:
    answer = _identify(_evidence({"hikvision": 9.0}, brand="ezviz"))
    assert (answer.verdict, answer.brand, answer.platform) == (Verdict.IDENTIFIED, "ezviz", "hikvision")
    assert answer.advisories == (ADVISORY,)
    assert answer.confidence > 0.99


def test_a_model_number_that_proves_no_brand_names_the_platform_only() -> None:
    answer = _identify(_evidence({"dahua": 8.0}, EvidenceKind.MODEL))
    assert (answer.brand, answer.platform) == (None, "dahua")


def test_a_name_on_what_may_be_no_camera_is_a_candidate() -> None:
    evidence = [_evidence({"hikvision": 9.0}, brand="ezviz")]
    told = identify(evidence, CATALOGUE, LIKELIHOODS, THRESHOLDS, housing=0.49)
    assert (told.verdict, told.brand, told.platform) == (Verdict.CANDIDATES, None, None)
    assert [(c.brand, c.platform) for c in told.candidates] == [("ezviz", "hikvision")]
    assert told.evidence == tuple(evidence)
    named = identify(evidence, CATALOGUE, LIKELIHOODS, THRESHOLDS, housing=0.5)
    assert named.verdict is Verdict.IDENTIFIED


def test_two_brands_on_one_platform_leave_the_brand_open() -> None:
    answer = _identify(
        _evidence({"hikvision": 8.0}, brand="ezviz", origin="a"),
        _evidence({"hikvision": 8.0}, brand="hikvision", origin="b"),
    )
    assert (answer.verdict, answer.brand, answer.platform) == (Verdict.IDENTIFIED, None, "hikvision")


def test_conflicting_platforms_name_nobody_unless_overwhelming() -> None:
    rival = _evidence({"dahua": 5.0}, brand="dahua", origin="b")
    close = _identify(_evidence({"hikvision": 9.0}, brand="hikvision", origin="a"), rival)
    assert close.verdict is Verdict.CANDIDATES
    assert [c.platform for c in close.candidates] == ["hikvision"]
    clear = _identify(_evidence({"hikvision": 12.0}, brand="hikvision", origin="a"), rival)
    assert (clear.verdict, clear.platform) == (Verdict.IDENTIFIED, "hikvision")


def test_two_readings_of_the_same_pixels_stay_rivals() -> None:
    answer = _identify(
        _evidence({"hikvision": 6.0}, brand="hikvision", origin="a"),
        _evidence({"dahua": 6.0}, brand="dahua", origin="a"),
    )
    assert answer.verdict is Verdict.CANDIDATES
    assert [c.platform for c in answer.candidates] == ["hikvision", "dahua"]


def test_a_brand_whose_builder_is_unknown_is_named_without_a_platform() -> None:
    answer = _identify(_evidence({"annke": 9.0}, brand="annke"))
    assert (answer.verdict, answer.brand, answer.platform) == (Verdict.IDENTIFIED, "annke", None)


def test_a_brand_built_by_either_of_two_is_named_without_a_platform() -> None:
    answer = _identify(_evidence({"hikvision": 7.0, "dahua": 7.0}, brand="annke"))
    assert (answer.verdict, answer.brand, answer.platform) == (Verdict.IDENTIFIED, "annke", None)
    assert answer.confidence == pytest.approx(1.0, abs=0.01)


def test_look_with_a_faint_mark_is_not_enough() -> None:
    answer = _identify(
        _evidence({"hikvision": 9.0}, EvidenceKind.LOOK), _evidence({"hikvision": 0.5}, EvidenceKind.MARK)
    )
    assert answer.verdict is Verdict.CANDIDATES


def test_arithmetic_against_a_direct_product() -> None:
    """The same posterior by multiplying plain probabilities, as a textbook does it."""
    seen = [
        _evidence({"hikvision": math.log(40.0), "dahua": math.log(0.5)}, origin="a"),
        _evidence({"hikvision": math.log(3.0), "axis": math.log(7.0)}, origin="b"),
        _evidence({"hikvision": math.log(20.0)}, origin="a"),
    ]
    weights = {
        "hikvision": 0.2 * 40 * 3,
        "dahua": 0.15 * 0.5,
        "uniview": 0.1,
        "axis": 0.05 * 7,
        OTHER_MAKER: 0.45,
    }
    answer = posterior(seen, PRIOR)
    for platform, weight in weights.items():
        assert answer[platform] == pytest.approx(weight / sum(weights.values()), rel=1e-12)


@settings(deadline=None)
@given(st.lists(evidences, max_size=8), st.randoms())
def test_order_does_not_matter(seen: list[Evidence], shuffler: random.Random) -> None:
    turned = list(seen)
    shuffler.shuffle(turned)
    first, second = _identify(*seen), _identify(*turned)
    assert (first.verdict, first.brand, first.platform) == (second.verdict, second.brand, second.platform)
    assert first.confidence == second.confidence
    assert first.candidates == second.candidates


@settings(deadline=None)
@given(st.lists(evidences, max_size=6), st.sampled_from(PLATFORMS), st.floats(0.001, 12), kinds, st.data())
def test_more_evidence_for_a_platform_never_lowers_it(
    seen: list[Evidence], platform: str, llr: float, kind: EvidenceKind, data: st.DataObject
) -> None:
    added = _evidence(
        {platform: llr}, kind, origin=data.draw(st.sampled_from(["", "a", "new"])), value="added"
    )
    before, after = posterior(seen, PRIOR), posterior([*seen, added], PRIOR)
    for rival in (*PRIOR.platforms, OTHER_MAKER):
        if rival != platform:
            ratio = before.get(platform, PRIOR.unlisted * before[OTHER_MAKER] / PRIOR.other) / before[rival]
            assert after[platform] / after[rival] >= ratio * (1 - 1e-9)


@settings(deadline=None)
@given(st.lists(evidences, max_size=6))
def test_duplicates_do_not_add_up(seen: list[Evidence]) -> None:
    once, thrice = _identify(*seen), _identify(*seen, *seen, *seen)
    assert posterior(seen, PRIOR) == posterior([*seen, *seen], PRIOR)
    assert (once.verdict, once.brand, once.platform, once.confidence, once.candidates) == (
        thrice.verdict,
        thrice.brand,
        thrice.platform,
        thrice.confidence,
        thrice.candidates,
    )


@settings(deadline=None)
@given(
    st.lists(
        st.builds(_evidence, supports, st.just(EvidenceKind.LOOK), origin=st.text(max_size=2)), max_size=8
    )
)
def test_look_alone_never_names(seen: list[Evidence]) -> None:
    assert _identify(*seen).verdict is not Verdict.IDENTIFIED


@settings(deadline=None)
@given(st.lists(evidences, max_size=8))
def test_answers_are_sound(seen: list[Evidence]) -> None:
    answer = _identify(*seen)
    assert math.fsum(posterior(seen, PRIOR).values()) == pytest.approx(1.0)
    assert sum(c.probability for c in answer.candidates) <= 1.0 + 1e-9
    assert len(answer.candidates) <= MAX_CANDIDATES
    assert OTHER_MAKER not in {c.platform for c in answer.candidates}
    assert answer.evidence == tuple(seen)
    if answer.verdict is Verdict.IDENTIFIED:
        assert answer.confidence >= THRESHOLDS.identify_posterior
        assert any(e.kind.identifies and max(e.supports.values(), default=0) > 0 for e in seen)
    if answer.brand is not None:
        assert any(e.brand == answer.brand for e in seen)


@settings(deadline=None)
@given(st.lists(evidences, max_size=4))
def test_an_answer_survives_serialisation(seen: list[Evidence]) -> None:
    answer = _identify(*seen)
    rebuilt = [_from_json(_to_json(e)) for e in answer.evidence]
    assert _identify(*rebuilt) == answer


def _to_json(item: Evidence) -> str:
    fields = (item.kind, item.value, item.strength, dict(item.supports), item.note, item.brand, item.origin)
    return json.dumps(fields)


def _from_json(text: str) -> Evidence:
    kind, value, strength, supports, note, brand, origin = json.loads(text)
    box = Box(0, 0, 8, 4)
    return Evidence(EvidenceKind(kind), value, box, Strength(strength), supports, note, brand, origin)
