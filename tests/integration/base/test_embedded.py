"""The embedded server: real processes, real kills, as root and as an ordinary user."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from sluice.base.cluster import postgres_program, settle
from sluice.base.embedded import (
    Embedded,
    remove_scratch,
    scratch_directory,
    start_embedded,
    start_scratch,
)
from sluice.base.errors import Unavailable

# A process of its own: starts, says where, and leaves in order when its standard input closes.
# It stops being root only after its imports: an ordinary user may not reach root's Python.
USER_OF_THE_SERVER: Final = """
import os
import sys
from pathlib import Path
from sluice.base.embedded import start_embedded
if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
server = start_embedded(Path(sys.argv[1]), durable=False)
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""

OPEN_CLUSTER: Final = """
import sys
from pathlib import Path
from sluice.base.cluster import open_cluster
print(open_cluster(Path(sys.argv[1]), root_home=Path(sys.argv[2])).programs)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    made = Path(tempfile.mkdtemp(prefix="sluice-embedded-", dir=in_memory))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def start(directory: Path) -> Iterator[Callable[[], Embedded]]:
    started: list[Embedded] = []

    def begin() -> Embedded:
        started.append(start_embedded(directory, durable=False))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@contextlib.contextmanager
def another_process(directory: Path, uid: int | None = None) -> Iterator[subprocess.Popen[str]]:
    arguments = [str(directory)] if uid is None else [str(directory), str(uid)]
    process = subprocess.Popen(
        [sys.executable, "-c", USER_OF_THE_SERVER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.readline().strip() or process.stderr.read()


def postmaster(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def runs(pid: int) -> bool:
    """Say whether a process is there and is more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row and row[0]


def tell(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())


def test_it_serves_postgresql_18_through_a_private_socket_only(
    start: Callable[[], Embedded],
) -> None:
    server = start()

    assert str(ask(server.url, "show server_version")).startswith("18.")
    assert ask(server.url, "show listen_addresses") == ""
    assert ask(server.url, "show server_encoding") == "UTF8"
    assert ask(server.url, "show data_checksums") == "on"
    assert ask(server.url, "select 'b' < 'C'") is False, "text sorts by code point, as C.UTF-8 does"
    assert ask(server.url, "select upper('ä')") == "Ä"
    assert (server.directory / "run").stat().st_mode & 0o077 == 0


def test_real_data_is_written_durably(directory: Path) -> None:
    server = start_embedded(directory)
    try:
        settings = [ask(server.url, f"show {name}") for name in ("fsync", "full_page_writes")]
        synchronous = ask(server.url, "show synchronous_commit")
    finally:
        server.stop()

    assert settings == ["on", "on"]
    assert synchronous == "on"


def test_data_outlives_a_clean_stop_and_no_process_is_left(directory: Path) -> None:
    first = start_embedded(directory, durable=False)
    tell(first.url, "create table kept as select 7 as n")
    pid = postmaster(directory)

    first.stop()

    assert not runs(pid)
    assert not (directory / "data" / "postmaster.pid").exists()
    second = start_embedded(directory, durable=False)
    try:
        assert ask(second.url, "select n from kept") == 7
    finally:
        second.stop()


def test_stopping_twice_is_harmless(start: Callable[[], Embedded]) -> None:
    server = start()

    server.stop()
    server.stop()


def test_a_second_start_attaches_and_the_last_one_out_stops_it(
    start: Callable[[], Embedded], directory: Path
) -> None:
    first = start()
    pid = postmaster(directory)

    second = start()

    assert postmaster(directory) == pid
    assert second.url == first.url
    first.stop()
    assert ask(second.url, "select 1") == 1, "one user is left, so it still runs"
    second.stop()
    assert not runs(pid)


def test_another_process_attaches_too(start: Callable[[], Embedded], directory: Path) -> None:
    server = start()
    pid = postmaster(directory)

    with another_process(directory) as other:
        assert first_line(other) == server.url
        server.stop()
        assert runs(pid)

    assert not runs(pid), "the other process was the last one out"


def test_two_processes_that_race_share_one_server(directory: Path) -> None:
    with another_process(directory) as one, another_process(directory) as two:
        assert first_line(one) == first_line(two)
        pid = postmaster(directory)
        assert runs(pid)

    assert not runs(pid)


def test_after_its_user_is_killed_the_next_one_takes_the_server_over(
    start: Callable[[], Embedded], directory: Path
) -> None:
    with another_process(directory) as killed:
        url = first_line(killed)
        tell(url, "create table kept as select 7 as n")
        pid = postmaster(directory)
        killed.kill()

    server = start()

    assert postmaster(directory) == pid
    assert ask(server.url, "select n from kept") == 7
    server.stop()
    assert not runs(pid)


def test_after_the_server_itself_is_killed_it_recovers(
    start: Callable[[], Embedded], directory: Path
) -> None:
    first = start_embedded(directory)
    tell(first.url, "create table kept as select 7 as n")
    killed = postmaster(directory)
    os.kill(killed, signal.SIGKILL)

    second = start()

    assert postmaster(directory) != killed
    assert ask(second.url, "select n from kept") == 7
    first.stop()


def test_a_start_cut_off_while_making_the_cluster_begins_again(
    start: Callable[[], Embedded], directory: Path
) -> None:
    (directory / "data.unfinished").mkdir()
    (directory / "data.unfinished" / "PG_VERSION").write_text("18\n")

    server = start()

    assert ask(server.url, "select 1") == 1
    assert not (directory / "data.unfinished").exists()


def test_data_of_another_major_version_is_refused_with_what_to_do(
    start: Callable[[], Embedded], directory: Path
) -> None:
    start().stop()
    (directory / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(Unavailable, match=r"written by PostgreSQL 17, this Sluice brings 18; dump"):
        start()


def test_a_server_that_cannot_start_says_why(
    start: Callable[[], Embedded], directory: Path
) -> None:
    start().stop()
    (directory / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(Unavailable, match="no_such_setting"):
        start()


def test_a_long_path_gets_a_short_socket(directory: Path) -> None:
    deep = directory / ("d" * 100)
    directory.chmod(0o711)

    server = start_embedded(deep, durable=False)
    socket_directory = Path(str(ask(server.url, "show unix_socket_directories")))
    server.stop()

    assert len(str(socket_directory)) < 60
    assert not socket_directory.exists(), "it is removed with the server"


def test_a_scratch_server_leaves_nothing_behind() -> None:
    with start_scratch() as server:
        assert ask(server.url, "show fsync") == "off"
        pid = postmaster(server.directory)

    assert not server.directory.exists()
    assert not runs(pid)


def test_what_a_killed_run_left_is_swept_by_the_next() -> None:
    left = scratch_directory()
    with another_process(left) as killed:
        first_line(killed)
        pid = postmaster(left)
        killed.kill()

    fresh = scratch_directory()

    assert not runs(pid)
    assert not left.exists()
    remove_scratch(fresh)


def test_a_scratch_server_in_use_is_not_swept() -> None:
    with start_scratch() as server:
        remove_scratch(scratch_directory())

        assert ask(server.url, "select 1") == 1


as_root: Final = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become someone else to try it"
)


@as_root
def test_as_root_the_server_runs_as_nobody(start: Callable[[], Embedded], directory: Path) -> None:
    start()

    assert Path(f"/proc/{postmaster(directory)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@as_root
def test_as_root_a_directory_nobody_can_enter_is_refused(directory: Path) -> None:
    (directory / "inside").mkdir()
    directory.chmod(0o700)

    with pytest.raises(Unavailable, match="as nobody it cannot enter"):
        start_embedded(directory / "inside", durable=False)


@as_root
def test_what_would_lie_in_roots_closed_home_lives_elsewhere_behind_a_link(directory: Path) -> None:
    closed = directory / "root"
    closed.mkdir(mode=0o700)
    directory.chmod(0o711)
    wanted = closed / "share" / "sluice" / "postgres"

    settled = settle(wanted, root_home=directory / "var")

    assert settled.parent == directory / "var"
    assert wanted.is_symlink()
    assert settle(wanted, root_home=directory / "elsewhere") == settled, "the link is followed"
    server = start_embedded(wanted, durable=False)
    server.stop()
    assert server.directory == settled
    assert (wanted / "data" / "PG_VERSION").exists()


@as_root
def test_a_directory_that_can_be_entered_stays_where_it_was_asked_for(directory: Path) -> None:
    directory.chmod(0o711)

    assert settle(directory / "postgres", root_home=directory / "var") == directory / "postgres"
    assert not (directory / "var").exists()


@as_root
def test_as_root_programs_in_a_hidden_folder_are_copied_to_where_nobody_reaches_them(
    directory: Path,
) -> None:
    hidden = directory / "hidden"
    wheel = postgres_program("postgres").parents[2]
    ignore = shutil.ignore_patterns("pginstall", "include", "*.a")
    shutil.copytree(wheel, hidden / wheel.name, ignore=ignore)
    hidden.chmod(0o700)
    directory.chmod(0o711)
    (directory / "data").mkdir()

    programs = subprocess.run(
        [sys.executable, "-c", OPEN_CLUSTER, str(directory / "data"), str(directory / "var")],
        env={"PYTHONPATH": str(hidden)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

    assert Path(programs).parent == directory / "var" / "programs"
    assert (Path(programs) / "bin" / "postgres").exists()


@as_root
def test_an_ordinary_user_runs_it_as_themselves(directory: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)

    with another_process(directory, uid=pwd.getpwnam("nobody").pw_uid) as process:
        url = first_line(process)
        assert url.startswith("postgresql://sluice@/sluice?host=")
        pid = postmaster(directory)
        assert Path(f"/proc/{pid}").stat().st_uid == nobody.pw_uid
        assert ask(url, "select 1") == 1

    assert not runs(pid)


@as_root
def test_an_ordinary_user_is_refused_the_directory_of_another(directory: Path) -> None:
    start_embedded(directory, durable=False).stop()
    os.chown(directory, 0, 0)

    with another_process(directory, uid=pwd.getpwnam("nobody").pw_uid) as process:
        said = first_line(process)

    assert "belongs to another user" in said


def test_the_server_answers_within_seconds(start: Callable[[], Embedded]) -> None:
    began = time.monotonic()

    start()

    assert time.monotonic() - began < 20
