"""A certificate that signs itself, for ``localhost`` and 127.0.0.1."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate() -> Path:
    """A PEM file with key and certificate; made once a day and kept in the temporary folder."""
    name = f"camid-camera-{os.getuid()}-{datetime.now(UTC):%Y%m%d}.pem"
    path = Path(tempfile.gettempdir()) / name
    if not path.is_file():
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.touch(0o600)
        unfinished.write_bytes(_make())
        unfinished.rename(path)
    return path


def _make() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    signed = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False).sign(
        key, hashes.SHA256()
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + signed.public_bytes(serialization.Encoding.PEM)
