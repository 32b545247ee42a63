"""The one SQLite file: intentions (which jobs exist), while facts stay in the folders.

`journal_mode=DELETE` with `synchronous=FULL`: SQLite before 3.51.3 can corrupt a database in WAL mode.
Source: https://sqlite.org/wal.html
"""

import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from studio.domain.full_disk import is_disk_full
from studio.errors import StudioError

BUSY_SECONDS = 5
# Source: https://sqlite.org/rescode.html (the low byte of an extended code).
NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


@contextmanager
def connect(path: Path) -> Generator[sqlite3.Connection]:
    """Open the database for a moment; rows can be read by column name.

    Raises:
        StudioError: `home.disk_full`, `home.not_writable`.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection
    except sqlite3.OperationalError as error:
        if is_disk_full(error):
            raise StudioError("home.disk_full") from error
        if error.sqlite_errorcode & 0xFF in NOT_WRITABLE:
            raise StudioError("home.not_writable", folder=str(path.parent)) from error
        raise
    finally:
        connection.close()


@contextmanager
def transaction(path: Path) -> Generator[sqlite3.Connection]:
    """Open the database as its only writer; all of the block happens, or nothing."""
    with connect(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            # On a full disk SQLite has done it already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def migrate(path: Path) -> None:
    """Bring the database to the newest form; each migration runs once, in order."""
    with transaction(path) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied REAL NOT NULL)"
        )
        done = {row["name"] for row in connection.execute("SELECT name FROM migration")}
        for name, migration in MIGRATIONS.items():
            if name not in done:
                migration(connection)
                connection.execute("INSERT INTO migration VALUES (?, ?)", (name, time.time()))


def m001_jobs(connection: sqlite3.Connection) -> None:
    """One row per job; `pid` and `born` name the worker's process beyond doubt."""
    connection.execute(
        """CREATE TABLE job (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT UNIQUE,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            name TEXT NOT NULL,
            parent INTEGER REFERENCES job (id),
            pid INTEGER,
            born REAL,
            created REAL NOT NULL,
            started REAL,
            finished REAL,
            error TEXT
        )"""
    )
    connection.execute("CREATE INDEX job_by_state ON job (state, id)")
    connection.execute(
        """CREATE VIEW job_in_queue AS SELECT *, (
            SELECT COUNT(*) FROM job AS other
            WHERE other.state = 'queued' AND other.kind = job.kind AND other.id <= job.id
        ) AS queue_place FROM job"""
    )
    # Trainings take the device for themselves, one after the other; the rest is light and need not wait for them.
    connection.execute(
        """CREATE VIEW startable_job AS SELECT id FROM job WHERE state = 'queued' AND NOT (
            kind = 'train' AND EXISTS (SELECT 1 FROM job WHERE state = 'running' AND kind = 'train')
        ) ORDER BY id LIMIT 1"""
    )


def m002_subjects(connection: sqlite3.Connection) -> None:
    """Name what a job works on (`subject`, a data set): jobs on the same thing run one after the other."""
    connection.execute("ALTER TABLE job ADD COLUMN subject TEXT")
    connection.execute("DROP VIEW startable_job")
    connection.execute(
        """CREATE VIEW startable_job AS SELECT id, kind FROM job WHERE state = 'queued' AND NOT EXISTS (
            SELECT 1 FROM job AS other WHERE other.state = 'running' AND (
                other.subject = job.subject OR (other.kind = job.kind AND job.kind IN ('train', 'import'))
            )
        ) ORDER BY id"""
    )


def m003_parents(connection: sqlite3.Connection) -> None:
    """Let a job wait for its parent (a training for the download of its model); downloads come one after the other."""
    connection.execute("DROP VIEW startable_job")
    connection.execute(
        """CREATE VIEW startable_job AS SELECT id, kind FROM job WHERE state = 'queued' AND NOT EXISTS (
            SELECT 1 FROM job AS other WHERE other.state = 'running' AND (
                other.subject = job.subject
                OR (other.kind = job.kind AND job.kind IN ('train', 'import', 'download'))
            )
        ) AND NOT EXISTS (
            SELECT 1 FROM job AS parent WHERE parent.id = job.parent AND parent.state IN ('queued', 'running')
        ) ORDER BY id"""
    )


def m004_boots(connection: sqlite3.Connection) -> None:
    """Name the start of the machine that a worker's birth is counted from."""
    connection.execute("ALTER TABLE job ADD COLUMN boot TEXT")


def m005_searches(connection: sqlite3.Connection) -> None:
    """Let searches and trainings take turns on the device."""
    connection.execute("DROP VIEW startable_job")
    connection.execute(
        """CREATE VIEW startable_job AS SELECT id, kind FROM job WHERE state = 'queued' AND NOT EXISTS (
            SELECT 1 FROM job AS other WHERE other.state = 'running' AND (
                other.subject = job.subject
                OR (other.kind = job.kind AND job.kind IN ('import', 'download'))
                OR (other.kind IN ('train', 'search') AND job.kind IN ('train', 'search'))
            )
        ) AND NOT EXISTS (
            SELECT 1 FROM job AS parent WHERE parent.id = job.parent AND parent.state IN ('queued', 'running')
        ) ORDER BY id"""
    )


MIGRATIONS: dict[str, Callable[[sqlite3.Connection], None]] = {
    "m001_jobs": m001_jobs,
    "m002_subjects": m002_subjects,
    "m003_parents": m003_parents,
    "m004_boots": m004_boots,
    "m005_searches": m005_searches,
}
