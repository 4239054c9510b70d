"""Filters and SQL over a batch: right answers, clear faults, and nothing but reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.batch.output import Output
from edge.batch.query import Query, ask, filter_query, parse_filter
from edge.batch.rows import CAMERAS, PHOTOS, Row, Rows
from edge.errors import CamidError, ErrorCode


def camera(place: str, **known: object) -> Row:
    return {**dict.fromkeys(CAMERAS.names), "place": place, "camera": 0, "verdict": "identified", **known}


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("it's a batch") / "out"
    cameras = (
        camera("a.jpg", vendor="hikvision", year=2021, country="RO", score=0.9),
        camera("b.jpg", vendor="hikvision", year=2019, country="RO", score=0.8),
        camera("c.jpg", vendor="dahua", year=2022, country="UA", score=0.7),
        camera("100%_d.jpg", verdict="undetermined"),
    )
    with Output(root, "ab" * 32, {}) as output:
        for one in cameras:
            photo = {**dict.fromkeys(PHOTOS.names), "place": one["place"], "bytes": 1, "modified_ns": 1}
            output.add(Rows({**photo, "sha256": str(one["place"])}, (one,)))
        output.finish()
    return root


def places(batch: Path, text: str) -> list[object]:
    return [row[0] for row in ask(batch, filter_query(text)).rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["100%_d.jpg", "a.jpg", "b.jpg", "c.jpg"]),
        ("vendor=hikvision", ["a.jpg", "b.jpg"]),
        ("vendor=hikvision and year>=2020 and country=RO", ["a.jpg"]),
        ("country=ro AND NOT year < 2020", ["a.jpg"]),
        ("vendor=dahua or (vendor=hikvision and year=2019)", ["b.jpg", "c.jpg"]),
        ("score>0.75", ["a.jpg", "b.jpg"]),
        ("vendor=null", ["100%_d.jpg"]),
        ("vendor!=null and year!=2021", ["b.jpg", "c.jpg"]),
        ("place~%_D", ["100%_d.jpg"]),  # a text, no pattern
        ("place~_", ["100%_d.jpg"]),
        ("place~a%g", []),
        ('place="a.jpg"', ["a.jpg"]),
        ('place="x\' OR 1=1 --"', []),
    ],
)
def test_filters(batch: Path, text: str, found: list[object]) -> None:
    assert places(batch, text) == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("vendor", "comparison is missing"),
        ("vendor=", "value is missing"),
        ("colour=red", "no field"),
        ("year=soon", "number"),
        ("(vendor=dahua", "not closed"),
        ("vendor=dahua year=2020", "not expected"),
        ("and", "no field"),
        ('vendor="dahua', "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said(text: str, fault: str) -> None:
    with pytest.raises(CamidError, match=fault) as caught:
        parse_filter(text)
    assert caught.value.code is ErrorCode.BAD_REQUEST


@given(st.text(alphabet="()=<>!~\"\\ andornotvendoryear0123'%", max_size=60))
def test_any_text_is_a_filter_or_a_clear_fault(text: str) -> None:
    try:
        query = parse_filter(text)
    except CamidError:
        return
    assert query.sql.count("?") == len(query.values)


def test_values_never_become_sql() -> None:
    query = parse_filter('vendor="\'; DROP TABLE cameras; --"')
    assert query == Query("vendor = ?", ("'; DROP TABLE cameras; --",))


def test_sql_counts(batch: Path) -> None:
    result = ask(
        batch, Query("SELECT vendor, count(*) AS n FROM cameras GROUP BY vendor ORDER BY n DESC LIMIT 1")
    )
    assert (result.columns, result.rows) == (("vendor", "n"), (("hikvision", 2),))
    assert ask(batch, Query("SELECT count(*) FROM errors")).rows == ((0,),)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW cameras",
        "CREATE TABLE x AS SELECT 1",
        "SELECT 1; SELECT 2",
        "COPY cameras TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM query('COPY cameras TO ''/tmp/x.csv''')",
        "FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''/etc/passwd'')'))",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM sqlite_scan('/tmp/x.db', 'y')",
        "EXPLAIN ANALYZE SELECT 1",
        "LOAD httpfs",
        "PRAGMA enable_profiling",
        "SELEKT",
    ],
)
def test_sql_only_reads_and_only_the_batch(batch: Path, sql: str) -> None:
    with pytest.raises(CamidError) as caught:
        ask(batch, Query(sql))
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_no_batch(tmp_path: Path) -> None:
    with pytest.raises(CamidError) as caught:
        ask(tmp_path, filter_query(""))
    assert caught.value.code is ErrorCode.NOT_READABLE


def test_a_question_takes_little_memory_and_leaves_no_file(
    batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = ask(batch, Query("SELECT current_setting('memory_limit'), current_setting('temp_directory')"))
    ((limit, folder),) = found.rows
    assert str(limit) == "244.1 MiB"
    assert str(folder).startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_question_makes_it_fetch_an_extension(batch: Path) -> None:
    names = "'autoinstall_known_extensions', 'autoload_known_extensions', 'enable_external_access'"
    found = ask(batch, Query(f"SELECT DISTINCT value FROM duckdb_settings() WHERE name IN ({names})"))
    assert found.rows == (("false",),)


@pytest.mark.parametrize("text", ["(" * 3000, "not " * 990 + "vendor=a", "(" * 900 + "vendor=a" + ")" * 900])
def test_a_filter_that_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(CamidError, match="deeper than 50"):
        parse_filter(text)


def test_a_long_and_a_deep_filter_are_asked(batch: Path) -> None:
    deep = "(" * 49 + "vendor=dahua" + ")" * 49
    assert places(batch, deep) == ["c.jpg"]
    assert places(batch, " or ".join([deep, *["(vendor=x)"] * 200])) == ["c.jpg"]
