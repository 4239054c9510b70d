"""A catalogue as one signed file, as ``scripts/sign_catalogue.py`` writes it and ``camid catalogue update``
reads it.

The file: a line ``camid-catalogue 1`` with the number of the format; a line with the Ed25519 signature
(RFC 8032), in Base64, of the first line and all that follows the second; then JSON,
``{"schema": 1, "files": {NAME: TEXT}}``. Nothing in it is packed and no name in it is a place; nothing but
the first two lines is looked at before the signature is found good.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import CamidError, ErrorCode
from edge.vendors.catalogue import Catalogue
from edge.vendors.parsing import FILES, parse_catalogue, read_toml
from edge.vendors.protocol_rules import RULES_FILE, ProtocolRules, parse_protocol_rules

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAGIC = b"camid-catalogue "
FORMAT = 1
"""Of the file: a higher one is of a newer Camid."""
SCHEMA = 1
"""Of the tables in it, likewise: raised when a field is added that older programs would refuse."""
ALL_FILES = (*FILES, RULES_FILE)
MAX_BYTES = 16 * 1024 * 1024
KEYS_FILE = Path(__file__).parent / "catalogue_keys.txt"
_MAX_HEAD = 256
"""Bytes of the first two lines together."""
_KEY_BYTES = 32


class _Content(BaseModel):
    """A newer schema may hold more than is known here, so that it can be named as one."""

    model_config = ConfigDict(extra="ignore", strict=True)

    schema_: int = Field(alias="schema", ge=1)
    files: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the files of one catalogue say. ``digest`` tells two of them apart, to the byte."""

    catalogue: Catalogue
    rules: ProtocolRules
    digest: str


def facts_of(files: Mapping[str, str]) -> Facts:
    """Checks ``ALL_FILES``. Raises: CamidError: ``settings_invalid``, naming file, entry and fault."""
    catalogue = parse_catalogue(files)
    rules = parse_protocol_rules(files[RULES_FILE], catalogue)
    return Facts(catalogue, rules, digest_of(files))


def files_in(folder: Path) -> dict[str, str]:
    """``ALL_FILES`` of a folder. Raises: CamidError: ``settings_invalid`` if one cannot be read."""
    return {name: read_toml(folder / name) for name in ALL_FILES}


def digest_of(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps([files[name] for name in ALL_FILES]).encode()).hexdigest()


def seal(files: Mapping[str, str], key: Ed25519PrivateKey) -> bytes:
    """The signed file of ``ALL_FILES``."""
    head = _first_line(FORMAT)
    content = {"schema": SCHEMA, "files": {name: files[name] for name in ALL_FILES}}
    body = json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8")
    return head + base64.b64encode(key.sign(head + body)) + b"\n" + body


def unseal(data: bytes, keys: Iterable[Ed25519PublicKey]) -> Facts:
    """What a file says that one of ``keys`` signed.

    Raises:
        CamidError: ``not_a_catalogue``, ``catalogue_too_new``, ``catalogue_not_trusted``.
    """
    head, signature, body = _parts(data)
    if not any(_signed(one, signature, head + body) for one in keys):
        raise CamidError(ErrorCode.CATALOGUE_NOT_TRUSTED, "No key that is trusted signed this catalogue.")
    return _opened(body)


def trusted(data: bytes) -> Facts:
    """What a file says whose signature was found good earlier. Raises: CamidError, as ``unseal``."""
    return _opened(_parts(data)[2])


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """First line, signature, content."""
    first, _, rest = data[:_MAX_HEAD].partition(b"\n")
    second, newline, _ = rest.partition(b"\n")
    if len(data) > MAX_BYTES or not first.startswith(MAGIC) or not newline:
        raise _no_catalogue("The file is no signed catalogue.")
    head = first + b"\n"
    number = first.removeprefix(MAGIC)
    if head != _first_line(FORMAT):
        if number.isdigit() and int(number) > FORMAT:
            raise _too_new(f"The file has format {int(number)}, and {FORMAT} is known here.")
        raise _no_catalogue("The file is no signed catalogue.")
    try:
        signature = base64.b64decode(second, validate=True)
    except binascii.Error:
        raise _no_catalogue("The signature of the catalogue is damaged.") from None
    return head, signature, data[len(head) + len(second) + 1 :]


def _first_line(number: int) -> bytes:
    return MAGIC + str(number).encode() + b"\n"


def _signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - most commands check no signature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _opened(body: bytes) -> Facts:
    try:
        content = _Content.model_validate_json(body)
    except ValidationError:
        raise _no_catalogue("The content of the catalogue has not the form that it should have.") from None
    if content.schema_ > SCHEMA:
        raise _too_new(f"The catalogue has schema {content.schema_}, and {SCHEMA} is known here.")
    if set(content.files) != set(ALL_FILES):
        raise _no_catalogue(f"A catalogue has the files {', '.join(ALL_FILES)}, and no others.")
    try:
        return facts_of(content.files)
    except CamidError as error:
        raise _no_catalogue(error.message) from None


def _no_catalogue(message: str) -> CamidError:
    return CamidError(ErrorCode.NOT_A_CATALOGUE, message)


def _too_new(message: str) -> CamidError:
    return CamidError(ErrorCode.CATALOGUE_TOO_NEW, message)


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as settings and ``catalogue_keys.txt`` have it."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def public_key(text: str) -> Ed25519PublicKey:
    """Raises: CamidError: ``settings_invalid`` for a text that is no such key."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID,
            # What was given may be a private key by mistake: it is not repeated.
            "catalogue_key: a text is no public key, which has 32 bytes in Base64.",
        )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    return Ed25519PublicKey.from_public_bytes(raw)


def keys_in(text: str) -> list[Ed25519PublicKey]:
    """One key a line; what follows ``#`` is a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [public_key(line) for line in lines if line]


def keys_given(texts: Iterable[str]) -> list[Ed25519PublicKey]:
    """Each text is a key, or the path of a file with keys. Raises: CamidError: ``settings_invalid``."""
    return [key for text in texts for key in keys_in(_file_text(text) or text)]


def _file_text(path: str) -> str | None:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def trusted_keys(given: Iterable[str]) -> list[Ed25519PublicKey]:
    """The ``given`` keys, and those that are shipped. Raises: CamidError: ``settings_invalid``."""
    return [*map(public_key, given), *keys_in(KEYS_FILE.read_text("utf-8"))]
