"""Ground: a fresh database for each run, in which time is the simulation's own."""

import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import psycopg

from sluice.base.embedded import start_scratch
from sluice.base.migrate import migrate, versions_directory

_TEMPLATE_LOCK: Final = 8_214_418

# now() is ours, found before PostgreSQL's own, so that leases and retries follow simulated time.
# Every change of a status is written down by the database itself. Nothing tidies up behind our
# back: where rows lie decides the order in which PostgreSQL returns them.
_CHANGES: Final = """
CREATE SCHEMA sim;
CREATE TABLE sim.clock (one boolean PRIMARY KEY DEFAULT true, at timestamptz NOT NULL);
CREATE FUNCTION sim.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM sim.clock';
CREATE TABLE sim.moves (noun text, id text, old text, new text);
CREATE FUNCTION sim.write_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO sim.moves VALUES (TG_TABLE_NAME, NEW.id, OLD.status, NEW.status);
  RETURN NULL;
END $$;
CREATE TRIGGER moved AFTER UPDATE OF status ON public.payment_intents FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION sim.write_move();
CREATE TRIGGER moved AFTER UPDATE OF status ON public.checkout_sessions FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION sim.write_move();
CREATE TRIGGER moved AFTER UPDATE OF status ON public.refunds FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION sim.write_move();
GRANT USAGE ON SCHEMA sim TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON sim.clock TO PUBLIC;
GRANT SELECT ON sim.moves TO PUBLIC;
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
           WHERE schemaname IN ('public', 'sim') LOOP
    EXECUTE 'ALTER TABLE ' || t || ' SET (autovacuum_enabled = false)';
  END LOOP;
END $$;
"""


@contextlib.contextmanager
def open_server() -> Iterator[str]:
    """Give the URL of a server: the one given to tests, or one that lives as long as this."""
    given = os.environ.get("SLUICE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with start_scratch() as server:
        yield server.url


def make_template(server: str) -> str:
    """Make the database that every run copies, once; return its name."""
    files = sorted(versions_directory().glob("*.sql"))
    content = b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    digest = hashlib.sha256(content + _CHANGES.encode()).hexdigest()[:16]
    name = f"sluice_simulated_{digest}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _run(admin, f'DROP DATABASE IF EXISTS "{name}_unfinished"')
            _run(admin, f'CREATE DATABASE "{name}_unfinished"')
            unfinished = url_of(server, f"{name}_unfinished")
            migrate(unfinished)
            with psycopg.connect(unfinished, autocommit=True) as inside:
                inside.execute(_CHANGES)
            _run(admin, f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


@contextlib.contextmanager
def fresh_database(server: str, template: str, name: str) -> Iterator[str]:
    """Give the URL of a copy of the template, and drop it afterwards."""
    copy_database(server, template, name)
    try:
        yield url_of(server, name)
    finally:
        drop_database(server, name)


def copy_database(server: str, source: str, name: str) -> None:
    """Copy a database that nobody is connected to."""
    with psycopg.connect(server, autocommit=True) as admin:
        durable = admin.execute("SHOW fsync").fetchone() != ("off",)
        strategy = "wal_log" if durable else "file_copy"
        _run(admin, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _run(admin, f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY {strategy}')
        _run(admin, f'ALTER DATABASE "{name}" SET search_path = sim, public, pg_catalog')


def drop_database(server: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with psycopg.connect(server, autocommit=True) as admin:
        _run(admin, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.asynccontextmanager
async def unpruned(url: str) -> AsyncIterator[None]:
    """Keep what is old from being tidied up while this lasts.

    When PostgreSQL does it depends on what goes on in other databases, and where it then writes
    new rows decides the order of those that a query does not order.
    """
    reader = await asyncpg.connect(url)
    try:
        await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await reader.execute("SELECT count(*) FROM sim.clock")
        yield
    finally:
        reader.terminate()


def url_of(server: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _run(admin: psycopg.Connection[Any], sql: str) -> None:
    admin.execute(sql.encode())
