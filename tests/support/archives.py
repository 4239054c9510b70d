"""Archives as hostile or careless hands make them: any names, links, sizes that are not there."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import py7zr

Members = Sequence[tuple[str, bytes]]
KINDS = ("zip", "tar", "tgz", "7z")


def packed(kind: str, members: Members) -> bytes:
    """Members under whatever names; names that a writer refuses are put in afterwards."""
    match kind:
        case "zip":
            return _zip(members)
        case "7z":
            return _seven_zip(members)
        case _:
            return _tar(members, "w:gz" if kind == "tgz" else "w")


def _zip(members: Members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(_named(name), data)
    return out.getvalue()


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name  # the constructor would mend it
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _tar(members: Members, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _seven_zip(members: Members) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.set_encoded_header_mode(False)
        for number, (name, data) in enumerate(members):
            archive.writestr(data, _placeholder(number, name))
    data = out.getvalue()
    for number, (name, _) in enumerate(members):
        data = _renamed(data, _placeholder(number, name), name)
    return data


def _placeholder(number: int, name: str) -> str:
    return chr(0x4E00 + number) * len(name)


def _renamed(archive: bytes, old: str, new: str) -> bytes:
    """The header is where the start says, and has its checksum there (7zFormat.txt, ``SignatureHeader``)."""
    data = bytearray(archive)
    offset, size = struct.unpack_from("<QQ", data, 12)
    header = data[32 + offset : 32 + offset + size].replace(
        old.encode("utf-16-le"), new.encode("utf-16-le", "surrogatepass")
    )
    data[32 + offset :] = header
    struct.pack_into("<I", data, 28, zlib.crc32(header))
    struct.pack_into("<I", data, 8, zlib.crc32(data[12:32]))
    return bytes(data)


def with_link(kind: str, target: str, folder: Path) -> bytes:
    """One member, a symbolic link to ``target``; ``folder`` is for what the writer needs."""
    if kind == "zip":
        link = zipfile.ZipInfo("link.jpg")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(link, target)
        return out.getvalue()
    if kind == "7z":
        (folder / "good.jpg").touch()
        (folder / "link.jpg").symlink_to(target)
        with py7zr.SevenZipFile(folder / "link.7z", "w") as seven:
            seven.write(folder / "link.jpg", "link.jpg")
        return (folder / "link.7z").read_bytes()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if kind == "tgz" else "w") as tar:
        info = tarfile.TarInfo("link.jpg")
        info.type, info.linkname = tarfile.SYMTYPE, target
        tar.addfile(info)
    return out.getvalue()


def hollow_file(path: Path, size: int, head: bytes = b"") -> Path:
    """A file of ``size`` bytes that takes no room: ``head``, then nothing."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def hollow_tar(path: Path, name: str, size: int) -> Path:
    """A TAR with one member of ``size`` zeros that takes no room."""
    info = tarfile.TarInfo(name)
    info.size = size
    return hollow_file(path, 512 + -(-size // 512) * 512 + 1024, info.tobuf())
