"""What the authority can sign and what not, by real handshakes with OpenSSL in both roles."""

from __future__ import annotations

import ipaddress
import logging
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge.errors import CamidError, ErrorCode
from edge.lan.authority import AUTHORITY_DAYS, Authority, load_authority, make_authority, save_authority
from edge.lan.names import BoxNames

NOW = datetime.now(UTC)
BOX = "box.local"
HOME = ipaddress.ip_address("192.168.1.20")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority(BOX, NOW)


def handshake(authority: Authority, pem: bytes, asked: str, folder: Path) -> None:
    """Raises: ssl.SSLCertVerificationError."""
    file = folder / "server.pem"
    file.write_bytes(pem)
    offering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offering.load_cert_chain(file)
    trusting = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(authority.der))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = offering.wrap_bio(to_server, to_client, server_side=True)
    client = trusting.wrap_bio(to_client, to_server, server_hostname=asked)
    done = 0
    for _ in range(10):
        done = 0
        for side in (client, server):
            try:
                side.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                pass
        if done == 2:
            return
    raise AssertionError("no handshake")


def signed(authority: Authority, *names: x509.GeneralName, days: int = 90, now: datetime = NOW) -> bytes:
    return authority.sign(list(names), now, days)


@pytest.mark.parametrize("asked", ["192.168.1.20", BOX, "fd00::20"])
def test_a_device_that_trusts_it_takes_the_box(authority: Authority, tmp_path: Path, asked: str) -> None:
    names = BoxNames((HOME, ipaddress.ip_address("fd00::20")), (BOX,))
    handshake(authority, signed(authority, *authority.vouchable(names)), asked, tmp_path)


@pytest.mark.parametrize("asked", ["192.168.1.21", "other.local", "example.com"])
def test_another_name_is_refused(authority: Authority, tmp_path: Path, asked: str) -> None:
    pem = signed(authority, x509.IPAddress(HOME), x509.DNSName(BOX))
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(authority, pem, asked, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("example.com"),
        x509.DNSName("other.local"),
        x509.IPAddress(ipaddress.ip_address("8.8.8.8")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ],
)
def test_what_it_signs_beyond_its_bounds_nobody_takes(
    authority: Authority, tmp_path: Path, name: x509.GeneralName
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(authority, signed(authority, name), str(name.value), tmp_path)


def test_names_beyond_its_bounds_are_left_out(authority: Authority) -> None:
    names = BoxNames((ipaddress.ip_address("8.8.8.8"), HOME), ("renamed.local", BOX, "localhost"))
    assert [one.value for one in authority.vouchable(names)] == [HOME, BOX, "localhost"]


def test_an_authority_below_it_is_worth_nothing(authority: Authority, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    below = (
        x509.CertificateBuilder(
            authority.certificate.subject,
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "below")]),
            key.public_key(),
            x509.random_serial_number(),
            NOW - timedelta(days=1),
            NOW + timedelta(days=9),
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            authority.certificate.extensions.get_extension_for_class(x509.KeyUsage).value, critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )
    pem = signed(Authority(below, key), x509.IPAddress(HOME))
    chain = pem + below.public_bytes(serialization.Encoding.PEM)
    with pytest.raises(ssl.SSLCertVerificationError, match="path length"):
        handshake(authority, chain, str(HOME), tmp_path)


def test_a_certificate_ends(authority: Authority, tmp_path: Path) -> None:
    pem = signed(authority, x509.IPAddress(HOME), now=NOW - timedelta(hours=1), days=1)
    handshake(authority, pem, str(HOME), tmp_path)
    old = make_authority(BOX, NOW - timedelta(days=50))
    pem = signed(old, x509.IPAddress(HOME), now=NOW - timedelta(days=31), days=30)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(old, pem, str(HOME), tmp_path)


def test_no_certificate_outlives_its_authority(authority: Authority) -> None:
    late = NOW + timedelta(days=AUTHORITY_DAYS - 10)
    made = x509.load_pem_x509_certificate(signed(authority, x509.IPAddress(HOME), now=late))
    assert made.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_it_is_kept_for_its_owner_alone(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "authority.pem"
    save_authority(path, authority)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_authority(path).fingerprint == authority.fingerprint
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        load_authority(path)
    assert "Others could read" in caplog.text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"no PEM", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "authority.pem"
    path.write_bytes(content)
    with pytest.raises(CamidError, match=r"authority\.pem is damaged") as caught:
        load_authority(path)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_the_key_of_another_is_no_key(authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "authority.pem"
    save_authority(path, Authority(authority.certificate, ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(CamidError, match="damaged"):
        load_authority(path)


def test_the_key_is_in_no_repr(authority: Authority) -> None:
    assert "key" not in repr(authority)
