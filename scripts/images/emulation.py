"""Programs of 64-bit ARM on this machine, under ``qemu-user``."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QEMU = "qemu-aarch64-static"
CORE = "cortex-a76"
"""What it pretends to be: a Raspberry Pi 5. QEMU's own choice has units (SVE, SME) that no such board has."""

_FOLDER = Path("/proc/sys/fs/binfmt_misc")
_OWN = "camid-aarch64"
_MAGIC = r"\x7fELF\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00\xb7\x00"
_MASK = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"


@contextmanager
def aarch64() -> Iterator[str | None]:
    """While it lasts the kernel starts programs of ARM through QEMU; it gives None. Where it cannot, it gives
    the path of QEMU, for ``proot``. The machine is left as it was."""
    if _handled():
        yield None
        return
    mounted = _mount()
    registered = _register()
    try:
        yield None if registered else f"/usr/bin/{QEMU}"
    finally:
        if registered:
            (_FOLDER / _OWN).write_text("-1")
        if mounted:
            subprocess.run(["umount", str(_FOLDER)], check=False)


def _handled() -> bool:
    return any(_FOLDER.glob("*aarch64*"))


def _mount() -> bool:
    if (_FOLDER / "register").exists():
        return False
    command = ["mount", "-t", "binfmt_misc", "binfmt_misc", str(_FOLDER)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _register() -> bool:
    # F: the kernel opens QEMU now, so that it is found in any root.
    try:
        (_FOLDER / "register").write_text(f":{_OWN}:M::{_MAGIC}:{_MASK}:/usr/bin/{QEMU}:F")
    except OSError:
        return False
    return True
