"""The commands ``camid report`` and ``camid verify``: evidence packs. Parse, call, print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import EXIT_INPUT
from edge.terminal import exit_codes, given_settings, say

if TYPE_CHECKING:
    from edge.identify import Identifier
    from edge.report.pack_parts import PackPhoto
    from edge.settings import Settings

EXIT_CHANGED = 1
"""The pack is not as it was made."""
_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def report(
    photos: Annotated[
        list[str], typer.Argument(metavar="FILE|ID...", help="Photos, or ids of results of a service.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="PACK.zip", help="Where the pack goes.")],
    faces: Annotated[
        bool, typer.Option("--blur-faces/--keep-faces", help="Search faces and blur them, or leave them.")
    ] = True,
    original: Annotated[
        bool, typer.Option("--original", help="Put in the original files, with all their metadata.")
    ] = False,
    position: Annotated[bool, typer.Option("--position", help="Say where the photos were taken.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the service's data, for ids.")] = None,
) -> None:
    """Write an evidence pack: a page to print, pictures, answers, and the hash of each file."""
    if out.suffix.lower() != ".zip":
        raise typer.BadParameter(f"{out} must end in .zip.", param_hint="'--out'")
    if out.resolve() in {Path(one).resolve() for one in photos}:
        raise typer.BadParameter(f"{out} is one of the photos.", param_hint="'--out'")
    with exit_codes():
        from importlib.metadata import version

        from edge.report.catalogue import ageing
        from edge.report.pack import PackMaker
        from edge.report.pack_parts import PackOptions
        from edge.vendors.own import known_catalogue
        from edge.vision.faces import load_face_finder

        settings = given_settings(data_dir=data_dir)
        catalogue = known_catalogue(settings)
        finder = load_face_finder(settings) if faces else None
        maker = PackMaker(
            catalogue, finder, PackOptions(original, position), version("camid"), ageing(settings)
        )
        unreadable: list[str] = []
        done = maker.write(_photos(photos, settings, unreadable), out)
        say(f"{done.photos} photo{'s' if done.photos != 1 else ''}, {done.files} files: {out}")
        if done.blurred is None:
            say("Faces were not searched: look through the pictures before you pass them on")
        else:
            say(f"Faces blurred: {done.blurred}; some may be missed: look through the pictures")
        if original:
            say("The original files are in it as they are, with their faces and all their metadata")
        typer.echo(f"{done.manifest}  manifest.json")
        if unreadable:
            say(f"{len(unreadable)} of {len(photos)} photos could not be read: {', '.join(unreadable)}")
            raise typer.Exit(EXIT_INPUT)


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK.zip", help="An evidence pack.")],
    manifest: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The hash of the manifest, as whoever made the pack told it."),
    ] = None,
) -> None:
    """Check every byte of an evidence pack and say what was changed."""
    wanted = manifest.strip().lower() if manifest is not None else None
    if wanted is not None and not _SHA256.fullmatch(wanted):
        raise typer.BadParameter("A SHA-256 has 64 hexadecimal digits.", param_hint="'--manifest'")
    with exit_codes():
        from edge.report.pack_verify import MANIFEST, verify_pack
        from edge.report.sentence import printable

        found = verify_pack(pack)
        faults = list(found.faults)
        if wanted is not None and found.manifest is not None and wanted != found.manifest:
            faults.append(f"{MANIFEST} has another hash than the one that you gave")
        if found.manifest is not None:
            typer.echo(f"{found.manifest}  {MANIFEST}")
        for fault in faults:
            typer.echo(printable(fault))
        if faults:
            say("The pack is not as it was made")
            raise typer.Exit(EXIT_CHANGED)
        typer.echo(f"{found.files} files are as they were packed")
        if wanted is None:
            say("Who made the pack, this does not prove: compare the manifest's hash with what they told you")


def _photos(given: list[str], settings: Settings, unreadable: list[str]) -> Iterator[PackPhoto]:
    """One after the other, the models loaded at the first file; ``unreadable`` gets names of bad ones."""
    from edge.errors import PhotoError
    from edge.report.sentence import printable

    reader = _Reader(settings)
    for one in given:
        try:
            yield reader.read(one)
        except PhotoError as error:
            name = printable(Path(one).name)
            unreadable.append(name)
            say(f"{name}: {error}")


class _Reader:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._identifier: Identifier | None = None

    def read(self, one: str) -> PackPhoto:
        """Raises: PhotoError: for a file that cannot be read; CamidError: for an id that is not there."""
        if _ID.fullmatch(one) and not Path(one).exists():
            from edge.service.pack_photos import of_stored
            from edge.service.photo_reader import read_photo

            kept = read_photo(self._settings.data_dir, one)
            return of_stored(kept.original, kept.answer, kept.answered_at, self._settings)
        return self._identified(Path(one))

    def _identified(self, file: Path) -> PackPhoto:
        from edge.identify import Identifier
        from edge.media.photo import decode, read_bytes
        from edge.report.contract import photo_contract
        from edge.report.pack_parts import PackPhoto

        data = read_bytes(file, self._settings)
        picture = decode(data, file.name, self._settings)
        if self._identifier is None:
            self._identifier = Identifier.load(self._settings)
        return PackPhoto(data, picture, photo_contract(self._identifier.photo(picture)))
