"""Every error that leaves Camid, in one family.

``CamidError`` carries a code from the closed set ``ErrorCode``; ``OUTCOMES`` maps each code to the HTTP
status, the exit code of the command line, and a sentence that tells the user what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.domain_streams import Exchange


class ErrorCode(StrEnum):
    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED_FORMAT = "unsupported_format"
    CORRUPT = "corrupt"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    DECODER_DIED = "decoder_died"
    DECODER_TOO_SLOW = "decoder_too_slow"
    TOO_MANY_PHOTOS = "too_many_photos"
    TOO_MANY_STREAMS = "too_many_streams"
    TOO_MANY_BATCHES = "too_many_batches"
    WRONG_STATE = "wrong_state"
    HOST_NOT_ALLOWED = "host_not_allowed"
    PATH_NOT_ALLOWED = "path_not_allowed"
    NOT_AN_ARCHIVE = "not_an_archive"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    REQUEST_TOO_LARGE = "request_too_large"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_TEXT = "not_text"
    TEXT_TOO_LARGE = "text_too_large"
    NOT_READABLE = "not_readable"
    NOT_WRITABLE = "not_writable"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    UNPAIRED = "unpaired"
    FOREIGN_ORIGIN = "foreign_origin"
    CODE_WRONG = "code_wrong"
    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    TOO_MANY_REQUESTS = "too_many_requests"
    BUSY = "busy"
    STORE_FULL = "store_full"
    STORE_BROKEN = "store_broken"
    NOT_A_BACKUP = "not_a_backup"
    NOT_A_CATALOGUE = "not_a_catalogue"
    CATALOGUE_TOO_NEW = "catalogue_too_new"
    CATALOGUE_NOT_TRUSTED = "catalogue_not_trusted"
    CATALOGUE_NOT_NEWER = "catalogue_not_newer"
    MODEL_MISSING = "model_missing"
    MODEL_ALTERED = "model_altered"
    MODEL_BROKEN = "model_broken"
    PROVIDER_MISSING = "provider_missing"
    EXTRA_MISSING = "extra_missing"
    WORKERS_LOST = "workers_lost"
    SETTINGS_INVALID = "settings_invalid"
    INTERNAL = "internal"


class StreamFault(StrEnum):
    """What can be wrong with a stream: a closed set of its own, for some words mean another thing there."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    AUTH_REQUIRED = "auth_required"
    AUTH_FAILED = "auth_failed"
    NOT_FOUND = "not_found"
    UNSUPPORTED_CODEC = "unsupported_codec"
    TLS_FAILED = "tls_failed"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    CORRUPT = "corrupt"
    ENDED = "ended"


Code = ErrorCode | StreamFault


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a code becomes outside: HTTP status, process exit code, advice to the user."""

    status: int
    exit_code: int
    advice: str


EXIT_DONE = 0
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_MODEL = 4

OUTCOMES = MappingProxyType(
    {
        ErrorCode.EMPTY: Outcome(422, EXIT_INPUT, "The file is empty: send it again."),
        ErrorCode.NOT_A_PICTURE: Outcome(
            415, EXIT_INPUT, "This is no picture: send a JPEG, PNG, WebP, HEIC or AVIF file."
        ),
        ErrorCode.UNSUPPORTED_FORMAT: Outcome(
            415, EXIT_INPUT, "Convert it to JPEG, PNG, WebP, HEIC or AVIF and send it again."
        ),
        ErrorCode.CORRUPT: Outcome(
            422, EXIT_INPUT, "The picture is damaged: fetch the original again, or export a new copy."
        ),
        ErrorCode.TOO_MANY_BYTES: Outcome(
            413, EXIT_INPUT, "Send a smaller file, or raise the limit max_photo_bytes."
        ),
        ErrorCode.TOO_MANY_PIXELS: Outcome(
            413, EXIT_INPUT, "Scale the picture down, or raise the limit max_photo_pixels."
        ),
        ErrorCode.TOO_SMALL: Outcome(422, EXIT_INPUT, "Send the picture at a larger size."),
        ErrorCode.DECODER_DIED: Outcome(
            422, EXIT_INPUT, "Send it once more; if that fails too, the file is damaged or hostile."
        ),
        ErrorCode.DECODER_TOO_SLOW: Outcome(
            422, EXIT_INPUT, "Export a plain copy and send that, or raise the limit max_decode_seconds."
        ),
        ErrorCode.TOO_MANY_PHOTOS: Outcome(
            413, EXIT_USAGE, "Send fewer photos in one request, or raise the limit max_photos_per_request."
        ),
        ErrorCode.TOO_MANY_STREAMS: Outcome(
            409, EXIT_USAGE, "Remove a stream first, or raise the limit max_streams."
        ),
        ErrorCode.TOO_MANY_BATCHES: Outcome(
            409, EXIT_USAGE, "Delete a batch first, or raise the limit batch_max_kept."
        ),
        ErrorCode.WRONG_STATE: Outcome(409, EXIT_USAGE, "Ask for its state, and try what fits that."),
        ErrorCode.PATH_NOT_ALLOWED: Outcome(
            403, EXIT_USAGE, "Choose a folder inside those that the setting batch_roots names."
        ),
        ErrorCode.NOT_AN_ARCHIVE: Outcome(415, EXIT_INPUT, "Send a ZIP, TAR or 7z archive."),
        ErrorCode.ARCHIVE_TOO_LARGE: Outcome(
            413,
            EXIT_USAGE,
            "Put it into a folder of batch_roots, or raise the limit batch_max_upload_bytes.",
        ),
        ErrorCode.HOST_NOT_ALLOWED: Outcome(
            403, EXIT_USAGE, "Check the address; the setting stream_allowed_hosts allows further hosts."
        ),
        ErrorCode.REQUEST_TOO_LARGE: Outcome(
            413, EXIT_USAGE, "Send fewer photos in one request, or raise the limit max_request_bytes."
        ),
        ErrorCode.METHOD_NOT_ALLOWED: Outcome(
            405, EXIT_USAGE, "Use one of the methods in the Allow header: /docs lists them."
        ),
        ErrorCode.NOT_TEXT: Outcome(415, EXIT_INPUT, "Send what a device answered, saved as text."),
        ErrorCode.TEXT_TOO_LARGE: Outcome(
            413, EXIT_INPUT, "Send the answer alone, or raise the limit max_protocol_bytes."
        ),
        ErrorCode.NOT_READABLE: Outcome(404, EXIT_INPUT, "Check the path and its permissions."),
        ErrorCode.NOT_WRITABLE: Outcome(507, EXIT_USAGE, "Choose another place, or correct its permissions."),
        ErrorCode.NOT_FOUND: Outcome(404, EXIT_INPUT, "Check the id: it is unknown or was deleted."),
        ErrorCode.BAD_REQUEST: Outcome(422, EXIT_USAGE, "Correct the request: /docs describes its form."),
        ErrorCode.UNAUTHORISED: Outcome(
            401, EXIT_USAGE, "Send the header 'Authorization: Bearer TOKEN' with the service's token."
        ),
        ErrorCode.FORBIDDEN: Outcome(
            403, EXIT_USAGE, "Use a token with the scope that is named: 'camid token create' makes one."
        ),
        ErrorCode.UNPAIRED: Outcome(
            401, EXIT_USAGE, "Pair this phone again: camid lan pair shows a QR code for it."
        ),
        ErrorCode.FOREIGN_ORIGIN: Outcome(
            403, EXIT_USAGE, "Open Camid's own page, at the address that was paired, and try again there."
        ),
        ErrorCode.CODE_WRONG: Outcome(
            403, EXIT_USAGE, "Scan the QR code again, or make a new one: camid lan pair."
        ),
        ErrorCode.CODE_USED: Outcome(403, EXIT_USAGE, "Make a new one for this phone: camid lan pair."),
        ErrorCode.CODE_EXPIRED: Outcome(403, EXIT_USAGE, "Make a new one: camid lan pair."),
        ErrorCode.TOO_MANY_REQUESTS: Outcome(
            429, EXIT_USAGE, "Try again after the time in the Retry-After header."
        ),
        ErrorCode.BUSY: Outcome(503, EXIT_USAGE, "Try again after the time in the Retry-After header."),
        ErrorCode.STORE_FULL: Outcome(
            507, EXIT_USAGE, "Free disk space in the data directory, then try again."
        ),
        ErrorCode.STORE_BROKEN: Outcome(
            503, EXIT_USAGE, "Stop the service, check the disk, then restore the last backup (camid restore)."
        ),
        ErrorCode.NOT_A_BACKUP: Outcome(415, EXIT_INPUT, "Give a file that camid backup wrote, whole."),
        ErrorCode.NOT_A_CATALOGUE: Outcome(
            415, EXIT_INPUT, "Fetch the signed catalogue again, whole, or install an earlier one."
        ),
        ErrorCode.CATALOGUE_TOO_NEW: Outcome(
            409, EXIT_USAGE, "Install a newer Camid, or a catalogue that was made for this one."
        ),
        ErrorCode.CATALOGUE_NOT_TRUSTED: Outcome(
            403, EXIT_USAGE, "Ask who signed it for the public key, by another way, and give it with --key."
        ),
        ErrorCode.CATALOGUE_NOT_NEWER: Outcome(
            409, EXIT_USAGE, "Keep the one there is, or give --force-older."
        ),
        ErrorCode.MODEL_MISSING: Outcome(
            503, EXIT_MODEL, "Install the models again, or set CAMID_MODELS_DIR."
        ),
        ErrorCode.MODEL_ALTERED: Outcome(
            503, EXIT_MODEL, "The file is not the one the manifest names: install the models again."
        ),
        ErrorCode.MODEL_BROKEN: Outcome(
            503, EXIT_MODEL, "Install the models again, or choose another provider."
        ),
        ErrorCode.PROVIDER_MISSING: Outcome(
            503, EXIT_MODEL, "Unset CAMID_PROVIDER, or install an ONNX Runtime that has it."
        ),
        ErrorCode.EXTRA_MISSING: Outcome(501, EXIT_USAGE, "Install the extra that is named, then try again."),
        ErrorCode.WORKERS_LOST: Outcome(
            503,
            EXIT_USAGE,
            "Check that every node has this Camid, then run the command again.",
        ),
        ErrorCode.SETTINGS_INVALID: Outcome(500, EXIT_USAGE, "Correct the setting that is named."),
        ErrorCode.INTERNAL: Outcome(500, EXIT_INPUT, "This is a defect in Camid: please report it."),
    }
)


STREAM_OUTCOMES = MappingProxyType(
    {
        StreamFault.UNREACHABLE: Outcome(
            502, EXIT_INPUT, "Check the address, the cable and that the camera has power."
        ),
        StreamFault.REFUSED: Outcome(
            502, EXIT_INPUT, "Check the port, and that RTSP is switched on in the camera."
        ),
        StreamFault.AUTH_REQUIRED: Outcome(502, EXIT_INPUT, "Give a user name and a password."),
        StreamFault.AUTH_FAILED: Outcome(
            502, EXIT_INPUT, "Check user name and password; cameras lock out after some wrong tries."
        ),
        StreamFault.NOT_FOUND: Outcome(502, EXIT_INPUT, "Check the path of the stream's address."),
        StreamFault.UNSUPPORTED_CODEC: Outcome(
            502, EXIT_INPUT, "Set the camera to H.264, H.265 or MJPEG, with a video track."
        ),
        StreamFault.TLS_FAILED: Outcome(
            502, EXIT_INPUT, "Check that the port speaks TLS, and the camera's certificate."
        ),
        StreamFault.TIMEOUT: Outcome(
            504, EXIT_INPUT, "Check the network on the way; the camera answers too slowly or not at all."
        ),
        StreamFault.STALLED: Outcome(
            504, EXIT_INPUT, "Restart the camera if it stays so: it is connected and sends nothing."
        ),
        StreamFault.CORRUPT: Outcome(
            502, EXIT_INPUT, "Try TCP transport, a lower bit rate, or another cable: the data are damaged."
        ),
        StreamFault.ENDED: Outcome(502, EXIT_INPUT, "The camera closed the stream: see its own log."),
    }
)


class CamidError(Exception):
    """An error with a stable code and a message that names what was wrong, without advice."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[CamidError], tuple[Code, str]]:
        """For processes that pass errors on: what an exception does by itself loses the code."""
        return type(self), (self.code, self.message)

    @property
    def outcome(self) -> Outcome:
        code = self.code
        return STREAM_OUTCOMES[code] if isinstance(code, StreamFault) else OUTCOMES[code]

    def __str__(self) -> str:
        return f"{self.message} {self.outcome.advice}"


class PhotoError(CamidError):
    """A picture that cannot be decoded within the limits."""


class ModelError(CamidError):
    """A model file or its execution provider that cannot be used."""


class StreamError(CamidError):
    """A stream that cannot be read. The message names the stream, its credentials left out; ``exchange`` is
    what the camera answered up to then, if anything."""

    def __init__(self, code: StreamFault, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(code, message)
        self.fault = code
        self.exchange = exchange

    def anew(self) -> StreamError:
        """The same without its traceback. Who keeps an error keeps and raises such copies: the traceback of
        one that was raised holds the frames it went through, and all that their variables hold."""
        return StreamError(self.fault, self.message, self.exchange)
