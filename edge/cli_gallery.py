"""The commands ``camid gallery``: makers and logos of one's own. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.terminal import AsJson, exit_codes, given_settings

if TYPE_CHECKING:
    from edge.domain import Box
    from edge.settings import Settings

gallery = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Enrol makers and logos of your own by a few pictures."
)

Vendor = Annotated[str, typer.Argument(metavar="VENDOR", help="Name or id of the maker.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the service's data, which holds the gallery.")]


@gallery.command()
def add(
    vendor: Vendor,
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Photos of its cameras, or cropped logos.")
    ],
    box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X0,Y0,X1,Y1",
            help="Where the mark stands, in pixels; once for each picture.",
        ),
    ] = None,
    wordmark: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Its name as it is lettered on housings.")
    ] = None,
    learn: Annotated[
        bool, typer.Option(help="Take its name for such lettering where it is read on a picture.")
    ] = True,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Learn a maker's mark from pictures, at once, and say whether it can be told apart."""
    boxes = _boxes(box, len(pictures))
    with exit_codes():
        from rich.console import Console

        from edge.enrol import OwnGallery, Source, load_search
        from edge.report.gallery import enrolment_json, print_enrolment

        settings = given_settings(data_dir=data_dir)
        own = OwnGallery(settings)
        sources = [Source(path, one) for path, one in zip(pictures, boxes, strict=True)]
        done = own.add(vendor, load_search(settings).find(sources, vendor), wordmark or (), learn=learn)
        if as_json:
            typer.echo(enrolment_json(done).encode())
        else:
            print_enrolment(done, Console(highlight=False, markup=False, emoji=False))
        _report(settings, done.brand.id, as_json=as_json)


@gallery.command("list")
def list_marks(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List what was enrolled."""
    with exit_codes():
        from rich.console import Console

        from edge.enrol import OwnGallery
        from edge.report.gallery import list_json, print_list
        from edge.vendors.own import read_own

        own = OwnGallery(given_settings(data_dir=data_dir))
        marks, catalogue = own.shelf.marks(), own.catalogue
        mine = {one.id for one in read_own(own.folder)}
        ids = sorted({*mine, *(mark.vendor for mark in marks)} & set(catalogue.brands))
        brands = [catalogue.brands[one] for one in ids]
        if as_json:
            for brand in brands:
                typer.echo(list_json(brand, marks, own=brand.id in mine).encode())
        else:
            print_list(brands, marks, Console(highlight=False, markup=False, emoji=False))


@gallery.command()
def remove(
    vendor: Vendor,
    mark: Annotated[
        list[str] | None, typer.Option(help="Id of a mark, as the list shows it; without it all of them.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Forget a maker's marks; a maker of your own is gone with its last one."""
    with exit_codes():
        from edge.enrol import OwnGallery

        gone = OwnGallery(given_settings(data_dir=data_dir)).remove(vendor, mark or ())
        typer.echo(f"{gone} marks removed.")


@gallery.command("test")
def examine(
    vendor: Annotated[str | None, typer.Argument(metavar="[VENDOR]", help="Only this maker.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Leave each mark out in turn: would the others find its maker, and from whom can it not be told?"""
    with exit_codes():
        _report(given_settings(data_dir=data_dir), vendor, as_json=as_json)


def _report(settings: Settings, vendor: str | None, *, as_json: bool) -> None:
    from rich.console import Console

    from edge.enrol import OwnGallery
    from edge.report.gallery import print_report, report_json
    from edge.report.sentence import display_names
    from edge.tell_apart import load_examiner

    own = OwnGallery(settings)
    names = display_names(own.catalogue)
    console = Console(highlight=False, markup=False, emoji=False)
    for report in load_examiner(settings).examine(own, vendor):
        if as_json:
            typer.echo(report_json(report, names).encode())
        else:
            print_report(report, names, console)


def _boxes(texts: list[str] | None, count: int) -> list[Box | None]:
    if not texts:
        return [None] * count
    if len(texts) != count:
        raise typer.BadParameter(f"{len(texts)} boxes for {count} pictures", param_hint="'--box'")
    return [_box(text) for text in texts]


def _box(text: str) -> Box:
    from edge.domain import Box

    try:
        x0, y0, x1, y1 = (float(side) for side in text.split(","))
        return Box(x0, y0, x1, y1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not X0,Y0,X1,Y1", param_hint="'--box'") from None
