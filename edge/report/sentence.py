"""What Camid says about one camera in one plain sentence, and in the few words of a label."""

from __future__ import annotations

from collections.abc import Mapping

from edge.domain import AdviceCode, EvidenceKind, Reading, Verdict
from edge.report.contract import AdviceV1, CameraV1, CandidateV1, EvidenceV1, IdentificationV1, MarkV1
from edge.vendors.catalogue import Catalogue
from edge.vendors.protocol_rules import OF_PATH

Names = Mapping[str, str]
"""Catalogue id to the name as people write it."""

_READINGS = {
    EvidenceKind.WORDMARK: "“{}” was read on it",
    EvidenceKind.MODEL: "it bears the number “{}”",
    EvidenceKind.MARK: "its logo matches “{}”",
    EvidenceKind.LOOK: "its shape resembles “{}”",
    EvidenceKind.OSD: "the on-screen display shows “{}”",
    EvidenceKind.PROTOCOL: "it answered “{}”",
    EvidenceKind.METADATA: "the file's metadata say “{}”",
}


_ADVICE = {
    AdviceCode.LETTERING_SMALL: "its lettering is {height} px high: step closer or zoom {times}×",
    AdviceCode.CAMERA_SMALL: "it is {side} px large: step closer or zoom {times}×",
    AdviceCode.BLURRED: "it is blurred: hold still, let the phone focus on the camera",
    AdviceCode.DARK: "it is too dark: take it in more light or expose for the camera",
    AdviceCode.GLARE: "it is glaring white: expose for the camera, or take it from another side",
    AdviceCode.OTHER_SIDE: "it is well visible and shows no name here: photograph its other sides and labels",
    AdviceCode.ALONE: "photograph it alone: larger cameras used up the limits of reading",
}


def display_names(catalogue: Catalogue) -> Names:
    return {brand.id: brand.name for brand in catalogue.brands.values()}


def printable(text: str) -> str:
    """``text`` with control, format and undecodable characters escaped, so that none reaches a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def camera_sentence(camera: CameraV1, names: Names) -> str:
    """The answer about a camera *seen in* the picture, with its reason, without a full stop."""
    found = camera.identification
    if found.verdict is Verdict.IDENTIFIED:
        return f"{maker(found, names)}, because {_reason(found)}"
    if found.verdict is Verdict.CANDIDATES:
        doubt = _doubt(found) or "only the shape of the housing speaks for them"
        return f"candidates: {_candidates(found.candidates, names)}, or another maker; {doubt}"
    return f"undetermined: {_missing(camera)}"


def advice_sentence(advice: AdviceV1) -> str:
    """What to do for a name, without a full stop. A reporter reads it beside the camera or in front of it."""
    said = _ADVICE[advice.code].format(**{name: _number(value) for name, value in advice.values.items()})
    return f"{said}: then its maker should be readable" if advice.promised else said


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"


def recorder_sentence(found: IdentificationV1, names: Names, intermediary: str | None = None) -> str:
    """The answer about the camera that *records* a stream or took a picture, without a full stop.
    ``intermediary`` is the software that stands between it and us."""
    if found.verdict is Verdict.IDENTIFIED:
        return f"{maker(found, names)}, because {_reason(found)}"
    if found.verdict is Verdict.CANDIDATES:
        doubt = _doubt(found) or "only the style of its display speaks for them"
        return f"candidates: {_candidates(found.candidates, names)}, or another maker; {doubt}"
    if intermediary is not None:
        return f"undetermined: the camera is hidden behind {printable(intermediary)}"
    return f"undetermined: {_doubt(found) or 'nothing that it says or shows tells its maker'}"


def camera_label(camera: CameraV1, names: Names) -> str:
    """A few words for a picture or a list: name and probability, candidates, or "undetermined"."""
    found = camera.identification
    if found.verdict is Verdict.IDENTIFIED:
        return f"{_named(found.brand or found.platform, names)} {_percent(found.confidence)}"
    if found.verdict is Verdict.CANDIDATES:
        return " or ".join(_named(one.brand or one.platform, names) for one in found.candidates) + "?"
    return Verdict.UNDETERMINED.value


def mark_label(mark: MarkV1, names: Names) -> str:
    """What lettering on no camera is called: the maker, else its text."""
    if mark.vendor is not None:
        return f"lettering: {_named(mark.vendor, names)}"
    return f"lettering: “{printable(mark.text)}”" if mark.text else "lettering"


def maker(found: IdentificationV1, names: Names) -> str:
    """Brand and platform of an identified camera, kept apart."""
    if found.brand is None:
        return f"a camera built by {_named(found.platform, names)}, brand not shown"
    if found.platform is None:
        return f"{_named(found.brand, names)} (platform not known)"
    return f"{_named(found.brand, names)} (platform {_named(found.platform, names)})"


def _named(vendor: str | None, names: Names) -> str:
    return names.get(vendor, vendor) if vendor is not None else "unknown"


def _percent(probability: float) -> str:
    """Whole per cent, rounded down, and never certainty."""
    return f"{min(99, int(100 * probability))} %"


def _candidates(candidates: list[CandidateV1], names: Names) -> str:
    return ", ".join(
        f"{_named(one.brand or one.platform, names)} ({_percent(one.probability)})" for one in candidates
    )


def _reason(found: IdentificationV1) -> str:
    told = [one for one in found.evidence if one.kind.identifies]
    if not told:
        return "of the evidence listed"
    best = max(told, key=lambda one: _support(one, found.platform))
    return _observation(best)


def _doubt(found: IdentificationV1) -> str | None:
    """The best of what was read or matched where it was not enough, or None where there is nothing."""
    told = [one for one in found.evidence if one.kind.identifies]
    if not told:
        return None
    best = max(told, key=lambda one: _support(one, None))
    return f"{_observation(best)}, which is too little for a name"


def _support(evidence: EvidenceV1, platform: str | None) -> float:
    if platform in evidence.supports:
        return evidence.supports[platform]
    return max(evidence.supports.values(), default=0.0) if platform is None else 0.0


def _observation(evidence: EvidenceV1) -> str:
    if evidence.kind is EvidenceKind.PROTOCOL and evidence.value.startswith(OF_PATH):
        return f"its stream is found under “{printable(evidence.value.removeprefix(OF_PATH))}”"
    return _READINGS[evidence.kind].format(printable(evidence.value))


def _missing(camera: CameraV1) -> str:
    if camera.reading is Reading.TOO_SMALL:
        x0, y0, x1, y1 = camera.box
        return f"it is too small in the picture to be read ({round(max(x1 - x0, y1 - y0))} px)"
    if camera.reading is Reading.OVER_BUDGET:
        return "it was not read, for larger cameras used up the limits of reading"
    return _doubt(camera.identification) or "no maker's lettering or logo could be read on it"
