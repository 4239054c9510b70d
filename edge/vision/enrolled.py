"""Marks that a user added to the gallery: their pictures on the disk, and their embeddings.

The folder holds ``marks.json`` (what there is: replaced at once, so a kill leaves the old state or the new),
``pictures/`` (each mark as it is embedded, laid straight, a PNG named by its hash), and ``vectors.npz`` and
``display_vectors.npz``, the embeddings with the hash of the network that made them, that of housings and that
of displays. Under another network they are made again: nothing but the pictures has to be kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np

from edge.disk import write_private
from edge.domain import Pixels
from edge.errors import CamidError, ErrorCode
from edge.vision.embedding import Embedder, Vectors

MARKS = "marks.json"
PICTURES = "pictures"
VECTORS = "vectors.npz"
DISPLAY_VECTORS = "display_vectors.npz"
_log = logging.getLogger("edge.gallery")


@dataclass(frozen=True, slots=True)
class EnrolledMark:
    """``id`` is the SHA-256 of the mark's PNG; ``picture`` the name of the file that it was found in,
    ``text`` what was read in it, perhaps nothing; ``added`` is ISO 8601 in UTC."""

    id: str
    vendor: str
    picture: str
    text: str
    added: str


@dataclass(frozen=True, slots=True)
class MarkShelf:
    """The marks under ``folder``, which need not exist. One process writes at a time; any may read."""

    folder: Path

    def marks(self) -> tuple[EnrolledMark, ...]:
        """In the order in which they were added.

        Raises:
            CamidError: ``settings_invalid`` if the list is damaged.
        """
        try:
            rows = json.loads((self.folder / MARKS).read_text("utf-8"))
            return tuple(EnrolledMark(**row) for row in rows["marks"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._damaged(MARKS, error) from None

    def put(self, marks: Sequence[EnrolledMark], pictures: Sequence[bytes] = ()) -> None:
        """Makes ``marks`` the list; ``pictures`` are the PNGs of new ones. Those of no mark are removed."""
        place = self.folder / PICTURES
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for png in pictures:
            write_private(place / f"{mark_id(png)}.png", png)
        body = {"version": 1, "marks": [asdict(mark) for mark in marks]}
        write_private(self.folder / MARKS, json.dumps(body, ensure_ascii=False, indent=1).encode())
        kept = {f"{mark.id}.png" for mark in marks}
        for file in place.iterdir():
            if file.name not in kept:
                file.unlink(missing_ok=True)

    def picture(self, mark: EnrolledMark) -> Pixels:
        """Raises: CamidError: ``settings_invalid`` if it is gone or damaged."""
        try:
            png = (self.folder / PICTURES / f"{mark.id}.png").read_bytes()
        except OSError as error:
            raise self._damaged(f"{PICTURES}/{mark.id}.png", error) from None
        pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None or mark_id(png) != mark.id:
            raise self._damaged(f"{PICTURES}/{mark.id}.png", ValueError("not the picture that was added"))
        return np.asarray(pixels, np.uint8)

    def vectors(
        self, marks: Sequence[EnrolledMark], embedder: Embedder, network: str, *, kept_in: str = VECTORS
    ) -> Vectors:
        """Embeddings (N, D) of ``marks``, by the network with this hash; made again where they are missing or
        another network's, and then kept in the file ``kept_in``.

        Raises:
            CamidError: as ``picture``; ``model_broken`` if the network cannot run.
        """
        known = self._kept(network, kept_in)
        fresh = [mark for mark in marks if mark.id not in known]
        if fresh:
            made = embedder.embed([self.picture(mark) for mark in fresh])
            known |= {mark.id: vector for mark, vector in zip(fresh, made, strict=True)}
            self._keep(known, marks, network, kept_in)
        return np.stack([known[mark.id] for mark in marks]) if marks else np.zeros((0, 0), np.float32)

    def _kept(self, network: str, file: str) -> dict[str, Vectors]:
        try:
            content = io.BytesIO((self.folder / file).read_bytes())
            with np.load(content, allow_pickle=False) as arrays:
                if str(arrays["network"]) != network:
                    return {}
                return dict(zip(map(str, arrays["ids"]), arrays["vectors"].astype(np.float32), strict=True))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            return {}

    def _keep(
        self, known: dict[str, Vectors], marks: Sequence[EnrolledMark], network: str, file: str
    ) -> None:
        ids = sorted({mark.id for mark in marks})
        arrays: dict[str, Any] = {"network": np.array(network), "ids": np.array(ids)}
        content = io.BytesIO()
        np.savez(content, **arrays, vectors=np.stack([known[one] for one in ids]))
        try:
            write_private(self.folder / file, content.getvalue())
        except OSError as error:  # a read-only folder: they are made anew at each start
            _log.warning("The embeddings of the own gallery cannot be kept (%s)", error.strerror)

    def _damaged(self, name: str, error: Exception) -> CamidError:
        return CamidError(
            ErrorCode.SETTINGS_INVALID, f"data_dir: the own gallery's {name} cannot be read ({error})."
        )


def mark_id(png: bytes) -> str:
    return hashlib.sha256(png).hexdigest()


def mark_png(pixels: Pixels) -> bytes:
    """The bytes under which a mark is kept."""
    done, data = cv2.imencode(".png", pixels)
    if not done:
        raise CamidError(ErrorCode.INTERNAL, "The mark could not be encoded.")
    return bytes(data)
