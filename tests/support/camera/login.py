"""Basic and Digest authentication, the server's side (RFC 7617, RFC 2617)."""

from __future__ import annotations

import base64
import hashlib
import re

from tests.support.camera.messages import Request
from tests.support.camera.spec import CameraSpec

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def challenge(spec: CameraSpec, nonce: str) -> str:
    """What goes into WWW-Authenticate."""
    if spec.auth == "basic":
        return f'Basic realm="{spec.realm}"'
    return f'Digest realm="{spec.realm}", nonce="{nonce}"'


def is_allowed(spec: CameraSpec, request: Request, nonce: str) -> bool:
    given = request.header("Authorization")
    if spec.auth is None:
        return True
    if spec.faults.wrong_password:
        return False
    if spec.auth == "basic":
        return given == "Basic " + base64.b64encode(f"{spec.user}:{spec.password}".encode()).decode()
    return given.startswith("Digest ") and _matches(spec, request.method, given, nonce)


def _matches(spec: CameraSpec, method: str, given: str, nonce: str) -> bool:
    fields = {name: quoted or plain for name, quoted, plain in _FIELD.findall(given)}
    secret = _md5(f"{spec.user}:{spec.realm}:{spec.password}")
    asked = _md5(f"{method}:{fields.get('uri', '')}")
    middle = nonce
    if "qop" in fields:
        middle = f"{nonce}:{fields.get('nc')}:{fields.get('cnonce')}:{fields['qop']}"
    return fields.get("nonce") == nonce and fields.get("response") == _md5(f"{secret}:{middle}:{asked}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
