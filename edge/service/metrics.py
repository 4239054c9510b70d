"""What the service counts, by cause, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from edge.domain import PhotoReport

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "camid_requests", "Answered requests.", ("method", "route", "status"), registry=self.registry
        )
        self.refused = Counter(
            "camid_refused_requests", "Requests answered with an error.", ("code",), registry=self.registry
        )
        self.photos = Counter(
            "camid_photos",
            "Photos dealt with: done, or the code of the error.",
            ("outcome",),
            registry=self.registry,
        )
        self.abandoned = Counter(
            "camid_abandoned_uploads",
            "Uploads that the client broke off before their end.",
            registry=self.registry,
        )
        self.cut = Counter(
            "camid_connections_cut",
            "Connections that were refused or ended: too many (full), no request (head), no reader (reader).",
            ("cause",),
            registry=self.registry,
        )
        self.cameras = Counter(
            "camid_cameras", "Cameras found in photos.", ("verdict",), registry=self.registry
        )
        self.validations = Counter(
            "camid_validations", "Streams validated over HTTP.", ("outcome",), registry=self.registry
        )
        self.stage_seconds = Histogram(
            "camid_stage_seconds",
            "Wall time of a stage of one photo.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.uploads = Gauge(
            "camid_uploads_in_progress", "Uploads being received or processed.", registry=self.registry
        )
        self.ready = Gauge("camid_ready", "1 when the models are loaded and warm.", registry=self.registry)

    def connection_cut(self, cause: str) -> None:
        self.cut.labels(cause).inc()

    def photo_done(self, report: PhotoReport) -> None:
        self.photos.labels("done").inc()
        for camera in report.cameras:
            self.cameras.labels(camera.identification.verdict).inc()
        timing = report.timing
        for stage in ("decode", "detect", "recognise", "total"):
            self.stage_seconds.labels(stage).observe(getattr(timing, stage) / 1000)

    def text(self) -> bytes:
        """The Prometheus text format, version 0.0.4."""
        return generate_latest(self.registry)
