"""TLS by settings: the service speaks it, and says at once what is wrong with certificate and key."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.errors import CamidError, ErrorCode
from edge.service.auth import load_or_make_token
from edge.service.data_dir import DataDir
from edge.service.server import Server, check_tls, listen
from tests.support.service import StandIn, make_settings


def write_pair(folder: Path, password: bytes | None = None) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camid test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealing = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)
    )
    return files


def test_the_service_speaks_tls(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path)
    settings = make_settings(tmp_path / "data", tls_certificate=certificate, tls_key=key)
    listener, data = listen(settings), DataDir(settings.data_dir)
    server = Server(settings, StandIn().load, (data, load_or_make_token(settings, data).token))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address = listener.getsockname()
        trusted = ssl.create_default_context(cafile=certificate)
        with httpx.Client(verify=trusted, trust_env=False, timeout=20) as client:
            assert client.get(f"https://127.0.0.1:{address[1]}/healthz").json() == {"status": "ok"}
        with socket.create_connection(address, timeout=20) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" not in plain.recv(100)
    finally:
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


def test_half_a_pair_is_refused(tmp_path: Path) -> None:
    certificate, _ = write_pair(tmp_path)
    with pytest.raises(CamidError, match="both or neither") as caught:
        check_tls(make_settings(tmp_path, tls_certificate=certificate))
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_files_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certificate, key = write_pair(tmp_path)
    _, other = write_pair(tmp_path / "other")
    check_tls(make_settings(tmp_path, tls_certificate=certificate, tls_key=key))
    for wrong in (other, certificate, tmp_path / "missing"):
        with pytest.raises(CamidError, match="cannot be used"):
            check_tls(make_settings(tmp_path, tls_certificate=certificate, tls_key=wrong))


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path, b"secret")
    with pytest.raises(CamidError, match="cannot be used"):
        check_tls(make_settings(tmp_path, tls_certificate=certificate, tls_key=key))
