"""ElectrumX in front of a test's own node: the same chain, told by another program."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.absent import absent
from tests.bitcoin.bitcoind import die_with_parent, free_port, wait_for

INSTALLED: Final = Path(__file__).parent / ".node" / "electrumx" / "bin" / "electrumx_server"


@contextlib.contextmanager
def run_electrumx(bitcoind_url: str) -> Iterator[str]:
    """Start a server beside a node that is up, and return its URL; it dies with us."""
    binary = str(INSTALLED) if INSTALLED.exists() else shutil.which("electrumx_server")
    if binary is None:
        absent("no ElectrumX: run tests/bitcoin/install_electrumx.sh")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="electrumx") as directory:
        settings = {
            "COIN": "Bitcoin",
            "NET": "regtest",
            "DB_ENGINE": "leveldb",
            "DAEMON_URL": bitcoind_url,
            "DAEMON_POLL_INTERVAL_BLOCKS": "100",
            "DAEMON_POLL_INTERVAL_MEMPOOL": "100",
            "DB_DIRECTORY": directory,
            "SERVICES": f"tcp://127.0.0.1:{port}",
            "ALLOW_ROOT": "1",
            "PEER_DISCOVERY": "off",
            "PEER_ANNOUNCE": "",
            "COST_SOFT_LIMIT": "0",
            "COST_HARD_LIMIT": "0",
        }
        process = subprocess.Popen(
            [binary],
            env=os.environ | settings,  # noqa: TID251 - for the child
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - a single system call, no lock
        )
        try:
            wait_for(process, port)
            yield f"tcp://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)
