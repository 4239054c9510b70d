"""Guessing: every secret is compared whole, in a time that does not tell how much of it was right."""

from __future__ import annotations

import hmac
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import CamidError
from edge.service.access import Scope
from edge.service.auth import Token
from edge.service.data_dir import DataDir
from edge.service.pairing_codes import invite
from edge.service.pairing_store import Browser, Wish
from edge.service.store import Store


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was compared in constant time."""
    seen: list[str] = []
    real = hmac.compare_digest

    def counting(kept: str, given: str) -> bool:
        seen.append(kept)
        return real(kept, given)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    return seen


def test_the_token_of_the_service_is_compared_by_its_hash(compared: list[str]) -> None:
    token = Token.of("a-token-for-tests")
    for text in ("a-token-for-tests", "a-token-for-test", "", "x" * 5000, "\udcff"):
        assert token.matches(text) is (text == "a-token-for-tests")
    assert len(compared) == 5


def test_a_pairing_code_is_compared_with_every_one_there_is(tmp_path: Path, compared: list[str]) -> None:
    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        wish = Wish(frozenset({Scope.UPLOAD}), days=1)
        for _ in range(3):
            invite(store.pairings, wish, 600)
        compared.clear()
        with pytest.raises(CamidError):
            store.pairings.use(Token.of("wrong").digest, Browser(Token.of("cookie").digest, "a phone"))
    assert len(compared) == 3
