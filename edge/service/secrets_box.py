"""Encrypts what must not lie about in a database: AES-256-GCM (NIST SP 800-38D) under a key file beside it.

It keeps a copy of the database alone (a backup, a stolen file) from giving away the passwords of cameras. It
does not protect against whoever can read the key file: the owner of the data directory.
"""

from __future__ import annotations

import logging
import os
import stat

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.service.data_dir import DataDir

_log = logging.getLogger("edge.service")

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORM = b"\x01"
"""First byte of everything sealed, so that another cipher can come one day."""


class UnsealableError(Exception):
    """What was sealed under another key, for another purpose, or was altered."""


class SecretsBox:
    """Seals and opens texts with the key of a data directory; the key is made where there is none.

    Raises:
        CamidError: ``settings_invalid`` for a damaged key file: it is not replaced, for what was sealed with
            it would be lost.
    """

    def __init__(self, data: DataDir) -> None:
        self._cipher = AESGCM(_load_or_make_key(data))

    def seal(self, text: str, purpose: str) -> bytes:
        """``text`` encrypted; it can be opened for the same ``purpose`` only, such as the id of its owner."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, text.encode("utf-8"), purpose.encode("utf-8"))

    def open(self, sealed: bytes, purpose: str) -> str:
        """Raises: UnsealableError."""
        nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _FORM or len(nonce) < _NONCE_BYTES:
            raise UnsealableError
        try:
            return self._cipher.decrypt(nonce, content, purpose.encode("utf-8")).decode("utf-8")
        except InvalidTag:
            raise UnsealableError from None


def _load_or_make_key(data: DataDir) -> bytes:
    try:
        key = data.secrets_key.read_bytes()
    except FileNotFoundError:
        key = AESGCM.generate_key(8 * _KEY_BYTES)
        write_private(data.secrets_key, key)
    if len(key) != _KEY_BYTES:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID,
            f"data_dir: {data.secrets_key.name} is damaged; take it from a backup, "
            "or delete it and add the streams again.",
        )
    if stat.S_IMODE(data.secrets_key.stat().st_mode) & 0o077:
        _log.warning("Others could read %s; now its owner alone can.", data.secrets_key.name)
        data.secrets_key.chmod(0o600)
    return key
