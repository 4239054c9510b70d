"""The SDP of a camera (RFC 4566)."""

from __future__ import annotations

from tests.support.camera.spec import Sdp
from tests.support.camera.track import Track

FILLER = b"a=x-filler:" + b"0" * 1000 + b"\r\n"


def describe(sdp: Sdp, track: Track) -> bytes:
    return "\r\n".join([*_head(sdp), *_medium(sdp, track), ""]).encode()


def _head(sdp: Sdp) -> list[str]:
    information = [f"i={sdp.information}"] if sdp.information is not None else []
    attributes = [f"a={attribute}" for attribute in sdp.attributes]
    fixed = ["c=IN IP4 0.0.0.0", "t=0 0", f"a=control:{sdp.base}", "a=range:npt=0-"]
    return ["v=0", f"o={sdp.origin}", f"s={sdp.session}", *information, *fixed, *attributes]


def _medium(sdp: Sdp, track: Track) -> list[str]:
    lines = [f"m={track.medium} 0 RTP/AVP {track.payload_type}"]
    if track.payload_type >= 96:
        lines.append(f"a=rtpmap:{track.payload_type} {track.encoding}/{track.hz}")
    if track.parameters:
        lines.append(f"a=fmtp:{track.payload_type} {track.parameters}")
    if track.fps is not None:
        lines.append(f"a=framerate:{track.fps:g}")
    return [*lines, *(f"a={attribute}" for attribute in sdp.media_attributes), f"a=control:{sdp.control}"]
