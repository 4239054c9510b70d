"""A certificate authority that can vouch for this box and for nothing else (RFC 5280).

Phones trust what it signs, so it is bound in three ways, all critical: no authority below it (``pathlen``
0), server certificates only (extended key usage), and only private addresses, loopback and the box's own
``.local`` name (name constraints). Its key lies in one file with its certificate, readable by its owner.
"""

from __future__ import annotations

import ipaddress
import logging
import stat
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.lan.names import LOOPBACK, PRIVATE, BoxNames

_log = logging.getLogger("edge.lan")

AUTHORITY_DAYS = 3650
"""Every phone has to be told anew when it ends."""
_BEFORE = timedelta(days=1)
"""Valid already the day before it was made: clocks of phones may be behind."""
_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate as people compare it: pairs of hexadecimal digits with colons."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def vouchable(self, names: BoxNames) -> list[x509.GeneralName]:
        """Those of ``names`` that it may sign: the host's name may have changed since it was made."""
        wanted = [*map(x509.IPAddress, names.addresses), *map(x509.DNSName, names.hosts)]
        permitted = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return [one for one in wanted if _is_permitted(one, permitted.permitted_subtrees or [])]

    def sign(self, names: list[x509.GeneralName], now: datetime, days: int) -> bytes:
        """A new key and the certificate of a server of these names, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _begun(_name("Camid"), self.certificate.subject, key.public_key())
            .not_valid_before(max(now - _BEFORE, self.certificate.not_valid_before_utc))
            .not_valid_after(min(now + timedelta(days=days), self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signing=True), critical=True)
            .add_extension(_SERVER, critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        return _pem(key, builder.sign(self.key, hashes.SHA256()))


def make_authority(host: str, now: datetime) -> Authority:
    """A new one for the box whose ``.local`` name is ``host``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(f"Camid on {host[:40]}")
    permitted: list[x509.GeneralName] = [
        *map(x509.IPAddress, (*PRIVATE, *LOOPBACK)),
        x509.DNSName(host),
        x509.DNSName("localhost"),
    ]
    builder = (
        _begun(subject, subject, key.public_key())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signing=False), critical=True)
        .add_extension(_SERVER, critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def save_authority(path: Path, authority: Authority) -> None:
    """Raises: OSError."""
    write_private(path, _pem(authority.key, authority.certificate))


def load_authority(path: Path) -> Authority:
    """Raises: FileNotFoundError; CamidError: ``settings_invalid`` for a damaged file."""
    content = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(content, None)
        authority = x509.load_pem_x509_certificate(content)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != authority.public_key():
            raise ValueError
    except (ValueError, TypeError):
        raise CamidError(
            ErrorCode.SETTINGS_INVALID,
            f"data_dir: {path.name} is damaged; take it from a backup, or make a new one: camid lan renew.",
        ) from None
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        _log.warning("Others could read %s; now its owner alone can.", path.name)
        path.chmod(0o600)
    return Authority(authority, key)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signing: bool) -> x509.KeyUsage:
    """A server signs in the handshake, an authority certificates; neither does the other."""
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signing,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _is_permitted(name: x509.GeneralName, permitted: list[x509.GeneralName]) -> bool:
    if isinstance(name, x509.DNSName):
        hosts = [one.value for one in permitted if isinstance(one, x509.DNSName)]
        return any(name.value == host or name.value.endswith(f".{host}") for host in hosts)
    networks = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    return any(
        isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network) and name.value in network
        for network in networks
    )
