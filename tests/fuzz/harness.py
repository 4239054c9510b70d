"""One target under atheris: ``python -m tests.fuzz.harness MODULE TARGET FOLDER [libFuzzer's options …]``.

Needs the environment that ``make fuzz-env`` makes. Everything of Camid and the readers written in Python are
instrumented as they are imported, so that the fuzzer sees which inputs lead to new code.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

from tests.fuzz.target import scratch

_INSTRUMENTED = ["edge", "PIL", "py7zr", "tarfile", "zipfile", "tomllib", "python_multipart", "defusedxml"]


def main() -> None:
    module, name, folder, *options = sys.argv[1:]
    with atheris.instrument_imports(include=_INSTRUMENTED):
        targets = importlib.import_module(module).TARGETS
    target = next(one for one in targets if one.name == name)
    print(f"Begun after {time.process_time():.2f} s.", file=sys.stderr, flush=True)
    run = _keeping(target.run, Path(folder))
    atheris.Setup([sys.argv[0], f"-max_len={target.longest}", f"-artifact_prefix={folder}/", *options], run)
    atheris.Fuzz()


def _keeping(run: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    """Keeps the input that breaks the parser and ends at once: while Python ends in order, libFuzzer's alarm
    may kill it before it wrote the input down."""

    def kept(data: bytes) -> None:
        try:
            run(data)
        except Exception:
            (folder / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            traceback.print_exc()
            if scratch.cache_info().currsize:
                shutil.rmtree(scratch(), ignore_errors=True)
            os._exit(1)

    return kept


if __name__ == "__main__":
    main()
