"""How large a JPEG inside another file is, without decoding it."""

from __future__ import annotations

_MAX_SEGMENTS = 512
_DECODED = frozenset({0xC0, 0xC1, 0xC2})
"""Start of frame: baseline, extended, progressive (ITU-T T.81, table B.1). Sensor data comes as 0xC3."""
_OTHER_FRAMES = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def jpeg_size(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Width and height of the JPEG at ``start``; None where there is none or one of another process."""
    if start < 0 or data[start : start + 3] != b"\xff\xd8\xff":
        return None
    at, end = start + 2, min(end, len(data))
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > end or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
        elif marker in _DECODED and at + 9 <= end:
            width, height = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
            return (width, height) if width and height else None
        elif marker in _OTHER_FRAMES or marker in _DECODED or marker in {0xD9, 0xDA}:
            return None
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None
