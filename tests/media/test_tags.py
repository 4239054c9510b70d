"""What the metadata of a photo say of the device that wrote it."""

from __future__ import annotations

from PIL import Image
from PIL.ExifTags import Base

from edge.domain import FileTags
from edge.media.exif import MAX_LABEL
from edge.media.photo import decode
from edge.settings import load_settings
from tests.support.pictures import jpeg


def block(**labels: str) -> bytes:
    exif = Image.Exif()
    for name, text in labels.items():
        exif[Base[name]] = text
    return exif.tobytes()


def tags(data: bytes) -> FileTags:
    return decode(data, "a.jpg", load_settings()).tags


def test_make_model_and_software_are_as_written() -> None:
    found = tags(jpeg(exif=block(Make="Acme Corp. ", Model="One\x00", Software="v1")))
    assert found == FileTags("Acme Corp.", "One", "v1")


def test_a_photo_without_metadata_has_no_tags() -> None:
    assert tags(jpeg()) == FileTags()


def test_labels_are_bounded_and_printable() -> None:
    found = tags(jpeg(exif=block(Make="x" * 5000, Model="a\x1b[31mb")))
    assert found.make == "x" * MAX_LABEL
    assert found.model == "a[31mb"


def test_comments_are_kept_as_far_as_they_can_be_read() -> None:
    assert tags(jpeg(comment=b"PRD=Acme\r\nVER=1")).comments == ("PRD=Acme VER=1",)
    assert tags(jpeg(comment=bytes(range(32)))).comments == ()
    [noise] = tags(jpeg(comment=b"\xff\xfeabc\x00" * 4000)).comments
    assert len(noise) <= 2048
