"""All settings, each with its unit: ``CAMID_*`` variables over one TOML file over the defaults."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from edge.errors import CamidError, ErrorCode

Positive = Annotated[int, Field(gt=0)]
Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
Seconds = Annotated[float, Field(gt=0)]
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]

_PACKAGE = Path(__file__).resolve().parent


def _split(value: object) -> object:
    """``a, b`` in the environment, where the file has a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _tile_address(value: str) -> str:
    """Goes into a page's policy, so nothing but an origin and a path may be in it."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/[!-~]*", value):
        raise ValueError("no http(s) address of a tile server, or one with a login")
    if not all(part in value for part in ("{z}", "{x}", "{y}")):
        raise ValueError("{z}, {x} and {y} stand for the place of a tile")
    return value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)]
TileAddress = Annotated[str, AfterValidator(_tile_address)]


def _default_models_dir() -> Path:
    """The checkout's ``models/`` where there is one, else the copy inside the installed package."""
    checkout = _PACKAGE.parent / "models"
    return checkout if (checkout / "manifest.toml").is_file() else _PACKAGE / "_models"


DetectorSize = Literal["nano", "small"]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CAMID_", extra="forbid", frozen=True)

    # service
    host: str = Field("127.0.0.1", description="address to listen on; any but the loopback lets others in")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8470, description="0 takes a free one")
    data_dir: Path = Field(
        Path("camid-data"), description="folder of all that is kept, for one service at a time"
    )
    token: SecretStr | None = Field(None, description="fixed bearer token instead of a made one")
    max_photos_per_request: Positive = Field(100, description="photos in one upload")
    max_queued_photos: Positive = Field(
        32, description="uploads that may wait before the service answers 503"
    )
    max_request_bytes: Positive = Field(
        1024 * 1024 * 1024, description="bytes of one upload, all photos together"
    )
    upload_idle_s: Annotated[float, Field(gt=0)] = Field(
        60, description="silence after which an upload is given up"
    )
    upload_min_rate: Positive = Field(
        1000, description="bytes a second below which an upload is given up, upload_idle_s aside"
    )
    max_connections: Annotated[int, Field(ge=0)] = Field(512, description="open at once; 0: no limit")
    max_connections_per_address: Annotated[int, Field(ge=0)] = Field(
        128, description="open at once from one address; 0: no limit"
    )
    connection_wait_s: Seconds = Field(
        30, description="for the head of a request, and for a client that takes nothing of its answer"
    )

    # keeping
    keep_photos_days: Annotated[float, Field(ge=0)] = Field(
        0, description="days after which photos, results and finished batches are deleted; 0: never"
    )
    keep_photos_bytes: Annotated[int, Field(ge=0)] = Field(
        0, description="bytes of originals; beyond it the oldest photos are deleted; 0: no limit"
    )
    min_free_bytes: Annotated[int, Field(ge=0)] = Field(
        64 * 1024 * 1024, description="free on the disk of the data; below it new work is refused"
    )
    log_file: Path | None = Field(None, description="log into this file instead of the standard error")
    log_max_bytes: Positive = Field(10 * 1024 * 1024, description="of the log file before it is rotated")
    log_files: Positive = Field(5, description="rotated log files that are kept")

    # access
    rate_per_token: Annotated[int, Field(ge=0)] = Field(3000, description="requests a minute; 0: no limit")
    rate_per_address: Annotated[int, Field(ge=0)] = Field(6000, description="requests a minute; 0: no limit")
    rate_wrong_tokens: Annotated[int, Field(ge=0)] = Field(
        20, description="wrong tokens a minute from one address; 0: no limit"
    )
    wrong_token_wait_s: Annotated[float, Field(ge=0)] = Field(
        0.25, description="before a wrong token is answered"
    )
    audit_max_bytes: Positive = Field(10 * 1024 * 1024, description="of one file of the audit log")
    audit_files: Annotated[int, Field(ge=1)] = Field(5, description="files of the audit log that are kept")
    tls_certificate: Path | None = Field(None, description="PEM file with the certificate chain")
    tls_key: Path | None = Field(None, description="PEM file with its private key, without a passphrase")

    # catalogue
    catalogue_key: Texts = Field(
        (), description="public keys whose signed catalogues are taken, beside the shipped ones"
    )
    catalogue_old_days: Positive = Field(
        180, description="age from which a catalogue is called old wherever its facts are shown"
    )

    # phones on the local network
    lan: bool = Field(False, description="HTTPS on the local network under an authority of the box's own")
    lan_host: HostName | None = Field(None, description="name or address in the QR code; default: found")
    lan_trust_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8471, description="plain HTTP: the authority's certificate and how to trust it; 0 takes a free one"
    )
    lan_certificate_days: Annotated[int, Field(ge=1, le=397)] = Field(
        90, description="that a server certificate lasts; it is renewed in its last third"
    )
    lan_check_s: Seconds = Field(60, description="between looks at the box's addresses and certificate")
    pairing_code_s: Positive = Field(600, description="seconds within which a pairing code has to be used")
    phone_days: Annotated[int, Field(ge=1, le=365)] = Field(
        90, description="days after which a phone has to be paired again"
    )

    # the map under sightings
    map_tiles_url: TileAddress | None = Field(
        None, description="tile server, https://…/{z}/{x}/{y}.png; it learns which places are looked at"
    )
    map_tiles_file: Path | None = Field(None, description="PMTiles file (version 3) with raster tiles")
    map_attribution: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        "© OpenStreetMap contributors", description="whose map it is, shown on it"
    )
    map_max_zoom: Annotated[int, Field(ge=1, le=24)] = Field(
        19, description="deepest zoom that the tile server has"
    )

    # streams over HTTP
    max_streams: Positive = Field(256, description="streams that the service watches")
    stream_allowed_hosts: Texts = Field(
        (), description="hosts beyond the private networks: networks, addresses, exact names"
    )
    max_validations: Positive = Field(2, description="streams that are validated over HTTP at the same time")
    max_validation_s: Positive = Field(60, description="that one validation over HTTP may watch a stream")
    max_event_clients: Positive = Field(64, description="clients that listen to events at the same time")
    event_heartbeat_s: Seconds = Field(15, description="between signs of life to a client that listens")

    # MQTT
    mqtt_url: str | None = Field(None, description="broker, mqtt://host[:port] or mqtts://host[:port]")
    mqtt_username: str | None = Field(None, description="login at the broker")
    mqtt_password: SecretStr | None = Field(None, description="of that login")
    mqtt_topic: Topic = Field("camid", description="first part of every topic")
    mqtt_discovery_topic: Topic = Field("homeassistant", description="first part of Home Assistant's topics")

    # models and inference
    models_dir: Path = Field(
        default_factory=_default_models_dir, description="folder with manifest.toml; default: what is shipped"
    )
    provider: Literal["auto", "tensorrt", "cuda", "openvino", "acl", "xnnpack", "cpu"] = Field(
        "auto", description="execution provider of ONNX Runtime; one that is named and missing is an error"
    )
    threads: Annotated[int, Field(ge=0)] = Field(0, description="intra-op threads; 0: the cores available")
    loop_batch: Annotated[int, Field(ge=0)] = Field(
        0, description="inputs of several photos and streams in one call of a model; 0: 1, on a GPU 16"
    )

    # limits of one photo
    max_photo_bytes: Positive = Field(64 * 1024 * 1024, description="of one file")
    max_photo_pixels: Positive = Field(120_000_000, description="that a photo's header may announce")
    max_decode_seconds: Positive = Field(60, description="for one photo, and between two frames of a video")
    max_decoders: Positive = Field(4, description="photos decoded at the same time, each in its own process")
    min_photo_side: Positive = Field(16, description="pixels; below it a picture is refused")

    # answers of devices
    max_protocol_bytes: Positive = Field(2 * 1024 * 1024, description="of one saved text")
    onvif_answer_s: Seconds = Field(5, description="for one ONVIF request and its answer")
    onvif_max_answer_bytes: Positive = Field(256 * 1024, description="of one ONVIF or discovery answer")
    discover_s: Seconds = Field(4, description="seconds to wait for answers to a WS-Discovery probe")
    discover_max_answers: Positive = Field(1024, description="answers to one probe that are read")

    # detection
    detector: DetectorSize | Literal["auto"] = Field(
        "auto",
        description="nano: for slow machines; small: finds more; auto: measured at the start",
    )
    tile_overlap: Annotated[float, Field(ge=0, lt=0.5)] = Field(0.2, description="share of a tile's side")
    max_tiles: Positive = Field(
        400, description="tiles of one photo; beyond it the tiles are taken from a smaller copy"
    )
    max_candidates: Positive = Field(
        300, description="finds of the detector in one photo that get a second look, the likeliest first"
    )
    max_cameras: Positive = Field(200, description="reported in one photo, the surest first")

    # reading
    max_read_crops: Annotated[int, Field(ge=0)] = Field(12, description="housings read in one photo")
    max_read_pixels: Annotated[int, Field(ge=0)] = Field(
        12_000_000, description="pixels given to OCR in one photo"
    )
    scene_text_side: Annotated[int, Field(ge=0)] = Field(
        416, description="pixels at which lettering off the cameras is searched; 0: it is not"
    )
    min_read_side: Positive = Field(24, description="long side in pixels below which a housing is not read")

    # on-screen displays
    osd_search_side: Annotated[int, Field(ge=0)] = Field(
        1280, description="pixels at which lettering is searched at a frame's rims; 0: displays are not read"
    )
    osd_corner_side: Positive = Field(
        480, description="pixels to which a corner is reduced or enlarged to find faint marks in it"
    )
    max_osd_lines: Positive = Field(24, description="lines read in one frame")
    max_osd_frames: Positive = Field(3, description="frames of one look in which the display is read")

    # looks at streams
    stream_lookers: Positive = Field(8, description="streams that are looked at at the same time")
    stream_look_min_s: Seconds = Field(1, description="seconds between looks while something is new")
    stream_look_interval_s: Seconds = Field(300, description="most seconds between looks of a known stream")
    stream_read_interval_s: Seconds = Field(
        3600, description="seconds after which the display of a known stream is read again in any case"
    )
    stream_undetermined_looks: Positive = Field(
        2, description="readings without a new name after which a stream sleeps"
    )
    stream_second_frame_s: Annotated[float, Field(ge=0)] = Field(
        3, description="seconds that a reading waits for a second key frame, which tells display from scene"
    )
    stream_keep_connection: bool = Field(
        False, description="keep the connection to a camera between looks; it costs a thread a stream"
    )
    stream_find_cameras: bool = Field(
        False, description="look once for cameras that stand in the picture of a stream"
    )
    stream_auth_retry_s: Seconds = Field(60, description="least seconds between logins that are refused")
    stream_clock_limit_s: Seconds = Field(
        5, description="seconds by which the clock of a display may be wrong"
    )

    # streams
    stream_transport: Literal["auto", "tcp", "udp"] = Field(
        "auto", description="auto: TCP, then UDP where that brings nothing; udp: the other way round"
    )
    stream_connect_s: Seconds = Field(5, description="for the connection and the TLS handshake")
    stream_answer_s: Seconds = Field(8, description="for all requests until the stream plays")
    stream_first_frame_s: Seconds = Field(15, description="from PLAY to the first picture")
    stream_stall_s: Seconds = Field(8, description="silence after which a stream counts as stalled")
    stream_close_s: Seconds = Field(1, description="a reader that takes longer to end is left behind")
    stream_max_gop_s: Seconds = Field(
        10, description="key frames further apart than this: all frames are decoded"
    )
    stream_max_answer_bytes: Positive = Field(
        256 * 1024, description="header and SDP of one RTSP answer together"
    )
    stream_max_pixels: Positive = Field(40_000_000, description="of one video frame")
    stream_hardware: str = Field("auto", description="decoder: auto, none, or a device such as cuda, v4l2m2m")
    stream_tls_verify: bool = Field(False, description="refuse a camera whose certificate no CA signed")
    stream_backoff_first_s: Seconds = Field(1, description="wait before the first new try")
    stream_backoff_factor: Annotated[float, Field(ge=1)] = Field(2, description="growth of each wait")
    stream_backoff_max_s: Seconds = Field(60, description="the longest wait")
    stream_backoff_jitter: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.3, description="share of a wait that chance may take off"
    )

    # archives
    max_archive_depth: Annotated[int, Field(ge=0)] = Field(2, description="archives inside an archive")
    video_gap_s: Seconds = Field(2, description="least seconds between two key frames of a video")
    max_video_frames: Positive = Field(200, description="key frames of one video, spread over all of it")
    batch_ahead_bytes: Positive = Field(
        256 * 1024 * 1024, description="bytes of photos that are read before their turn"
    )
    batch_photos_per_decoder: Positive = Field(
        50, description="photos that one process decodes before another takes its place"
    )
    batch_part_rows: Positive = Field(500, description="answers in one part; a kill costs at most one part")
    batch_ray_files: Positive = Field(16, description="files that a worker of Ray is given at a time")
    batch_fetch_tries: Positive = Field(4, description="tries to fetch a file, or a list, from a storage")
    batch_fetch_wait_s: Seconds = Field(1, description="before the second try; each further one waits twice")
    batch_fetch_bytes: Positive = Field(
        16 * 1024**3, description="of one archive or video that is fetched from a storage to the disk"
    )

    # batches over HTTP
    batch_roots: Paths = Field((), description="folders whose content batches over HTTP may read")
    batch_max_upload_bytes: Positive = Field(
        20 * 1024 * 1024 * 1024, description="bytes of one uploaded archive"
    )
    batch_max_kept: Positive = Field(1000, description="batches that the service keeps, done ones included")
    batch_on_restart: Literal["resume", "pause"] = Field(
        "resume", description="what becomes of a batch that ran when the service ended"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        path = os.environ.get("CAMID_CONFIG", "camid.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(path))


def load_settings(**overrides: object) -> Settings:
    """Settings from ``overrides``, the environment and the file that ``CAMID_CONFIG`` names (or camid.toml).

    Raises:
        CamidError: ``settings_invalid``, naming every setting that is wrong.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise CamidError(ErrorCode.SETTINGS_INVALID, f"Invalid settings: {faults}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CamidError(ErrorCode.SETTINGS_INVALID, f"The settings file cannot be read: {error}.") from None
