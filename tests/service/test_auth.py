"""The token: made once, kept as a hash only, fixed where the settings say so."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from edge.errors import CamidError, ErrorCode
from edge.service.auth import Token, load_or_make_token
from edge.service.data_dir import DataDir
from edge.settings import Settings
from tests.support.service import make_settings


def unset(path: Path) -> Settings:
    return make_settings(path, token=None)


def test_the_first_start_makes_a_token_and_later_ones_know_it(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        first = load_or_make_token(unset(tmp_path), data)
        second = load_or_make_token(unset(tmp_path), data)
    assert first.fresh is not None
    assert len(first.fresh) >= 43
    assert second.fresh is None
    assert second.token.matches(first.fresh)


def test_the_token_itself_is_nowhere_in_the_data_directory(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        fresh = load_or_make_token(unset(tmp_path), data).fresh
    assert fresh is not None
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not any(fresh.encode() in file.read_bytes() for file in files)
    assert stat.S_IMODE((tmp_path / "token.sha256").stat().st_mode) == 0o600


def test_every_data_directory_has_another_token(tmp_path: Path) -> None:
    made = set()
    for name in ("a", "b"):
        with DataDir(tmp_path / name) as data:
            made.add(load_or_make_token(unset(tmp_path), data).fresh)
    assert len(made) == 2


def test_a_fixed_token_is_taken_and_stored_nowhere(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        admission = load_or_make_token(make_settings(tmp_path, token=SecretStr("fixed")), data)
    assert admission.fresh is None
    assert admission.token.matches("fixed")
    assert not (tmp_path / "token.sha256").exists()


@pytest.mark.parametrize("text", ["", "   ", "two words", "line\nbreak", "schlüssel"])
def test_a_fixed_token_that_no_header_can_carry_is_refused(tmp_path: Path, text: str) -> None:
    with DataDir(tmp_path) as data, pytest.raises(CamidError) as caught:
        load_or_make_token(make_settings(tmp_path, token=SecretStr(text)), data)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


@pytest.mark.parametrize("content", ["", "short", "z" * 64])
def test_a_damaged_hash_is_named_and_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "token.sha256").write_text(content)
    with DataDir(tmp_path) as data, pytest.raises(CamidError, match="damaged"):
        load_or_make_token(unset(tmp_path), data)
    assert (tmp_path / "token.sha256").read_text() == content


@pytest.mark.parametrize("text", ["", "right ", "Right", "righ", "right\udc80", "ríght"])
def test_another_text_does_not_match(text: str) -> None:
    assert Token.of("right").matches("right")
    assert not Token.of("right").matches(text)
