"""Migrations: plain SQL files, each applied once, in order, under a lock and with short waits.

Yoyo keeps the books: which files there are, their order, and what a database already has. A file
is applied and written down in one transaction, so a crash leaves either both or neither.
"""

import contextlib
import importlib.resources
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
import yoyo
from yoyo.migrations import topological_sort

from sluice.base.cluster import postgres_program
from sluice.base.errors import Unavailable

if TYPE_CHECKING:
    from yoyo.backends import DatabaseBackend

# A lock not free within two seconds means traffic behind us waits too: give way, then try again.
_LOCK_TIMEOUT: Final = "-c lock_timeout=2000 -c statement_timeout=0"
_TRIES: Final = 5
_PAUSE_S: Final = 1.0
# Any number, as long as every Sluice takes the same one.
_ADVISORY_LOCK: Final = 5_716_083_514
_ADVISORY_WAIT: Final = "-c lock_timeout=120000"
_BOOKS: Final = ("_yoyo_*", "yoyo_*")

_NOISE: Final = re.compile(
    r"^(--|-- (Name|Dumped|PostgreSQL database dump).*|\\(un)?restrict .*"
    r"|SET (statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout"
    r"|client_encoding|standard_conforming_strings|check_function_bodies|xmloption"
    r"|client_min_messages|row_security|default_tablespace|default_table_access_method) = .*;"
    r"|SELECT pg_catalog\.set_config\('search_path', '', false\);)\n",
    re.MULTILINE,
)


def migrate(url: str, *, versions: Path | None = None, tries: int = _TRIES) -> list[str]:
    """Bring a database to the newest schema; return the names of what was applied now."""
    applied: list[str] = []
    with _alone(url):
        for _ in range(tries):
            try:
                _apply(url, versions or versions_directory(), applied)
            except psycopg.errors.LockNotAvailable:
                time.sleep(_PAUSE_S)
            else:
                return applied
    raise Unavailable(
        "A table stayed locked, so the migration gave way to the running traffic; try again "
        "when no long transaction is open."
    )


def pending(url: str, *, versions: Path | None = None) -> list[str]:
    """Return the names of the migrations this database does not have; change nothing."""
    with psycopg.connect(url) as connection:
        known: set[str] = set()
        if connection.execute("SELECT to_regclass('_yoyo_migration')").fetchone() != (None,):
            rows = connection.execute("SELECT migration_id FROM _yoyo_migration")
            known = {str(name) for (name,) in rows}
    return [name for name in in_order(versions) if name not in known]


def in_order(versions: Path | None = None) -> list[str]:
    """Return the names of all migrations, each after the one it depends on."""
    every = yoyo.read_migrations(str(versions or versions_directory()))
    return [str(migration.id) for migration in topological_sort(every)]


def dump_schema(url: str) -> str:
    """Return a database's whole schema as SQL, without what differs from run to run."""
    without = [f"--exclude-table={books}" for books in _BOOKS]
    dumped = subprocess.run(
        [postgres_program("pg_dump"), "--schema-only", "--no-owner", *without, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if dumped.returncode != 0:
        raise Unavailable(f"pg_dump could not read the schema: {dumped.stderr.strip()}")
    kept = _NOISE.sub("", dumped.stdout)
    return re.sub(r"\n{3,}", "\n\n", kept).strip() + "\n"


def write_head(url: str) -> Path:
    """Write the schema of a fully migrated database to `head.sql`, for people and for the tests."""
    path = head_path()
    path.write_text(dump_schema(url))
    return path


def head_path() -> Path:
    """Return the file that holds the whole schema."""
    return _migrations_directory() / "head.sql"


def versions_directory() -> Path:
    """Return the folder of the migrations: inside an installed package, beside `src` otherwise."""
    return _migrations_directory() / "versions"


def _migrations_directory() -> Path:
    package = Path(str(importlib.resources.files("sluice")))
    packed = package / "migrations"
    return packed if packed.is_dir() else package.parents[1] / "migrations"


def _apply(url: str, versions: Path, applied: list[str]) -> None:
    with yoyo.get_backend(_yoyo_url(url)) as backend:
        for migration in backend.to_apply(yoyo.read_migrations(str(versions))):
            migration.load()
            # Whole files go to the server: it knows where a statement ends.
            if migration.use_transactions:
                with backend.transaction():
                    backend.connection.execute(migration.source.encode())
                    backend.mark_one(migration)
            else:
                backend.connection.execute(migration.source.encode())
                _mark(backend, migration)
            applied.append(str(migration.id))


def _mark(backend: "DatabaseBackend", migration: Any) -> None:  # noqa: ANN401 - yoyo has no types
    with backend.transaction():
        backend.mark_one(migration)


def _yoyo_url(url: str) -> str:
    """Return the URL with yoyo's name for the driver and our waits."""
    parts = urlsplit(url)
    query = urlencode({**dict(parse_qsl(parts.query)), "options": _LOCK_TIMEOUT}, quote_via=quote)
    return urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, query, ""))


@contextlib.contextmanager
def _alone(url: str) -> Iterator[None]:
    """Let one process migrate at a time; the lock dies with the process that held it."""
    with psycopg.connect(url, autocommit=True, options=_ADVISORY_WAIT) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        yield
