"""Multipart bodies: whole, cut anywhere, too large, too many, malformed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from edge.errors import CamidError, Code, ErrorCode
from edge.service.form import Form, safe_name
from edge.settings import Settings, load_settings

TYPE = "multipart/form-data; boundary=b"
DEFAULTS = load_settings()


def part(name: str | None, data: bytes, field: str = "photo") -> bytes:
    file = "" if name is None else f'; filename="{name}"'
    return f'--b\r\nContent-Disposition: form-data; name="{field}"{file}\r\n\r\n'.encode() + data + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


@contextmanager
def form(folder: Path, settings: Settings | None = None, content_type: str = TYPE) -> Iterator[Form]:
    made = Form(content_type, folder, settings or DEFAULTS)
    try:
        yield made
    finally:
        made.discard()
        assert not list(folder.iterdir())


def refusal(made: Form, data: bytes) -> Code | None:
    """Why ``data`` is not taken as a whole form."""
    try:
        made.feed(data)
        made.finish()
    except CamidError as error:
        return error.code
    return None


def test_photos_come_out_in_order_with_their_bytes(tmp_path: Path) -> None:
    with form(tmp_path) as made:
        made.feed(
            body(part("a.jpg", b"first"), part(None, b"no photo", "note"), part("b.jpg", b"second", "x"))
        )
        made.finish()
        assert [(one.name, one.path.read_bytes(), one.size) for one in made.uploads] == [
            ("a.jpg", b"first", 5),
            ("b.jpg", b"second", 6),
        ]


@given(cuts=st.lists(st.integers(1, 300), max_size=12))
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
def test_where_the_body_is_cut_does_not_matter(tmp_path: Path, cuts: list[int]) -> None:
    # The bytes look like the beginnings of a boundary, the hard case for a streaming parser.
    first, second = b"\r\n--\r\n-\r\r\n--c--", b"\r\n--b"[:-1] * 9
    data = body(part("a.jpg", first), part("b.jpg", second))
    with form(tmp_path) as made:
        start = 0
        for end in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
            made.feed(data[start:end])
            start = end
        made.finish()
        assert [one.path.read_bytes() for one in made.uploads] == [first, second]


def test_a_photo_over_the_limit_is_dropped_and_the_next_one_kept(tmp_path: Path) -> None:
    with form(tmp_path, load_settings(max_photo_bytes=100)) as made:
        for piece in (part("big.jpg", b"x" * 101), part("fits.jpg", b"y" * 100), b"--b--\r\n"):
            made.feed(piece)
        made.finish()
        big, fits = made.uploads
        assert big.error is not None
        assert big.error.code is ErrorCode.TOO_MANY_BYTES
        assert not big.path.exists()
        assert fits.error is None
        assert fits.path.stat().st_size == 100


def test_an_empty_photo_is_said_to_be_empty(tmp_path: Path) -> None:
    with form(tmp_path) as made:
        made.feed(body(part("a.jpg", b"")))
        made.finish()
        assert made.uploads[0].error is not None
        assert made.uploads[0].error.code is ErrorCode.EMPTY


def test_one_photo_too_many_ends_it_at_once(tmp_path: Path) -> None:
    with form(tmp_path, load_settings(max_photos_per_request=2)) as made:
        made.feed(part("a.jpg", b"1") + part("b.jpg", b"2"))
        with pytest.raises(CamidError) as caught:
            made.feed(part("c.jpg", b"3"))
        assert caught.value.code is ErrorCode.TOO_MANY_PHOTOS


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(part("a.jpg", b"x"), id="no closing boundary"),
        pytest.param(part("a.jpg", b"x")[:20], id="cut in a header"),
        pytest.param(b"no form at all", id="no boundary"),
        pytest.param(b"--b\r\n" + b"X-Long: " + b"y" * 10_000 + b"\r\n\r\n", id="endless header"),
        pytest.param(b"--b\r\n" + b"X-More: y\r\n" * 500 + b"\r\n", id="endless headers"),
        pytest.param(body(*(part(None, b"x") for _ in range(40))), id="many fields"),
    ],
)
def test_a_malformed_body_is_refused(tmp_path: Path, data: bytes) -> None:
    with form(tmp_path) as made:
        assert refusal(made, data) is ErrorCode.BAD_REQUEST


@given(data=st.binary(max_size=400))
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
def test_any_bytes_give_a_form_or_a_clear_refusal(tmp_path: Path, data: bytes) -> None:
    with form(tmp_path) as made:
        assert refusal(made, b"--b\r\n" + data) in {None, ErrorCode.BAD_REQUEST, ErrorCode.EMPTY}


def test_a_form_without_a_photo_is_empty(tmp_path: Path) -> None:
    with form(tmp_path) as made:
        assert refusal(made, body(part(None, b"x"))) is ErrorCode.EMPTY


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "image/jpeg",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 500,
    ],
)
def test_another_content_type_is_refused(tmp_path: Path, content_type: str) -> None:
    with pytest.raises(CamidError) as caught:
        Form(content_type, tmp_path, DEFAULTS)
    assert caught.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"street.jpg", "street.jpg"),
        (b"../../etc/passwd", "passwd"),
        (rb"C:\Users\x\front door.jpg", "front door.jpg"),
        ("Straße 海康.jpg".encode(), "Straße 海康.jpg"),
        (b"a\x00b\x1b[31m\n.jpg", "ab[31m.jpg"),
        (b"say %22cheese%22.jpg", 'say "cheese".jpg'),
        (b"\xff\xfe.jpg", "\ufffd\ufffd.jpg"),
        ("a\u202egpj.exe".encode(), "agpj.exe"),
        (b"", "photo"),
        (b"/", "photo"),
        (b"x" * 999 + b".jpg", "x" * 196 + ".jpg"),
    ],
)
def test_names_of_files_are_made_harmless(raw: bytes, name: str) -> None:
    assert safe_name(raw) == name
