"""The database under a gradebook: SQLite in WAL mode, or PostgreSQL by URL. What it refuses is one sentence."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from graph_duet.grading.classroom.tables import METADATA
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_LOCK = 0x64756574  # PostgreSQL's advisory lock while tables are made
_WRITES = "duet_writes"
_WAIT_SECONDS = 30


class Database:
    """Short transactions on one database. `url` is an SQLAlchemy URL or a path to an SQLite file.

    Raises UserError when it cannot be opened, and from `read` and `write` when it is locked, full or gone: what
    was written before is kept.
    """

    def __init__(self, url: str | Path):
        self.url = str(url)
        place = address(self.url)
        try:
            self._engine = sa.create_engine(place)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", prepare_sqlite)
                event.listen(self._engine, "begin", _begin_sqlite)
            self._create_tables()
        except (SQLAlchemyError, ImportError) as error:
            raise UserError(
                _("the gradebook {url} cannot be opened: {reason}", url=url, reason=_reason(error))
            ) from None

    def _create_tables(self) -> None:
        """Make what is missing. Of two processes that come to an empty database at once, one waits."""
        with self._engine.execution_options(**{_WRITES: True}).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            METADATA.create_all(connection)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._in_words("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, all of it or nothing."""
        with (
            self._in_words("written"),
            self._engine.execution_options(**{_WRITES: True}).begin() as connection,
        ):
            yield connection

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, ProgrammingError):  # our own mistakes
            raise
        except (DatabaseError, InterfaceError) as error:
            raise UserError(
                _(
                    "the gradebook {url} cannot be {done}: {reason}. What it has is kept: "
                    "run the command again",
                    url=self.url,
                    done=done,
                    reason=_reason(error),
                )
            ) from None


def put(
    connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], keep: tuple[str, ...] = ()
) -> None:
    """Insert, or replace the row with the same primary key, also while others write; columns in `keep` stay as they
    were."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table).values(row)
    keys = [column.name for column in table.primary_key.columns]
    others = {name: insert.excluded[name] for name in row if name not in (*keys, *keep)}
    connection.execute(
        insert.on_conflict_do_update(index_elements=keys, set_=others)
        if others
        else insert.on_conflict_do_nothing(index_elements=keys)
    )


def address(url: str) -> str:
    """The SQLAlchemy URL of a gradebook that is named by its file or by a URL."""
    if "://" not in url:
        Path(url).parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{url}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def prepare_sqlite(connection: Any, _: object) -> None:
    """Write-ahead logging, so that readers never wait for the writer; and every commit reaches the disk."""
    connection.isolation_level = None  # transactions begin where we say: see _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout={_WAIT_SECONDS * 1000}")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait by itself where two processes give one new file its mode at once."""
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    """A transaction that will write takes the lock first: one that has read already could not wait for it."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
