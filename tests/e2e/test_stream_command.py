"""``camid stream`` on test cameras in the styles of three makers, with the real models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from tests.support.camera import CameraProcess, CameraSpec, RunningCamera, Sdp
from tests.support.clips import CHANNEL, CLOCK, Clip, encode, make_clip, wordmark

PASSWORD = "a-secret-word"
AHEAD = timedelta(hours=2)


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningCamera, ...]]:
    """In turn: in the style of Dahua and with a right clock; of Axis, two hours ahead and behind a login; one
    that a wordmark alone names; one that is frozen."""
    now = datetime.now().astimezone().replace(microsecond=0)
    folder = tmp_path_factory.mktemp("clips")
    right, ahead = folder / "right.mp4", folder / "ahead.mp4"
    encode(Clip(seconds=60, starts=now), right)
    encode(Clip(seconds=60, starts=now + AHEAD), ahead)
    specs = [
        CameraSpec(
            right,
            server="Rtsp Server/3.0",
            sdp=Sdp(media_attributes=("packetization-supported:DH",)),
            realm="Login to 3K04F2APAJ2D1E5",
            auth="digest",
            password=PASSWORD,
            starts=now,
        ),
        CameraSpec(
            ahead, server=None, realm="AXIS_ACCC8E123456", auth="digest", password=PASSWORD, starts=now
        ),
        CameraSpec(make_clip(texts=(CLOCK, CHANNEL, wordmark("reolink", size=40)), width=1280, height=720)),
        CameraSpec(make_clip(picture="frozen")),
    ]
    with CameraProcess(specs) as process:
        yield process.cameras


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_STREAM_PASSWORD", PASSWORD)


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, ["stream", "--onvif-port", "0", *(str(one) for one in arguments)])
    assert PASSWORD not in result.stdout + result.stderr
    return result


def _outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["outcome"] for check in answer["checks"]}


def _failed(answer: dict[str, Any]) -> set[str]:
    """Without jitter, which on a busy machine is the machine's own."""
    return {check for check, outcome in _outcomes(answer).items() if outcome == "failed"} - {"jitter"}


def test_three_makers_are_validated_from_a_list(cameras: tuple[RunningCamera, ...], tmp_path: Path) -> None:
    dahua, axis, reolink, frozen = cameras
    table = tmp_path / "cameras.csv"
    rows = [
        "name,url,vendor",
        f"Gate,{dahua.bare_url},dahua",
        f"Yard,{axis.bare_url},axis",
        f"Hall,{reolink.bare_url},reolink",
        f"Cold store,{frozen.bare_url},",
    ]
    table.write_text("\n".join(rows), encoding="utf-8")
    page = tmp_path / "report.html"
    files = ("--list", table, "--html", page, "--snapshot", f"{tmp_path}/s/")
    result = _run(*files, "--user", "admin", "--seconds", 10, "--json")
    assert result.exit_code == 1, result.stderr
    gate, yard, hall, store = (json.loads(line) for line in result.stdout.splitlines())
    assert _failed(gate) == set(), gate["checks"]
    assert (gate["login"], gate["stream"]["codec"], gate["stream"]["width"]) == ("digest", "h264", 640)
    assert abs(gate["measured"]["fps"] - 10) < 0.5
    assert gate["measured"]["gop_frames"] == 10
    assert gate["recorded_by"]["platform"] == "dahua"
    assert abs(gate["clock"]["ahead_s"]) <= 1
    assert yard["recorded_by"]["platform"] == "axis"
    assert yard["device"]["mac"] == "AC:CC:8E:12:34:56"
    assert yard["clock"]["time_zone_s"] == 7200
    assert _failed(yard) == {"clock"}, yard["checks"]
    assert hall["recorded_by"]["brand"] == "reolink"
    assert hall["osd"]["channel_text"] == "Camera 01"
    assert _outcomes(hall)["vendor"] == "passed"
    assert _outcomes(store)["not_frozen"] == "failed"
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 4
    assert PASSWORD not in text
    assert len(list((tmp_path / "s").glob("*.jpg"))) == 4


def test_another_maker_than_expected_fails(cameras: tuple[RunningCamera, ...]) -> None:
    result = _run(cameras[0].url, "--seconds", 2, "--expect", "hikvision")
    assert result.exit_code == 1
    assert "Dahua; expected Hikvision" in " ".join(result.stdout.split())


def test_a_wrong_password_is_no_question_of_reach(cameras: tuple[RunningCamera, ...]) -> None:
    bare = cameras[1].bare_url.replace("://", "://admin:wrong-word@", 1)
    result = _run(bare, "--seconds", 2, "--expect", "axis", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["fault"]["code"] == "auth_failed"
    assert answer["recorded_by"]["platform"] == "axis", "what it answers names it nevertheless"
    assert "wrong-word" not in result.stdout


def test_what_cannot_be_reached_ends_with_3(tmp_path: Path) -> None:
    result = _run("rtsp://admin:a-secret-word@127.0.0.1:9/live", "--html", tmp_path / "report.html")
    assert result.exit_code == 3
    assert "FAIL" in result.stdout
    assert "no picture" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_recording_takes_the_place_of_a_camera() -> None:
    result = _run(make_clip(), "--seconds", 3)
    assert result.exit_code == 0, result.stdout
    assert "a recording" in result.stdout
    assert "Camera 01" in result.stdout


def test_an_unknown_vendor_or_no_camera_is_bad_usage() -> None:
    assert _run(make_clip(), "--expect", "no such maker").exit_code == 2
    assert _run().exit_code == 2
    assert _run("http://127.0.0.1/").exit_code == 2
