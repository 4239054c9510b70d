"""GStreamer's RTSP server with one looping clip: run by the system's Python, which has ``gi``.

``/usr/bin/python3 gst_server.py CLIP`` prints its port and ends when its standard input closes; without
a clip it says whether it could. It imports nothing of Camid.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PATH = "/stream1"
_ROLE = "viewer"
_SHAPES = {
    "video/x-h264": ("h264parse", "rtph264pay pt=96 config-interval=-1"),
    "video/x-h265": ("h265parse", "rtph265pay pt=96 config-interval=-1"),
    "image/jpeg": ("jpegparse", "rtpjpegpay"),
}


def check() -> None:
    """Ends the process with a reason where a part of GStreamer is missing."""
    used = ["qtdemux", "appsrc", *(name.split()[0] for shape in _SHAPES.values() for name in shape)]
    lacking = [name for name in used if Gst.ElementFactory.find(name) is None]
    if lacking:
        raise SystemExit(f"GStreamer lacks {', '.join(lacking)}")


def load(clip: Path) -> tuple[str, list[bytes], str]:
    """The caps of the clip's pictures, the pictures, and the payloader that suits them."""
    for kind, (parser, payloader) in _SHAPES.items():
        shape = kind if kind == "image/jpeg" else f"{kind},stream-format=byte-stream,alignment=au"
        pipeline = Gst.parse_launch(
            f'filesrc location="{clip}" ! qtdemux ! {kind} ! {parser} ! {shape} ! appsink name=out sync=0'
        )
        caps, pictures = _pull_all(pipeline)
        if pictures:
            return caps, pictures, payloader
    raise SystemExit(f"{clip}: no video that can be served")


def _pull_all(pipeline: Gst.Pipeline) -> tuple[str, list[bytes]]:
    """Caps and pictures; none where the file holds another kind."""
    caps, pictures, out, bus = "", [], pipeline.get_by_name("out"), pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    while not out.props.eos and bus.pop_filtered(Gst.MessageType.ERROR) is None:
        if sample := out.emit("try-pull-sample", Gst.SECOND // 20):
            caps = sample.get_caps().to_string()
            pictures.append(sample.get_buffer().extract_dup(0, sample.get_buffer().get_size()))
    pipeline.set_state(Gst.State.NULL)
    return caps, pictures


def make_factory(caps: str, pictures: list[bytes], payloader: str) -> GstRtspServer.RTSPMediaFactory:
    """Plays the pictures round and round, from the first one for each client."""
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( appsrc name=source is-live=1 format=time caps="{caps}" ! {payloader} name=pay0 )')
    _, rate, per = Gst.Caps.from_string(caps).get_structure(0).get_fraction("framerate")
    duration = Gst.SECOND * per // rate

    def configure(_: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        numbers = iter(range(sys.maxsize))
        source = media.get_element().get_child_by_name("source")
        source.connect("need-data", lambda appsrc, _: push(appsrc, next(numbers)))

    def push(source: Gst.Element, number: int) -> None:
        buffer = Gst.Buffer.new_wrapped(pictures[number % len(pictures)])
        buffer.pts = buffer.dts = number * duration
        buffer.duration = duration
        source.emit("push-buffer", buffer)

    factory.connect("media-configure", configure)
    return factory


def protect(
    server: GstRtspServer.RTSPServer,
    factory: GstRtspServer.RTSPMediaFactory,
    arguments: argparse.Namespace,
) -> None:
    """Logins and TLS, where they are asked for."""
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(_ROLE, right, True)
    factory.set_permissions(permissions)
    if arguments.digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(*arguments.digest, token)
    elif arguments.basic:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(*arguments.basic), token)
    else:
        auth.set_default_token(token)
    if arguments.pem:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(arguments.pem))
    server.set_auth(auth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("--basic", nargs=2)
    parser.add_argument("--digest", nargs=2)
    parser.add_argument("--pem")
    arguments = parser.parse_args()
    Gst.init(None)
    check()
    if arguments.clip is not None:
        serve(arguments)


def serve(arguments: argparse.Namespace) -> None:
    """Serves until the parent closes its end."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = make_factory(*load(arguments.clip))
    if arguments.basic or arguments.digest or arguments.pem:
        protect(server, factory, arguments)
    server.get_mount_points().add_factory(PATH, factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main()
