"""A house to measure: its own database, a merchant with a key, the real processes around it."""

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.embedded import start_embedded
from sluice.base.migrate import migrate
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import FEE_PRESETS
from sluice.business.accounts.merchants.model import Settings as Terms

_READY_S: Final = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class House:
    """Where it is and who lives in it."""

    settings: Settings
    merchant_id: str
    api_key: str


@contextlib.contextmanager
def a_database() -> Iterator[tuple[str, Path]]:
    """Run a durable PostgreSQL of its own (fsync on), or use SLUICE_TEST_DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = start_embedded(home / "postgres", durable=True)
        try:
            migrate(server.url)
            yield server.url, home
        finally:
            server.stop()


@contextlib.asynccontextmanager
async def a_house() -> AsyncIterator[tuple[App, House]]:
    """Build an App on a fresh database, with one merchant."""
    with a_database() as (url, home):
        settings = Settings(
            database_url=url, home=home, port=free_port(), limits="off", sandbox_block_s=0.0,
            webhook_networks="127.0.0.0/8",
        )  # fmt: skip
        async with build(settings) as app:
            async with app.works.begin() as work:
                terms = dataclasses.replace(Terms(), fee=FEE_PRESETS["stablecoin"])
                merchant = await create_merchant(work, "Measured", terms)
            async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
                _, token = await create_key(work, "sk", sealer=app.sealer)
            yield app, House(settings, merchant.id, token)


@contextlib.contextmanager
def serving(house: House, workers: int) -> Iterator[int]:
    """Run `sluice serve` with so many API processes and no worker; yield its process id."""
    environment = os.environ | {  # noqa: TID251 - handed on to the measured processes
        "SLUICE_DATABASE_URL": house.settings.database_url,
        "SLUICE_HOME": str(house.settings.home),
        "SLUICE_PORT": str(house.settings.port),
        "SLUICE_LIMITS": "off",
        "SLUICE_WEBHOOK_NETWORKS": house.settings.webhook_networks,
        "SLUICE_SANDBOX_BLOCK_S": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice", "serve", "--workers", str(workers), "--without-worker"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(house.settings.port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def memory_mb(pid: int) -> dict[str, int]:
    """Return the proportional memory of a process and its children, by what they are."""
    shown = subprocess.run(
        ["/bin/ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    family, found = {pid}, {}
    for _ in range(4):
        family |= {int(child) for child, parent, _ in rows if int(parent) in family}
    for child, _, _args in rows:
        if int(child) in family:
            with contextlib.suppress(OSError, IndexError):
                rollup = Path(f"/proc/{child}/smaps_rollup").read_text("ascii")
                pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
                found[f"process {len(found) + 1}"] = int(pss.split()[1]) // 1024
    return found
