"""``camid protocol`` and ``camid discover``: answers, exit codes, JSON and table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from edge.cli import app
from edge.media.discover import Discovered
from edge.report.discovery import discovery_answers, print_discovery
from edge.report.protocol import ProtocolIdentifier, print_protocol, protocol_answers
from edge.report.sentence import display_names
from edge.settings import load_settings
from tests.support import answers


@pytest.fixture(scope="module")
def identifier() -> ProtocolIdentifier:
    return ProtocolIdentifier.load(load_settings())


def saved(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


def test_json_gives_one_object_a_file(tmp_path: Path) -> None:
    first = saved(tmp_path, "describe.txt", answers.DAHUA)
    second = saved(tmp_path, "info.xml", answers.ISAPI.format(model="DS-2CD2386G2-IU", serial="x"))
    result = CliRunner().invoke(app, ["protocol", "--json", str(first), str(second)])
    assert result.exit_code == 0
    one, two = (json.loads(line) for line in result.stdout.splitlines())
    assert one["schema"] == "camid/1"
    assert one["source"]["kind"] == "protocol"
    assert one["source"]["name"] == "describe.txt"
    assert len(one["source"]["sha256"]) == 64
    assert one["kinds"] == ["rtsp", "sdp"]
    assert one["identification"]["verdict"] == "identified"
    assert one["identification"]["platform"] == "dahua"
    assert one["identification"]["evidence"][0]["kind"] == "protocol"
    assert one["intermediary"] is None
    assert two["device"] == {
        "model": "DS-2CD2386G2-IU",
        "firmware": "V5.5.0",
        "serial": "x",
        "mac": "44:19:B6:01:02:03",
    }


def test_a_file_that_cannot_be_read_gives_an_error_and_stops_no_other(tmp_path: Path) -> None:
    good = saved(tmp_path, "good.txt", answers.DAHUA)
    binary = tmp_path / "photo.jpg"
    binary.write_bytes(b"\xff\xd8\xff" + bytes(500))
    missing, empty = tmp_path / "missing.txt", saved(tmp_path, "empty.txt", "")
    large = saved(tmp_path, "large.txt", "x" * 3_000_000)
    files = [str(path) for path in (binary, missing, tmp_path, empty, large, good)]
    result = CliRunner().invoke(app, ["protocol", "--json", *files])
    assert result.exit_code == 3
    told = [json.loads(line) for line in result.stdout.splitlines()]
    codes = [one["error"]["code"] for one in told[:-1]]
    assert codes == ["not_text", "not_readable", "not_readable", "empty", "text_too_large"]
    assert all(one["source"]["kind"] == "protocol" for one in told)
    assert told[-1]["identification"]["platform"] == "dahua"


def test_the_table_says_who_and_why(tmp_path: Path) -> None:
    path = saved(tmp_path, "describe.txt", answers.HIKVISION)
    result = CliRunner().invoke(app, ["protocol", str(path)])
    assert result.exit_code == 0
    assert "built by Hikvision" in result.stdout
    assert "/Streaming/Channels/101" in result.stdout


def test_a_hidden_camera_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["protocol", str(saved(tmp_path, "a.sdp", answers.GO2RTC))])
    assert "the camera is hidden behind go2rtc" in result.stdout


def test_a_devices_text_is_never_markup(tmp_path: Path, identifier: ProtocolIdentifier) -> None:
    text = answers.DEVICE_INFORMATION.format(
        maker="Hikvision", model="[bold]x[/]\x1b[31m", firmware="1", serial="1"
    )
    [answer] = protocol_answers([saved(tmp_path, "a.xml", text)], identifier, load_settings())
    out = io.StringIO()
    print_protocol(answer, display_names(identifier.catalogue), Console(file=out, width=120))  # type: ignore[arg-type]
    assert "[bold]x[/]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_what_was_discovered_is_named_from_its_scopes(identifier: ProtocolIdentifier) -> None:
    match = answers.PROBE_MATCH.format(
        uuid="1", name="HIKVISION%20DS-2CD2142FWD-I", hardware="DS-2CD2142FWD-I"
    )
    devices = [
        Discovered("192.0.2.64", "urn:uuid:1", ("http://192.0.2.64/x",), ("onvif://a",), match),
        Discovered("192.0.2.65", "", (), (), ""),
    ]
    known, unknown = discovery_answers(devices, identifier)
    assert known.identification.platform == "hikvision"
    assert (known.device.model, known.device.mac) == ("DS-2CD2142FWD-I", "44:19:B6:01:02:03")
    assert unknown.identification.verdict == "undetermined"
    out = io.StringIO()
    print_discovery([known, unknown], display_names(identifier.catalogue), Console(file=out, width=120))
    assert "192.0.2.64" in out.getvalue()
    assert "Hikvision" in out.getvalue()


def test_discover_says_when_none_answers() -> None:
    result = CliRunner().invoke(app, ["discover", "--seconds", "0.1", "--interface", "127.0.0.1"])
    assert result.exit_code in {0, 3}
