"""The exchange, played by a scripted camera on a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain_streams import Exchange
from edge.errors import CamidError, ErrorCode, StreamError, StreamFault
from edge.media.address import StreamAddress
from edge.media.rtsp import describe, join
from edge.media.wire import Wire
from edge.settings import Settings
from tests.support.clock import FakeClock

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
SETTINGS = Settings(stream_connect_s=5, stream_answer_s=8, stream_max_answer_bytes=4096)
CHALLENGE = 'Digest realm="r", nonce="{}"'

Script = Callable[[str, dict[str, str]], bytes | None]
"""From a request (its first line, its headers) to the answer; None: silence."""


@dataclass
class Camera:
    """Answers by a script; without an answer the time passes. ``requests`` are those of all connections."""

    script: Script
    clock: FakeClock = field(default_factory=FakeClock)
    step: int = 1 << 20
    trickle: bytes = b""
    """Sent once a second, when there is nothing else to send."""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    places: list[tuple[str, str | None]] = field(default_factory=list)
    open: int = 0

    def connect(self, address: StreamAddress, pinned_ip: str | None, _: Settings) -> Wire:
        self.places.append((address.redacted, pinned_ip))
        self.open += 1
        return Connection(self)

    def ask(self, url: str = "rtsp://cam/live", **how: object) -> Exchange:
        address = StreamAddress.parse(url)
        return describe(address, SETTINGS, self.clock, self.connect, **how)  # type: ignore[arg-type]


class Connection:
    def __init__(self, camera: Camera) -> None:
        self._camera, self._pending, self._ended, self._closed = camera, b"", False, False

    def send(self, data: bytes, _: float) -> None:
        first, *lines = data.decode().split("\r\n\r\n")[0].split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        self._camera.requests.append((first, headers))
        answer = self._camera.script(first, headers)
        self._ended = answer == b""
        self._pending += answer or b""

    def receive(self, seconds: float) -> bytes:
        if not self._pending and not self._ended:
            if not self._camera.trickle:
                self._camera.clock.advance(seconds)
                raise TimeoutError
            self._camera.clock.advance(1)
            return self._camera.trickle
        data, self._pending = self._pending[: self._camera.step], self._pending[self._camera.step :]
        return data

    def close(self) -> None:
        self._camera.open -= not self._closed
        self._closed = True


def answer(headers: dict[str, str], status: str = "200 OK", body: str = "", **more: str) -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {headers['CSeq']}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode()


def friendly(line: str, headers: dict[str, str]) -> bytes:
    return answer(headers, body=SDP if line.startswith("DESCRIBE") else "", Server="Camera")


def asking_login(check: Callable[[str], bool], *challenges: str) -> Script:
    offers = challenges or (CHALLENGE.format("n1"),)

    def script(line: str, headers: dict[str, str]) -> bytes:
        if line.startswith("OPTIONS") or check(headers.get("Authorization", "")):
            return friendly(line, headers)
        lines = "".join(f"WWW-Authenticate: {offer}\r\n" for offer in offers)
        return f"RTSP/1.0 401 Unauthorized\r\nCSeq: {headers['CSeq']}\r\n{lines}\r\n".encode()

    return script


def fault_of(camera: Camera, url: str = "rtsp://cam/live", **how: object) -> StreamError:
    with pytest.raises(StreamError) as caught:
        camera.ask(url, **how)
    assert camera.open == 0, "the connection was left open"
    return caught.value


def test_options_and_describe_are_asked_and_all_is_recorded() -> None:
    camera = Camera(friendly)

    exchange = camera.ask("rtsp://cam:8554/live?ch=1")

    assert [line for line, _ in camera.requests] == [
        "OPTIONS rtsp://cam:8554/live?ch=1 RTSP/1.0",
        "DESCRIBE rtsp://cam:8554/live?ch=1 RTSP/1.0",
    ]
    assert [a.status for a in exchange.answers] == [200, 200]
    assert exchange.answers[0].header("server") == "Camera"
    assert exchange.description == SDP
    assert camera.open == 0


def test_credentials_are_sent_only_when_they_are_asked_for_and_never_in_the_url() -> None:
    camera = Camera(asking_login(lambda header: 'username="admin"' in header))

    exchange = camera.ask("rtsp://admin:hunter22@cam/live")

    assert [a.status for a in exchange.answers] == [200, 401, 200]
    assert "Authorization" not in camera.requests[0][1]
    assert all("hunter22" not in f"{line}{headers}" for line, headers in camera.requests)


def test_basic_is_used_only_where_nothing_better_is_offered() -> None:
    camera = Camera(asking_login(bool, 'Basic realm="r"', CHALLENGE.format("n") + ", algorithm=SHA-256"))
    camera.ask("rtsp://u:p@cam/")
    assert camera.requests[-1][1]["Authorization"].startswith("Digest")

    camera = Camera(asking_login(bool, 'Basic realm="r"'))
    camera.ask("rtsp://u:p@cam/")
    assert camera.requests[-1][1]["Authorization"].startswith("Basic")


def test_a_stale_nonce_is_no_wrong_password() -> None:
    nonces = iter(["n1", "n2"])

    def script(line: str, headers: dict[str, str]) -> bytes:
        if line.startswith("OPTIONS") or 'nonce="n2"' in headers.get("Authorization", ""):
            return friendly(line, headers)
        stale = ", stale=true" if "Authorization" in headers else ""
        return answer(headers, "401 Unauthorized", WWW_Authenticate=CHALLENGE.format(next(nonces)) + stale)

    assert Camera(script).ask("rtsp://u:p@cam/").description == SDP


@pytest.mark.parametrize("new_nonce", [False, True])
def test_a_wrong_password_is_sent_once(new_nonce: bool) -> None:
    def script(line: str, headers: dict[str, str]) -> bytes:
        if line.startswith("OPTIONS"):
            return friendly(line, headers)
        nonce = headers["CSeq"] if new_nonce else "same"
        return answer(headers, "401 Unauthorized", WWW_Authenticate=CHALLENGE.format(nonce))

    camera = Camera(script)
    error = fault_of(camera, "rtsp://u:wrong@cam/")

    assert error.fault is StreamFault.AUTH_FAILED
    assert sum("Authorization" in headers for _, headers in camera.requests) == 1, "cameras lock out"


def test_a_camera_that_wants_a_login_for_options_gets_the_wrong_password_once_too() -> None:
    camera = Camera(lambda _line, headers: answer(headers, "401 No", WWW_Authenticate=CHALLENGE.format("n")))

    assert fault_of(camera, "rtsp://u:wrong@cam/").fault is StreamFault.AUTH_FAILED
    assert sum("Authorization" in headers for _, headers in camera.requests) == 1


@pytest.mark.parametrize(
    ("status", "login", "fault"),
    [
        ("401 Unauthorized", "", StreamFault.AUTH_REQUIRED),
        ("403 Forbidden", "", StreamFault.AUTH_REQUIRED),
        ("403 Forbidden", "u:p@", StreamFault.AUTH_FAILED),
        ("404 Not Found", "", StreamFault.NOT_FOUND),
        ("453 Not Enough Bandwidth", "", StreamFault.REFUSED),
        ("503 Service Unavailable", "", StreamFault.REFUSED),
        ("500 Internal", "", StreamFault.REFUSED),
        ("200 OK", "", StreamFault.CORRUPT),
    ],
)
def test_each_status_has_its_fault(status: str, login: str, fault: StreamFault) -> None:
    error = fault_of(Camera(lambda _line, headers: answer(headers, status)), f"rtsp://{login}cam/")

    assert error.fault is fault
    assert error.exchange is not None
    assert error.exchange.answers[-1].status == int(status[:3])


def test_an_answer_whose_number_is_none_is_taken_as_one_without() -> None:
    def script(line: str, headers: dict[str, str]) -> bytes:
        return friendly(line, {**headers, "CSeq": "²"})

    assert Camera(script).ask().description == SDP


def test_a_camera_without_options_is_described_all_the_same() -> None:
    def script(line: str, headers: dict[str, str]) -> bytes:
        return (
            answer(headers, "501 Not Implemented") if line.startswith("OPTIONS") else friendly(line, headers)
        )

    assert Camera(script).ask().description == SDP


def test_silence_ends_in_time() -> None:
    camera = Camera(lambda _line, _headers: None)
    began = camera.clock.monotonic()

    error = fault_of(camera)

    assert error.fault is StreamFault.TIMEOUT
    assert camera.clock.monotonic() - began <= SETTINGS.stream_connect_s + SETTINGS.stream_answer_s


def test_an_answer_that_never_ends_ends_in_time() -> None:
    camera = Camera(lambda _line, _headers: b"RTSP/1.0 200 OK\r\n", trickle=b"X: y\r\n")

    assert fault_of(camera).fault is StreamFault.TIMEOUT


@pytest.mark.parametrize(
    "head", [b"RTSP/1.0 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"RTSP/1.0 200 OK\r\n"]
)
def test_an_answer_without_bounds_is_corrupt(head: bytes) -> None:
    camera = Camera(lambda _line, _headers: head, trickle=b"X: y\r\n" * 500)

    error = fault_of(camera)

    assert error.fault is StreamFault.CORRUPT
    assert "4,096" in error.message


def test_a_port_that_speaks_another_protocol() -> None:
    assert fault_of(Camera(lambda _line, _headers: b"HTTP/1.1 400 Bad\r\n\r\n")).fault is StreamFault.CORRUPT
    noise = Camera(lambda _line, _headers: b"SSH-2.0-x\r\n" * 1000, trickle=b"\x00" * 1000)
    assert fault_of(noise).fault is StreamFault.CORRUPT


def test_a_closed_connection() -> None:
    assert fault_of(Camera(lambda _line, _headers: b"")).fault is StreamFault.ENDED


def test_answers_may_come_in_pieces_among_packets_and_old_answers() -> None:
    def script(line: str, headers: dict[str, str]) -> bytes:
        old = b"RTSP/1.0 404 Old\r\nCSeq: 77\r\n\r\n"
        return b"$\x00\x00\x02ab" + old + friendly(line, headers)

    assert Camera(script, step=3).ask().description == SDP


def redirecting(location: str, then: Script = friendly) -> Script:
    def script(line: str, headers: dict[str, str]) -> bytes | None:
        if "/live" in line and line.startswith("DESCRIBE"):
            return answer(headers, "302 Moved", Location=location)
        return then(line, headers)

    return script


def test_a_redirect_on_the_same_host_is_followed_with_the_login() -> None:
    camera = Camera(redirecting("rtsp://cam:8554/other", asking_login(lambda header: "u" in header)))

    exchange = camera.ask("rtsp://u:p@cam/live", pinned_ip="10.0.0.1")

    assert camera.places == [("rtsp://cam/live", "10.0.0.1"), ("rtsp://cam:8554/other", "10.0.0.1")]
    assert [a.status for a in exchange.answers] == [200, 302, 200, 401, 200]


@pytest.mark.parametrize(
    "location", ["rtsp://other/x", "http://cam/x", "file:///etc/passwd", "", "rtsp://", "rtsp://evil:99999/"]
)
def test_no_other_redirect_is_followed_unasked(location: str) -> None:
    camera = Camera(redirecting(location))
    if location in ("", "rtsp://"):  # to itself, again and again
        assert fault_of(camera).fault is StreamFault.REFUSED
        return
    assert fault_of(camera).fault is StreamFault.REFUSED
    assert len(camera.places) == 1


def test_another_host_is_followed_where_it_is_admitted_pinned_and_without_the_login() -> None:
    camera = Camera(redirecting("rtsp://other/x"))

    camera.ask("rtsp://u:p@cam/live", pinned_ip="10.0.0.1", admit={"other": "10.0.0.2"}.__getitem__)

    assert camera.places[-1] == ("rtsp://other/x", "10.0.0.2")
    assert all("Authorization" not in headers for _, headers in camera.requests)


def test_another_host_is_not_followed_where_it_is_not_admitted() -> None:
    def refuse(host: str) -> str:
        raise CamidError(ErrorCode.BAD_REQUEST, "no")

    camera = Camera(redirecting("rtsp://169.254.169.254/x"))

    assert fault_of(camera, admit=refuse).fault is StreamFault.REFUSED
    assert len(camera.places) == 1


def test_a_login_is_not_carried_from_tls_to_plain_text() -> None:
    camera = Camera(redirecting("rtsp://cam/x"))

    assert fault_of(camera, "rtsps://u:p@cam/live").fault is StreamFault.REFUSED


def test_only_one_redirect_is_followed() -> None:
    camera = Camera(lambda _line, headers: answer(headers, "301 Moved", Location="rtsp://cam/again"))

    assert fault_of(camera).fault is StreamFault.REFUSED
    assert len(camera.places) == 2


def test_urls_of_tracks() -> None:
    assert join("rtsp://h/live", "trackID=1") == "rtsp://h/live/trackID=1"
    assert join("rtsp://h/live/", "trackID=1") == "rtsp://h/live/trackID=1"
    assert join("rtsp://h/live", "*") == "rtsp://h/live"
    assert join("rtsp://h/live", "") == "rtsp://h/live"
    assert join("rtsp://h/live", "rtsp://h/other/1") == "rtsp://h/other/1"


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from(
                [
                    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
                    b"RTSP/1.0 401 No\r\nWWW-Authenticate: Digest\r\n\r\n",
                    b"RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0\r\nm=vi",
                    b"RTSP/1.0 302 x\r\nLocation: \xff\r\n\r\n",
                ]
            ),
        ),
        max_size=6,
    )
)
@settings(max_examples=60)
def test_whatever_is_answered_the_end_is_an_exchange_or_a_fault(answers: list[bytes]) -> None:
    queue: Iterable[bytes] = iter(answers)
    camera = Camera(lambda _line, _headers: next(iter(queue), None) or None)
    try:
        exchange = camera.ask("rtsp://u:p@cam/live")
    except StreamError:
        pass
    else:
        assert exchange.answers
    assert camera.open == 0
