"""Asks a camera what it is: OPTIONS and DESCRIBE, and what it answered (RFC 2326).

FFmpeg's own RTSP client is kept away from the camera: it follows redirects wherever they lead, takes answers
of any length, knows no SHA-256 and says of most failures only that there was one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from edge.domain_streams import Answer, Exchange
from edge.errors import CamidError, StreamError, StreamFault
from edge.media.address import StreamAddress
from edge.media.auth import Login, parse_challenges
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.framing import Framer, Interleaved, Message, TooLarge
from edge.media.wire import Admit, Connect, Wire, connect_wire
from edge.settings import Settings

USER_AGENT = "Camid"

_MAX_URL = 2048
_MAX_SKIPPED = 50
"""Messages that are no answer to what was asked, before the exchange is given up."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dialled:
    """Where to connect, and the means to."""

    address: StreamAddress
    settings: Settings
    clock: Clock = SYSTEM_CLOCK
    connect: Connect = connect_wire
    pinned_ip: str | None = None
    admit: Admit | None = None


def ignore(packet: Interleaved) -> None:
    """Drops a packet that nobody wants yet, or any more."""


class Session:
    """One RTSP connection: numbers the requests, logs in, bounds the answers in bytes and time.

    Not for several threads at a time, but for ``close``.
    """

    def __init__(self, wire: Wire, address: StreamAddress, settings: Settings, clock: Clock) -> None:
        self.wire = wire
        self.address = address
        self.answers: list[Answer] = []
        self._settings = settings
        self._clock = clock
        self._framer = Framer(settings.stream_max_answer_bytes)
        self._login = (
            Login(address.username or "", address.password or "") if address.has_credentials else None
        )
        self._sequence = 0
        self.on_packet: Callable[[Interleaved], None] = ignore
        """Called with each interleaved packet that comes while an answer is awaited."""

    @property
    def garbage(self) -> int:
        """Bytes that were neither packet nor message."""
        return self._framer.garbage

    @property
    def exchange(self) -> Exchange:
        return Exchange(tuple(self.answers))

    def request(
        self,
        method: str,
        url: str,
        headers: Headers = (),
        *,
        seconds: float,
        body: str = "",
        record: bool = True,
    ) -> Answer:
        """The answer to a request, within ``seconds``; where a login is asked for, that to the second try.

        Raises:
            StreamError: ``timeout``, ``ended``, ``corrupt``.
        """
        end = self._clock.monotonic() + seconds
        answer = self._ask(method, url, headers, body, end, record)
        for first in (True, False):
            if answer.status != 401 or not self._take_challenge(answer, first):
                break
            answer = self._ask(method, url, headers, body, end, record)
        return answer

    def notify(self, method: str, url: str, headers: Headers, *, seconds: float) -> None:
        """Sends a request whose answer nobody waits for. What it says about the login goes to ``hear``.

        Raises:
            StreamError: ``timeout``, ``ended``.
        """
        self._send_request(method, url, headers, "", seconds)

    def hear(self, message: Message) -> None:
        """Takes an answer that nobody waited for: where the nonce had become stale, the next request has the
        new one."""
        if message.is_answer and self._login is not None:
            values = [value for key, value in message.headers if key.lower() == "www-authenticate"]
            for challenge in parse_challenges(values)[:1]:
                self._login.accept(challenge)

    def send(self, data: bytes, seconds: float) -> None:
        """Sends bytes as they are: packets of ours."""
        try:
            self.wire.send(data, seconds)
        except TimeoutError:
            raise self.fault(StreamFault.TIMEOUT, "the camera takes no more data") from None
        except OSError:
            raise self.fault(StreamFault.ENDED, "the camera closed the connection") from None

    def receive(self, end: float) -> list[Interleaved | Message]:
        """What has come in, at the latest at ``end`` of the clock.

        Raises:
            StreamError: ``timeout``, ``ended``, ``corrupt`` for a message beyond the limit.
        """
        left = end - self._clock.monotonic()
        try:
            data = self.wire.receive(left) if left > 0 else None
        except TimeoutError:
            data = None
        except OSError:
            raise self.fault(StreamFault.ENDED, "the connection broke") from None
        if data is None:
            raise self.fault(StreamFault.TIMEOUT, "the camera did not answer in time")
        if not data:
            raise self.fault(StreamFault.ENDED, "the camera closed the connection")
        try:
            return self._framer.feed(data)
        except TooLarge as error:
            limit = self._settings.stream_max_answer_bytes
            raise self.fault(
                StreamFault.CORRUPT, f"the {error} of an answer is longer than {limit:,} bytes"
            ) from None

    def fault(self, fault: StreamFault, what: str) -> StreamError:
        exchange = self.exchange if self.answers else None
        return StreamError(fault, f"{self.address.redacted}: {what}.", exchange)

    def close(self) -> None:
        self.wire.close()

    def _send_request(self, method: str, url: str, headers: Headers, body: str, seconds: float) -> None:
        self._sequence += 1
        authorization = self._login.header(method, url) if self._login else None
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", f"User-Agent: {USER_AGENT}"]
        lines += [f"Authorization: {authorization}"] if authorization else []
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"Content-Length: {len(body.encode())}"] if body else []
        text = "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines)
        self.send(f"{text}\r\n\r\n{body}".encode(), max(0.001, seconds))

    def _ask(self, method: str, url: str, headers: Headers, body: str, end: float, record: bool) -> Answer:
        self._send_request(method, url, headers, body, end - self._clock.monotonic())
        answer = self._await(method, end)
        if record:
            self.answers.append(answer)
        return answer

    def _await(self, method: str, end: float) -> Answer:
        """The next answer with our number, or with none, as careless servers send it."""
        skipped, garbage = 0, self._framer.garbage
        while skipped < _MAX_SKIPPED:
            found: Answer | None = None
            for item in self.receive(end):
                if isinstance(item, Interleaved):
                    self.on_packet(item)
                elif found is None and self._answers_us(item):
                    found = self._answer(method, item)
                else:
                    skipped += 1
            if self._framer.garbage - garbage > self._settings.stream_max_answer_bytes:
                break
            if found is not None:
                return found
        raise self.fault(StreamFault.CORRUPT, "what the camera sends is no RTSP")

    def _answers_us(self, message: Message) -> bool:
        number = message.header("CSeq")
        return message.is_answer and (
            number is None or not number.isdecimal() or int(number[:18]) == self._sequence
        )

    def _answer(self, method: str, message: Message) -> Answer:
        protocol, status, reason = message.status or ("", 0, "")
        if protocol != "RTSP":
            raise self.fault(StreamFault.CORRUPT, f"the port speaks {protocol}, not RTSP")
        return Answer(method, status, reason, message.headers, message.body)

    def _take_challenge(self, answer: Answer, first: bool) -> bool:
        """Whether a new try makes sense. Cameras lock out after some wrong ones, so credentials are sent
        again only if they were not refused: with another nonce, or one that is said to have been stale."""
        challenges = parse_challenges(answer.all("WWW-Authenticate"))
        if self._login is None or not challenges:
            return False
        known, new = self._login.challenge, challenges[0]
        self._login.accept(new)
        return known is None or new.stale or (first and known.nonce != new.nonce)


@dataclass(frozen=True, slots=True)
class Described:
    """An open session whose camera has described itself. ``base`` is what the SDP's URLs are relative to."""

    session: Session
    answer: Answer
    base: str

    @property
    def exchange(self) -> Exchange:
        return self.session.exchange


def describe(
    address: StreamAddress,
    settings: Settings,
    clock: Clock = SYSTEM_CLOCK,
    connect: Connect = connect_wire,
    *,
    pinned_ip: str | None = None,
    admit: Admit | None = None,
) -> Exchange:
    """Asks OPTIONS and DESCRIBE, with the credentials where they are asked for, and hangs up.

    One redirect is followed: to the same host, or where ``admit`` allows it.

    Raises:
        StreamError: ``unreachable``, ``refused``, ``auth_required``, ``auth_failed``, ``not_found``,
            ``tls_failed``, ``timeout``, ``corrupt`` or ``ended``.
    """
    described = open_session(Dialled(address, settings, clock, connect, pinned_ip, admit))
    described.session.close()
    return described.exchange


def open_session(target: Dialled, *, ask_options: bool = True) -> Described:
    """As ``describe``, but leaves the connection open."""
    end = target.clock.monotonic() + target.settings.stream_connect_s + target.settings.stream_answer_s
    first = _converse(target, end, ask_options, ())
    if isinstance(first, Described):
        return first
    second = _converse(first.target, end, ask_options, first.answers)
    if isinstance(second, Described):
        return second
    raise StreamError(
        StreamFault.REFUSED,
        f"{target.address.redacted}: the camera redirects twice.",
        Exchange(second.answers),
    )


@dataclass(frozen=True, slots=True)
class _Redirected:
    target: Dialled
    answers: tuple[Answer, ...]


def _converse(
    target: Dialled, end: float, ask_options: bool, before: tuple[Answer, ...]
) -> Described | _Redirected:
    try:
        wire = target.connect(target.address, target.pinned_ip, target.settings)
    except StreamError as error:
        raise StreamError(error.fault, error.message, Exchange(before) if before else None) from None
    session = Session(wire, target.address, target.settings, target.clock)
    session.answers.extend(before)
    try:
        answer = _ask_all(session, target, end, ask_options)
        if 300 <= answer.status < 400:
            session.close()
            return _Redirected(_redirected(target, answer, session), tuple(session.answers))
        _check(session, answer)
    except BaseException:
        session.close()
        raise
    base = answer.header("Content-Base") or answer.header("Content-Location") or ""
    return Described(session, answer, _base(target.address.url, base))


def _ask_all(session: Session, target: Dialled, end: float, ask_options: bool) -> Answer:
    url, clock = target.address.url, target.clock
    if ask_options:
        options = session.request("OPTIONS", url, seconds=end - clock.monotonic())
        if 300 <= options.status < 400:
            return options
        if options.status == 401 and session.address.has_credentials:
            return options  # asking again would be the next wrong try
        # Whatever else is answered, DESCRIBE decides: there are cameras that know no OPTIONS.
    accept = (("Accept", "application/sdp"),)
    return session.request("DESCRIBE", url, accept, seconds=end - clock.monotonic())


def _base(url: str, base: str) -> str:
    """The base of the SDP's URLs: what the camera says, if it is a URL of RTSP, else what was asked for."""
    joined = urljoin(_for_joining(url), _for_joining(base))[:_MAX_URL]
    return _from_joining(joined) if joined.startswith("http") else url


def _for_joining(url: str) -> str:
    """urljoin knows no rtsp; a URL of another scheme stays one that is refused."""
    lower = url[:5].lower()
    if lower.startswith("http"):
        return "no-" + url
    return "http" + url[4:] if lower.startswith("rtsp") else url


def _from_joining(url: str) -> str:
    return "rtsp" + url[4:]


def join(base: str, control: str) -> str:
    """The URL of a track. Cameras mean "append a segment" where RFC 3986 would replace the last one, so this
    is what every client does: a relative ``control`` is appended."""
    if control in ("", "*"):
        return base
    if control[:7].lower() in ("rtsp://", "rtsps:/"):
        return control
    return (
        base.rstrip("/") + "/" + control.lstrip("/") if not base.endswith("/") else base + control.lstrip("/")
    )


def _redirected(target: Dialled, answer: Answer, session: Session) -> Dialled:
    """Where a redirect leads, if it may be followed. The credentials go along to the same host only."""
    location = (answer.header("Location") or "")[:_MAX_URL]
    try:
        address = StreamAddress.parse(
            _from_joining(urljoin(_for_joining(target.address.url), _for_joining(location)))
        )
    except (CamidError, ValueError):
        raise session.fault(
            StreamFault.REFUSED, "the camera redirects to something that is no stream"
        ) from None
    same = address.host == target.address.host
    if same and (address.secure or not target.address.secure):
        login = (target.address.username, target.address.password)
        return replace(target, address=replace(address, username=login[0], password=login[1]))
    if same:
        raise session.fault(StreamFault.REFUSED, "the camera redirects from TLS to plain text")
    if target.admit is None:
        raise session.fault(StreamFault.REFUSED, f"the camera redirects to another host ({address.host})")
    try:
        pinned = target.admit(address.host)
    except CamidError:
        raise session.fault(
            StreamFault.REFUSED, f"the camera redirects to a host that is not allowed ({address.host})"
        ) from None
    return replace(target, address=address.without_credentials(), pinned_ip=pinned)


_STATUS_FAULTS = {404: StreamFault.NOT_FOUND, 410: StreamFault.NOT_FOUND, 408: StreamFault.TIMEOUT}


def _check(session: Session, answer: Answer) -> None:
    """Raises what is wrong with an answer to DESCRIBE."""
    fault = status_fault(answer, has_login=session.address.has_credentials)
    if fault is not None:
        raise session.fault(fault, f"the camera answers {answer.status} {answer.reason[:80]}".rstrip())
    if not answer.body.strip():
        raise session.fault(StreamFault.CORRUPT, "the camera answers without a description of the stream")


def status_fault(answer: Answer, *, has_login: bool) -> StreamFault | None:
    """What a status means; None: nothing is wrong."""
    if 200 <= answer.status < 300:
        return None
    if answer.status in (401, 403):
        return StreamFault.AUTH_FAILED if has_login else StreamFault.AUTH_REQUIRED
    return _STATUS_FAULTS.get(answer.status, StreamFault.REFUSED)
