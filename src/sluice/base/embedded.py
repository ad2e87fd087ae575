"""Embedded PostgreSQL: the server inside a Python wheel, started and stopped with Sluice.

Everyone who uses a directory holds a shared lock on it, so a second start attaches to the running
server and the last one to leave stops it. When a process is killed the kernel drops its lock; the
server it left behind is found and used, or stopped, by whoever comes next.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from sluice.base.cluster import NAME, PORT, Cluster, open_cluster, settle
from sluice.base.errors import Unavailable

_SCRATCH_PREFIX: Final = "sluice-scratch-"
# A database is a thousand small files: made in 11 ms in memory, in up to 350 ms on a disk.
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what is made below it has a name of its own
_MEMORY_BYTES_MIN: Final = 2 * 1024**3
_PAUSE_S: Final = 0.05
_LOCK_TRIES: Final = 2400  # two minutes: longer than any start or stop that goes well
_START_TRIES: Final = 400  # twenty seconds for a killed server's processes to disappear
_READY_TRIES: Final = 6000  # five minutes of crash recovery
_STOP_TRIES: Final = 1200  # one minute for the last checkpoint

_SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_WITHOUT_DURABILITY: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
}


class Embedded:
    """A running server that this process uses; `stop` leaves it, and the last one out ends it."""

    def __init__(self, cluster: Cluster, users: IO[str]) -> None:
        self._cluster = cluster
        self._users = users
        host = quote(str(cluster.socket_directory()), safe="/")
        self.url = f"postgresql://{NAME}@/{NAME}?host={host}&port={PORT}"
        self.directory = cluster.directory

    def stop(self) -> None:
        """Leave the server; shut it down cleanly, and wait for it, when nobody else uses it."""
        if self._users.closed:
            return
        with _alone(self.directory), self._users:
            if _try_lock(self._users):
                _shut_down(self._cluster)


def start_embedded(directory: Path, *, durable: bool = True) -> Embedded:
    """Start PostgreSQL on this directory, or attach to the one that already runs there."""
    try:
        directory = settle(directory.absolute())
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(directory):
            cluster = open_cluster(directory)
            users = (directory / "users.lock").open("a")
            try:
                fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
                _start(cluster, _SETTINGS if durable else _SETTINGS | _WITHOUT_DURABILITY)
                return Embedded(cluster, users)
            except BaseException:
                users.close()
                raise
    except PermissionError as error:
        raise Unavailable(
            f"The database directory {directory} belongs to another user ({error.strerror}). "
            "Start Sluice as that user or choose another directory."
        ) from error


@contextlib.contextmanager
def start_scratch() -> Iterator[Embedded]:
    """Run a server without durability in a temporary directory; nothing remains afterwards."""
    directory = scratch_directory()
    try:
        server = start_embedded(directory, durable=False)
        try:
            yield server
        finally:
            server.stop()
    finally:
        remove_scratch(directory)


def scratch_directory() -> Path:
    """Make a directory for a server whose data may be lost, and remove what dead runs left."""
    parent = _scratch_parent()
    for old in parent.glob(f"{_SCRATCH_PREFIX}*"):
        lock = old / "users.lock"
        if lock.exists() and lock.stat().st_uid == os.geteuid():
            remove_scratch(old)
    return Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir=parent))


def remove_scratch(directory: Path) -> None:
    """Stop and remove a scratch server that nobody uses any more; leave one in use alone."""
    with (
        contextlib.suppress(FileNotFoundError),  # another run removed it first
        _alone(directory),
        (directory / "users.lock").open("a") as users,
    ):
        if _try_lock(users):
            _shut_down(open_cluster(directory))
            shutil.rmtree(directory)


def _scratch_parent() -> Path:
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES_MIN:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _start(cluster: Cluster, settings: Mapping[str, str]) -> None:
    """Start a server unless one that answers is already there.

    A killed server leaves its pid file behind, and PostgreSQL itself decides when it is safe to
    start over it: when neither the old process nor any of its children is left. So we only retry.
    """
    cluster.initialise()
    for _ in range(_START_TRIES):
        _reap(cluster)
        if cluster.answers():
            return
        process = cluster.spawn(settings)
        if _is_ready(cluster, process):
            _create_database(cluster)
            process.returncode = 0  # it may outlive us: from here on the pid file speaks for it
            return
        # The old one may have ended, and taken its pid file along, just after it stood in the way.
        if not cluster.pid_file.exists() and cluster.pid_file.name not in cluster.last_words():
            raise Unavailable(f"PostgreSQL did not start: {cluster.last_words()}")
        time.sleep(_PAUSE_S)
    raise Unavailable(
        f"Another PostgreSQL holds {cluster.data} and does not answer: {cluster.last_words()}"
    )


def _is_ready(cluster: Cluster, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server takes queries; say no when it ended instead."""
    for _ in range(_READY_TRIES):
        if process.poll() is not None:
            return False
        if cluster.pid() == process.pid and cluster.answers():
            return True
        time.sleep(_PAUSE_S)
    process.send_signal(signal.SIGINT)
    process.wait()
    return False


def _create_database(cluster: Cluster) -> None:
    if cluster.ask(f"select count(*) from pg_database where datname = '{NAME}'") == "0":  # noqa: S608 - a constant
        cluster.ask(f"create database {NAME}")


def _shut_down(cluster: Cluster) -> None:
    """Ask for a fast shutdown and wait until the server has put its pid file away."""
    pid = cluster.pid()
    if pid is None or not cluster.answers():
        return
    socket_directory = cluster.socket_directory()
    os.kill(pid, signal.SIGINT)
    for _ in range(_STOP_TRIES):
        if not cluster.pid_file.exists():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            shutil.rmtree(socket_directory, ignore_errors=True)
            return
        time.sleep(_PAUSE_S)
    raise Unavailable(f"PostgreSQL is still shutting down; see {cluster.log}.")


def _reap(cluster: Cluster) -> None:
    """Collect the server if it is our dead child: a zombie still looks alive to the next one."""
    pid = cluster.pid()
    if pid is not None:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Be the only one who starts or stops a server here."""
    with (directory / "start.lock").open("a") as lock:
        for _ in range(_LOCK_TRIES):
            if _try_lock(lock):
                yield
                return
            time.sleep(_PAUSE_S)
    raise Unavailable(f"Another process has been starting or stopping {directory} for too long.")


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
