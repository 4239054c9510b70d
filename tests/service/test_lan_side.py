"""The service on the local network: TLS under its own authority, kept current, and the port before trust."""

from __future__ import annotations

import io
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from rich.console import Console
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import CamidError
from edge.lan.certificate import known_authority
from edge.lan.names import local_name
from edge.operation.backup import back_up
from edge.operation.restore import restore
from edge.service.data_dir import DataDir
from edge.service.lan_address import LanAddress, read_address
from edge.service.lan_greeting import greet_lan, show_trust
from edge.service.server import check_tls, listen, open_lan
from edge.service.store import Store
from tests.support.lan import LanService, on_the_lan
from tests.support.qr import decoded
from tests.support.service import make_settings, running, wait_for

CERTIFICATE = "/camid-authority.crt"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanService]:
    settings = make_settings(
        tmp_path_factory.mktemp("lan") / "data",
        lan=True,
        host="127.0.0.1",
        lan_trust_port=0,
        lan_check_s=0.05,
    )
    with on_the_lan(settings) as started:
        yield started


@pytest.fixture(scope="module")
def before(service: LanService) -> Iterator[httpx.Client]:
    """A device that does not trust the box yet."""
    with httpx.Client(base_url=service.trust_url, trust_env=False, timeout=30) as client:
        yield client


def served(service: LanService, asked: str = "127.0.0.1") -> x509.Certificate:
    """By a handshake that trusts the authority and wants the name ``asked``."""
    url = urlsplit(service.url)
    with (
        socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as plain,
        service.trusting().wrap_socket(plain, server_hostname=asked) as wrapped,
    ):
        content = wrapped.getpeercert(binary_form=True)
    assert content is not None
    return x509.load_der_x509_certificate(content)


def camid(service: LanService, *words: str) -> str:
    result = CliRunner().invoke(app, ["lan", *words, "--data-dir", str(service.data_dir)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("asked", ["127.0.0.1", "localhost", local_name()])
def test_a_device_that_trusts_the_authority_reaches_the_box_by_its_names(
    service: LanService, asked: str
) -> None:
    assert served(service, asked).not_valid_after_utc > served(service, asked).not_valid_before_utc


def test_it_does_not_reach_it_by_another_name(service: LanService) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        served(service, "example.com")


def test_a_device_that_does_not_trust_it_is_warned(service: LanService) -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError, match="verify"):
        client.get(f"{service.url}/healthz")


def test_before_trust_only_the_certificate_and_its_page_are_served(before: httpx.Client) -> None:
    for path in ("/", "/trust", "/static/camid.css", "/static/lan.js", "/static/texts/uk.json", CERTIFICATE):
        assert before.get(path).status_code == 200, path
    for path in ("/api/v1/photos", "/api/v1/pairing", "/pair", "/static/camid.js", "/openapi.json", "/docs"):
        assert before.get(path).status_code == 404, path
    for path in ("/static/../trust.py", "/static/texts/..%2f..%2fcamid.js", "/static/texts/../camid.js"):
        assert before.get(path).status_code == 404, path
    assert before.post("/api/v1/pairing", json={"code": "x"}).status_code == 404


def test_the_certificate_is_the_authority_without_its_key(service: LanService, before: httpx.Client) -> None:
    answer = before.get(CERTIFICATE)
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert "camid-authority.crt" in answer.headers["content-disposition"]
    assert x509.load_der_x509_certificate(answer.content) == known_authority(service.data_dir).certificate
    with service.client() as client:
        assert client.get(CERTIFICATE).content == answer.content


def test_the_page_shows_the_fingerprint_and_what_it_came_by(
    service: LanService, before: httpx.Client
) -> None:
    fingerprint = known_authority(service.data_dir).fingerprint
    with service.client() as client:
        pages = before.get("/"), client.get("/trust")
    for page in pages:
        assert ":".join(part.split("<")[0] for part in page.text.split("<code>")[1:]) == fingerprint
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert f'href="{service.url}/"' in page.text
    assert ["without encryption" in page.text for page in pages] == [True, False]


def test_the_terminal_shows_a_code_that_pairs_and_what_to_compare(service: LanService) -> None:
    shown = camid(service, "pair", "--name", "scanned", "--days", "3")
    url = decoded(shown)
    assert url.startswith(f"{service.url}/pair#")
    with service.client() as client:
        assert (
            client.post("/api/v1/pairing", json={"code": url.partition("#")[2]}).json()["name"] == "scanned"
        )
    assert "scanned" in camid(service, "list")
    assert "(scanned)" in camid(service, "revoke", "scanned")
    assert "revoked" in camid(service, "list")
    told = camid(service, "trust").split()
    assert (
        ":".join(word for word in told if word.count(":") == 15)
        == known_authority(service.data_dir).fingerprint
    )


def test_a_renewed_authority_is_served_without_a_restart(service: LanService, before: httpx.Client) -> None:
    old, trusted = known_authority(service.data_dir), service.trusting()
    camid(service, "renew", "--yes")
    new = known_authority(service.data_dir)
    assert new.fingerprint != old.fingerprint
    wait_for(lambda: before.get(CERTIFICATE).content == new.der)
    wait_for(lambda: _issued_by(service, new.certificate))
    with (
        httpx.Client(verify=trusted, trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="verify"),
    ):
        client.get(f"{service.url}/healthz")


def _issued_by(service: LanService, authority: x509.Certificate) -> bool:
    try:
        served(service).verify_directly_issued_by(authority)
    except ssl.SSLError:
        return False
    return True


def test_a_service_that_ended_is_told_from_one_that_runs(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", lan=True, host="127.0.0.1", lan_trust_port=0)
    with on_the_lan(settings) as service:
        first = known_authority(settings.data_dir).fingerprint
        assert read_address(settings.data_dir).service == service.url
    with pytest.raises(CamidError, match="start camid serve --lan"):
        read_address(settings.data_dir)
    with on_the_lan(settings):
        assert known_authority(settings.data_dir).fingerprint == first


def test_files_are_for_the_owner_alone(service: LanService) -> None:
    folder = service.data_dir / "lan"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_name_of_ones_own_stands_in_the_qr_code(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, lan=True, host="127.0.0.1", lan_trust_port=0, lan_host="192.168.7.7")
    with closing(listen(settings)) as listener, closing(open_lan(settings, listener)) as lan:
        assert urlsplit(lan.address.service).hostname == "192.168.7.7"


def test_a_certificate_is_made_or_given_not_both(tmp_path: Path) -> None:
    both = make_settings(tmp_path, lan=True, tls_certificate=tmp_path / "a", tls_key=tmp_path / "b")
    with pytest.raises(CamidError, match="not both"):
        check_tls(both)


def test_without_an_authority_there_is_no_page_on_it(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as plain, plain.client(token=None) as client:
        for path in ("/trust", CERTIFICATE):
            assert client.get(path).status_code == 404


@pytest.mark.parametrize("watched", [True, False])
def test_a_code_is_shown_to_a_person_and_not_to_a_journal(tmp_path: Path, watched: bool) -> None:
    out = io.StringIO()
    settings = make_settings(tmp_path, lan=True, host="127.0.0.1", lan_trust_port=0)
    console = Console(file=out, force_terminal=watched)
    with (
        closing(listen(settings)) as listener,
        closing(open_lan(settings, listener)) as lan,
        DataDir(tmp_path) as data,
        closing(Store(data)) as store,
    ):
        greet_lan(console, lan, store.pairings, settings)
        shown = out.getvalue()
        assert lan.certificate.authority.fingerprint[:47] in shown
        assert f"{lan.address.trust}/" in shown
    if watched:
        assert decoded(shown).startswith(f"{lan.address.service}/pair#")
    else:
        assert "#" not in shown
        assert "camid lan pair shows" in shown


def test_a_fingerprint_is_shown_byte_for_byte() -> None:
    """A terminal library may take “:CD:” for the name of a picture of a disc."""
    out, fingerprint = io.StringIO(), ":".join(["AB", "CD"] * 16)
    address = LanAddress(
        service="https://[fd00:ab:1:cd:2::1]:8470", trust="http://a:8471", others=("https://[::ab:1]",)
    )
    show_trust(Console(file=out), address, fingerprint)
    for said in (fingerprint[:47], fingerprint[48:], "https://[::ab:1]/"):
        assert said in out.getvalue()


def test_the_authoritys_key_is_in_a_backup_only_on_demand(service: LanService, tmp_path: Path) -> None:
    key = (service.data_dir / "lan" / "authority.pem").read_bytes()
    for wanted in (False, True):
        out = tmp_path / f"{wanted}.tar"
        back_up(service.data_dir, out, with_key=wanted)
        assert (key in out.read_bytes()) is wanted
        restore(out, tmp_path / f"{wanted}")
    assert known_authority(tmp_path / "True").fingerprint == known_authority(service.data_dir).fingerprint
    assert not (tmp_path / "False" / "lan").exists()
    restore(tmp_path / "False.tar", tmp_path / "True", force=True)
    assert known_authority(tmp_path / "True").fingerprint == known_authority(service.data_dir).fingerprint
