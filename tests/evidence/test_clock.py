"""Dates and times as cameras write them; all texts are our own, in the form of real ones."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.clock import find_stamp, whole
from edge.evidence.clock_parts import DateOrder

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2079, 12, 31))
DATES = ("%Y-%m-%d", "%d-%m-%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%b %d, %Y", "%Y年%m月%d日")
TIMES = ("%H:%M:%S", "%I:%M:%S %p")
AROUND = ("{date} {time}", "{time} {date}", "CAM 1  {date} {time}", "{date} {time} | REC")


def text_of(found: str) -> str | None:
    stamp = find_stamp(found)
    return None if stamp is None else stamp.text


@given(MOMENTS, st.sampled_from(DATES), st.sampled_from(TIMES), st.sampled_from(AROUND))
def test_what_was_written_is_found(moment: datetime, date: str, time: str, around: str) -> None:
    day, clock = moment.strftime(date), moment.strftime(time)
    if time.endswith("%p") and around.startswith("{time}"):
        around = AROUND[0]
    stamp = find_stamp(around.format(date=day, time=clock))
    assert stamp is not None
    assert stamp.text in {f"{day} {clock}", f"{clock} {day}"}
    assert moment.replace(microsecond=0) in stamp.moments
    assert stamp.repairs == 0


@given(MOMENTS)
def test_the_weekday_tells_day_from_month(moment: datetime) -> None:
    stamp = find_stamp(moment.strftime("%d-%m-%Y %a %H:%M:%S"))
    assert stamp is not None
    assert moment.replace(microsecond=0) in stamp.moments
    if moment.day <= 12 and moment.day != moment.month:
        other = moment.replace(month=moment.day, day=moment.month)
        assert len(stamp.moments) == (2 if other.weekday() == moment.weekday() else 1)


@given(st.text(max_size=40))
def test_any_text_is_answered(text: str) -> None:
    stamp = find_stamp(text)
    assert stamp is None or stamp.moments


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("2018-09-2214:17:36", "2018-09-22 14:17:36"),
        ("2016-05-179:32:34 PM", "2016-05-17 9:32:34 PM"),
        ("12/14/2022 01:48PM", "12/14/2022 01:48 PM"),
        ("06 APR2020 03:03 pm", "06 APR 2020 03:03 pm"),
        ("16-Ju1-2024 05:40:30", "16-Jul-2024 05:40:30"),
        ("5/23/2018 12 10 PH", "5/23/2018 12:10 PM"),
        ("PM 16/01/2015 03:05:56:26", "PM 16/01/2015 03:05:56:26"),
        ("2O21-O5-12 12:33:44", "2021-05-12 12:33:44"),
        ("2813/89/18 19:14:18", "2013/09/18 19:14:18"),
        ("2020701/13 05:00132 AM", "2020/01/13 05:00:32 AM"),
        ("2015-11-1100136:06", "2015-11-11 00:36:06"),
        ("2019年05月12日星期日12:33:44", "2019年05月12日 星期日 12:33:44"),
        ("2019年05月13日 星期- 12:33:44", "2019年05月13日 星期一 12:33:44"),
        ("2019-05-14 BT 12:33:44", "2019-05-14 Вт 12:33:44"),
        ("18/04/202510:58:02 FRI", "18/04/2025 10:58:02 FRI"),
        ("17.08.2015 5e9 12134:04", "17.08.2015 Seg 12:34:04"),
        ("05-12-2019 Sum 12:33:44", "05-12-2019 Sun 12:33:44"),
        ("2022-06-21 CEST 05:13:08", "2022-06-21 CEST 05:13:08"),
        ("2020-01-05 15:04:05 GMT+8", "2020-01-05 15:04:05 GMT+8"),
        ("2013/09/18-19:14:18", "2013/09/18-19:14:18"),
        ("2023/08/07 20:52:10 -", "2023/08/07 20:52:10"),
        ("FPS: 4.18 8/28/2013 10:36:07 PM", "8/28/2013 10:36:07 PM"),
        ("2019-05-14 12:33:44.123", "2019-05-14 12:33:44.123"),
    ],
)
def test_misreadings_are_repaired_where_one_way_is_left(read: str, written: str) -> None:
    assert text_of(read) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020-13-45 15:04:05",
        "1920-1080 15:04:05",
        "February 16, 2018",
        "Tel 0800 123456 10-20 Uhr",
        "14:33:02",
        "2021-02-30 10:00:00",
        "2021-05-12 25:61:00",
    ],
)
def test_what_is_no_complete_clock_is_none(text: str) -> None:
    assert find_stamp(text) is None


def test_a_zone_and_half_a_day_move_no_date() -> None:
    noon, midnight = find_stamp("05/06/2024 12:00:01 PM"), find_stamp("05/06/2024 12:00:01 AM")
    assert noon is not None
    assert midnight is not None
    assert noon.moments[0].hour == 12
    assert midnight.moments[0].hour == 0


def test_of_two_meanings_the_one_near_the_clock_of_the_box_counts() -> None:
    stamp = find_stamp("05/06/2024 10:00:00")
    assert stamp is not None
    assert stamp.style.order is DateOrder.OPEN
    assert stamp.moment() == datetime(2024, 5, 6, 10)
    assert stamp.moment(datetime(2024, 6, 5, 10, 0, 3)) == datetime(2024, 6, 5, 10)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("2021-05-12 12:33:44", True),
        ("2021-05-12 12:33", False),
        ("1-05-2021 12:33:44", False),
        ("2O21-05-12 12:33:44", False),
    ],
)
def test_a_reading_is_whole_if_nothing_seems_cut_off(text: str, complete: bool) -> None:
    assert whole(text) is complete
