"""Which kind of file the first bytes announce; names and MIME types of uploads are never believed."""

from __future__ import annotations

from enum import StrEnum

from edge.errors import ErrorCode, PhotoError


class Format(StrEnum):
    """The picture formats that are decoded."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    HEIC = "HEIC"
    AVIF = "AVIF"
    GIF = "GIF"
    """Stills only: an animation is refused, for an answer about one frame would read as one about all."""
    BMP = "BMP"
    TIFF = "TIFF"
    """Also the container of most RAW formats."""
    CR3 = "CR3"
    RAF = "RAF"
    RAW = "camera RAW"
    """What only a camera writes; told from a TIFF by what stands inside, never by the first bytes."""


_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_VIDEO_BRANDS = (
    b"isom",
    b"iso",
    b"mp4",
    b"mp7",
    b"qt  ",
    b"M4V",
    b"3gp",
    b"3g2",
    b"dash",
    b"avc1",
    b"MSNV",
    b"f4v",
)

_DECODED = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"IIU\0", Format.RAW),
    (b"FUJIFILMCCD-RAW ", Format.RAF),
)
_KNOWN_BUT_REFUSED = (
    (b"II+\0", "a BigTIFF file"),
    (b"MM\0+", "a BigTIFF file"),
    (b"IIRO", "an Olympus raw file"),
    (b"IIRS", "an Olympus raw file"),
    (b"MMOR", "an Olympus raw file"),
    (b"FOVb", "a Sigma raw file"),
    (b"II\xbc\x01", "a JPEG XR file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL file"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF-", "a PDF document"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"FLV\x01", "a Flash video"),
    (b"\0\0\x01\0", "an icon file"),
    (b"qoif", "a QOI file"),
    (b"PK\x03\x04", "a ZIP archive"),
)


def sniff(data: bytes) -> Format:
    """The format that the first bytes of ``data`` announce.

    Raises:
        PhotoError: ``unsupported_format`` for a format that is known but not decoded, ``not_a_picture``
            for anything else.
    """
    for magic, found in _DECODED:
        if data.startswith(magic):
            return found
    if data[:4] == b"RIFF":
        return _sniff_riff(data)
    if data[4:8] == b"ftyp":
        return _sniff_iso_media(data)
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return Format.BMP
    for magic, what in _KNOWN_BUT_REFUSED:
        if data.startswith(magic):
            raise _refused(what)
    raise PhotoError(ErrorCode.NOT_A_PICTURE, "The content of the file is that of no known picture format.")


_VIDEOS = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"DHAV",  # recorders of Dahua
    b"\0\0\x01\xba",  # MPEG program stream, also of recorders
    b"0&\xb2u\x8ef\xcf\x11",  # ASF
)


def is_video(head: bytes) -> bool:
    """Whether the first 512 bytes announce a video; whether it can be decoded shows later."""
    if head[4:8] == b"ftyp":
        try:
            _sniff_iso_media(head)
        except PhotoError:
            return head[8:12].startswith(_VIDEO_BRANDS)
        return False
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI "
    is_mpeg_ts = len(head) >= 377 and head[0] == head[188] == head[376] == 0x47
    return is_mpeg_ts or head.startswith(_VIDEOS)


def _refused(what: str) -> PhotoError:
    return PhotoError(ErrorCode.UNSUPPORTED_FORMAT, f"The file is {what}, which is not decoded.")


def _sniff_riff(data: bytes) -> Format:
    if data[8:12] == b"WEBP":
        return Format.WEBP
    if data[8:12] == b"AVI ":
        raise _refused("an AVI video")
    raise PhotoError(ErrorCode.NOT_A_PICTURE, "The file is a RIFF container without a picture.")


def _sniff_iso_media(data: bytes) -> Format:
    """HEIC, AVIF, CR3 or a refusal, by the brands in the box ``ftyp`` (ISO/IEC 14496-12)."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    major = data[8:12]
    brands = {major, *(data[i : i + 4] for i in range(16, size, 4))}
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    if brands & _HEIC_BRANDS:
        return Format.HEIC
    if major == b"crx ":
        return Format.CR3
    if major.startswith(_VIDEO_BRANDS):
        raise _refused("a video")
    raise _refused("an ISO media file without a HEIC or AVIF picture")
