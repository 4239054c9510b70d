"""Answers in the form of real ones, written here: no recorded text of anyone's camera."""

from __future__ import annotations

UNAUTHORISED = (
    "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nServer: {server}\r\n"
    'WWW-Authenticate: Digest realm="{realm}", nonce="0123456789abcdef", stale="FALSE"\r\n\r\n'
)

DAHUA = (
    "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n"
    "Content-Base: rtsp://192.0.2.7:554/cam/realmonitor?channel=1&subtype=0/\r\n\r\n"
    "v=0\r\no=- 2250000001 2250000001 IN IP4 0.0.0.0\r\ns=Media Server\r\nt=0 0\r\na=control:*\r\n"
    "a=packetization-supported:DH\r\na=rtppayload-supported:DH\r\nm=video 0 RTP/AVP 96\r\n"
    "a=control:trackID=0\r\na=rtpmap:96 H264/90000\r\n"
)

HIKVISION = (
    "RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Base: rtsp://192.0.2.8:554/Streaming/Channels/101/\r\n"
    "Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.8\r\ns=Media Presentation\r\n"
    "m=video 0 RTP/AVP 96\r\n"
    "a=control:rtsp://192.0.2.8:554/Streaming/Channels/101/trackID=1?transportmode=unicast\r\n"
    "a=Media_header:MEDIAINFO=494D4B48010100000400010000000000000000;\r\na=appversion:1.0\r\n"
)

COPIED_HEADER = (
    "v=0\r\ns=HTMS\r\ni=stream1\r\na=tool:HTMS\r\nm=video 0 RTP/AVP 96\r\n"
    "a=Media_header:MEDIAINFO=494D4B48010100000400010000000000000000;\r\n"
)

ARCHIVE = (
    "v=0\r\no=- 16 1 IN IP4 192.0.2.1\r\ns=Session\r\ni=Camera archive\r\n"
    "a=packetization-supported:DH\r\nm=video 0 RTP/AVP 96\r\na=tool:Archive controller\r\n"
)

AXIS_AS_GSTREAMER = (
    "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: GStreamer RTSP server\r\nContent-Type: application/sdp\r\n\r\n"
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=Session streamed with GStreamer\r\na=tool:GStreamer\r\n"
    "a=control:rtsp://192.0.2.9/axis-media/media.amp?resolution=640x480\r\nm=video 0 RTP/AVP 96\r\n"
)

GO2RTC = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=go2rtc/1.9.4\r\nm=video 0 RTP/AVP 96\r\n"
    "a=packetization-supported:DH\r\n"
)

DEVICE_INFORMATION = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:hikwsd="http://www.onvifext.com/onvif/ext/ver10/wsdl" '
    'xmlns:tnshik="http://www.hikvision.com/2011/event/topics"><s:Body>'
    '<d:GetDeviceInformationResponse xmlns:d="http://www.onvif.org/ver10/device/wsdl">'
    "<d:Manufacturer>{maker}</d:Manufacturer><d:Model>{model}</d:Model>"
    "<d:FirmwareVersion>{firmware}</d:FirmwareVersion><d:SerialNumber>{serial}</d:SerialNumber>"
    "<d:HardwareId>88</d:HardwareId></d:GetDeviceInformationResponse></s:Body></s:Envelope>"
)

ISAPI = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n'
    "<deviceName>TVX-1</deviceName>\n<model>{model}</model>\n<serialNumber>{serial}</serialNumber>\n"
    "<macAddress>44:19:b6:01:02:03</macAddress>\n<firmwareVersion>V5.5.0</firmwareVersion>\n</DeviceInfo>\n"
)

PROBE_MATCH = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch>'
    "<a:EndpointReference><a:Address>urn:uuid:{uuid}</a:Address></a:EndpointReference>"
    "<d:Scopes>onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/{hardware} "
    "onvif://www.onvif.org/MAC/44:19:b6:01:02:03</d:Scopes>"
    "<d:XAddrs>http://192.0.2.64/onvif/device_service</d:XAddrs>"
    "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
)
