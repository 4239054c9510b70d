"""The process of test cameras: takes pickled commands from its parent and ends when the parent does."""

from __future__ import annotations

import asyncio
import pickle
import sys
import threading
from collections.abc import Sequence
from typing import Any

from tests.support.camera.server import Server
from tests.support.camera.spec import CameraSpec
from tests.support.camera.track import load_track


async def serve(specs: Sequence[CameraSpec]) -> None:
    """Answers commands (number of the camera, method, arguments) until the parent closes its end."""
    for spec in specs:
        load_track(spec.clip)
    servers = [Server(spec) for spec in specs]
    reply([await server.start() for server in servers])
    commands: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=read_commands, args=(loop, commands), daemon=True).start()
    while (command := await commands.get()) is not None:
        number, method, arguments = command
        result = getattr(servers[number], method)(*arguments)
        reply(await result if asyncio.iscoroutine(result) else result)
    for server in servers:
        await server.stop()


def read_commands(loop: asyncio.AbstractEventLoop, commands: asyncio.Queue[Any]) -> None:
    while True:
        try:
            command = pickle.load(sys.stdin.buffer)
        except (EOFError, OSError):
            command = None
        loop.call_soon_threadsafe(commands.put_nowait, command)
        if command is None:
            return


def reply(result: object) -> None:
    pickle.dump(result, sys.stdout.buffer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(serve(pickle.load(sys.stdin.buffer)))
