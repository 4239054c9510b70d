"""Saved answers of devices, read as untrusted text: RTSP, SDP, HTTP, XML, JSON, lines of ``key=value``."""
