"""Questions to a batch: a short filter or SQL, answered by DuckDB over the Parquet parts, read-only.

The filter is made of comparisons joined by ``and``, ``or``, ``not`` and brackets:
``vendor=hikvision and year>=2020 and country=RO``. It becomes SQL with the values as parameters.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from edge.batch.rows import CAMERAS, ERRORS, PHOTOS
from edge.errors import CamidError, ErrorCode

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<bracket>[()])
    | (?P<operator><=|>=|!=|<>|=|<|>|~)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<word>[^\s()<>=!~"]+)
    )""",
    re.VERBOSE,
)
_OPERATORS = {"=": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~": "ILIKE"}
"""As in a filter → as in SQL; ``~`` finds a part of a text, whatever its case."""
FIELDS = tuple(field.name for field in CAMERAS)
_NUMBERS = frozenset(
    field.name for field in CAMERAS if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
)
_MAX_QUERY = 4000
_DEEPEST = 50
"""Brackets and ``not`` inside one another."""
_MEMORY, _THREADS = "256MB", 2
"""What a question takes; more goes to files in the system's folder for temporary ones."""
_AT_A_TIME = 2000
"""Rows that are fetched together; DuckDB's own vectors hold as many."""


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with ``?`` for each of ``values``."""

    sql: str
    values: tuple[str | float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """A result whose rows come one after the other, for those that do not fit into memory."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]


def parse_filter(text: str) -> Query:
    """The condition for ``WHERE``.

    Raises:
        CamidError: ``bad_request``, naming what is wrong.
    """
    if len(text) > _MAX_QUERY:
        raise _wrong(f"it is longer than {_MAX_QUERY} characters")
    parser = _Parser(_tokens(text))
    condition = parser.alternatives()
    if parser.rest:
        raise _wrong(f"“{parser.rest[0][1]}” is not expected there")
    return Query(condition, tuple(parser.values))


BRIEF = (
    "place",
    "camera",
    "verdict",
    "vendor",
    "platform",
    "confidence",
    "form_factor",
    "taken_at",
    "country",
)
"""What a person looks at first."""


def filter_query(text: str, limit: int = 1000, columns: Sequence[str] = FIELDS) -> Query:
    """All cameras that fit the filter, by place; an empty filter takes all."""
    condition = parse_filter(text) if text.strip() else Query("TRUE")
    wanted = ", ".join(columns)
    return Query(
        f"SELECT {wanted} FROM cameras WHERE {condition.sql} ORDER BY place, camera LIMIT {limit:d}",
        condition.values,
    )


def ask(output: Path, query: Query) -> Result:
    """All rows of ``asked``. Raises: CamidError: as that does."""
    with asked(output, query) as found:
        return Result(found.columns, tuple(found.rows))


@contextmanager
def asked(output: Path, query: Query) -> Iterator[Stream]:
    """Runs one statement that reads. It sees the tables ``photos``, ``cameras`` and ``errors`` of the batch
    and nothing else: no other file, no network, no extension. Its rows are there while the block runs.

    Raises:
        CamidError: ``not_readable`` if there is no batch, ``bad_request`` with DuckDB's own message.
    """
    with _opened(output) as database:
        try:
            statements = database.extract_statements(query.sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise _wrong("one SELECT is wanted")
            found = database.execute(query.sql, list(query.values))
            columns = tuple(column[0] for column in found.description)
            yield Stream(columns, _some_at_a_time(found))
        except duckdb.Error as error:
            raise _wrong(str(error).splitlines()[0]) from None


def _some_at_a_time(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    while some := found.fetchmany(_AT_A_TIME):
        yield from some


@contextmanager
def _opened(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not (output / "batch.json").is_file():
        raise CamidError(ErrorCode.NOT_READABLE, f"{output} holds no batch.")
    with tempfile.TemporaryDirectory(prefix="camid-query-") as spilt, duckdb.connect(":memory:") as database:
        database.execute(f"SET memory_limit = '{_MEMORY}'")
        database.execute(f"SET threads = {_THREADS}")  # each sorts in memory of its own
        database.execute(f"SET temp_directory = {_quoted(spilt)}")
        _show(database, output)
        yield database


def _show(database: duckdb.DuckDBPyConnection, output: Path) -> None:
    committed = {path.name for path in (output / "photos").glob("part-*.parquet")}
    parts = {
        name: sorted(path for path in (output / name).glob("part-*.parquet") if path.name in committed)
        for name in ("photos", "cameras", "replaced")
    }
    errors = sorted(output.glob("errors.parquet"))
    _view(database, "photos", PHOTOS, parts["photos"], parts["replaced"])
    _view(database, "cameras", CAMERAS, parts["cameras"], parts["replaced"])
    _view(database, "errors", ERRORS, errors)
    # From here on the parts may be read, and nothing else: no other file, no address, no extension.
    allowed = [str(part) for part in (*(part for of in parts.values() for part in of), *errors)]
    database.execute(f"SET allowed_paths = [{', '.join(map(_quoted, allowed))}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET autoinstall_known_extensions = false")
    database.execute("SET autoload_known_extensions = false")
    database.execute("SET lock_configuration = true")


def _view(
    database: duckdb.DuckDBPyConnection,
    name: str,
    schema: pa.Schema,
    parts: Sequence[Path],
    replaced: Sequence[Path] = (),
) -> None:
    if not parts:
        database.register("nothing", schema.empty_table())
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM nothing")
        database.unregister("nothing")
        return
    if not replaced:
        database.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({_listed(parts)})")
        return
    database.execute(
        f"CREATE VIEW {name} AS SELECT * EXCLUDE (filename)"
        f" FROM read_parquet({_listed(parts)}, filename = true) AS kept"
        f" WHERE NOT EXISTS (FROM read_parquet({_listed(replaced)}) AS old WHERE old.place = kept.place"
        r" AND old.part = CAST(regexp_extract(kept.filename, 'part-(\d+)\.parquet$', 1) AS INTEGER))"
    )


def _listed(paths: Sequence[Path]) -> str:
    return f"[{', '.join(_quoted(str(path)) for path in paths)}]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Parser:
    """Recursive descent over tokens; every value becomes a parameter."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self.rest = list(tokens)
        self.values: list[str | float] = []
        self._depth = 0

    def alternatives(self) -> str:
        parts = [self.conjunction()]
        while self._take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def conjunction(self) -> str:
        parts = [self.term()]
        while self._take("and"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def term(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _wrong(f"brackets and “not” go deeper than {_DEEPEST}")
        found = self._term()
        self._depth -= 1
        return found

    def _term(self) -> str:
        if self._take("not"):
            return f"NOT {self.term()}"
        if self._take("("):
            inner = self.alternatives()
            if not self._take(")"):
                raise _wrong("a bracket is not closed")
            return f"({inner})"
        return self.comparison()

    def comparison(self) -> str:
        field = self._next("a field")[1].lower()
        if field not in FIELDS:
            raise _wrong(f"“{field}” is no field: there are {', '.join(FIELDS)}")
        kind, operator = self._next("a comparison")
        if kind != "operator":
            raise _wrong(f"a comparison is missing after “{field}”")
        kind, value = self._next("a value")
        if kind not in {"word", "quoted"}:
            raise _wrong(f"a value is missing after “{field} {operator}”")
        if kind == "word" and value.lower() == "null" and operator in {"=", "!="}:
            return f"{field} IS {'NOT ' if operator == '!=' else ''}NULL"
        self.values.append(_value(field, operator, value))
        escape = " ESCAPE '\\'" if operator == "~" else ""
        return f"{field} {_OPERATORS[operator]} ?{escape}"

    def _take(self, word: str) -> bool:
        if self.rest and self.rest[0][0] in {"word", "bracket"} and self.rest[0][1].lower() == word:
            self.rest.pop(0)
            return True
        return False

    def _next(self, what: str) -> tuple[str, str]:
        if not self.rest:
            raise _wrong(f"{what} is missing at the end")
        return self.rest.pop(0)


def _value(field: str, operator: str, text: str) -> str | float:
    if operator == "~":
        # A blank pattern character is what somebody looks for, not a wildcard.
        return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"
    if field not in _NUMBERS:
        return text.upper() if field == "country" else text
    try:
        return float(text)
    except ValueError:
        raise _wrong(f"“{field}” is compared with a number, not with “{text}”") from None


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _wrong(f"“{text[place : place + 10]}” cannot be read")
        value = match[match.lastgroup]
        tokens.append(
            (match.lastgroup, re.sub(r"\\(.)", r"\1", value) if match.lastgroup == "quoted" else value)
        )
        place = match.end()
    return tokens


def _wrong(why: str) -> CamidError:
    return CamidError(ErrorCode.BAD_REQUEST, f"The query is wrong ({why}).")
