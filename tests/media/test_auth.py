from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from edge.media.auth import Challenge, Login, parse_challenges

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def header(value: str, login: Login, method: str = "GET", uri: str = "/dir/index.html") -> str:
    login.accept(parse_challenges([value])[0])
    return login.header(method, uri) or ""


def test_the_examples_of_rfc_7616() -> None:
    for algorithm, response in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ]:
        login = Login("Mufasa", "Circle of Life", lambda: CNONCE)
        challenge = (
            f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
            f'nonce="{NONCE}", opaque="{OPAQUE}"'
        )

        answer = header(challenge, login)

        assert f'response="{response}"' in answer
        assert f'opaque="{OPAQUE}"' in answer
        assert "qop=auth, nc=00000001" in answer


def test_the_example_of_rfc_2069_without_qop() -> None:
    challenge = (
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )

    answer = header(challenge, Login("Mufasa", "CircleOfLife"))

    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer
    assert "qop" not in answer
    assert "algorithm" not in answer


def test_basic_is_answered_with_the_login_in_utf_8() -> None:
    assert header('Basic realm="x"', Login("jürgen", "pä:ss")) == "Basic " + base64.b64encode(
        "jürgen:pä:ss".encode()
    ).decode("ascii")


def test_the_strongest_offer_is_taken_wherever_it_stands() -> None:
    offers = [
        'Basic realm="a"',
        'Digest realm="a", nonce="n", algorithm=MD5',
        'Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth"',
    ]

    assert [c.method for c in parse_challenges(offers)] == ["SHA-256", "MD5", "Basic"]
    assert [c.method for c in parse_challenges([", ".join(reversed(offers))])] == ["SHA-256", "MD5", "Basic"]


def test_offers_that_cannot_be_answered_are_left_out() -> None:
    assert parse_challenges(['Digest realm="a", algorithm=MD5']) == ()
    assert parse_challenges(['Digest realm="a", nonce="n", algorithm=TIGER']) == ()
    assert parse_challenges(['Digest realm="a", nonce="n", qop="auth-int"']) == ()
    assert parse_challenges(["Negotiate abc=="]) == ()


def test_values_may_be_bare_escaped_and_oddly_spaced() -> None:
    (challenge,) = parse_challenges(['digest  REALM = "say \\"hi\\", please" ,nonce=abc,stale=TRUE'])

    assert challenge == Challenge("MD5", 'say "hi", please', "abc", stale=True)


def test_the_count_goes_up_and_begins_anew_with_a_nonce() -> None:
    login = Login("u", "p")
    login.accept(Challenge("MD5", "r", "n", qop=True))
    assert [f"nc={i:08x}" in (login.header("A", "/") or "") for i in (1, 2, 3)] == [True] * 3

    login.accept(Challenge("MD5", "r", "m", qop=True))

    assert "nc=00000001" in (login.header("A", "/") or "")


def test_quotes_in_a_name_cannot_break_out_of_the_header() -> None:
    answer = header('Digest realm="r", nonce="n"', Login('a", realm="x', "p"))

    assert 'username="a\\", realm=\\"x"' in answer


def test_a_login_shows_nothing_of_itself() -> None:
    assert "hunter22" not in repr(Login("admin", "hunter22"))


@given(st.lists(st.text(max_size=200), max_size=3))
def test_no_header_breaks_the_parser(values: list[str]) -> None:
    for challenge in parse_challenges(values):
        login = Login("u", "p")
        login.accept(challenge)
        assert login.header("DESCRIBE", "rtsp://h/x")
