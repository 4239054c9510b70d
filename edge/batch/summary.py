"""``summary.html``: what a batch found, on one page that loads nothing, runs no script and can be printed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import edge.report
from edge.batch.charts import years_chart
from edge.batch.copies import crop_path, percent
from edge.batch.map import map_of
from edge.batch.numbers import MAX_ERRORS, MAX_FINDS, Counts, Find, Numbers, Share, numbers_of
from edge.disk import commit_file, full_disk
from edge.report.catalogue import CatalogueStateV1
from edge.report.sentence import Names, printable

_TEMPLATES = Path(edge.report.__file__).parent / "templates"
_FULL = "The disk is full: the summary was not written."
_MAX_CROP_BYTES = 60_000


@dataclass(frozen=True, slots=True)
class _Shown:
    """A named camera as the page shows it; ``crop`` is Base64 or empty."""

    vendor: str
    certainty: str
    crop: str
    form: str
    when: str
    country: str
    place: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """``share`` of the widest, or of all, 0 to 100."""

    name: str
    count: int
    share: float
    note: str = ""


def write_summary(
    root: Path, names: Names, made: datetime, version: str, catalogue: CatalogueStateV1
) -> None:
    """Raises: CamidError: ``not_readable`` where there is no batch, ``store_full``."""
    page = summary_html(root, numbers_of(root), names, made, version, catalogue)
    place = root / "summary.html"
    temporary = place.with_suffix(".tmp")
    with full_disk(_FULL):
        try:
            temporary.write_text(page, "utf-8", errors="replace")
            commit_file(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)


def summary_html(
    root: Path, numbers: Numbers, names: Names, made: datetime, version: str, catalogue: CatalogueStateV1
) -> str:
    """The page; crops are taken from ``root``. Whatever comes from files is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["n"] = _grouped
    return environment.get_template("batch.html").render(
        numbers=numbers,
        counts=numbers.counts,
        names=names,
        years=years_chart(numbers.years, names),
        map=map_of(numbers.spots),
        countries=_bars(numbers.countries[:25], lambda name: name),
        forms=_bars(numbers.forms, lambda name: name),
        marks=_bars(numbers.marks, lambda name: names.get(name, name)),
        causes=_bars(numbers.causes, lambda name: name.replace("_", " ")),
        coverage=_coverage(numbers.counts),
        finds=[_shown(root, find, names) for find in numbers.finds],
        max_finds=MAX_FINDS,
        errors=[(printable(one.place), printable(one.message)) for one in numbers.errors],
        max_errors=MAX_ERRORS,
        known=len(names),
        catalogue=catalogue,
        made=made.strftime("%Y-%m-%d %H:%M %Z").strip(),
        version=version,
    )


def _bars(shares: Sequence[Share], named: Callable[[str], str]) -> list[_Bar]:
    most = max((one.count for one in shares), default=1)
    return [
        _Bar(
            named(one.name),
            one.count,
            100 * one.count / most,
            f"{_grouped(one.identified)} named" if one.identified else "",
        )
        for one in shares
    ]


def _coverage(counts: Counts) -> list[_Bar]:
    all_files = counts.pictures + counts.unreadable
    of_pictures = (
        ("say when they were taken", counts.timed),
        ("say where", counts.placed),
        ("lie in a known country", counts.in_country),
        ("have a caption", counts.captioned),
        ("show a camera", counts.with_cameras),
    )
    return [
        _Bar("could be read", counts.pictures, _share(counts.pictures, all_files), "of all files"),
        *(_Bar(name, count, _share(count, counts.pictures), "of those read") for name, count in of_pictures),
    ]


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _shown(root: Path, find: Find, names: Names) -> _Shown:
    return _Shown(
        vendor=names.get(find.vendor, find.vendor),
        certainty=percent(find.confidence),
        crop=_crop(crop_path(root, find.sha256, find.camera)),
        form=find.form_factor or "",
        when=find.taken_at[:10] if find.taken_at else "no date",
        country=find.country or "",
        place=printable(find.place),
        evidence=tuple(printable(text) for text in find.evidence),
    )


def _crop(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return b64encode(data).decode("ascii") if len(data) <= _MAX_CROP_BYTES else ""


def _grouped(number: int) -> str:
    """1234567 as 1 234 567, with spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")
