"""Whether the service of this machine answers: ``python -m edge.operation.alive``, the image's health check.

It asks ``/healthz``, not ``/readyz``: a full disk is no reason to start a container again.
"""

from __future__ import annotations

import ssl
import sys
from urllib.error import URLError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from edge.settings import Settings, load_settings

TIMEOUT_S = 4.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


def alive(settings: Settings, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether ``/healthz`` is answered with 200 on the address of these settings, without TLS or with it."""
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    schemes = ("https", "http") if settings.tls_certificate or settings.lan else ("http", "https")
    return any(_answers(f"{scheme}://{host}:{settings.port}/healthz", timeout_s) for scheme in schemes)


def _answers(url: str, timeout_s: float) -> bool:
    # It tells this machine something about itself, and sends no secret: the certificate's name is another.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    try:
        with build_opener(ProxyHandler({}), HTTPSHandler(context=unchecked)).open(
            url, timeout=timeout_s
        ) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(0 if alive(load_settings()) else 1)
