"""The answer about a validated stream: JSON, terminal, printed page."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from edge.domain import Identification, Osd, Verdict
from edge.errors import CamidError, ErrorCode, StreamFault
from edge.report.picture_files import write_file
from edge.report.sentence import display_names
from edge.report.stream_answers import (
    Answered,
    exit_code,
    login_of,
    snapshot_paths,
    targets_of,
    write_html,
)
from edge.report.stream_contract import StreamV1, stream_contract, stream_json
from edge.report.stream_facts import CHECK_NAMES, facts, summary
from edge.report.stream_html import stream_html
from edge.report.stream_table import print_overview, print_stream
from edge.settings import load_settings
from edge.streams.camera_list import Credentials
from edge.streams.checks import judge
from edge.streams.clock_offset import ClockOffset
from edge.streams.findings import CheckId, Device, Login, Observation
from edge.streams.look import snapshot
from edge.streams.state import Expectation
from edge.vendors.catalogue import load_catalogue
from tests.streams.test_checks import SEEN, TARGET
from tests.support.fake_cameras import exchange, info, moment, scene

HOSTILE = "<script>alert(1)</script>\x1b[31m[bold]\u202e"
NAMES = display_names(load_catalogue())


def _answer(**changes: object) -> StreamV1:
    seen = replace(SEEN, snapshot=snapshot(scene()), **changes)  # type: ignore[arg-type]
    return stream_contract(judge(seen, load_settings(), load_catalogue()))


def _unreachable() -> StreamV1:
    seen = Observation(TARGET, moment(), 5, fault=StreamFault.UNREACHABLE, message="rtsp://door/live: no way")
    return stream_contract(judge(seen, load_settings(), load_catalogue()))


def _printed(answer: StreamV1, width: int = 100) -> str:
    console = Console(width=width, record=True, file=Path(os.devnull).open("w"))  # noqa: SIM115
    print_stream(answer, NAMES, console)
    console.file.close()
    return console.export_text()


def test_every_field_is_there_and_what_is_not_known_is_null() -> None:
    full, empty = json.loads(stream_json(_answer())), json.loads(stream_json(_unreachable()))
    assert full.keys() == empty.keys()
    assert empty["schema"] == "camid-stream/1"
    for field in ("stream", "measured", "clock", "osd", "recorded_by", "overlay_by", "intermediary"):
        assert empty[field] is None
    assert empty["fault"] == {"code": "unreachable", "message": "rtsp://door/live: no way"}
    assert (full["passed"], empty["passed"]) == (True, False)
    assert full["began"] == "2026-03-14T09:00:00Z"


def test_no_form_of_the_answer_holds_credentials() -> None:
    answer = _answer()
    page = stream_html([(answer, None)], NAMES, datetime.now(UTC), "1")
    for text in (stream_json(answer), _printed(answer), page):
        assert "a-secret" not in text
        assert "rtsp://door/live" in text


def test_the_terminal_shows_facts_and_checks() -> None:
    text = _printed(_answer(clock=ClockOffset(7200.2, 0.2, 7200, False), osd=Osd("09:00:00", "Front")))
    for part in ("1 of 12 checks failed", "Lorex", "“Front”", "wrong time zone: 2 h ahead", "GOP 50", "FAIL"):
        assert part in text, part


def test_what_a_camera_says_is_never_obeyed() -> None:
    hostile = _answer(
        osd=Osd(HOSTILE, HOSTILE),
        intermediary=HOSTILE,
        overlay_by=HOSTILE,
        device=Device(model=HOSTILE, firmware=HOSTILE),
        fault=StreamFault.STALLED,
        message=HOSTILE,
        info=info(profile=HOSTILE),
    )
    text = _printed(hostile)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]" in text
    page = stream_html([(hostile, None)], NAMES, datetime.now(UTC), "1")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_hidden_camera_is_said_to_be_hidden() -> None:
    hidden = _answer(identification=Identification(Verdict.UNDETERMINED), intermediary="go2rtc")
    assert ("camera", "undetermined: the camera is hidden behind go2rtc") in list(facts(hidden, NAMES))


def test_every_check_has_a_name() -> None:
    assert CHECK_NAMES.keys() == set(CheckId)


def test_the_summary_counts() -> None:
    assert summary(_answer()) == "12 checks passed"
    assert summary(_unreachable()) == "1 of 1 checks failed"


def test_the_overview_names_what_failed() -> None:
    console = Console(width=80, record=True, file=Path(os.devnull).open("w"))  # noqa: SIM115
    print_overview([_answer(), _unreachable()], console)
    console.file.close()
    assert "reachable" in console.export_text()


def test_the_page_stands_alone() -> None:
    pages = [(_answer(), snapshot(scene())), (_unreachable(), None)]
    page = stream_html(pages, NAMES, datetime(2026, 3, 14, 9, tzinfo=UTC), "1.2")
    assert "2 cameras validated" in page
    assert page.count("data:image/jpeg;base64,") == 1
    assert "no picture" in page
    assert "default-src 'none'" in page
    for outside in ("http:", "https:", "<script", "<link"):
        assert outside not in page


def test_exit_codes() -> None:
    well, away = Answered(_answer(), None, True), Answered(_unreachable(), None, False)
    bad = Answered(_answer(login=Login.NONE, clock=ClockOffset(60, 0.2, 0, False)), None, True)
    assert exit_code([well]) == 0
    assert exit_code([well, bad]) == 1
    assert exit_code([bad, away]) == 3


def test_the_password_comes_from_file_environment_or_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from-file\n")
    monkeypatch.setenv("CAMID_STREAM_PASSWORD", "from-environment")
    assert login_of("admin", file, None).password == "from-file"
    assert login_of("admin", None, None).password == "from-environment"
    monkeypatch.delenv("CAMID_STREAM_PASSWORD")
    assert login_of("admin", None, lambda question: f"typed for {question}").password == (
        "typed for Password of admin"
    )
    assert login_of(None, None, lambda _: pytest.fail("nobody is asked without a user name")).password is None


def test_addresses_and_a_list_may_be_given_together(tmp_path: Path) -> None:
    table = tmp_path / "cameras.csv"
    table.write_text("url\nrtsp://b/2\n")
    targets = targets_of(["rtsp://a/1"], table, Expectation("axis"), Credentials(), 80)
    assert [target.name for target in targets] == ["rtsp://a/1", "rtsp://b/2"]
    with pytest.raises(CamidError) as caught:
        targets_of([], None, Expectation(), Credentials(), 80)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_snapshots_are_named_after_their_cameras(tmp_path: Path) -> None:
    targets = [replace(TARGET, name="Gate/../1"), replace(TARGET, name="rtsp://10.0.0.1:8554/live")]
    paths = snapshot_paths(f"{tmp_path}/{{name}}.png", targets)
    assert [path.name for path in paths] == ["Gate-..-1.png", "10.0.0.1-8554-live.png"]
    assert {path.parent for path in paths} == {tmp_path}
    with pytest.raises(ValueError, match="name"):
        snapshot_paths(f"{tmp_path}/one.jpg", targets)


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CamidError) as caught:
        write_html(tmp_path / "a" / "b" / "page.html", [], NAMES, "1")
    assert caught.value.code is ErrorCode.NOT_WRITABLE
    write_file(tmp_path / "new" / "page.html", b"text")
    assert (tmp_path / "new" / "page.html").read_bytes() == b"text"


def test_the_exchange_stays_inside() -> None:
    assert "Rtsp Server" not in stream_json(_answer(exchange=exchange()))
