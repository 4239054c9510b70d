"""The cameras of the soak, what is done to them, and which fault Camid has to name then."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.errors import StreamFault
from tests.support.camera import CameraSpec, Faults, RunningCamera
from tests.support.camera.certificate import certificate
from tests.support.clips import CHANNEL, CLOCK, Clip, Text, make_clip, wordmark

_NONE: frozenset[StreamFault] = frozenset()

IN_PASSING = frozenset({StreamFault.ENDED, StreamFault.STALLED})
"""How a look may end that was under way when the trouble began."""


@dataclass(frozen=True, slots=True)
class Trial:
    """``faults`` are set for the length of the trial; without any the camera is switched off. One of
    ``expected`` has to be named, without any there is nothing to name; ``tolerated`` may be. ``switch`` says
    what becomes different: codec or size. What is ``met_at_the_door`` is seen by who opens a stream alone."""

    name: str
    expected: frozenset[StreamFault] = _NONE
    faults: Faults | None = None
    switch: str | None = None
    tolerated: frozenset[StreamFault] = _NONE
    met_at_the_door: bool = False

    def for_kept_connections(self) -> Trial:
        """The same for a stream that is open already: it may go on, or end and then meet the fault."""
        if not self.met_at_the_door and self.switch != "codec":
            return self
        return replace(self, expected=_NONE, tolerated=self.expected | self.tolerated | IN_PASSING)


def _faulty(name: str, *expected: StreamFault, **faults: Any) -> Trial:
    return Trial(name, frozenset(expected), Faults(**faults))


def _door(name: str, *expected: StreamFault, **faults: Any) -> Trial:
    return replace(_faulty(name, *expected, **faults), met_at_the_door=True)


TRIALS = (
    Trial("switched off", frozenset({StreamFault.REFUSED})),
    _faulty("stalled", StreamFault.STALLED, stalled=True),
    _door("half-open", StreamFault.TIMEOUT, StreamFault.TLS_FAILED, silent=True),
    Trial("5 % loss", faults=Faults(loss=0.05), tolerated=frozenset({StreamFault.CORRUPT})),
    _faulty("garbage", StreamFault.CORRUPT, garbage=1.0),
    _door("wrong password", StreamFault.AUTH_FAILED, wrong_password=True),
    _door("no parameter sets", StreamFault.CORRUPT, StreamFault.STALLED, without_parameter_sets=True),
    _faulty("slow key frame", first_key_after_s=2.0),
    _door("404", StreamFault.NOT_FOUND, not_found=True),
    _door("503", StreamFault.REFUSED, status=503),
    _door("redirect to nowhere", StreamFault.REFUSED, redirect="rtsp://192.0.2.1/stream1"),
    _door("endless header", StreamFault.TIMEOUT, StreamFault.CORRUPT, endless="headers"),
    _door("endless SDP", StreamFault.TIMEOUT, StreamFault.CORRUPT, endless="body"),
    _door("100 MB SDP", StreamFault.CORRUPT, sdp_bytes=100 << 20),
    _door("sound only", StreamFault.UNSUPPORTED_CODEC, audio_only=True),
    _faulty("times jump", jump_s=100.0),
    _faulty("BYE", StreamFault.ENDED, StreamFault.STALLED, stalled=True, end_after_s=0.5, end="bye"),
    _faulty("TEARDOWN", StreamFault.ENDED, stalled=True, end_after_s=0.5, end="teardown"),
    _faulty("closed", StreamFault.ENDED, stalled=True, end_after_s=0.5, end="close"),
    _faulty("reset", StreamFault.ENDED, stalled=True, end_after_s=0.5, end="reset"),
    Trial("other codec", switch="codec"),
    Trial("other size", switch="size"),
)


@dataclass(frozen=True, slots=True)
class SoakCamera:
    """A camera's spec, and the clips that it changes to."""

    name: str
    spec: CameraSpec
    other_codec: Path
    other_size: Path

    def trials(self, *, keep: bool) -> list[Trial]:
        """Those that it can have: MJPEG knows no parameter sets. ``keep``: connections are kept."""
        had = [t for t in TRIALS if not (t.name == "no parameter sets" and "MJPEG" in self.name)]
        return [trial.for_kept_connections() for trial in had] if keep else had

    def begin(self, trial: Trial, camera: RunningCamera) -> None:
        if trial.switch is not None:
            camera.switch(
                self.other_codec if trial.switch == "codec" else self.other_size,
                in_stream=trial.switch == "size",
            )
        elif trial.faults is not None:
            camera.set_faults(trial.faults)
        else:
            camera.stop()

    def end(self, trial: Trial, camera: RunningCamera) -> None:
        if trial.switch is not None:
            camera.switch(self.spec.clip, in_stream=trial.switch == "size")
        elif trial.faults is not None:
            camera.set_faults()
        else:
            camera.start()


def soak_cameras() -> list[SoakCamera]:
    """Eight of different codec, size, login and transport, each with a password of its own."""
    large = Clip(width=1920, height=1080, fps=15, gop=15, kbps=2000, texts=(CLOCK, wordmark("REOLINK")))
    small = Clip(fps=10, gop=10, seconds=6)
    night = Clip(fps=10, gop=20, seconds=6, infrared=True, texts=(Text("%d/%m/%Y %H:%M:%S"), CHANNEL))
    return [
        _camera("H.264 1080p", large, auth="digest", server="Dahua Rtsp Server"),
        _camera("H.265 360p", small, codec="hevc", auth="digest"),
        _camera("MJPEG 360p", small, codec="mjpeg", auth="basic"),
        _camera("H.264 TLS", small, auth="digest", certificate=certificate()),
        _camera("H.264 infrared", night, auth="digest", realm="Hikvision"),
        _camera("H.265 1080p", large, codec="hevc", auth="basic"),
        _camera("H.264 480p", small, width=640, height=480, auth="digest"),
        _camera("H.265 TLS", night, codec="hevc", auth="basic", certificate=certificate()),
    ]


def _camera(
    name: str, clip: Clip, codec: str = "h264", width: int = 0, height: int = 0, **spec: Any
) -> SoakCamera:
    width, height = width or clip.width, height or clip.height
    other = "h264" if codec == "hevc" else "hevc"
    return SoakCamera(
        name,
        CameraSpec(
            make_clip(clip, codec=codec, width=width, height=height),
            password=f"pw-{secrets.token_hex(8)}",
            **spec,
        ),
        make_clip(clip, codec=other, width=width, height=height),
        make_clip(clip, codec=codec, width=width * 3 // 4 // 8 * 8, height=height * 3 // 4 // 8 * 8),
    )
