"""Every migration, applied for real: to nothing, over rows, twice, at once, and against traffic."""

import itertools
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from sluice.base.cluster import postgres_program
from sluice.base.embedded import start_scratch
from sluice.base.errors import Unavailable
from sluice.base.migrate import (
    dump_schema,
    head_path,
    in_order,
    migrate,
    pending,
    versions_directory,
)
from tests.conftest import url_of

VERSIONS: Final = [versions_directory() / f"{name}.sql" for name in in_order()]
CHECKS: Final = versions_directory().parent / "checks"
SCRATCH_TABLE: Final = "-- Makes a table: for a test.\nCREATE TABLE things (n int);\n"


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    (tmp_path / "2026-01-01_01_things.sql").write_text(SCRATCH_TABLE)
    return tmp_path


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database_url, autocommit=True) as opened:
        yield opened


def load(url: str, path: Path) -> None:
    """Run a file the way an operator would."""
    subprocess.run(
        [postgres_program("psql"), "-XqvON_ERROR_STOP=1", "-f", path, "-d", url],
        check=True,
        capture_output=True,
        timeout=60,
        env={"PGOPTIONS": "-c check_function_bodies=off"},
    )


def test_head_is_the_sum_of_the_migrations() -> None:
    """Dumps differ from one server version to the next, so this always asks our own."""
    with start_scratch() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE loaded")
        migrate(server.url)
        summed = dump_schema(server.url)
        load(url_of(server.url, "loaded"), head_path())
        loaded = dump_schema(url_of(server.url, "loaded"))

    assert summed == head_path().read_text(), "make migration-head writes head.sql anew"
    assert loaded == summed, "head.sql must make the schema that the migrations make"


def test_nothing_is_pending_after_migrating(empty_database_url: str) -> None:
    assert pending(empty_database_url) == [file.stem for file in VERSIONS]

    applied = migrate(empty_database_url)

    assert applied == [file.stem for file in VERSIONS]
    assert pending(empty_database_url) == []
    assert migrate(empty_database_url) == []


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_each_version_says_what_why_and_that_it_is_safe_to_deploy(file: Path) -> None:
    opening = itertools.takewhile(lambda line: line[:2] == "--", file.read_text().splitlines())
    comment = [line for line in opening if not re.match("-- (depends|transactional):", line)]

    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}_\d{2}_[a-z0-9_]+", file.stem)
    assert comment, f"{file.name} begins with a comment: what it does and why"
    assert re.fullmatch(r"-- [A-Z].{20,}", comment[0]), "the first line is a sentence"
    assert any("Deploy-safe:" in line for line in comment), "say why it is safe to deploy"
    assert not any(": say w" in line for line in comment), "fill in what the template asks for"


@pytest.mark.parametrize(
    ("file", "previous"),
    list(zip(VERSIONS[1:], VERSIONS, strict=False)),
    ids=lambda file: file.stem,
)
def test_each_version_depends_on_the_one_before_it(file: Path, previous: Path) -> None:
    assert f"-- depends: {previous.stem}" in file.read_text().splitlines()


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_each_version_keeps_what_was_there(
    file: Path, tmp_path: Path, connection: psycopg.Connection, empty_database_url: str
) -> None:
    check = CHECKS / file.stem
    earlier = VERSIONS[: VERSIONS.index(file)]
    for other in earlier:
        (tmp_path / other.name).write_text(other.read_text())
    if earlier:
        migrate(empty_database_url, versions=tmp_path)
    if check.is_dir():
        load(empty_database_url, check / "before.sql")

    (tmp_path / file.name).write_text(file.read_text())
    assert migrate(empty_database_url, versions=tmp_path) == [file.stem]

    if check.is_dir():
        for query in statements(check / "after.sql"):
            assert connection.execute(query.encode()).fetchall() == [(True,)], query


def statements(path: Path) -> list[str]:
    """Return the queries of a check; a semicolon at the end of a line ends each."""
    text = re.sub(r"^--.*\n", "", path.read_text(), flags=re.MULTILINE)
    return [query for query in re.split(r";\s*\n", text) if query.strip()]


def test_every_check_belongs_to_a_version() -> None:
    names = {check.name for check in CHECKS.iterdir()} if CHECKS.is_dir() else set()

    assert names <= {file.stem for file in VERSIONS}


def test_a_version_that_fails_leaves_nothing_and_is_not_written_down(
    versions: Path, connection: psycopg.Connection, empty_database_url: str
) -> None:
    (versions / "2026-01-02_01_broken.sql").write_text(
        "-- depends: 2026-01-01_01_things\nCREATE TABLE half (n int);\nSELECT 1 / 0;\n"
    )

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, versions=versions)

    assert pending(empty_database_url, versions=versions) == ["2026-01-02_01_broken"]
    assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    assert connection.execute("SELECT to_regclass('things')").fetchone() == ("things",)


def test_a_file_without_a_transaction_is_applied_as_it_is(
    versions: Path, connection: psycopg.Connection, empty_database_url: str
) -> None:
    (versions / "2026-01-02_01_index.sql").write_text(
        "-- depends: 2026-01-01_01_things\n-- transactional: false\n-- An index, for a test.\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS things_n ON things (n);\n"
    )

    migrate(empty_database_url, versions=versions)

    assert connection.execute("SELECT to_regclass('things_n')").fetchone() == ("things_n",)
    assert pending(empty_database_url, versions=versions) == []


def test_two_that_migrate_at_once_apply_everything_once(
    versions: Path, empty_database_url: str
) -> None:
    (versions / "2026-01-02_01_slow.sql").write_text(
        "-- depends: 2026-01-01_01_things\nSELECT pg_sleep(0.5);\nINSERT INTO things VALUES (1);\n"
    )
    applied: list[list[str]] = []
    threads = [
        threading.Thread(
            target=lambda: applied.append(migrate(empty_database_url, versions=versions))
        )
        for _ in range(2)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    everything = ["2026-01-01_01_things", "2026-01-02_01_slow"]
    assert sorted(applied) == [[], everything]


def test_a_locked_table_makes_the_migration_give_way(
    versions: Path, connection: psycopg.Connection, empty_database_url: str
) -> None:
    migrate(empty_database_url, versions=versions)
    (versions / "2026-01-02_01_column.sql").write_text(
        "-- depends: 2026-01-01_01_things\nALTER TABLE things ADD COLUMN m int;\n"
    )

    with psycopg.connect(empty_database_url) as traffic:
        traffic.execute("SELECT * FROM things")
        with pytest.raises(Unavailable, match="gave way to the running traffic"):
            migrate(empty_database_url, versions=versions, tries=1)

    assert migrate(empty_database_url, versions=versions) == ["2026-01-02_01_column"]
    assert connection.execute("SELECT m FROM things").fetchall() == []
