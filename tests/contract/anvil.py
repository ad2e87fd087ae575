"""Anvil: a real Ethereum node on a free port, and the contracts to put on it."""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sluice.base.egress import Egress

HOME: Final = Path(__file__).parents[1] / "evm"
MODULES: Final = HOME / "node_modules"
BINARY: Final = MODULES / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"

_BOOT_S: Final = 20.0
_INSTALL_S: Final = 300
_LISTENING: Final = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


class RpcError(Exception):
    """The node refuses what a test asks it to do."""


@dataclass(frozen=True, slots=True)
class Anvil:
    """A running node, and how to ask it anything."""

    url: str
    egress: Egress

    async def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever it answers
        """Call one method and return its result."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        answer = await self.egress.post(
            self.url,
            body.encode(),
            headers={"Content-Type": "application/json"},
            timeout_s=10,
            answer_max=64 * 1024 * 1024,
        )
        reply = json.loads(answer.body)
        if "error" in reply:
            raise RpcError(f"{method}: {reply['error']}")
        return reply["result"]

    async def block(self, tag: str | int) -> Any:  # noqa: ANN401
        """Return a block by its tag or height, with the ids of its transactions."""
        named = hex(tag) if isinstance(tag, int) else tag
        return await self.ask("eth_getBlockByNumber", *(named, False))


@contextlib.contextmanager
def run_anvil(*, chain_id: int = 1, block_time_s: int | None = None) -> Iterator[str]:
    """Start a node that mines when told to and return its URL; it dies with us."""
    mining = ["--no-mining"] if block_time_s is None else ["--block-time", str(block_time_s)]
    command = [str(BINARY), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
    # A short epoch, so that a test reaches the finalised tag with few blocks.
    command += [*mining, "--slots-in-an-epoch", "4", "--hardfork", "prague"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - a single system call, no lock
        )
        try:
            yield f"http://127.0.0.1:{_wait_for_port(process, said.name)}"
        finally:
            process.terminate()
            process.wait(10)


def install() -> None:
    """Fetch the pinned packages once, whoever of the parallel workers comes first."""
    with (HOME / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if BINARY.exists() and (MODULES / "solc").exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                f"The EVM tests need npm; install Node.js 20, or run npm ci in {HOME}."
            )
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=HOME, check=True, timeout=_INSTALL_S
        )


def compile_contracts() -> Mapping[str, str]:
    """Return the creation code of every contract by name, compiled when a source has changed."""
    sources = [*sorted((HOME / "contracts").glob("*.sol")), HOME / "compile.mjs"]
    sources.append(HOME / "package-lock.json")
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    made = MODULES / ".cache" / f"contracts-{digest}.json"
    if not made.exists():
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("The EVM tests need node, version 20 or newer.")
        output = subprocess.run(
            [node, "compile.mjs"], cwd=HOME, check=True, capture_output=True, timeout=120
        )
        made.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=made.parent, delete=False) as file:
            file.write(output.stdout)
        Path(file.name).rename(made)
    codes: dict[str, str] = json.loads(made.read_text())
    return codes


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_for_port(process: "subprocess.Popen[bytes]", said: str | int) -> int:
    deadline = time.monotonic() + _BOOT_S
    path = Path(f"/proc/self/fd/{said}" if isinstance(said, int) else said)
    while time.monotonic() < deadline:
        text = path.read_text()
        if found := _LISTENING.search(text):
            return int(found[1])
        if process.poll() is not None:
            raise RuntimeError(f"anvil ended at once: {text}")
        time.sleep(0.01)
    raise RuntimeError(f"anvil did not start within {_BOOT_S} s")
