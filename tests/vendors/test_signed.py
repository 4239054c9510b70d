"""The signed file: what was signed is read, and nothing else is, whatever bytes come."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.vendors.installed import shipped
from edge.vendors.signed import (
    ALL_FILES,
    KEYS_FILE,
    MAX_BYTES,
    facts_of,
    keys_in,
    public_key,
    public_text,
    seal,
    trusted_keys,
    unseal,
)
from tests.support.signed import KEY, NEW_BRAND, OTHER_KEY, PUBLIC, files, sealed_as, signed

KEYS = [KEY.public_key()]
GOOD = signed()


def refusal(data: bytes) -> ErrorCode:
    with pytest.raises(CamidError) as refused:
        unseal(data, KEYS)
    assert isinstance(refused.value.code, ErrorCode)
    return refused.value.code


def test_what_is_sealed_is_read() -> None:
    facts = unseal(signed(more=NEW_BRAND), KEYS)
    assert facts.catalogue.label == "2999-01-01"
    assert facts.catalogue.brands["norvane_optics"].name == "Norvane Optics"
    assert facts.digest == facts_of(files(more=NEW_BRAND)).digest
    assert len(facts.rules.all) == len(shipped().rules.all)


def test_the_same_files_and_key_give_the_same_bytes() -> None:
    assert signed() == GOOD
    assert unseal(GOOD, KEYS).digest == unseal(seal(files(), OTHER_KEY), [OTHER_KEY.public_key()]).digest


def test_one_of_several_keys_is_enough() -> None:
    assert unseal(GOOD, [OTHER_KEY.public_key(), *KEYS]).catalogue.label == "2999-01-01"


def test_another_key_and_no_key_are_not_trusted() -> None:
    assert refusal(signed(key=OTHER_KEY)) is ErrorCode.CATALOGUE_NOT_TRUSTED
    with pytest.raises(CamidError) as refused:
        unseal(GOOD, [])
    assert refused.value.code is ErrorCode.CATALOGUE_NOT_TRUSTED


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_every_changed_byte_is_found(place: int, change: int) -> None:
    data = bytearray(GOOD)
    data[place] ^= change
    assert refusal(bytes(data)) in {
        ErrorCode.NOT_A_CATALOGUE,
        ErrorCode.CATALOGUE_NOT_TRUSTED,
        ErrorCode.CATALOGUE_TOO_NEW,  # the number of the format
    }


@given(st.integers(0, len(GOOD) - 1))
def test_a_file_that_breaks_off_is_refused(length: int) -> None:
    assert refusal(GOOD[:length]) in {ErrorCode.NOT_A_CATALOGUE, ErrorCode.CATALOGUE_NOT_TRUSTED}


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert refusal(data) is ErrorCode.NOT_A_CATALOGUE
    assert refusal(b"camid-catalogue 1\n" + data) in {
        ErrorCode.NOT_A_CATALOGUE,
        ErrorCode.CATALOGUE_NOT_TRUSTED,
    }


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()))
def test_signed_nonsense_is_refused_too(content: bytes) -> None:
    assert refusal(sealed_as(content)) is ErrorCode.NOT_A_CATALOGUE


_names = st.sampled_from(["catalogue.toml", "../catalogue.toml", "/etc/passwd", ""])


@given(st.dictionaries(_names, st.text(max_size=99), min_size=1))
def test_signed_files_of_nonsense_are_refused_too(contents: dict[str, str]) -> None:
    body = json.dumps({"schema": 1, "files": {**files(), **contents}}).encode()
    assert refusal(sealed_as(body)) is ErrorCode.NOT_A_CATALOGUE


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"schema": 1, "files": ' + b'{"a":' * 50_000,
        b'{"schema": true, "files": {}}',
        b'{"schema": 0, "files": {}}',
        b'{"schema": 1, "files": {"catalogue.toml": "\\ud800"}}',
        json.dumps({"schema": 1, "files": {**files(), "catalogue.toml": "a = " + "[" * 5000}}).encode(),
    ],
)
def test_content_that_is_made_to_break_the_reader_is_refused(content: bytes) -> None:
    assert refusal(sealed_as(content)) is ErrorCode.NOT_A_CATALOGUE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (GOOD.replace(b"camid-catalogue 1\n", b"camid-catalogue 2\n", 1), "format 2"),
        (sealed_as(b'{"schema": 2, "files": {}, "pictures": []}'), "schema 2"),
    ],
)
def test_a_newer_file_is_named_as_one(data: bytes, said: str) -> None:
    with pytest.raises(CamidError, match=said) as refused:
        unseal(data, KEYS)
    assert refused.value.code is ErrorCode.CATALOGUE_TOO_NEW


@pytest.mark.parametrize("head", [b"camid-catalogue x\n", b"camid-catalogue 0\n", b"camid-catalogue 01\n"])
def test_no_other_number_of_a_format_is_taken(head: bytes) -> None:
    assert refusal(sealed_as(GOOD.split(b"\n", 2)[2], head=head)) is ErrorCode.NOT_A_CATALOGUE


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    assert refusal(sealed_as(b" " * MAX_BYTES)) is ErrorCode.NOT_A_CATALOGUE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new: {**new, "catalogue.toml": "nonsense"}, "catalogue.toml"),
        (lambda new: {**new, "rules.toml": '[[model]]\nplatform = "nobody"\n'}, "nobody"),
        (lambda new: {name: new[name] for name in ALL_FILES[1:]}, "no others"),
        (lambda new: {**new, "more.toml": ""}, "no others"),
        (
            lambda new: {**new, "protocol_rules.toml": new["protocol_rules.toml"] + "\n[[rule]]\n"},
            "protocol_rules.toml: rule",
        ),
    ],
)
def test_what_the_catalogue_itself_would_refuse_is_refused_by_name(
    change: Callable[[dict[str, str]], dict[str, str]], said: str
) -> None:
    body = json.dumps({"schema": 1, "files": change(files())}).encode()
    with pytest.raises(CamidError, match=said) as refused:
        unseal(sealed_as(body), KEYS)
    assert refused.value.code is ErrorCode.NOT_A_CATALOGUE


def test_keys_are_read_as_they_are_written() -> None:
    assert public_text(public_key(f" {PUBLIC}\n")) == PUBLIC
    assert [public_text(key) for key in keys_in(f"# a comment\n\n{PUBLIC}  # ours\n")] == [PUBLIC]
    assert public_text(trusted_keys([PUBLIC])[0]) == PUBLIC


@given(st.text(max_size=60))
def test_no_other_text_is_a_key(text: str) -> None:
    with pytest.raises(CamidError, match="catalogue_key") as refused:
        public_key(text)
    assert refused.value.code is ErrorCode.SETTINGS_INVALID
    assert not text.strip() or len(text) < 20 or text not in str(refused.value)


def test_the_shipped_file_of_keys_can_be_read() -> None:
    assert isinstance(keys_in(KEYS_FILE.read_text("utf-8")), list)
