"""The commands ``camid review``: what persons said of photos. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.terminal import DataDir, exit_codes, given_settings, say

review = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What persons said on the page /review of the service.",
)


@review.callback()
def reviews() -> None:
    """A group also with one command."""


@review.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the dataset.")],
    faces: Annotated[
        bool, typer.Option("--blur-faces/--keep-faces", help="Search faces and blur them, or leave them.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Write every reviewed photo as a COCO dataset. The service may be running."""
    with exit_codes():
        from edge.service.review_export import ReviewExport
        from edge.service.review_store import read_reviews
        from edge.vision.faces import load_face_finder

        settings = given_settings(data_dir=data_dir)
        finder = load_face_finder(settings) if faces else None
        exporter = ReviewExport(settings.data_dir / "photos", settings, finder)
        done = exporter.write(read_reviews(settings.data_dir / "camid.sqlite"), out)
        say(f"{done.photos} photos, {done.cameras} cameras, {done.blurred} parts blurred: {out}")
        if done.lost:
            say(f"{done.lost} reviewed photos are left out: their bytes are gone or cannot be decoded")
        if not faces:
            say("Faces were not searched: look through the pictures before you pass them on")
