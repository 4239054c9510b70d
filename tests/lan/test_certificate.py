"""The server certificate is made anew when it is time, and only then."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.errors import CamidError, ErrorCode
from edge.lan.authority import AUTHORITY_DAYS
from edge.lan.certificate import AUTHORITY, FOLDER, BoxCertificate, known_authority, replace_authority
from edge.lan.names import BoxNames, local_name
from tests.support.clock import FakeClock

DAY_S = 86_400


@dataclass
class Box:
    """A machine whose addresses and clock the test sets."""

    data: Path
    clock: FakeClock = field(default_factory=FakeClock)
    addresses: list[str] = field(default_factory=lambda: ["192.168.1.20"])

    def names(self) -> BoxNames:
        return BoxNames(tuple(map(ipaddress.ip_address, self.addresses)), (local_name(), "localhost"))

    def certificate(self) -> BoxCertificate:
        return BoxCertificate(self.data, 90, self.names, self.clock.now)

    def kept(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.data / FOLDER / "server.pem").read_bytes())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def named(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(one.value) for one in names}


def test_it_is_made_once_and_stays(box: Box) -> None:
    assert box.certificate().refresh()
    first, authority = box.kept(), known_authority(box.data)
    assert named(first) == {"192.168.1.20", local_name(), "localhost"}
    again = box.certificate()
    assert not again.refresh()
    assert box.kept() == first
    assert again.authority.certificate == authority.certificate
    for name in (AUTHORITY, "server.pem"):
        assert (box.data / FOLDER / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("days", "renewed"), [(59, False), (61, True)])
def test_it_is_renewed_in_its_last_third(box: Box, days: int, renewed: bool) -> None:
    certificate = box.certificate()
    certificate.refresh()
    first = box.kept()
    box.clock.advance(days * DAY_S)
    assert certificate.refresh() is renewed
    assert (box.kept() != first) is renewed
    assert box.kept().not_valid_after_utc > box.clock.now() + timedelta(days=29)


def test_a_new_address_makes_a_new_one_and_one_that_is_gone_does_not(box: Box) -> None:
    certificate = box.certificate()
    certificate.refresh()
    box.addresses.append("10.0.0.5")
    assert certificate.refresh()
    assert {"192.168.1.20", "10.0.0.5"} <= named(box.kept())
    box.addresses.remove("192.168.1.20")
    assert not certificate.refresh()


def test_an_address_that_the_authority_may_not_sign_is_left_out(box: Box) -> None:
    box.addresses.append("203.0.113.9")
    certificate = box.certificate()
    certificate.refresh()
    assert "203.0.113.9" not in named(box.kept())
    assert not certificate.refresh()


def test_a_clock_that_ran_ahead_leaves_no_certificate_of_a_time_to_come(box: Box, tmp_path: Path) -> None:
    box.certificate().refresh()
    ahead = Box(tmp_path, FakeClock(datetime.fromisoformat("2027-03-14T00:00:00Z")))
    assert ahead.certificate().refresh()
    assert box.certificate().refresh()
    assert box.kept().not_valid_before_utc < box.clock.now() < box.kept().not_valid_after_utc


def test_a_damaged_one_is_made_anew(box: Box) -> None:
    certificate = box.certificate()
    certificate.refresh()
    certificate.file.write_text("garbage")
    assert certificate.refresh()
    assert named(box.kept())


def test_a_replaced_authority_is_taken_up(box: Box) -> None:
    certificate = box.certificate()
    certificate.refresh()
    before = certificate.authority.fingerprint
    replace_authority(box.data, box.clock.now())
    assert certificate.refresh()
    assert certificate.authority.fingerprint != before
    box.kept().verify_directly_issued_by(known_authority(box.data).certificate)


def test_an_authority_that_has_ended_is_said(box: Box) -> None:
    certificate = box.certificate()
    certificate.refresh()
    box.clock.advance((AUTHORITY_DAYS - 5) * DAY_S)
    assert certificate.refresh()
    assert not certificate.refresh(), "near the end of the authority it is not made anew each time"
    box.clock.advance(6 * DAY_S)
    with pytest.raises(CamidError, match="camid lan renew") as caught:
        certificate.refresh()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_without_one_the_command_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(CamidError, match="camid serve --lan makes one"):
        known_authority(tmp_path)
