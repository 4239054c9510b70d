"""Contact sheets: printable pages of the cameras that a batch found, by maker, the most certain first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from edge.batch.copies import crop_path, percent
from edge.batch.query import Query, ask
from edge.disk import full_disk
from edge.report.sentence import Names, printable

_PAGE = (1240, 1754)
"""A4 at 150 points an inch."""
_COLUMNS, _ROWS = 5, 6
_MARGIN, _HEAD, _LINE = 60, 80, 20
_PICTURE = 196
_MAX_PAGES = 50
"""Of one maker; the last one says how many cameras were left out."""
_INK, _SOFT, _GROUND, _LIGHT = (20, 33, 43), (81, 98, 110), (255, 255, 255), (237, 241, 243)
_FULL = "The disk is full: the contact sheets were not written."
_PER_PAGE = _COLUMNS * _ROWS
_GROUPS = "SELECT vendor, count(*) FROM cameras GROUP BY vendor ORDER BY vendor NULLS LAST"
_OF_VENDOR = (
    "SELECT sha256, camera, place, confidence, score, taken_at FROM cameras "
    "WHERE vendor IS NOT DISTINCT FROM ? ORDER BY confidence DESC, score DESC, place, camera LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Sheets:
    """``missing`` cameras have no crop, because an earlier run classified them without keeping any."""

    pages: int
    missing: int


@dataclass(frozen=True, slots=True)
class _Cell:
    crop: Path
    lines: tuple[str, ...]


def write_contact_sheets(root: Path, names: Names) -> Sheets:
    """Writes ``contact-sheets/<maker>-001.jpg`` … over those of an earlier run.

    Raises:
        CamidError: ``store_full``.
    """
    folder = root / "contact-sheets"
    pages = missing = 0
    with full_disk(_FULL):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for vendor, count in _rows(root, _GROUPS, ()):
            name = str(vendor) if vendor else None
            cells = list(_cells(root, name))
            shown = [cell for cell in cells if cell.crop.is_file()]
            missing += len(cells) - len(shown)
            title = names.get(name, name) if name else "Not named"
            for number, page in enumerate(_pages(shown, title, int(str(count))), start=1):
                page.save(folder / f"{name or 'not-named'}-{number:03d}.jpg", quality=90)
                pages += 1
    return Sheets(pages, missing)


def _cells(root: Path, vendor: str | None) -> Iterator[_Cell]:
    found = _rows(root, _OF_VENDOR, (vendor, _MAX_PAGES * _PER_PAGE))
    for sha256, camera, place, confidence, score, taken_at in found:
        certainty = percent(float(str(confidence))) if vendor else f"camera {score:.0%}"
        when = str(taken_at)[:10] if taken_at else "no date"
        name = printable(str(place).rsplit("/", 1)[-1])
        yield _Cell(crop_path(root, str(sha256), int(str(camera))), (name, f"{certainty}, {when}"))


def _rows(root: Path, sql: str, values: Sequence[str | int | None]) -> tuple[tuple[object, ...], ...]:
    return ask(root, Query(sql, tuple(values))).rows


def _pages(cells: Sequence[_Cell], title: str, count: int) -> Iterator[Image.Image]:
    total = -(-len(cells) // _PER_PAGE)
    for number in range(total):
        shown = cells[number * _PER_PAGE : (number + 1) * _PER_PAGE]
        left_out = count - len(cells) if number == total - 1 else 0
        note = f"page {number + 1} of {total}" + (f", {left_out} more cameras not shown" if left_out else "")
        yield _page(shown, f"{title}: {count} camera{'s' if count != 1 else ''}", note)


def _page(cells: Sequence[_Cell], title: str, note: str) -> Image.Image:
    page = Image.new("RGB", _PAGE, _GROUND)
    pen = ImageDraw.Draw(page)
    pen.text((_MARGIN, _MARGIN), title, fill=_INK, font=ImageFont.load_default(30))
    pen.text(
        (_PAGE[0] - _MARGIN, _MARGIN + 8), note, fill=_SOFT, font=ImageFont.load_default(18), anchor="ra"
    )
    width = (_PAGE[0] - 2 * _MARGIN) // _COLUMNS
    height = (_PAGE[1] - 2 * _MARGIN - _HEAD) // _ROWS
    for number, cell in enumerate(cells):
        row, column = divmod(number, _COLUMNS)
        _draw(page, pen, cell, _MARGIN + column * width, _MARGIN + _HEAD + row * height)
    return page


def _draw(page: Image.Image, pen: ImageDraw.ImageDraw, cell: _Cell, x: int, y: int) -> None:
    pen.rectangle((x, y, x + _PICTURE, y + _PICTURE), fill=_LIGHT)
    with Image.open(cell.crop) as file:
        crop = file.convert("RGB")
    factor = _PICTURE / max(crop.size)
    if factor != 1:
        crop = crop.resize((max(1, int(crop.width * factor)), max(1, int(crop.height * factor))))
    page.paste(crop, (x + (_PICTURE - crop.width) // 2, y + (_PICTURE - crop.height) // 2))
    font = ImageFont.load_default(15)
    for number, line in enumerate(cell.lines):
        colour = _INK if number == 0 else _SOFT
        pen.text((x, y + _PICTURE + 6 + number * _LINE), _cut(line, font, pen), fill=colour, font=font)


def _cut(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, pen: ImageDraw.ImageDraw) -> str:
    """The end of a name tells files apart, so that is what stays."""
    if pen.textlength(line, font) <= _PICTURE:
        return line
    while line and pen.textlength("…" + line, font) > _PICTURE:
        line = line[1:]
    return "…" + line
