from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import CamidError, ErrorCode
from edge.media.address import StreamAddress
from edge.streams.camera_list import Credentials, make_target, password_in, read_cameras
from edge.streams.findings import Target
from edge.streams.state import Expectation


def _file(folder: Path, text: str, name: str = "cameras.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _login(target: Target) -> tuple[str | None, str | None]:
    assert isinstance(target.address, StreamAddress)
    return target.address.username, target.address.password


def test_a_csv_file_lists_cameras(tmp_path: Path) -> None:
    text = "name,url,user,password,vendor\nDoor,rtsp://10.0.0.1/live,admin,pass word,dahua\n,rtsp://10.0.0.2/a,,,\n\n"
    door, other = read_cameras(_file(tmp_path, text))
    assert (door.name, _login(door)) == ("Door", ("admin", "pass word"))
    assert door.expect == Expectation("dahua")
    assert (other.name, _login(other)) == ("rtsp://10.0.0.2/a", (None, None))


def test_spreadsheets_that_write_semicolons_and_a_mark_are_read(tmp_path: Path) -> None:
    (only,) = read_cameras(_file(tmp_path, "\ufeffURL;Name\nrtsp://10.0.0.1/a;Tür\n"))
    assert only.name == "Tür"


def test_a_toml_file_lists_cameras(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\nsecond line\n")
    text = """
        [[camera]]
        url = "rtsp://10.0.0.1/a"
        user = "viewer"
        password_file = "secret"
        model = "AB-1"
        onvif_port = 0
    """
    (only,) = read_cameras(_file(tmp_path, text, "cameras.toml"))
    assert _login(only) == ("viewer", "from-a-file")
    assert (only.expect.model, only.onvif_port) == ("AB-1", None)


def test_what_a_row_leaves_open_is_as_given(tmp_path: Path) -> None:
    text = (
        "url,vendor,password\nrtsp://own:word@10.0.0.1/a,axis,\nrtsp://10.0.0.2/a,,\nrtsp://10.0.0.3/a,,row\n"
    )
    first, second, third = read_cameras(
        _file(tmp_path, text),
        expect=Expectation("dahua"),
        login=Credentials("admin", "given"),
        onvif_port=8000,
    )
    assert [_login(one) for one in (first, second, third)] == [
        ("own", "word"),
        ("admin", "given"),
        ("admin", "row"),
    ]
    assert [one.expect.vendor for one in (first, second)] == ["axis", "dahua"]
    assert first.onvif_port == 8000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("url,pasword\nrtsp://a/b,c\n", "line 2: 'pasword' is no field"),
        ("name,url\nDoor,\n", "line 2: The field url is missing"),
        ("url\nhttp://10.0.0.1/\n", "line 2: "),
        ("url\nrtsp://a/b,more\n", "line 2: There are more fields"),
        ("url,onvif_port\nrtsp://a/b,eighty\n", "onvif_port"),
        ("url\n", "lists no camera"),
        ("", "lists no camera"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CamidError, match=says) as caught:
        read_cameras(_file(tmp_path, text))
    assert caught.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize(
    "text",
    [
        "camera = 1",
        "[camera]\nurl = 'rtsp://a/b'",
        "camera = [1]",
        "= =",
        pytest.param("a = " + "[" * 5000, id="too deep"),
        pytest.param("a = " + "9" * 5000, id="too long a number"),
    ],
)
def test_wrong_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CamidError) as caught:
        read_cameras(_file(tmp_path, text, "cameras.toml"))
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_no_message_holds_a_password(tmp_path: Path) -> None:
    for row in (
        "http://admin:a-secret@10.0.0.1/",
        "rtsp://admin:a-secret@10.0.0.1:99999/a",
        "rtsp://a:a-secret@",
    ):
        with pytest.raises(CamidError) as caught:
            read_cameras(_file(tmp_path, f"url\n{row}\n"))
        assert "a-secret" not in str(caught.value)
    assert "a-secret" not in repr(make_target("rtsp://admin:a-secret@10.0.0.1/a"))
    assert "a-secret" not in repr(Credentials("admin", "a-secret"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamidError, match=r"cameras\.csv cannot be read") as caught:
        read_cameras(tmp_path / "cameras.csv")
    assert caught.value.code is ErrorCode.NOT_READABLE


def test_no_password_goes_where_no_user_name_does() -> None:
    assert _login(make_target("rtsp://10.0.0.1/a", login=Credentials(None, "given"))) == (None, None)


def test_a_password_keeps_its_blanks(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes(b"  pass word \r\n")
    assert password_in(path) == "  pass word "
