"""Where streams may come from: every spelling of every address that must not be reached."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.media.hosts import AllowedHosts, host_policy
from edge.settings import load_settings


def pin(host: str, *answers: str, allowed: Sequence[str] = ()) -> str:
    """What the policy says of ``host``, which resolves to ``answers``."""
    return host_policy(load_settings(stream_allowed_hosts=allowed), lambda _: answers)(host)


def refusal(host: str, *answers: str, allowed: Sequence[str] = ()) -> ErrorCode:
    with pytest.raises(CamidError) as caught:
        pin(host, *answers, allowed=allowed)
    assert isinstance(caught.value.code, ErrorCode)
    return caught.value.code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.10", "::1", "fd12::7"]
)
def test_private_addresses_may_be_asked(host: str) -> None:
    assert pin(host) == host
    assert pin("camera.local", host) == host


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8", "172.32.0.1", "192.169.0.1", "100.64.0.1", "2001:4860:4860::8888",
        "169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16",
        "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "255.255.255.255", "ff02::1",
        "::ffff:8.8.8.8", "::ffff:808:808", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::8.8.8.8",
        "::169.254.169.254", "64:ff9b::8.8.8.8", "64:ff9b::a9fe:a9fe", "2002:808:808::1", "2002:a9fe:a9fe::1",
        "2001:0:808:808::1",
    ],
)  # fmt: skip
def test_others_may_not_directly_or_by_name(host: str) -> None:
    assert refusal(host) is ErrorCode.HOST_NOT_ALLOWED
    assert refusal("camera.local", host) is ErrorCode.HOST_NOT_ALLOWED
    assert refusal("camera.local", "192.168.1.10", host) is ErrorCode.HOST_NOT_ALLOWED


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "0251.0376.0251.0376",
     "127.0.0.1.", "2852039166", "1", "192.168.1.010", "256.1.1.1", "1.2.3.4.5"],
)  # fmt: skip
def test_addresses_in_other_spellings_are_refused_before_they_are_resolved(host: str) -> None:
    assert refusal(host, "127.0.0.1") is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize(
    "host",
    ["", " ", "a b", "a\nb", "a/b", "a@b", "a:b", "[::1]", "-a.example", "a..b", "ä.example", "a" * 64, "%"],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    assert refusal(host, "127.0.0.1") is ErrorCode.BAD_REQUEST


def test_a_mapped_address_is_pinned_as_what_it_means() -> None:
    assert pin("::ffff:192.168.1.10") == "192.168.1.10"
    assert pin("camera.local", "::ffff:7f00:1") == "127.0.0.1"


def test_the_first_address_is_pinned() -> None:
    assert pin("camera.local", "192.168.1.11", "192.168.1.10", "fd12::7") == "192.168.1.11"


def test_a_name_without_an_address_is_named() -> None:
    assert refusal("camera.local") is ErrorCode.BAD_REQUEST

    def fail(_host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(CamidError, match=r"camera\.local cannot be resolved"):
        host_policy(load_settings(), fail)("camera.local")


def test_it_is_resolved_once() -> None:
    """Rebinding: the second answer of the name server leads elsewhere, and is never asked for."""
    answers = iter((["192.168.1.10"], ["169.254.169.254"]))
    policy = host_policy(load_settings(), lambda _: next(answers))
    assert policy("camera.local") == "192.168.1.10"


def test_the_answer_does_not_tell_where_a_name_leads() -> None:
    with pytest.raises(CamidError) as caught:
        pin("inner.example", "203.0.113.77")
    assert "203.0.113.77" not in str(caught.value)


@pytest.mark.parametrize(
    "entry", ["203.0.113.0/24", "203.0.113.7", "::/0, 0.0.0.0/0", "cam.example.org", "CAM.example.org."]
)
def test_the_settings_allow_more(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("CAMID_STREAM_ALLOWED_HOSTS", entry)
    policy = host_policy(load_settings(), lambda _: ["203.0.113.7"])
    assert policy("cam.example.org") == "203.0.113.7"


def test_an_allowed_name_is_that_name_alone() -> None:
    allowed = ["cam.example.org"]
    assert refusal("203.0.113.7", allowed=allowed) is ErrorCode.HOST_NOT_ALLOWED
    assert refusal("other.cam.example.org", "203.0.113.7", allowed=allowed) is ErrorCode.HOST_NOT_ALLOWED


@pytest.mark.parametrize("host", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "::ffff:169.254.169.254"])
def test_metadata_services_stay_forbidden(host: str) -> None:
    allowed = ["0.0.0.0/0", "::/0", "cam.example.org"]
    assert refusal(host, allowed=allowed) is ErrorCode.HOST_NOT_ALLOWED
    assert refusal("cam.example.org", host, allowed=allowed) is ErrorCode.HOST_NOT_ALLOWED


@pytest.mark.parametrize("entry", ["*", "203.0.113.7/24", "http://cam", "a b", "1.2.3", "", "*.example.org"])
def test_a_wrong_entry_is_named(entry: str) -> None:
    with pytest.raises(CamidError, match="stream_allowed_hosts") as caught:
        AllowedHosts.parse([entry])
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


@given(
    st.text(max_size=40)
    | st.ip_addresses().map(str)
    | st.from_regex(r"(0x)?[0-9a-f.:]{1,20}", fullmatch=True)
)
def test_nothing_but_an_allowed_address_comes_out(host: str) -> None:
    try:
        pinned = pin(host, "203.0.113.7")
    except CamidError:
        return
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128")
    address = ip_address(pinned)
    assert any(address in ip_network(one) for one in private if ip_network(one).version == address.version)
