"""The facts of a validated stream as labelled lines of text, for the terminal and the printed report."""

from __future__ import annotations

from collections.abc import Iterator

from edge.domain import Verdict
from edge.report.sentence import Names, camera_label, printable, recorder_sentence
from edge.report.stream_contract import StreamV1
from edge.streams.findings import CheckId, Outcome

Fact = tuple[str, str]
"""Label and text; the text holds nothing that a terminal would obey."""

CHECK_NAMES = {
    CheckId.REACHABLE: "reachable",
    CheckId.LOGIN: "login",
    CheckId.STREAM: "stream",
    CheckId.FRAME_RATE: "frame rate",
    CheckId.KEY_FRAMES: "key frames",
    CheckId.JITTER: "jitter",
    CheckId.LOSS: "packet loss",
    CheckId.CLOCK: "clock",
    CheckId.NOT_BLACK: "not black",
    CheckId.NOT_FROZEN: "not frozen",
    CheckId.SHARP: "sharp",
    CheckId.COLOUR: "colour",
    CheckId.VENDOR: "vendor",
    CheckId.MODEL: "model",
    CheckId.FIRMWARE: "firmware",
}

OUTCOME_WORDS = {Outcome.PASSED: "pass", Outcome.FAILED: "FAIL", Outcome.NOT_CHECKED: "–"}


def facts(stream: StreamV1, names: Names) -> Iterator[Fact]:
    """What is known, in the order of a data sheet; what is not known is left out."""
    if stream.recorded_by is not None:
        yield "camera", recorder_sentence(stream.recorded_by, names, stream.intermediary)
    yield from _device(stream)
    yield from _display(stream)
    yield from _video(stream)
    if stream.intermediary is not None and _named(stream):
        yield "served by", printable(stream.intermediary)
    if stream.cameras:
        seen = ", ".join(camera_label(camera, names) for camera in stream.cameras)
        yield (
            "in the picture",
            f"{len(stream.cameras)} camera{'s' if len(stream.cameras) > 1 else ''}: {seen}",
        )


def summary(stream: StreamV1) -> str:
    """How the checks ended, in a few words."""
    counts = {outcome: sum(one.outcome is outcome for one in stream.checks) for outcome in Outcome}
    failed, passed = counts[Outcome.FAILED], counts[Outcome.PASSED]
    if failed:
        return f"{failed} of {failed + passed} checks failed"
    return f"{passed} checks passed"


def _named(stream: StreamV1) -> bool:
    return stream.recorded_by is not None and stream.recorded_by.verdict is not Verdict.UNDETERMINED


def _device(stream: StreamV1) -> Iterator[Fact]:
    device = stream.device
    told = (("", device.manufacturer), ("", device.model), ("firmware", device.firmware))
    more = (("serial", device.serial), ("MAC", device.mac))
    parts = [f"{label} {printable(text)}".strip() for label, text in (*told, *more) if text]
    if parts:
        yield "says it is", ", ".join(parts)


def _display(stream: StreamV1) -> Iterator[Fact]:
    osd = stream.osd
    texts = [osd.channel_text, osd.timestamp_text] if osd is not None else []
    shown = [f"“{printable(text)}”" for text in texts if text]
    drawn = f", drawn by {printable(stream.overlay_by)}" if stream.overlay_by else ""
    if shown or drawn:
        yield "display", (" ".join(shown) or "an overlay") + drawn


def _video(stream: StreamV1) -> Iterator[Fact]:
    info, measured = stream.stream, stream.measured
    if info is None:
        return
    profile = f" {printable(info.profile)}" if info.profile else ""
    decoder = f", decoded by {printable(info.decoder)}" if info.decoder else ""
    yield (
        "video",
        f"{printable(info.codec).upper()}{profile}, {info.width} × {info.height}, "
        f"{info.transport.value.upper()}{decoder}",
    )
    if measured is None:
        return
    rates = [
        f"{measured.fps:.1f} frames/s" if measured.fps is not None else "",
        f"{measured.bitrate_kbps:.0f} kbit/s" if measured.bitrate_kbps is not None else "",
        f"GOP {measured.gop_frames:.0f}" if measured.gop_frames is not None else "",
    ]
    if any(rates):
        yield "measured", ", ".join(filter(None, rates))
