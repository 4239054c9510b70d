"""The server certificate of the box: made anew before it ends, and when box or authority changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.lan.authority import Authority, load_authority, make_authority, save_authority
from edge.lan.names import BoxNames, local_name

_log = logging.getLogger("edge.lan")

FOLDER = "lan"
AUTHORITY = "authority.pem"

Now = Callable[[], datetime]


class BoxCertificate:
    """Authority and server certificate in one folder of the data directory; both are made where missing.

    ``file`` holds the key and the certificate of the server. For one thread at a time.
    """

    def __init__(
        self,
        data: Path,
        days: int,
        names: Callable[[], BoxNames],
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = data / FOLDER
        self._days = days
        self._names = names
        self._now = now
        self.file = self._folder / "server.pem"
        self.authority = self._load_or_make()

    def refresh(self) -> bool:
        """Makes the certificate anew if it is time; whether it, or the authority, is another than before.

        Raises:
            CamidError: ``settings_invalid`` for an authority that is damaged or has ended, or a box without a
                name that the authority may sign; OSError.
        """
        before = self.authority
        self.authority = self._load_or_make()
        now = self._now()
        if self.authority.certificate.not_valid_after_utc <= now:
            raise CamidError(
                ErrorCode.SETTINGS_INVALID,
                "lan: the authority has ended; camid lan renew makes one that phones must trust anew.",
            )
        names = self.authority.vouchable(self._names())
        if not self._is_due(names, now):
            return before.certificate != self.authority.certificate
        write_private(self.file, self.authority.sign(names, now, self._days))
        _log.info("Made a server certificate for %s", ", ".join(str(one.value) for one in names))
        return True

    def _load_or_make(self) -> Authority:
        path = self._folder / AUTHORITY
        try:
            return load_authority(path)
        except FileNotFoundError:
            return replace_authority(self._folder.parent, self._now())

    def _is_due(self, names: list[x509.GeneralName], now: datetime) -> bool:
        """Missing, of another authority, lacking a name, in its last third, or of a time to come: a clock
        that ran ahead was set right. A name that is gone is no reason: networks come and go."""
        try:
            kept = x509.load_pem_x509_certificate(self.file.read_bytes())
            kept.verify_directly_issued_by(self.authority.certificate)
            named = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (FileNotFoundError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return True
        start, end = kept.not_valid_before_utc, kept.not_valid_after_utc
        ends_soon = now > end - (end - start) / 3 and end < self.authority.certificate.not_valid_after_utc
        return ends_soon or now < start or not set(names) <= set(named)


def replace_authority(data: Path, now: datetime) -> Authority:
    """A new authority in the place of one that may be there; a running service takes it up by itself."""
    authority = make_authority(local_name(), now)
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    save_authority(folder / AUTHORITY, authority)
    return authority


def known_authority(data: Path) -> Authority:
    """That of a service which runs, or ran, on the local network.

    Raises:
        CamidError: ``not_readable`` where there is none, ``settings_invalid`` for a damaged one.
    """
    try:
        return load_authority(data / FOLDER / AUTHORITY)
    except FileNotFoundError:
        message = f"{data} holds no authority: camid serve --lan makes one."
        raise CamidError(ErrorCode.NOT_READABLE, message) from None
