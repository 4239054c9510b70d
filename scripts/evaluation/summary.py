"""All figures of a run, as JSON and as Markdown tables for the model card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from edge.vendors.catalogue import Catalogue
from scripts.evaluation.cases import MARKS, NEGATIVES, PRODUCTS, SCENES, Case
from scripts.evaluation.confusion import OPEN, Confusion, forms, makers
from scripts.evaluation.detection import FALSE_BOXES_A_PHOTO, Detection, measure
from scripts.evaluation.naming import Naming, Outcome, measure_marks, measure_products, measure_scenes
from scripts.evaluation.observations import Observation

Results = Sequence[tuple[Case, Observation]]


@dataclass(frozen=True, slots=True)
class Summary:
    """None stands for what was not run."""

    detection: Detection | None
    naming: Mapping[str, Naming]
    forms: Confusion | None
    makers: Mapping[str, Confusion]


def summarise(results: Results, catalogue: Catalogue) -> Summary:
    mounted = [pair for pair in results if pair[0].set in (SCENES, NEGATIVES)]
    measures = {SCENES: measure_scenes, PRODUCTS: measure_products, MARKS: measure_marks}
    present = {case.set for case, _ in results}
    naming = {
        name: how(mounted if name == SCENES else results, catalogue)
        for name, how in measures.items()
        if name in present
    }
    return Summary(
        measure(mounted) if SCENES in present else None,
        naming,
        forms(results) if SCENES in present else None,
        {
            name: makers([pair for pair in results if pair[0].set in sets], catalogue)
            for name, sets in {PRODUCTS: (PRODUCTS,), SCENES: (SCENES, NEGATIVES)}.items()
            if name in present
        },
    )


def as_json(summary: Summary) -> dict[str, object]:
    return {
        "detection": None if summary.detection is None else _detection_json(summary.detection),
        "naming": {name: _naming_json(naming) for name, naming in summary.naming.items()},
        "forms": None if summary.forms is None else _confusion_json(summary.forms),
        "makers": {name: _confusion_json(confusion) for name, confusion in summary.makers.items()},
    }


def _confusion_json(confusion: Confusion) -> dict[str, object]:
    counts = [[label, answer, number] for (label, answer), number in sorted(confusion.counts.items())]
    return {"right": confusion.right.as_json(), "counts": counts}


def _detection_json(figures: Detection) -> dict[str, object]:
    kinds = {
        kind: {"recall": found.as_json(), "false_boxes": false, "photos": photos}
        for kind, (found, false, photos) in figures.by_kind.items()
    }
    return asdict(figures) | {
        "ap50": None if math.isnan(figures.ap50) else figures.ap50,
        "found": figures.found.as_json(),
        "false_boxes_a_photo": figures.false_a_photo,
        "recall_at_false": figures.recall_at_false.as_json(),
        "by_size": {size: share.as_json() for size, share in figures.by_size.items()},
        "by_kind": kinds,
    }


def _naming_json(naming: Naming) -> dict[str, object]:
    return {
        "outcomes": {outcome: naming.outcomes.get(outcome, 0) for outcome in Outcome},
        "shares": {name: share.as_json() for name, share in naming.shares.items()},
        "by_vendor": {vendor: dict(counts) for vendor, counts in naming.by_vendor.items()},
        "wrong": [{"file": f, "label": label, "said": said} for f, label, said in naming.wrong],
    }


def as_markdown(summary: Summary) -> str:
    parts = [] if summary.detection is None else [_detection_text(summary.detection)]
    parts += [_naming_text(name, naming) for name, naming in summary.naming.items()]
    if summary.forms is not None:
        parts.append(_forms_text(summary.forms))
    parts += [_makers_text(name, confusion) for name, confusion in summary.makers.items()]
    return "\n\n".join(parts)


def _forms_text(confusion: Confusion) -> str:
    head = [
        ["right, of those found", str(confusion.right)],
        ["right, of those answered", str(confusion.right_of_answered)],
    ]
    matrix = _table(["label", *confusion.answers], confusion.rows())
    return "\n\n".join(["### Form factors, scenes", _table(["figure", "value"], head), matrix])


def _makers_text(name: str, confusion: Confusion) -> str:
    """By label: named so, taken for another (and for whom), open."""
    rows = []
    for label in confusion.labels:
        answers = {a: n for (own, a), n in confusion.counts.items() if own == label}
        others = ", ".join(f"{n} {a}" for a, n in sorted(answers.items()) if a not in (label, OPEN))
        rows.append([label, str(answers.get(label, "")), others, str(answers.get(OPEN, ""))])
    return "\n\n".join([f"### Makers, {name}", _table(["label", "named so", "taken for", "open"], rows)])


def _detection_text(figures: Detection) -> str:
    head = [
        ("AP50", f"{figures.ap50:.3f}"),
        (f"recall at the default threshold {figures.threshold:.2f}", str(figures.found)),
        ("false boxes a photo there", f"{figures.false_a_photo:.3f} ({figures.false_boxes})"),
        (f"recall at {FALSE_BOXES_A_PHOTO} false boxes a photo", str(figures.recall_at_false)),
        ("threshold for that", f"{figures.threshold_at_false:.3f}"),
    ]
    head += [(f"recall, {size}", str(share)) for size, share in figures.by_size.items() if share.total]
    kinds = [
        [kind, str(photos), str(found) if found.total else "", str(false)]
        for kind, (found, false, photos) in figures.by_kind.items()
        if found.total or false
    ]
    quiet = [k for k, (found, false, _) in figures.by_kind.items() if not found.total and not false]
    return "\n\n".join(
        [
            f"### Detection, {figures.photos} photos",
            _table(["figure", "value"], [list(row) for row in head]),
            _table(["kind of picture", "photos", "recall", "false boxes"], kinds),
            f"{len(quiet)} kinds of negatives without a false box.",
        ]
    )


def _naming_text(name: str, naming: Naming) -> str:
    outcomes = [o for o in Outcome if naming.outcomes.get(o)]
    rows = [
        [vendor, *(str(counts.get(outcome, "")) for outcome in outcomes)]
        for vendor, counts in naming.by_vendor.items()
    ]
    rows.append(["all", *(str(naming.outcomes[outcome]) for outcome in outcomes)])
    wrong = [f"- {file}: {label} was called {said}" for file, label, said in naming.wrong]
    return "\n\n".join(
        [
            f"### Names, {name}",
            _table(["figure", "value"], [[what, str(share)] for what, share in naming.shares.items()]),
            _table(["label", *outcomes], rows),
            *(["Wrong names:", "\n".join(wrong)] if wrong else ["No wrong name."]),
        ]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
