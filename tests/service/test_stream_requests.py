"""Bodies about streams: whatever is sent, they are taken or refused, and hold no more than they may."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.media.address import StreamAddress
from edge.service.stream_requests import NewStreamV1, StreamChangeV1, ValidationV1
from edge.streams.state import StreamSpec

SPEC = StreamSpec("an-id", "Yard", StreamAddress.parse("rtsp://viewer:word@192.168.1.10/a"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["url", "name", "username", "password", "enabled", "expect", "seconds", "other"])
URLS = st.text(max_size=80) | st.builds("rtsp://{}/{}".format, st.text(max_size=20), st.text(max_size=20))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_change_is_refused_or_changes_what_may_change(body: dict[str, object]) -> None:
    with suppress(ValidationError):
        changed = StreamChangeV1.model_validate_json(json.dumps(body)).applied_to(SPEC)
        assert (changed.id, changed.address.url) == (SPEC.id, SPEC.address.url)
        assert 0 < len(changed.name) <= 200
        for text in (changed.name, changed.address.username or "", changed.address.password or ""):
            assert text.isprintable()
        assert changed == SPEC or body


@given(st.dictionaries(KEYS, VALUES, max_size=4), URLS)
def test_a_new_stream_is_refused_or_has_an_address(body: dict[str, object], url: str) -> None:
    for model in (NewStreamV1, ValidationV1):
        with suppress(ValidationError):
            spec = model.model_validate_json(json.dumps({**body, "url": url})).spec()
            assert spec.address.scheme in {"rtsp", "rtsps"}
            assert spec.name
            assert spec.name.isprintable()


@given(st.binary(max_size=60))
def test_bytes_that_are_no_json_are_refused(body: bytes) -> None:
    with suppress(ValidationError):
        StreamChangeV1.model_validate_json(body)


def test_a_body_is_not_shown_with_its_secrets() -> None:
    body = {
        "url": "rtsp://viewer-name:s3cret-word@10.0.0.1/a",
        "username": "viewer-name",
        "password": "0ther-word",
    }
    shown = repr(NewStreamV1.model_validate(body)) + repr(StreamChangeV1(username="viewer-name"))
    for secret in ("viewer-name", "s3cret-word", "0ther-word"):
        assert secret not in shown
