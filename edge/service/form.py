"""Multipart uploads, written to files while they arrive: nothing larger than a chunk is ever in memory."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from edge.errors import CamidError, ErrorCode, PhotoError
from edge.settings import Settings

_MAX_OTHER_FIELDS = 32
_MAX_HEADER_BYTES = 4096
_MAX_NAME_CHARACTERS = 200


@dataclass(slots=True)
class Upload:
    """One photo of a request: its bytes in ``path``, or the ``error`` that ended its reception."""

    name: str
    path: Path
    size: int = 0
    error: PhotoError | None = None


class Form:
    """A ``multipart/form-data`` body in the making; each part with a file name is a photo.

    Not thread-safe: feed it from one thread at a time. ``discard`` removes every file that is still there.

    Raises:
        CamidError: ``bad_request`` if the type is not multipart or the boundary is missing.
    """

    def __init__(self, content_type: str, incoming: Path, settings: Settings) -> None:
        self.uploads: list[Upload] = []
        self._incoming = incoming
        self._max_photos = settings.max_photos_per_request
        self._max_bytes = settings.max_photo_bytes
        self._others = 0
        self._ended = False
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._current: Upload | None = None
        self._file: BufferedWriter | None = None
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise CamidError(ErrorCode.BAD_REQUEST, "The body is not multipart/form-data with a boundary.")
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
                max_header_size=_MAX_HEADER_BYTES,
            )
        except FormParserError:
            raise CamidError(ErrorCode.BAD_REQUEST, "The boundary of the form is not valid.") from None

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            CamidError: ``bad_request`` if they are no form, ``too_many_photos``.
            OSError: if they cannot be written.
        """
        try:
            self._parser.write(data)
        except FormParserError:
            raise CamidError(ErrorCode.BAD_REQUEST, "The form is damaged.") from None

    def finish(self) -> None:
        """Checks that the form came to its end and holds a photo.

        Raises:
            CamidError: ``bad_request`` if it is cut off, ``empty`` if no part of it has a file name.
        """
        if not self._ended:
            raise CamidError(ErrorCode.BAD_REQUEST, "The form ends before its closing boundary.")
        if not self.uploads:
            raise CamidError(ErrorCode.EMPTY, "The form holds no photo.")

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)

    def _on_part_begin(self) -> None:
        self._header = self._value = self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        name = options.get(b"filename")
        if name is None:
            self._others += 1
            if self._others > _MAX_OTHER_FIELDS:
                raise CamidError(ErrorCode.BAD_REQUEST, f"The form has more than {_MAX_OTHER_FIELDS} fields.")
            return
        if len(self.uploads) >= self._max_photos:
            raise CamidError(
                ErrorCode.TOO_MANY_PHOTOS, f"The request holds more than {self._max_photos} photos."
            )
        self._current = Upload(safe_name(name), self._incoming / f"{secrets.token_hex(16)}.part")
        self.uploads.append(self._current)
        self._file = self._current.path.open("xb")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current is None or self._file is None:
            return
        if self._current.size + end - start > self._max_bytes:
            self._refuse(self._current)
            return
        self._file.write(data[start:end])
        self._current.size += end - start

    def _refuse(self, upload: Upload) -> None:
        """The rest of this part is read and dropped, so that the other photos of the request still count."""
        upload.error = PhotoError(
            ErrorCode.TOO_MANY_BYTES, f"{upload.name} is larger than {self._max_bytes} bytes."
        )
        self._close()
        upload.path.unlink()

    def _on_part_end(self) -> None:
        if self._current is not None and self._current.size == 0 and self._current.error is None:
            self._current.error = PhotoError(ErrorCode.EMPTY, f"{self._current.name} has no bytes.")
        self._close()

    def _on_end(self) -> None:
        self._ended = True

    def _close(self) -> None:
        file, self._file, self._current = self._file, None, None
        if file is not None:
            file.close()


def safe_name(raw: bytes) -> str:
    """The last part of a client's file name, printable and of bounded length; "photo" if nothing is left.

    It is only ever shown; no path is made of it.
    """
    text = raw.decode("utf-8", "replace").replace("%22", '"')
    text = re.split(r"[/\\]", text)[-1]
    text = "".join(c for c in text if c.isprintable()).strip()
    return text[-_MAX_NAME_CHARACTERS:] or "photo"
