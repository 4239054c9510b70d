"""Where a batch on Ray runs: a cluster that is there, or one of this machine that ends with the batch."""

from __future__ import annotations

import logging
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from edge.errors import CamidError, ErrorCode

_STORE_BYTES = 256 * 1024 * 1024
"""Of shared memory for what lies between two steps; beyond it Ray holds back, then spills to the disk."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # of Ray's own processes; what matters comes as an exception
}


def _environment() -> dict[str, str]:
    """Of a cluster of this machine: its processes listen on the loopback address, as they do on macOS, and
    ask for a token of this run alone, which is nowhere on the disk; Ray would keep one in the home folder."""
    return {
        **_QUIET,
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }


@contextmanager
def cluster(address: str | None, cores: int) -> Iterator[None]:
    """Connects to the cluster at ``address``, or starts one with so many ``cores`` that listens on the
    loopback address only and ends with the batch. A connection that is there already is used.

    Raises:
        CamidError: ``extra_missing``, ``bad_request`` if there is no cluster at ``address``.
    """
    for name, value in (_environment() if address is None else _QUIET).items():
        os.environ.setdefault(name, value)  # read by Ray as it is imported
    try:
        import ray  # noqa: PLC0415  (a large part of the extra `batch`)
        import ray.data  # noqa: PLC0415
    except ImportError:
        raise CamidError(ErrorCode.EXTRA_MISSING, "Ray is missing: pip install 'camid[batch]'.") from None
    if ray.is_initialized():
        yield
        return
    _start(address, cores)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "The minimum number of concurrent actors", UserWarning)  # a small batch
    try:
        yield
    finally:
        ray.shutdown()


def _start(address: str | None, cores: int) -> None:
    import ray  # noqa: PLC0415

    if address is None:
        ray.init(
            address="local",
            num_cpus=cores,
            object_store_memory=_STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        return
    if address.startswith("ray://"):
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            "A batch runs on a node of the cluster, not through Ray Client: start it there with "
            "--address auto, or submit it as a job.",
        )
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise CamidError(
            ErrorCode.BAD_REQUEST, f"There is no Ray cluster at that address ({type(error).__name__})."
        ) from None
