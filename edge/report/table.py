"""The readable form of an answer for a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edge.domain import Verdict
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1
from edge.report.sentence import Names, advice_sentence, camera_sentence, mark_label, printable
from edge.vendors.age import Ageing
from edge.vendors.catalogue import Catalogue

_STYLES = {Verdict.IDENTIFIED: "bold green", Verdict.CANDIDATES: "yellow", Verdict.UNDETERMINED: ""}


def print_photo(photo: PhotoV1, names: Names, console: Console, age: Ageing) -> None:
    """One heading, a row a camera, then what else the photo shows. Text from the picture is never markup."""
    console.print(Text(_heading(photo), style="bold"), soft_wrap=True)
    if photo.cameras:
        console.print(_cameras(photo.cameras, names))
    for mark in photo.marks:
        console.print(_indented(f"{mark_label(mark, names)}, on no camera"))
    for line in _advisories(photo.cameras, names, age):
        console.print(_indented(line))
    console.print()


def _indented(line: str) -> Padding:
    return Padding(Text(line), (0, 0, 0, 2))


def _heading(photo: PhotoV1) -> str:
    source, count = photo.source, len(photo.cameras)
    cameras = {0: "no camera found", 1: "1 camera"}.get(count, f"{count} cameras")
    return f"{printable(source.name)} ({source.width} × {source.height}): {cameras}"


def _cameras(cameras: list[CameraV1], names: Names) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, show_edge=False)
    table.add_column("#", justify="right")
    table.add_column("camera", ratio=1)
    table.add_column("form")
    table.add_column("at x, y", no_wrap=True)
    table.add_column("size", no_wrap=True)
    table.add_column("score", justify="right")
    for number, camera in enumerate(cameras, start=1):
        x0, y0, x1, y1 = camera.box
        table.add_row(
            str(number),
            _said(camera, names),
            camera.form_factor or "",
            f"{x0:.0f}, {y0:.0f}",
            f"{x1 - x0:.0f} × {y1 - y0:.0f}",
            f"{camera.score:.2f}",
        )
    return table


def _said(camera: CameraV1, names: Names) -> Text:
    """The answer, and below it what would make it certain."""
    said = Text(camera_sentence(camera, names), style=_STYLES[camera.identification.verdict])
    for advice in camera.advice:
        said.append(f"\n→ {advice_sentence(advice)}", style="dim")
    return said


def _advisories(cameras: list[CameraV1], names: Names, age: Ageing) -> list[str]:
    """A line for each maker named, counting what is on record about it, and one if that is old."""
    makers: dict[tuple[str | None, str | None], IdentificationV1] = {
        (camera.identification.brand, camera.identification.platform): camera.identification
        for camera in cameras
        if camera.identification.advisories
    }
    dates = {one.as_of for found in makers.values() for one in found.advisories}
    notices = [notice for date in sorted(filter(None, dates)) if (notice := age.notice(date)) is not None]
    return [*(_on_record(found, names) for found in makers.values()), *notices]


def _on_record(found: IdentificationV1, names: Names) -> str:
    vendor = found.brand or found.platform or ""
    places = list(dict.fromkeys(one.jurisdiction for one in found.advisories))
    count = len(found.advisories)
    facts = "1 advisory" if count == 1 else f"{count} advisories"
    stated = max((one.as_of for one in found.advisories if one.as_of), default=None)
    when = f" as of {stated}" if stated is not None else ""
    return (
        f"On record about {names.get(vendor, vendor)}{when}: {facts} ({', '.join(places)}); "
        "--json has the sources"
    )


def print_vendors(catalogue: Catalogue, console: Console) -> None:
    """Every maker that can be named: id, name, who builds the hardware, how it is lettered."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("id", "name", "built by", "wordmarks"):
        table.add_column(heading, ratio=2 if heading == "wordmarks" else None)
    for brand in sorted(catalogue.brands.values(), key=lambda one: one.id):
        platform = brand.platform if brand.platform_known else "not known"
        table.add_row(brand.id, brand.name, platform, ", ".join(mark.text for mark in brand.wordmarks))
    console.print(table)
