"""The parts of access on their own: limits, tokens in SQLite, the audit log, older databases, the command."""

from __future__ import annotations

import asyncio
import hmac
import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import CamidError, ErrorCode
from edge.service.access import ADMIN, ADMIN_ID, Caller, Scope
from edge.service.access_audit import Audit
from edge.service.access_limits import Buckets, Limits, limited_address
from edge.service.access_store import TokenStore, create_tokens
from edge.service.access_tokens import TokenFile
from edge.service.auth import Gate, Token, make_token
from edge.service.data_dir import DataDir
from edge.service.database import open_database
from edge.service.problems import RateError
from edge.service.store import Sender, Store
from tests.service.test_store import answer, incoming
from tests.support.service import make_settings

START = datetime(2026, 3, 1, tzinfo=UTC)
READ = frozenset({Scope.READ})


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with DataDir(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def tokens(data: DataDir, clock: Clock) -> Iterator[TokenStore]:
    Store(data).close()
    engine = open_database(data.database)
    yield TokenStore(engine, threading.Lock(), clock.now)
    engine.dispose()


def test_a_bucket_fills_up_evenly(clock: Clock) -> None:
    buckets = Buckets(60, clock)
    assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
    assert buckets.take("a") == pytest.approx(1.0)
    assert buckets.take("b") == 0
    clock.seconds = 0.5
    assert buckets.take("a") == pytest.approx(0.5)
    clock.seconds = 1.0
    assert buckets.take("a") == 0
    clock.seconds = 10_000
    assert sum(buckets.take("a") == 0 for _ in range(100)) == 60


def test_no_limit_is_none(clock: Clock) -> None:
    buckets = Buckets(0, clock)
    assert not any(buckets.take("a") for _ in range(1000))


def test_what_is_remembered_of_addresses_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.access_limits._MOST_KEYS", 3)
    buckets = Buckets(1, clock)
    for key in "abcd":
        buckets.take(key)
    assert len(buckets._buckets) == 3


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_customer_is_one_address(host: str, address: str) -> None:
    assert limited_address(host) == address


def test_many_guesses_at_once_are_as_limited_as_one_after_the_other(
    tmp_path: Path, tokens: TokenStore, clock: Clock
) -> None:
    limits = Limits(make_settings(tmp_path, rate_wrong_tokens=5), clock)
    gate = Gate(Token.of("right"), tokens, limits, 0)

    async def guess() -> list[object]:
        tries = (gate.admit("192.0.2.7", f"wrong-{n}") for n in range(50))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    found = asyncio.run(guess())
    assert sum(isinstance(one, RateError) for one in found) == 45
    assert asyncio.run(gate.admit("192.0.2.8", "right")) == ADMIN
    with pytest.raises(RateError):
        asyncio.run(gate.admit("192.0.2.7", "right"))
    clock.seconds = 60
    assert asyncio.run(gate.admit("192.0.2.7", "right")) == ADMIN


def test_right_tokens_cost_no_guess(tmp_path: Path, tokens: TokenStore, clock: Clock) -> None:
    gate = Gate(Token.of("right"), tokens, Limits(make_settings(tmp_path, rate_wrong_tokens=1), clock), 0)
    made = [make_token(tokens, f"token {n}", READ, None).text for n in range(4)]
    for text in made:
        assert asyncio.run(gate.admit("192.0.2.7", text)).scopes == READ


def test_a_wrong_token_is_answered_after_a_moment(
    tmp_path: Path, tokens: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    gate = Gate(Token.of("right"), tokens, Limits(make_settings(tmp_path)), 0.25)
    with pytest.raises(CamidError) as caught:
        asyncio.run(gate.admit("192.0.2.7", "wrong"))
    assert caught.value.code is ErrorCode.UNAUTHORISED
    assert waited == [0.25]


def test_a_token_is_found_by_its_hash_and_kept_as_nothing_else(data: DataDir, tokens: TokenStore) -> None:
    made = make_token(tokens, "newsroom", READ, None)
    assert tokens.find(Token.of(made.text).digest) == made.token.caller
    assert tokens.find(Token.of(made.text + "x").digest) is None
    assert len(made.text) >= 43
    for file in data.root.rglob("*"):
        assert not file.is_file() or made.text.encode() not in file.read_bytes()


def test_every_token_is_compared_whole_whichever_it_is(
    tokens: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_token(tokens, f"token {n}", READ, None).text for n in range(3)]
    compared: list[str] = []
    real = hmac.compare_digest

    def counting(kept: str, given: str) -> bool:
        compared.append(kept)
        return real(kept, given)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    for text in (*made, "wrong"):
        compared.clear()
        tokens.find(Token.of(text).digest)
        assert len(compared) == 3


def test_an_expired_token_is_worth_nothing(tokens: TokenStore, clock: Clock) -> None:
    made = make_token(tokens, "guest", READ, 2)
    digest = Token.of(made.text).digest
    clock.seconds = 2 * 86400 - 1
    assert tokens.find(digest) is not None
    clock.seconds += 1
    assert tokens.find(digest) is None
    assert tokens.all()[0].state(tokens.now()) == "expired"


def test_revoking_forgets_the_hash_and_frees_the_name(data: DataDir, tokens: TokenStore) -> None:
    made = make_token(tokens, "newsroom", READ, None)
    digest = Token.of(made.text).digest
    with pytest.raises(CamidError) as caught:
        make_token(tokens, "newsroom", READ, None)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert tokens.revoke(made.token.caller.id).caller == made.token.caller
    assert tokens.find(digest) is None
    with closing(sqlite3.connect(data.database)) as connection:
        assert connection.execute("SELECT digest FROM tokens").fetchall() == [("-",)]
    assert tokens.find("-") is None
    with pytest.raises(CamidError) as caught:
        tokens.revoke("newsroom")
    assert caught.value.code is ErrorCode.NOT_FOUND
    again = make_token(tokens, "newsroom", READ, None)
    assert [one.state(tokens.now()) for one in tokens.all()] == ["revoked", "valid"]
    assert again.token.caller.id != made.token.caller.id


def test_photos_from_before_belong_to_the_admin(data: DataDir) -> None:
    with closing(Store(data)) as store:
        kept = store.add(incoming(data), answer())
    with closing(sqlite3.connect(data.database)) as old:  # as the schema was before tokens had names
        old.executescript("DROP TABLE tokens; DROP INDEX photos_sending")
        for column in ("owner", "shared"):
            old.execute(f"ALTER TABLE photos DROP COLUMN {column}")
        old.commit()
    engine = open_database(data.database)
    with engine.begin() as connection:
        create_tokens(connection)
    engine.dispose()
    with closing(Store(data)) as store:
        found = store.get(kept.id)
        assert (found.owner, found.shared) == (ADMIN_ID, False)
        later = store.add(incoming(data), answer(), Sender("abc", shared=True))
        assert (store.get(later.id).owner, store.get(later.id).shared) == ("abc", True)


def test_the_audit_log_is_rotated_by_size(tmp_path: Path) -> None:
    audit = Audit(tmp_path, make_settings(tmp_path, audit_max_bytes=400, audit_files=3))
    for n in range(20):
        audit.note(ADMIN, f"step {n}", "done")
    files = sorted(tmp_path.glob("audit.jsonl*"))
    assert [file.name for file in files] == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(file.stat().st_size <= 400 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    steps = [json.loads(line)["what"] for file in reversed(files) for line in file.read_text().splitlines()]
    assert steps == [f"step {n}" for n in range(20)][-len(steps) :]


def test_a_flood_of_refusals_is_counted_and_washes_nothing_out(tmp_path: Path) -> None:
    audit = Audit(tmp_path, make_settings(tmp_path))
    for _ in range(500):
        audit.note_refusal(None, "GET /", "401", "192.0.2.7")
    audit.note(ADMIN, "the end", "done")
    rows = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert 60 <= len(rows) - 1 < 70
    assert rows[-1]["left_out"] == 500 - (len(rows) - 1)


def test_a_line_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    Audit(tmp_path, make_settings(tmp_path)).note(
        Caller("1", 'x"\n\u2028{"at"', READ), "GET /a\r\n\x1b[31m\udc80", "200"
    )
    text = (tmp_path / "audit.jsonl").read_bytes()
    assert text.count(b"\n") == 1
    assert text.isascii()
    assert json.loads(text)["name"] == 'x"\n\u2028{"at"'


def test_an_audit_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Audit(tmp_path / "gone", make_settings(tmp_path)).note(ADMIN, "anything", "done")
    assert "cannot be written" in caplog.text


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["token", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_makes_lists_and_revokes(tmp_path: Path) -> None:
    place = ("--data-dir", str(tmp_path / "data"))
    code, text, _ = run("create", "news room", "--scope", "read", "--scope", "upload", "--days", "9", *place)
    assert code == 0
    assert text.startswith("camid_")
    code, listed, _ = run("list", "--json", *place)
    row = json.loads(listed)
    assert (row["name"], row["scopes"], row["state"]) == ("news room", ["read", "upload"], "valid")
    assert text.strip() not in listed
    assert run("revoke", row["id"], *place)[0] == 0
    assert json.loads(run("list", "--json", *place)[1])["state"] == "revoked"
    assert "revoked" in run("list", *place)[1]
    assert run("revoke", row["id"], *place)[0] == 3
    with TokenFile(make_settings(tmp_path / "data")) as tokens:
        assert len(tokens.all()) == 1


@pytest.mark.parametrize(
    "arguments", [("x", "--scope", "root"), ("a\nb", "--scope", "read"), ("admin", "--scope", "read"), ("x",)]
)
def test_the_command_refuses_what_makes_no_token(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, text, _ = run("create", *arguments, "--data-dir", str(tmp_path / "data"))
    assert (code, text) == (2, "")


def test_the_command_of_another_user_touches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    code, _, said = run("list", "--data-dir", str(tmp_path))
    assert code == 2
    assert "another user" in said
    assert not list(tmp_path.iterdir())


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "camid.sqlite").write_bytes(b"no database" * 100)
    code, _, said = run("list", "--data-dir", str(tmp_path))
    assert code == 2
    assert "cannot be opened" in said
