"""The user's own makers beside the shipped catalogue: ``catalogue.toml`` in the folder of the user's gallery.

They have a name and, perhaps, lettering; nothing is known of who builds their hardware. Where the shipped
catalogue knows a maker, its facts win and the user's entry is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.settings import Settings
from edge.vendors.catalogue import Brand, Catalogue, Wordmark
from edge.vendors.facts import folded
from edge.vendors.installed import in_use
from edge.vendors.parsing import Entry, open_toml, script_of
from edge.vendors.signed import Facts

OWN_CATALOGUE = "catalogue.toml"
MAX_NAME = 100
_HEAD = (
    "# Makers added with `camid gallery add`. What the shipped catalogue says of a maker wins over this.\n"
)


@dataclass(frozen=True, slots=True)
class OwnVendor:
    """``wordmarks`` is the name as it is lettered on housings; only an exact, certain reading counts."""

    id: str
    name: str
    wordmarks: tuple[str, ...] = ()


def own_gallery(settings: Settings) -> Path:
    """The folder of the user's gallery; it need not exist."""
    return settings.data_dir / "gallery"


def read_own(folder: Path) -> tuple[OwnVendor, ...]:
    """The user's makers, in the order of their ids; none where there is no file.

    Raises:
        CamidError: ``settings_invalid`` if an entry is wrong, naming it and the fault.
    """
    path = folder / OWN_CATALOGUE
    if not path.exists():
        return ()
    head = open_toml(path)
    vendors = tuple(_vendor(key, table) for key, table in sorted(head.mapping("vendor").items()))
    head.close()
    return vendors


def write_own(folder: Path, vendors: Iterable[OwnVendor]) -> None:
    """Puts ``vendors`` in the place of those before, at once."""
    # A JSON string is a TOML string as well.
    tables = [
        f"\n[vendor.{json.dumps(one.id)}]\nname = {_quoted(one.name)}\n"
        f"wordmarks = [{', '.join(map(_quoted, one.wordmarks))}]\n"
        for one in sorted(vendors, key=lambda vendor: vendor.id)
    ]
    write_private(folder / OWN_CATALOGUE, (_HEAD + "".join(tables)).encode())


def with_own(catalogue: Catalogue, vendors: Sequence[OwnVendor]) -> Catalogue:
    """``catalogue`` with the makers and wordmarks of ``vendors`` that it does not know."""
    taken = {folded(w.text) for brand in catalogue.brands.values() for w in brand.wordmarks}
    brands = dict(catalogue.brands)
    for vendor in vendors:
        if catalogue.brand_of(vendor.id) is None and catalogue.brand_of(vendor.name) is None:
            free = tuple(text for text in vendor.wordmarks if folded(text) not in taken)
            brands[vendor.id] = _brand(replace(vendor, wordmarks=free))
            taken.update(map(folded, free))
    return replace(catalogue, brands=MappingProxyType(brands))


def known_catalogue(settings: Settings) -> Catalogue:
    """The catalogue in use with the user's makers; these are read again after a change, and only then.

    Raises:
        CamidError: ``settings_invalid``, as ``read_own``.
    """
    folder, base = own_gallery(settings), in_use(settings.data_dir).facts
    return _known(folder.resolve(), stamp(folder / OWN_CATALOGUE), base)


def stamp(path: Path) -> tuple[int, int, int]:
    """Differs after the file was replaced; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=4)
def _known(folder: Path, state: tuple[int, int, int], base: Facts) -> Catalogue:
    del state
    vendors = read_own(folder)
    return with_own(base.catalogue, vendors) if vendors else base.catalogue


def _brand(vendor: OwnVendor) -> Brand:
    """Who builds the hardware is not known: an answer names the brand and leaves the platform open."""
    wordmarks = tuple(Wordmark(text, script_of(text), ambiguous=True) for text in vendor.wordmarks)
    return Brand(vendor.id, vendor.name, vendor.id, False, wordmarks, (), ())


def _vendor(key: str, table: object) -> OwnVendor:
    entry = Entry(f"{OWN_CATALOGUE}: vendor.{key}", table)
    vendor = OwnVendor(key, entry.text("name"), entry.texts("wordmarks"))
    entry.close()
    if not _is_id(key):
        raise entry.fault("an id has lower-case letters, digits and underscores only, 100 at most")
    return vendor


def _is_id(key: str) -> bool:
    try:
        return vendor_id(key) == key
    except CamidError:
        return False


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def vendor_id(name: str) -> str:
    """An id made of ``name``: ``Norvane Optics`` becomes ``norvane_optics``.

    Raises:
        CamidError: ``bad_request`` where ``name`` is too long or has no letter or digit to make one of.
    """
    parts = "".join(c if c.isascii() and c.isalnum() else " " for c in name.casefold()).split()
    if not parts or len(name) > MAX_NAME or not name.isprintable():
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            f"{name[:MAX_NAME]!r} makes no id: use a printable name with Latin letters, {MAX_NAME} at most.",
        )
    return "_".join(parts)
