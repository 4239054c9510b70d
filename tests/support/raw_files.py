"""Camera RAW files as cameras lay them out, with noise in the place of the sensor's data."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

Value = int | bytes | tuple[int, ...]


def tiff(directories: Sequence[Mapping[int, Value]], blobs: Sequence[bytes] = (), order: str = "<") -> bytes:
    """A TIFF with a chain of ``directories`` and ``blobs`` behind them; values that are negative, -1, -2 …,
    stand for the offset of the first, second … blob, and -101, -102 … for that of a directory, which is
    then not in the chain."""
    sizes = [2 + 12 * len(one) + 4 + _outside(one) for one in directories]
    starts = [8 + sum(sizes[:n]) for n in range(len(directories))]
    places, at = [], 8 + sum(sizes)
    for blob in blobs:
        places.append(at)
        at += len(blob)
    numbers = [value for one in directories for value in one.values() if isinstance(value, int)]
    children = {-number - 101 for number in numbers if number < -100}
    chain = [n for n in range(len(directories)) if n not in children]
    following = {a: starts[b] for a, b in pairwise(chain)}
    body = b"".join(
        _directory(one, starts[n], following.get(n, 0), places, starts, order)
        for n, one in enumerate(directories)
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + body + b"".join(blobs)


def _outside(directory: Mapping[int, Value]) -> int:
    return sum(len(value) for value in directory.values() if isinstance(value, bytes) and len(value) > 4)


def _directory(
    directory: Mapping[int, Value],
    start: int,
    following: int,
    places: Sequence[int],
    starts: Sequence[int],
    order: str,
) -> bytes:
    entries, outside = [], b""
    for tag, value in sorted(directory.items()):
        if isinstance(value, bytes):
            field = value.ljust(4, b"\0")
            if len(value) > 4:
                field = struct.pack(order + "I", start + 2 + 12 * len(directory) + 4 + len(outside))
                outside += value
            entries.append(struct.pack(order + "HHI", tag, 2, len(value)) + field)
            continue
        number = value if isinstance(value, int) else value[0]
        if number < -100:
            number = starts[-number - 101]
        elif number < 0:
            number = places[-number - 1]
        entries.append(struct.pack(order + "HHII", tag, 4, 1, number))
    return (
        struct.pack(order + "H", len(entries)) + b"".join(entries) + struct.pack(order + "I", following)
    ) + outside


def box(name: bytes, content: bytes) -> bytes:
    """A box of an ISO base media file."""
    return struct.pack(">I", 8 + len(content)) + name + content


def cr3(preview: bytes, full: bytes, metadata: bytes = b"") -> bytes:
    """Canon's CR3: a preview in a box of its own and the full picture as the sample of a track."""
    head = box(b"ftyp", b"crx \0\0\0\1crx isom")
    cmt = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + box(b"CMT1", metadata))
    shown = box(
        b"PRVW",
        bytes(4) + b"\0\1" + struct.pack(">HHH", 160, 120, 1) + struct.pack(">I", len(preview)) + preview,
    )
    previews = box(b"uuid", bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16") + bytes(8) + shown)

    def movie(at: int) -> bytes:
        table = box(b"stsz", struct.pack(">IIII", 0, 0, 1, len(full))) + box(
            b"co64", struct.pack(">IIQ", 0, 1, at)
        )
        return box(b"moov", cmt + box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))))

    before = len(head + movie(0) + previews) + 8
    return head + movie(before) + previews + box(b"mdat", full)


def raf(preview: bytes) -> bytes:
    """Fujifilm's RAF: offset and length of the preview at byte 84."""
    head = b"FUJIFILMCCD-RAW 0201FF119502".ljust(84, b"\0") + struct.pack(">II", 160, len(preview))
    return head.ljust(160, b"\0") + preview + bytes(100)
