"""What every test may ask for: a database of its own, a clock that stands still, seeded ids."""

import datetime as dt
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog

from sluice.base.clock import ManualClock
from sluice.base.database import Database, open_database
from sluice.base.embedded import remove_scratch, scratch_directory, start_embedded
from sluice.base.ids import Ids
from sluice.base.migrate import migrate, versions_directory

START: Final = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)

_DIRECTORY: Final = pytest.StashKey[Path]()
_TEMPLATE_LOCK: Final = 8_214_417
_numbers: Final = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Agree on one directory for this run's database server, which starts when first needed."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_DIRECTORY] = Path(worker_input["database_directory"])
    else:
        config.stash[_DIRECTORY] = scratch_directory()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no public type
    """Tell a parallel worker which directory that is."""
    node.workerinput["database_directory"] = str(node.config.stash[_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the directory, and the server if a worker that died left it running."""
    if not hasattr(config, "workerinput") and _DIRECTORY in config.stash:
        remove_scratch(config.stash[_DIRECTORY])


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the URL of a server on which databases may be made: the one given, or our own."""
    given = os.environ.get("SLUICE_TEST_DATABASE_URL")  # noqa: TID251 - a setting of the tests only
    if given:
        yield given
        return
    server = start_embedded(pytestconfig.stash[_DIRECTORY], durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def database_template(database_server: str) -> str:
    """Return the name of a database with the newest schema, made once for all parallel workers."""
    files = sorted(versions_directory().glob("*.sql"))
    content = b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    with psycopg.connect(database_server, autocommit=True) as admin:
        # Only its owner may copy a template.
        key = hashlib.sha256(content + admin.info.user.encode()).hexdigest()[:16]
        name = f"sluice_template_{key}"
        admin.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            admin.execute(f'DROP DATABASE IF EXISTS "{name}_unfinished"'.encode())
            admin.execute(f'CREATE DATABASE "{name}_unfinished"'.encode())
            migrate(url_of(database_server, f"{name}_unfinished"))
            admin.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"'.encode())
    return name


@pytest.fixture
def empty_database_url(database_server: str) -> Iterator[str]:
    """Return the URL of a fresh database without any schema."""
    yield from _make_database(database_server, "template1")


@pytest.fixture
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    """Return the URL of a fresh database with the newest schema: about 30 ms each."""
    yield from _make_database(database_server, database_template)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a fresh database with the newest schema."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that moves only when told to; it stands at a Monday noon."""
    return ManualClock(START)


@pytest.fixture
def ids(clock: ManualClock) -> Ids:
    """Return identifiers that are the same in every run."""
    return Ids(clock, seed=1)


def url_of(server: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _make_database(server: str, template: str) -> Iterator[str]:
    name = f"sluice_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as admin:
        # Copying files is twice as fast, but each copy waits for a checkpoint on a durable server.
        durable = admin.execute("SHOW fsync").fetchone() != ("off",)
        strategy = "wal_log" if durable else "file_copy"
        admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {strategy}'.encode()
        )
        try:
            yield url_of(server, name)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
