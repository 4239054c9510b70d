"""The user's own gallery in words: what was added, what there is, and whether it can be told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table

from edge.enrol import Enrolment, FoundMark
from edge.report.sentence import Names, printable
from edge.tell_apart import Apart, Outcome, Trial
from edge.vendors.catalogue import Brand
from edge.vision.enrolled import EnrolledMark

_ENOUGH = 3
"""Marks from which a report says something of the next one."""
_SHORT_ID = 10
_OUTCOMES = {
    Outcome.NAMED: "named by it alone",
    Outcome.NEAREST: "nearest; too little alone",
    Outcome.ANOTHER: "nearer to another maker",
    Outcome.ALONE: "the only picture",
}


def print_enrolment(done: Enrolment, console: Console) -> None:
    for mark in done.marks:
        console.print(f"  {printable(mark.picture)}: {_place(mark)}{_reading(mark)}", highlight=False)
    what = "A new maker" if done.new_vendor else "Known"
    console.print(f"{what}: {printable(done.brand.name)} ({done.brand.id}).", highlight=False)
    if done.known:
        console.print(f"{done.known} of the marks were there already.", highlight=False)
    if done.wordmarks:
        texts = ", ".join(f"“{printable(text)}”" for text in done.wordmarks)
        console.print(f"Looked for as lettering too, if it is read exactly: {texts}.", highlight=False)


def print_list(brands: Sequence[Brand], marks: Sequence[EnrolledMark], console: Console) -> None:
    """Every mark, by maker."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("maker", "mark", "from", "reads", "added"):
        table.add_column(heading)
    for brand in brands:
        own = [mark for mark in marks if mark.vendor == brand.id]
        for mark in own:
            cells = (brand.name, mark.id[:_SHORT_ID], mark.picture, mark.text, mark.added[:10])
            table.add_row(*map(printable, cells))
        if not own:
            table.add_row(printable(brand.name), "", "", "", "")
    console.print(table)


def print_report(report: Apart, names: Names, console: Console) -> None:
    """Every mark left out in turn, then the verdict."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("mark", "from", "own", "next", "of", "outcome"):
        table.add_column(heading)
    for trial in report.trials:
        table.add_row(*_row(trial, names))
    console.print(table)
    for line in verdict(report, names):
        console.print(line, highlight=False)


def verdict(report: Apart, names: Names) -> list[str]:
    """Whether the maker can be told apart, from whom not, and what to do about it."""
    name, count = printable(report.brand.name), len(report.trials)
    named, near = report.count(Outcome.NAMED), [printable(names.get(one, one)) for one, _ in report.near]
    lines = []
    if count == report.count(Outcome.ALONE):
        return [f"{name} has one mark: add more to learn whether it can be told apart."]
    if report.told_apart:
        lines.append(f"{name} can be told apart: each of its {count} marks is nearest to its own.")
    else:
        lost = [one for one in report.trials if one.unused or one.outcome is Outcome.ANOTHER]
        lines.append(f"{name} cannot be told apart by {len(lost)} of its {count} marks.")
    if near:
        lines.append(f"Near to it: {', '.join(near)}.")
    lines.append(
        f"The logo alone names it on {named} of {count}; its lettering was read on {report.lettered}."
    )
    if unused := sum(one.unused for one in report.trials):
        lines.append(f"{unused} marks are another maker's for the shipped gallery and are not used.")
    if count < _ENOUGH:
        lines.append(f"{count} marks tell little: add pictures from other sides and in other light.")
    return lines


def enrolment_json(done: Enrolment) -> str:
    marks = [
        {
            "picture": mark.picture,
            "box": [round(side, 1) for side in mark.line.box.as_tuple()],
            "text": mark.line.text,
            "on_camera": mark.housing is not None,
        }
        for mark in done.marks
    ]
    body = {
        "vendor": done.brand.id,
        "name": done.brand.name,
        "new_vendor": done.new_vendor,
        "known": done.known,
        "wordmarks": list(done.wordmarks),
        "marks": marks,
    }
    return json.dumps(body, ensure_ascii=False)


def list_json(brand: Brand, marks: Sequence[EnrolledMark], *, own: bool) -> str:
    """One maker a line."""
    body = {
        "vendor": brand.id,
        "name": brand.name,
        "own": own,
        "wordmarks": [mark.text for mark in brand.wordmarks] if own else [],
        "marks": [asdict(mark) for mark in marks if mark.vendor == brand.id],
    }
    return json.dumps(body, ensure_ascii=False)


def report_json(report: Apart, names: Names) -> str:
    trials = [
        {
            "mark": trial.mark.id,
            "picture": trial.mark.picture,
            "outcome": trial.outcome,
            "own": None if trial.own is None else round(trial.own, 3),
            "next": round(trial.other, 3),
            "next_vendor": trial.rival,
            "used": not trial.unused,
        }
        for trial in report.trials
    ]
    body = {
        "vendor": report.brand.id,
        "name": report.brand.name,
        "told_apart": report.told_apart,
        "near": [{"vendor": brand, "similarity": round(cosine, 3)} for brand, cosine in report.near],
        "lettered": report.lettered,
        "verdict": verdict(report, names),
        "marks": trials,
    }
    return json.dumps(body, ensure_ascii=False)


def _place(mark: FoundMark) -> str:
    x0, y0, x1, y1 = (round(side) for side in mark.line.box.as_tuple())
    where = "on the camera" if mark.housing is not None else "in the picture"
    return f"the mark {where} at {x0},{y0},{x1},{y1}"


def _reading(mark: FoundMark) -> str:
    return f" reads “{printable(mark.line.text)}”" if mark.line.text else ""


def _row(trial: Trial, names: Names) -> tuple[str, ...]:
    own = "" if trial.own is None else f"{trial.own:.2f}"
    said = "another maker's: not used" if trial.unused else _OUTCOMES[trial.outcome]
    rival = names.get(trial.rival, trial.rival)
    cells = (trial.mark.id[:_SHORT_ID], trial.mark.picture, own, f"{trial.other:.2f}", rival, said)
    return tuple(map(printable, cells))
