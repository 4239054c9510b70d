"""What is sealed opens again with the same key, for the same purpose, unaltered, and not otherwise."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.service.data_dir import DataDir
from edge.service.secrets_box import SecretsBox, UnsealableError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataDir]:
    with DataDir(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def box(data: DataDir) -> SecretsBox:
    return SecretsBox(data)


@given(text=st.text(max_size=300), purpose=st.text(max_size=40))
def test_it_opens_what_it_sealed(box: SecretsBox, text: str, purpose: str) -> None:
    sealed = box.seal(text, purpose)
    assert box.open(sealed, purpose) == text
    assert len(text) < 4 or text.encode() not in sealed


def test_the_same_text_is_sealed_differently_each_time(box: SecretsBox) -> None:
    assert box.seal("a password", "one") != box.seal("a password", "one")


def test_it_opens_for_the_same_purpose_only(box: SecretsBox) -> None:
    sealed = box.seal("a password", "one")
    with pytest.raises(UnsealableError):
        box.open(sealed, "two")


@given(position=st.integers(0, 38), flip=st.integers(1, 255))
def test_nothing_altered_opens(box: SecretsBox, position: int, flip: int) -> None:
    sealed = bytearray(box.seal("a password", "one"))
    sealed[position] ^= flip
    with pytest.raises(UnsealableError):
        box.open(bytes(sealed), "one")


@given(st.binary(max_size=60))
def test_nothing_foreign_opens(box: SecretsBox, foreign: bytes) -> None:
    with pytest.raises(UnsealableError):
        box.open(foreign, "one")


def test_the_key_is_kept_and_its_owners_alone(data: DataDir, box: SecretsBox) -> None:
    assert stat.S_IMODE(data.secrets_key.stat().st_mode) == 0o600
    assert len(data.secrets_key.read_bytes()) == 32
    assert SecretsBox(data).open(box.seal("a password", "one"), "one") == "a password"


def test_every_data_directory_has_another_key(tmp_path: Path, box: SecretsBox) -> None:
    with DataDir(tmp_path) as other, pytest.raises(UnsealableError):
        SecretsBox(other).open(box.seal("a password", "one"), "one")


def test_a_key_that_others_could_read_is_closed(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        SecretsBox(data)
        data.secrets_key.chmod(0o644)
        SecretsBox(data)
        assert stat.S_IMODE(data.secrets_key.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_named_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    with DataDir(tmp_path) as data:
        data.secrets_key.write_bytes(content)
        with pytest.raises(CamidError, match=r"secrets\.key is damaged") as caught:
            SecretsBox(data)
        assert caught.value.code is ErrorCode.SETTINGS_INVALID
        assert data.secrets_key.read_bytes() == content
