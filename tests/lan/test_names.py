from __future__ import annotations

import ipaddress

import pytest

from edge.lan.names import PRIVATE, box_names, local_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("camid-box", "camid-box.local"),
        ("Camid Box.example.org", "camid-box.local"),
        ("_über_", "ber.local"),
        ("", "camid.local"),
        ("x" * 200, f"{'x' * 63}.local"),
    ],
)
def test_a_host_name_becomes_one_of_multicast_dns(host: str, name: str) -> None:
    assert local_name(host) == name


def test_a_given_address_stands_alone_with_the_loopback() -> None:
    assert [str(one) for one in box_names("192.168.1.20").addresses] == ["192.168.1.20", "127.0.0.1"]
    assert [str(one) for one in box_names("127.0.0.1").addresses] == ["127.0.0.1"]


@pytest.mark.parametrize(("anywhere", "loopback"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
def test_listening_everywhere_it_has_private_addresses_of_that_kind_only(
    anywhere: str, loopback: str
) -> None:
    *found, last = box_names(anywhere).addresses
    assert str(last) == loopback
    assert len({*found}) == len(found)
    for one in found:
        assert one.version == ipaddress.ip_address(anywhere).version
        assert any(one in network for network in PRIVATE)
