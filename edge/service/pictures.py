"""Pictures of stored photos: the whole, annotated, and crops, made from the original bytes when asked for."""

from __future__ import annotations

import asyncio

from edge.domain import Box, Picture
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.report.annotate import annotate
from edge.report.contract import BoxV1
from edge.report.crop import EVIDENCE_MARGIN, HOUSING_MARGIN, cut, jpeg, shrunk
from edge.report.sentence import Names
from edge.service.engine import Engine
from edge.service.store import StoredPhoto
from edge.settings import Settings

_KEPT_S = 20.0


class Pictures:
    """Draws stored photos. The last one stays decoded for some seconds: a page asks for many crops of it."""

    def __init__(self, engine: Engine, settings: Settings, names: Names) -> None:
        self._engine = engine
        self._settings = settings
        self._names = names
        self._decoding = asyncio.Lock()
        self._recent: tuple[str, Picture] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    def remember(self, photo_id: str, picture: Picture) -> None:
        """Keeps ``picture`` at hand for a while; it takes the place of the one before."""
        self._recent = (photo_id, picture)
        if self._expiry is not None:
            self._expiry.cancel()
        self._expiry = asyncio.get_running_loop().call_later(_KEPT_S, self.forget)

    def forget_photo(self, photo_id: str) -> None:
        """Forgets this one, if it is at hand."""
        if self._recent is not None and self._recent[0] == photo_id:
            self.forget()

    def forget(self) -> None:
        self._recent = None
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    async def whole(self, photo: StoredPhoto, side: int) -> bytes:
        """The upright picture as JPEG, its long side at most ``side`` pixels."""
        picture = await self._picture(photo)
        return await self._engine.in_pixel_thread(lambda: jpeg(shrunk(picture.pixels, side)))

    async def annotated(self, photo: StoredPhoto) -> bytes:
        picture = await self._picture(photo)
        return await self._engine.in_pixel_thread(lambda: jpeg(annotate(picture, photo.body, self._names)))

    async def camera(self, photo: StoredPhoto, camera: int) -> bytes:
        """Raises: CamidError: ``not_found``, as the next two do, if there is no such thing in the photo."""
        cameras = photo.body.cameras
        return await self._crop(photo, cameras[camera].box if camera < len(cameras) else None, HOUSING_MARGIN)

    async def evidence(self, photo: StoredPhoto, camera: int, evidence: int) -> bytes:
        cameras = photo.body.cameras
        found = cameras[camera].identification.evidence if camera < len(cameras) else []
        return await self._crop(
            photo, found[evidence].box if evidence < len(found) else None, EVIDENCE_MARGIN
        )

    async def mark(self, photo: StoredPhoto, mark: int) -> bytes:
        marks = photo.body.marks
        return await self._crop(photo, marks[mark].box if mark < len(marks) else None, EVIDENCE_MARGIN)

    async def _crop(self, photo: StoredPhoto, box: BoxV1 | None, margin: float) -> bytes:
        if box is None:
            raise CamidError(ErrorCode.NOT_FOUND, "This photo has no such crop.")
        picture = await self._picture(photo)
        return await self._engine.in_pixel_thread(lambda: jpeg(cut(picture.pixels, Box(*box), margin)))

    async def _picture(self, photo: StoredPhoto) -> Picture:
        async with self._decoding:
            if self._recent is not None and self._recent[0] == photo.id:
                picture = self._recent[1]
            else:
                self.forget()
                picture = await self._engine.in_pixel_thread(lambda: self._decode(photo))
            self.remember(photo.id, picture)
            return picture

    def _decode(self, photo: StoredPhoto) -> Picture:
        try:
            data = photo.original.read_bytes()
        except FileNotFoundError:
            raise CamidError(
                ErrorCode.NOT_FOUND, "The bytes of this photo were removed from the data directory."
            ) from None
        return decode(data, photo.body.source.name, self._settings)
