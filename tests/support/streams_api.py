"""Streams over HTTP, as tests ask for them."""

from __future__ import annotations

import httpx

STREAMS = "/api/v1/streams"
URL = "rtsp://viewer-name:s3cret-word@192.168.1.10:8554/a?token=t0ken-in-query&channel=1"


def add(client: httpx.Client, url: str = URL, **fields: object) -> dict[str, object]:
    answer = client.post(STREAMS, json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def problem(answer: httpx.Response, status: int = 422) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    return str(error["code"])
