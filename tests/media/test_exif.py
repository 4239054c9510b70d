"""Facts from EXIF: right where they are stated, absent where they are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.ExifTags import GPS

from edge.media.exif import MAX_EXIF_BYTES, Exif, parse_exif
from tests.support.pictures import exif_block, position, rational

TAKEN = "2024:05:06 07:08:09"
BERLIN = position(52.5, 13.4)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("-09:30", datetime(2024, 5, 6, 16, 38, 9, tzinfo=UTC)),
        ("Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("+00:00", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
    ],
)
def test_time_with_an_offset_is_utc(offset: str, expected: datetime) -> None:
    assert parse_exif(exif_block(taken=TAKEN, offset=offset)).taken_at == expected


@pytest.mark.parametrize("offset", [None, "", "   :  ", "+2", "02:00", "+25:00", "+02:60", "CEST", "+0²:00"])
def test_time_without_a_clear_offset_stays_local(offset: str | None) -> None:
    assert parse_exif(exif_block(taken=TAKEN, offset=offset)).taken_at == datetime(2024, 5, 6, 7, 8, 9)


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2024-05-06", "0001:01:01 00:00:00"]
)
def test_impossible_times_are_left_out(taken: str) -> None:
    assert parse_exif(exif_block(taken=taken, offset="+02:00")).taken_at is None


def test_position_altitude_and_bearing() -> None:
    more = {
        GPS.GPSAltitude: rational(35.5),
        GPS.GPSAltitudeRef: b"\0",
        GPS.GPSImgDirection: rational(271.5),
        GPS.GPSImgDirectionRef: "T",
        GPS.GPSMapDatum: "WGS-84",
    }
    gps = parse_exif(exif_block(gps=position(-33.8568, 151.2153) | more)).gps
    assert gps is not None
    assert gps.latitude == pytest.approx(-33.8568, abs=1e-6)
    assert gps.longitude == pytest.approx(151.2153, abs=1e-6)
    assert (gps.altitude, gps.bearing) == (35.5, 271.5)


def test_altitude_below_the_sea() -> None:
    gps = parse_exif(exif_block(gps=BERLIN | {GPS.GPSAltitude: rational(400), GPS.GPSAltitudeRef: b"\1"})).gps
    assert gps is not None
    assert gps.altitude == -400


@pytest.mark.parametrize("reference", [None, "M", "", "X"])
def test_bearing_that_is_not_from_true_north_is_left_out(reference: str | None) -> None:
    tags = BERLIN | {GPS.GPSImgDirection: rational(10)}
    if reference is not None:
        tags[GPS.GPSImgDirectionRef] = reference
    gps = parse_exif(exif_block(gps=tags)).gps
    assert gps is not None
    assert gps.bearing is None


@pytest.mark.parametrize(
    "change",
    [
        {GPS.GPSLatitudeRef: "?"},
        {GPS.GPSLatitude: (rational(91), rational(0), rational(0))},
        {GPS.GPSLongitude: (rational(181), rational(0), rational(0))},
        {GPS.GPSLatitude: (rational(52), rational(75), rational(0))},
        {GPS.GPSLatitude: (rational(52), rational(30))},
        {GPS.GPSMapDatum: "TOKYO"},
        position(0, 0),
    ],
)
def test_positions_that_cannot_be_trusted_are_left_out(change: dict[int, object]) -> None:
    assert parse_exif(exif_block(gps=BERLIN | change)).gps is None


def test_a_broken_position_does_not_cost_the_time_or_the_orientation() -> None:
    found = parse_exif(
        exif_block(orientation=6, taken=TAKEN, offset="+02:00", gps=BERLIN | {GPS.GPSLatitudeRef: "?"})
    )
    assert found == Exif(6, datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC), None)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientations_that_do_not_exist_mean_upright(orientation: int) -> None:
    assert parse_exif(exif_block(orientation=orientation)).orientation == 1


def test_prefix_is_optional_and_size_is_bounded() -> None:
    block = exif_block(orientation=3)
    assert parse_exif(block).orientation == 3
    assert parse_exif(block.removeprefix(b"Exif\0\0")).orientation == 3
    assert parse_exif(block + bytes(MAX_EXIF_BYTES)) == Exif()
    assert parse_exif(b"") == Exif()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.floats(-89.999, 89.999).filter(lambda x: abs(x) > 1e-3),
    st.floats(-179.999, 179.999).filter(lambda x: abs(x) > 1e-3),
)
def test_positions_survive_the_round_trip(latitude: float, longitude: float) -> None:
    gps = parse_exif(exif_block(gps=position(latitude, longitude))).gps
    assert gps is not None
    assert gps.latitude == pytest.approx(latitude, abs=1e-6)
    assert gps.longitude == pytest.approx(longitude, abs=1e-6)
