"""What answers tell: names on strong evidence or on two fields, traps, programs in the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import Identification, Strength, Verdict
from edge.domain_streams import Answer, Exchange
from edge.evidence.protocol import ProtocolFinding, finding, onvif_finding, protocol_finding
from edge.evidence.saved.observed import Observed, observations
from edge.media.onvif import DeviceInformation
from edge.report.protocol import ProtocolIdentifier
from edge.settings import load_settings
from edge.vendors.protocol_rules import Field, load_protocol_rules
from tests.support import answers


@pytest.fixture(scope="module")
def identifier() -> ProtocolIdentifier:
    return ProtocolIdentifier.load(load_settings())


def told(identifier: ProtocolIdentifier, text: str) -> tuple[ProtocolFinding, Identification]:
    return identifier.saved(text.encode("utf-8"))


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        (answers.DAHUA, "dahua"),
        (answers.HIKVISION, "hikvision"),
        (answers.AXIS_AS_GSTREAMER, "axis"),
        (answers.UNAUTHORISED.format(server="H264DVR 1.0", realm="x"), "xiongmai"),
        (answers.UNAUTHORISED.format(server="Hipcam RealServer/V1.0", realm="x"), "hichip"),
        (answers.UNAUTHORISED.format(server="x", realm="AXIS_ACCC8E0A0B0C"), "axis"),
        (answers.UNAUTHORISED.format(server="x", realm="BC Streaming Media"), "reolink"),
        (answers.ISAPI.format(model="TVB-1", serial="x"), "hikvision"),
        ("root.Brand.Brand=AXIS\nroot.Brand.ProdNbr=M1065-LW\n", "axis"),
        ("table.General.MachineName=IPC\r\ntable.General.LocalNo=8\r\n", "dahua"),
        ('[{"cmd":"GetDevInfo","code":0,"value":{"DevInfo":{"detail":"IPC_1M1"}}}]', "reolink"),
        ("HTTP/1.1 200 OK\r\nServer: App-webs/\r\n\r\n", "hikvision"),
        ("subject=C = KR, L = Seoul, O = Truen, OU = Security, CN = TCAM\n", "truen"),
        ("220 AXIS Q7406 Video Encoder Blade 5.01 (Aug 01 2008) ready.\n", "axis"),
        ("Manufacturer: Acme\nSerialNumber: 210235T8HQ3197000191\n", "uniview"),
    ],
)
def test_strong_evidence_or_two_fields_name_the_platform(
    identifier: ProtocolIdentifier, text: str, platform: str
) -> None:
    found, identification = told(identifier, text)
    assert identification.verdict is Verdict.IDENTIFIED
    assert identification.platform == platform
    assert found.evidence


@pytest.mark.parametrize(
    "text",
    [
        answers.COPIED_HEADER,
        "v=0\ns=x\nm=video 0 RTP/AVP 96\na=packetization-supported:DH\n",
        answers.UNAUTHORISED.format(server="x", realm="4419b6010203"),
        "<html><head><title>NETSurveillance WEB</title></head></html>",
        answers.DEVICE_INFORMATION.format(maker="ONVIF_IPNC", model="IPG-8150", firmware="1.3", serial="I20"),
        "RTSP/1.0 200 OK\nx-Dynamic-Rate: 1\n",
    ],
)
def test_a_single_medium_fact_names_nobody(identifier: ProtocolIdentifier, text: str) -> None:
    _, identification = told(identifier, text)
    assert identification.verdict is not Verdict.IDENTIFIED


def test_weak_facts_add_nothing(identifier: ProtocolIdentifier) -> None:
    weak = "v=0\nm=video 0 RTP/AVP 98\na=x-dimensions:1280,720\n"
    _, alone = told(identifier, weak)
    assert alone.verdict is not Verdict.IDENTIFIED
    _, beside = told(identifier, weak + "a=packetization-supported:DH\n")
    assert beside.verdict is Verdict.CANDIDATES
    assert beside.candidates[0].platform == "dahua"


def test_a_foreign_namespace_is_no_evidence(identifier: ProtocolIdentifier) -> None:
    text = answers.DEVICE_INFORMATION.format(maker="ONVIF", model="C6F0", firmware="13.1", serial="9")
    found, identification = told(identifier, text)
    assert identification.verdict is Verdict.UNDETERMINED
    assert not found.evidence


def test_hikvisions_firmware_proves_no_brand(identifier: ProtocolIdentifier) -> None:
    _, identification = told(identifier, answers.ISAPI.format(model="TVB-5403", serial="x"))
    assert identification.platform == "hikvision"
    assert identification.brand is None


def test_a_brand_whose_builder_is_open_leaves_the_platform_to_the_firmware(
    identifier: ProtocolIdentifier,
) -> None:
    stated = "Manufacturer: TruVision\n"
    _, alone = told(identifier, stated)
    assert (alone.brand, alone.platform) == ("truvision", None)
    text = answers.ISAPI.format(model="TVB-5403", serial="x").replace(
        "<model>", "<manufacturer>TruVision</manufacturer><model>"
    )
    _, both = told(identifier, text)
    assert (both.brand, both.platform) == ("truvision", "hikvision")


def test_a_firmware_of_its_own_tells_the_builder(identifier: ProtocolIdentifier) -> None:
    text = "subject=CN = local.myboschcam.net, O = Bosch Sicherheitssysteme GmbH, C = DE\n"
    _, identification = told(identifier, text)
    assert (identification.brand, identification.platform) == ("bosch", "bosch")


def test_a_serial_number_in_the_realm_counts_once(identifier: ProtocolIdentifier) -> None:
    text = answers.UNAUTHORISED.format(server="x", realm="Login to ND012345678901")
    _, identification = told(identifier, text)
    assert identification.verdict is Verdict.CANDIDATES
    assert identification.candidates[0].platform == "dahua"


def test_a_copied_pattern_yields_to_its_owner(identifier: ProtocolIdentifier) -> None:
    text = answers.COPIED_HEADER.replace("s=HTMS", "s=RTSP/RTP stream from anjvision ipcamera")
    found, identification = told(identifier, text)
    assert identification.platform == "anjvision"
    assert all("hikvision" not in one.supports for one in found.evidence)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (answers.GO2RTC, "go2rtc"),
        (answers.ARCHIVE, "an archive server"),
        (answers.DAHUA.replace("CSeq: 2", "CSeq: 2\r\nServer: gortsplib"), "MediaMTX"),
        (
            answers.UNAUTHORISED.format(server="Wowza Streaming Engine 4.8", realm="AXIS_ACCC8E0A0B0C"),
            "Wowza",
        ),
        ("v=0\ns=No Name\na=tool:libavformat 58.25.100\nm=video 0 RTP/AVP 96\n", "FFmpeg"),
        (answers.UNAUTHORISED.format(server="go2rtc/1.9.4", realm="go2rtc"), "go2rtc"),
        (answers.UNAUTHORISED.format(server="MediaMTX v1.9.0", realm="ipcam"), "MediaMTX"),
        (answers.UNAUTHORISED.format(server="rtsp-simple-server", realm="ipcam"), "MediaMTX"),
        (answers.UNAUTHORISED.format(server="GStreamer RTSP server/1.22.0", realm="x"), "GStreamer"),
        (answers.UNAUTHORISED.format(server="VLC/3.0.20", realm="x"), "VLC"),
        (answers.UNAUTHORISED.format(server="WowzaStreamingEngine/4.8", realm="x"), "Wowza"),
        (answers.UNAUTHORISED.format(server="Lavf60.16.100", realm="x"), "FFmpeg"),
        (answers.UNAUTHORISED.format(server="Frigate/0.14.1", realm="x"), "Frigate"),
        (answers.UNAUTHORISED.format(server="ZLMediaKit(git hash:a2)", realm="x"), "ZLMediaKit"),
        (answers.UNAUTHORISED.format(server="EasyDarwin/7.3 (Build/17.0325)", realm="x"), "EasyDarwin"),
        (
            answers.DEVICE_INFORMATION.format(
                maker="Happytimesoft", model="DS-2CD2042", firmware="1", serial="1"
            ),
            "Happytimesoft",
        ),
    ],
)
def test_a_program_in_the_way_hides_the_camera(
    identifier: ProtocolIdentifier, text: str, program: str
) -> None:
    found, identification = told(identifier, text)
    assert found.intermediary == program
    assert identification.verdict is Verdict.UNDETERMINED
    assert not found.evidence


def test_a_library_is_told_only_where_no_platform_is(identifier: ProtocolIdentifier) -> None:
    assert told(identifier, answers.AXIS_AS_GSTREAMER)[0].intermediary is None
    bare = answers.AXIS_AS_GSTREAMER.replace("/axis-media/media.amp", "/test")
    assert told(identifier, bare)[0].intermediary == "GStreamer"


def test_unifi_protect_is_told_beside_its_maker(identifier: ProtocolIdentifier) -> None:
    text = "v=0\ns=0418D6010203_0\nu=www.evostream.com\nm=video 0 RTP/AVP 97\n"
    found, identification = told(identifier, text)
    assert identification.platform == "unifi"
    assert found.intermediary == "UniFi Protect (EvoStream)"
    assert found.mac == "04:18:D6:01:02:03"


def test_an_exchange_tells_what_its_text_tells(identifier: ProtocolIdentifier) -> None:
    head, _, body = answers.DAHUA.partition("\r\n\r\n")
    headers = tuple(tuple(line.split(": ", 1)) for line in head.split("\r\n")[1:])
    exchange = Exchange((Answer("DESCRIBE", 200, "OK", headers, body),))  # type: ignore[arg-type]
    live = protocol_finding(exchange, identifier.catalogue, identifier.likelihoods, identifier.rules)
    assert live.evidence == told(identifier, answers.DAHUA)[0].evidence


def test_device_information_names_brand_and_platform(identifier: ProtocolIdentifier) -> None:
    information = DeviceInformation("Amcrest", "IP8M-2493EW", "V2", "AMC1", None)
    found = onvif_finding(information, identifier.catalogue, identifier.likelihoods, identifier.rules)
    identification = identifier.weigh(found)
    assert (identification.brand, identification.platform) == ("amcrest", "dahua")
    assert (found.model, found.firmware, found.serial) == ("IP8M-2493EW", "V2", "AMC1")


def test_a_recorder_lists_cameras_of_others(identifier: ProtocolIdentifier) -> None:
    text = (
        '<InputProxyChannelList xmlns="urn:other"><InputProxyChannel><model>DS-2CD2386G2-IU</model>'
        "<serialNumber>DS-2CD2386G2-IU00000000AAWRK00000001</serialNumber></InputProxyChannel>"
        "</InputProxyChannelList>"
    )
    found, identification = told(identifier, text)
    assert identification.verdict is Verdict.UNDETERMINED
    assert found.model is None


def test_the_same_field_counts_once(identifier: ProtocolIdentifier) -> None:
    path = "a=control:rtsp://192.0.2.1/cam/realmonitor?channel=1&subtype=0/trackID=0\n"
    text = f"v=0\ns=x\nm=video 0 RTP/AVP 96\n{path}{path.replace('subtype=0', 'subtype=1')}"
    _, identification = told(identifier, text)
    assert identification.verdict is Verdict.CANDIDATES


def test_every_strong_rule_for_a_platform_names_it(identifier: ProtocolIdentifier) -> None:
    """On its own example, whatever the platform's prior."""
    for rule in load_protocol_rules().all:
        if rule.platform is None or rule.strength is not Strength.STRONG:
            continue
        observed = Observed(observations([(rule.field, rule.example)]))
        found = finding(observed, identifier.catalogue, identifier.likelihoods, identifier.rules)
        support = max(one.supports.get(rule.platform, 0.0) for one in found.evidence)
        assert support > 8.0, rule.example
        assert identifier.weigh(found).platform == rule.platform, rule.example


def test_no_medium_rule_names_alone(identifier: ProtocolIdentifier) -> None:
    strong = {(r.field, r.platform) for r in load_protocol_rules().all if r.strength is Strength.STRONG}
    for rule in load_protocol_rules().all:
        if rule.platform is None or rule.strength is Strength.STRONG or rule.field is Field.MODEL:
            continue
        observed = Observed(observations([(rule.field, rule.example)]))
        found = finding(observed, identifier.catalogue, identifier.likelihoods, identifier.rules)
        if any(one.strength is Strength.STRONG for one in found.evidence):
            assert (rule.field, rule.platform) in strong or rule.field is Field.SERIAL, rule.example
            continue
        assert identifier.weigh(found).verdict is not Verdict.IDENTIFIED, rule.example


@given(
    st.lists(st.sampled_from([*answers.DAHUA.split("\r\n"), *answers.HIKVISION.split("\r\n")]), max_size=30)
)
def test_lines_in_any_order_never_name_a_third_maker(lines: list[str]) -> None:
    loaded = ProtocolIdentifier.load(load_settings())
    if not "".join(lines).strip():
        return
    _, identification = told(loaded, "\n".join(lines))
    assert identification.platform in {None, "dahua", "hikvision"}
