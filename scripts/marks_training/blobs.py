"""Many small pictures in one array, as they are compressed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def encoded(picture: Grey, ending: str, quality: int = 0) -> bytes:
    options = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 9],
    }[ending]
    return bytes(cv2.imencode(ending, picture, options)[1])


def packed(blobs: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All bytes in a row, and where each picture ends."""
    return np.frombuffer(b"".join(blobs), np.uint8), np.cumsum([len(blob) for blob in blobs], dtype=np.int64)


def unpacked(data: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[Grey]:
    """Raises ValueError where one cannot be decoded."""
    found = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        picture = cv2.imdecode(data[int(start) : int(end)], cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ValueError("a picture of the pack is damaged")
        found.append(np.asarray(picture, np.uint8))
    return found
