"""The first inputs of every target, made by our own code: ``python -m tests.fuzz.seeds`` writes them."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator

import numpy as np

from edge.service.store import SCHEMA_VERSION
from edge.vendors.protocol_rules import RULES_FILE
from tests.fuzz.requests import BODIES, BOUNDARY
from tests.fuzz.tables import WHOLE
from tests.fuzz.targets import TARGETS
from tests.support import credentials, pictures, raw_files
from tests.support.archives import packed

_SMALL = pictures.quarters(24, 16)


def seeds(target: str) -> Iterator[bytes]:
    """Those of one target."""
    match target:
        case "decoder" | "photo":
            yield from _photos()
        case "exif":
            yield from _exif_blocks()
        case "tiff":
            yield from _tiffs()
        case "facts":
            yield from _facts()
        case "credentials":
            yield from _credentials()
        case "units":
            yield from _units()
        case "archive":
            yield from _archives()
        case "pack":
            yield _pack()
        case "backup":
            yield _backup()
        case "json-body":
            yield from _bodies()
        case "form":
            yield b"\x10" + _form()
            yield b"\x01" + _form().replace(b"filename", b"filename*")
        case _:
            yield from (text.encode() for text in _TEXTS[target])


def _photos() -> Iterator[bytes]:
    exif = _exif()
    yield pictures.jpeg(_SMALL, exif)
    yield pictures.jpeg(_SMALL, progressive=True)
    yield pictures.jpeg(_SMALL)[:-40]
    yield pictures.cmyk_jpeg(24, 16)
    yield pictures.two_frame_mpo(_SMALL, _SMALL)
    for kind in ("PNG", "WEBP", "GIF", "BMP"):
        yield pictures.encoded(_SMALL, kind)
        yield pictures.header_bomb(kind)
    yield pictures.encoded(_SMALL, "WEBP", exif=exif, lossless=True)
    yield pictures.animated_gif(2, 24, 16)
    yield pictures.sixteen_bit_png(np.full((16, 24), 40_000, np.uint16))
    yield pictures.png(16, 16, pictures.png_chunk(b"eXIf", exif[6:]), pixels=bytes(16 * (1 + 48)))
    preview = pictures.jpeg(_SMALL)
    yield raw_files.cr3(preview, preview, _exif()[6:])
    yield raw_files.raf(preview)
    yield _raw(preview)
    yield pictures.heic(_SMALL, exif)
    yield pictures.encoded(_SMALL, "AVIF", exif=exif)
    for compression in ("raw", "tiff_lzw", "tiff_deflate", "jpeg"):
        yield pictures.encoded(_SMALL, "TIFF", compression=compression)


def _exif() -> bytes:
    gps = pictures.position(44.4268, 26.1025)
    return pictures.exif_block(6, "2024:05:01 12:30:00", "+03:00", gps)


def _exif_blocks() -> Iterator[bytes]:
    yield _exif()
    yield _exif()[6:]
    yield raw_files.tiff([{0x010F: b"Acme\0", 0x0110: b"Cam 1\0", 0x0131: b"v1.2\0", 0x0112: 3}], order=">")


def _tiffs() -> Iterator[bytes]:
    yield pictures.encoded(_SMALL, "TIFF")
    yield _raw(pictures.jpeg(_SMALL))
    yield raw_files.tiff([{0x00FE: 1, 0x014A: -102}, {0x0103: 7}, {0x0106: 32803}], order=">")


def _raw(preview: bytes) -> bytes:
    entries: dict[int, raw_files.Value] = {0x0106: 32803, 0x0201: -1, 0x0202: len(preview)}
    return raw_files.tiff([entries], [preview])


_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
exif:DateTimeOriginal="2024-05-01T12:30:00+03:00" exif:GPSLatitude="44,25.608N" exif:GPSLongitude="26,6,9E">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">A yard</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def _facts() -> Iterator[bytes]:
    yield _XMP.encode()
    place = {"latitude": 44.4, "longitude": 26.1}
    taken = {"photoTakenTime": {"timestamp": "1714559400"}, "geoData": place, "description": "A yard"}
    yield json.dumps(taken).encode()
    datasets = b"".join(
        b"\x1c" + bytes(key) + len(value).to_bytes(2, "big") + value
        for key, value in (
            ((1, 90), b"\x1b%G"),
            ((2, 120), "Ein Höfchen".encode()),
            ((2, 55), b"20240501"),
            ((2, 60), b"123000+0300"),
        )
    )
    head = b"8BIM\x04\x04\0\0" + len(datasets).to_bytes(4, "big")
    yield b"\xff\xd8\xff\xedPhotoshop 3.0\0" + b"8BIM\x03\xed\0\0\0\0\0\x02ab" + head + datasets


def _credentials() -> Iterator[bytes]:
    claim = {"claim_generator_info": {"name": "Fieldcam", "version": "2.1"}, "dc:title": "fence.jpg"}
    older = credentials.manifest("urn:uuid:1", {"claim_generator": "Old/1.0"}, ["c2pa.actions"])
    store = credentials.store(older, credentials.manifest("urn:c2pa:2", claim, ["c2pa.hash.data"]))
    photo = pictures.jpeg(_SMALL)
    yield credentials.in_jpeg(photo, store)
    yield credentials.in_jpeg(photo, store, piece=50)
    yield b"\x89PNG\r\n\x1a\n" + pictures.png_chunk(b"IHDR", bytes(13)) + pictures.png_chunk(b"caBX", store)
    chunk = b"C2PA" + len(store).to_bytes(4, "little") + store
    yield b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk
    identity = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
    content = identity + bytes(4) + b"manifest\0" + bytes(8) + store
    yield credentials.box(b"ftyp", b"heic\0\0\0\0mif1heic") + credentials.box(b"uuid", content)
    yield credentials.cbor({"a": [1, -2, b"c", None, True, {"d": "e"}], "n": 1 << 40})


def _units() -> Iterator[bytes]:
    words = bytes(range(16)) + b"Acme encoder 1.0"
    message = b"\x05" + bytes([len(words)]) + words + b"\x80"
    h264 = b"\0\0\0\1\x67\x42\0\0\1\x06" + message + b"\0\0\1\x65\x88\x84"
    h265 = b"\0\0\0\1\x40\x01\x0c\0\0\1\x4e\x01" + message + b"\0\0\1\x26\x01\xaf"
    yield h264
    yield h265
    unit = b"\x06" + message
    yield b"\x01\x42\0\x1e\xff" + bytes(27) + len(unit).to_bytes(4, "big") + unit


def _archives() -> Iterator[bytes]:
    inner = packed("zip", [("c.jpg", pictures.jpeg(_SMALL)[:200])])
    members = [("a.jpg", b"photo"), ("../b\n.jpg", b"other"), ("in.zip", inner)]
    for kind in ("zip", "tar", "tgz", "7z"):
        yield packed(kind, members)
    for mode in ("w:bz2", "w:xz"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode) as archive:
            archive.addfile(tarfile.TarInfo("a.jpg"))
        yield out.getvalue()


def _pack() -> bytes:
    """Stored members, the manifest last; its own test checks what a whole pack is."""
    content = b"a photo"
    listed = {"path": "a.jpg", "sha256": _sha256(content), "bytes": len(content)}
    manifest = {"format": "camid-pack/1", "files": [listed]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.jpg", (1980, 1, 1, 0, 0, 0)), content)
        archive.writestr(zipfile.ZipInfo("manifest.json", (1980, 1, 1, 0, 0, 0)), json.dumps(manifest))
    return out.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _backup() -> bytes:
    """As ``camid backup`` writes it, with a database that is empty but for its version."""
    database = sqlite3.connect(":memory:")
    database.execute("PRAGMA page_size = 512")
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    label = {"format": 1, "camid": "0", "made_at": "2024-05-01T12:30:00Z", "schema_version": SCHEMA_VERSION}
    members = {
        "camid-backup.json": json.dumps({**label, "photos": 1, "with_key": False}).encode(),
        "camid.sqlite": database.serialize(),
        f"photos/{_sha256(b'a')[:2]}/{_sha256(b'a')}": b"a",
        "camid-backup.end": b"",
    }
    database.close()
    return packed("tar", list(members.items()))


_BOX = [10.0, 20.0, 110.5, 80.0]
_SENT: tuple[object, ...] = (
    {"url": "rtsp://viewer:secret@192.0.2.1:8554/a?b=c", "name": "Door", "expect": {"vendor": "dahua"}},
    {"name": "Gate", "enabled": False, "password": None, "expect": {"model": "X1", "firmware": "2.8"}},
    {"url": "rtsps://[2001:db8::1]/", "username": "u", "password": "p", "seconds": 5},
    {"seconds": 60},
    {"folder": "photos/2024", "name": "May", "min_score": 0.5},
    {
        "by": "A. Reporter",
        "complete": True,
        "cameras": [
            {"machine": 0, "box": _BOX, "vendor": "hikvision", "form_factor": "bullet", "mark_text": "X"},
            {"machine": None, "box": [-5, 0, 50, 5000], "rejected": False},
        ],
        "blur": [_BOX],
    },
    {"sightings": ["a", "b"]},
    {"photo": "5f0c1c6f1c0f4a52a2b1f4d2c9e8b7a6"},
    {"latitude": 44.4, "longitude": 26.1, "by": "A. Reporter"},
)


def _bodies() -> Iterator[bytes]:
    for number, body in zip(range(len(BODIES)), _SENT, strict=True):
        yield bytes([number]) + json.dumps(body).encode()


def _form() -> bytes:
    line = f"--{BOUNDARY}\r\n".encode()
    head = (
        b'Content-Disposition: form-data; name="photo"; filename="a%22\xc3\xa9.jpg"\r\n'
        b"Content-Type: image/jpeg"
    )
    note = b'Content-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    return line + head + b"\r\n\r\n" + b"\xff\xd8\xff\r\n" + line + note + f"--{BOUNDARY}--\r\n".encode()


_SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Media\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z00AKpY1QPAET8s=,aO4xsg==\r\n"
    "a=framesize:96 1920-1080\r\na=framerate:25\r\na=control:trackID=1\r\nm=audio 0 RTP/AVP 8\r\n"
)
_DESCRIBED = (
    "RTSP/1.0 200 OK\r\nCSeq: {}\r\nServer: Acme Rtsp/1.0\r\nContent-Base: rtsp://cam/live/\r\n"
    f"Content-Type: application/sdp\r\nContent-Length: {len(_SDP)}\r\n\r\n{_SDP}"
)
_OPTIONS = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
_LOGIN = (
    'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="Acme", nonce="9b", '
    'algorithm=SHA-256, qop="auth", stale=FALSE\r\nWWW-Authenticate: Basic realm="Acme"\r\n\r\n'
)
_MOVED = "RTSP/1.0 302 Moved\r\nCSeq: 2\r\nLocation: rtsp://cam/other?x=1\r\n\r\n"
_MATCH = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:ProbeMatches><d:ProbeMatch>'
    "<Address>urn:uuid:1</Address><d:Scopes>onvif://www.onvif.org/name/Acme onvif://www.onvif.org/hardware/X1"
    "</d:Scopes><d:XAddrs>http://192.0.2.7/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches>"
    "</e:Body></e:Envelope>"
)
_INFORMATION = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:t="http://www.onvif.org/ver10/device/wsdl"><s:Body><t:GetDeviceInformationResponse>'
    "<t:Manufacturer>Acme</t:Manufacturer><t:Model>X1</t:Model><t:FirmwareVersion>2.8</t:FirmwareVersion>"
    "<t:SerialNumber>0001</t:SerialNumber><t:HardwareId>1</t:HardwareId></t:GetDeviceInformationResponse>"
    "</s:Body></s:Envelope>"
)
_TIME = (
    "<a><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second></Time>"
    "<Date><Year>2024</Year><Month>5</Month><Day>6</Day></Date></UTCDateTime></a>"
)
_SOURCES = "[sources]\nown = 'A drawing'\n"
_SEALED = "camid-catalogue 1\nAAAA\n"
_SEALED_BODY = json.dumps({"schema": 1, "files": {**WHOLE, RULES_FILE: _SOURCES}})
_TEXTS = {
    "reply": (
        '{"answer": "photo", "height": 16, "width": 24, "address": 4096, "taken_at": "2024-05-01T12:30:00Z", '
        '"gps": {"latitude": 44.4, "longitude": 26.1, "altitude": -2.5, "bearing": 90}, "make": "Acme", '
        '"model": null, "software": "v1", "comments": ["a"]}',
        '{"answer": "frame", "height": 16, "width": 24, "address": 4096, "at": 1.5}',
        '{"answer": "refusal", "code": "corrupt", "message": "no"}',
        '{"answer": "ready", "seccomp": true, "landlock": false}',
    ),
    "sealed": (_SEALED + _SEALED_BODY, _SEALED + '{"schema": 9, "files": {}}'),
    "rtsp": (
        "\x40" + _OPTIONS + _DESCRIBED.format(2),
        "\x02" + _OPTIONS + _LOGIN + _DESCRIBED.format(3),
        "\x20" + _OPTIONS + _MOVED + _OPTIONS + _DESCRIBED.format(2),
        "\x20" + _OPTIONS + "$\x01\x00\x04abcd" + "GET_PARAMETER rtsp://cam RTSP/1.0\r\n\r\n" + _LOGIN,
    ),
    "framing": ("\x09" + _OPTIONS + "$\x01\x00\x04abcd" + _LOGIN, "\x03RTSP/1.0 200 OK\n\nxx$\x00\x00\x01a"),
    "sdp": (_SDP, _SDP.replace("H264", "H265"), "v=0\nm=video 0 RTP/AVP 26\na=x-dimensions:640,480\n"),
    "saved": (
        _OPTIONS + _DESCRIBED.format(2),
        'HTTP/1.1 401 Unauthorized\r\nServer: Webs\r\nWWW-Authenticate: Digest realm="Acme X1"\r\n\r\n',
        _INFORMATION,
        _MATCH,
        "deviceType=X1\r\nserialNumber=0001\r\nprocessor=S2\r\n",
        '{"headers": {"Server": "Acme"}, "body": {"model": "X1", "mac": "00:11:22:33:44:55"}}',
        "<html><head><title>Acme login</title></head><body></body></html>",
        "subject=C=CN, O=Acme, CN=X1\n",
        "485454502f312e3120323030204f4b0d0a5365727665723a2041636d650d0a0d0a",
    ),
    "discovery": (_MATCH, _MATCH.replace("ProbeMatch", "Hello")),
    "onvif": ("\x00" + _INFORMATION, "\x00" + _TIME, "\x02<a>NotAuthorized</a>"),
    "address": (
        "rtsp://user:p%40ss@192.0.2.1:554/Streaming/Channels/101?user=a&password=b",
        "rtsps://[2001:db8::1]:322/a",
        "rtsp://a:b@c@host/",
    ),
    "cameras": (
        "\x01[[camera]]\nurl = 'rtsp://192.0.2.1/a'\nname = 'Door'\nuser = 'u'\nonvif_port = 80\n",
        "\x02url;name;user;password\nrtsp://192.0.2.1/a;Door;u;p\n",
        '\x02url,name,vendor,model\nrtsp://192.0.2.2/b,"Back, yard",dahua,X1\n',
    ),
    "clock": (
        "2024-05-01 12:30:45",
        "05/01/2024 Wed 01:30:45 PM",
        "2024年05月01日 星期三 12:30:45",
        "01-May-2024 12:30:45.120",
        "CAM 1 O1.05.2O24 12:3O",
        "12:30:45 Mittwoch 1. Mai 2024",
        "01/02/24 12:30:45",
    ),
    "query": (
        "vendor=hikvision and year>=2020 and (country=RO or not place~'a%')",
        "26.0,44.3,26.2,44.5",
        "taken_at<2024-05-01 and confidence>0.9",
    ),
    "catalogue": (
        "catalogue_date = 2026-01-01\n"
        + _SOURCES
        + "[brand.acme]\nname = 'Acme'\nwordmarks = ['ACME']\naliases = ['acme']\n"
        "[brand.beta]\nname = 'Beta'\nplatform = 'acme'\n[[brand.beta.oem]]\nparent = 'acme'\n"
        "relation = 'oem'\ndate = '2024'\nsource = 'own'\nstrength = 'strong'\nnote = 'n'\n",
    ),
    "rules": (
        _SOURCES
        + "[[model]]\npattern = 'AC[- ]?\\d{4}'\nplatform = 'acme'\nbrand = 'acme'\nstrength = 'strong'\n"
        "source = 'own'\nexample = 'AC-1234'\n",
    ),
    "advisories": (
        _SOURCES + "[[advisory]]\nsubject = 'acme'\nkind = 'procurement_ban'\njurisdiction = 'US'\n"
        "date = '2018-08-13'\ntext = 'A text.'\nsource = 'own'\nstrength = 'strong'\n",
    ),
    "protocol-rules": (
        _SOURCES
        + "[[rule]]\nfield = 'rtsp_server'\npattern = 'acme'\nplatform = 'dahua'\nstrength = 'medium'\n"
        "source = 'own'\nexample = 'Acme Rtsp'\n",
    ),
    "own": ("[vendor.norvane]\nname = 'Norvane'\nwordmarks = ['NORVANE']\n",),
    "form-type": (
        f'multipart/form-data; boundary="{BOUNDARY}"',
        "multipart/form-data; boundary=a; x*=utf-8''b",
    ),
}


def main() -> None:
    for target in TARGETS.values():
        target.corpus.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds(target.name)):
            (target.corpus / f"seed-{number:02d}").write_bytes(data)


if __name__ == "__main__":
    main()
