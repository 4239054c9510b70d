"""A test camera: an RTSP server of our own that serves drawn clips over TCP and can do every fault.

    with TestCamera(make_clip(codec="hevc"), server="Rtsp Server/3.0", auth="digest") as camera:
        open_stream(camera.address, settings)
        camera.set_faults(stalled=True)
        camera.stop()
        camera.start()

``CameraProcess`` serves many cameras from one process.
"""

from tests.support.camera.process import CameraProcess, RunningCamera, TestCamera
from tests.support.camera.spec import CameraSpec, Counters, Faults, Sdp

__all__ = ["CameraProcess", "CameraSpec", "Counters", "Faults", "RunningCamera", "Sdp", "TestCamera"]
