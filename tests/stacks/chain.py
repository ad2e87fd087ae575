"""StacksChain: the development chain on a free port, its levers, and a signer for its users."""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sluice.base.egress import Answer, Egress

HOME: Final = Path(__file__).parent
CONTRACTS: Final = HOME.parents[1] / "contracts" / "stacks" / "contracts"
MODULES: Final = HOME / "node_modules"

SBTC_TOKEN: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
SBTC: Final = f"{SBTC_TOKEN}::sbtc-token"

_BOOT_S: Final = 60.0
_INSTALL_S: Final = 300
_READY: Final = re.compile(r"READY (\d+)")
# What must be there before: a contract that is called, or one that defines a trait.
_NEEDED: Final = re.compile(
    r"(?:contract-call\?|use-trait\s+[\w-]+|impl-trait)\s+\.(sluice-[a-z0-9-]+)"
)
_COMMENT: Final = re.compile(r";;.*")


class LeverError(Exception):
    """The chain refuses what a test asks it to do."""


class Refused(Exception):
    """The node refuses a transaction: its body says why, in the node's words."""

    def __init__(self, body: Any) -> None:  # noqa: ANN401 - JSON, or the node's plain text
        super().__init__(str(body))
        self.body = body
        self.reason: str | None = body.get("reason") if isinstance(body, dict) else None


@dataclass(frozen=True, slots=True)
class StacksChain:
    """A running chain; `url` is one of its providers, `egress` how to reach it."""

    url: str
    egress: Egress

    def provider(self, name: str) -> "StacksChain":
        """Return the same chain as served by another provider, who has troubles of its own."""
        return StacksChain(f"{self.url}/p/{name}", self.egress)

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask for a path and return its JSON; anything but 200 raises."""
        answer = await self.fetch(path)
        if answer.status != 200:
            raise LeverError(f"GET {path}: {answer.status} {answer.body.decode()[:300]}")
        return json.loads(answer.body)

    async def fetch(self, path: str) -> Answer:
        """Ask for a path and return the whole answer."""
        return await self.egress.get(
            self.url + path, headers={}, timeout_s=30, answer_max=64 * 1024 * 1024
        )

    async def pull(self, lever: str, **told: object) -> Any:  # noqa: ANN401 - JSON
        """Pull a lever and return what it says."""
        answer = await self.egress.post(
            f"{self.url}/sim/{lever}",
            json.dumps(told).encode(),
            headers={"Content-Type": "application/json"},
            timeout_s=60,
            answer_max=64 * 1024 * 1024,
        )
        said = json.loads(answer.body)
        if answer.status != 200:
            raise LeverError(f"{lever}: {said['error']}")
        return said

    async def send(self, raw: bytes) -> str:
        """Broadcast a transaction and return its id, 0x and 64 digits, or raise Refused."""
        answer = await self.post("/v2/transactions", raw)
        if answer.status == 200:
            return f"0x{json.loads(answer.body)}"
        is_json = answer.headers["content-type"] == "application/json"
        raise Refused(json.loads(answer.body) if is_json else answer.body.decode())

    async def post(
        self, path: str, body: bytes, *, kind: str = "application/octet-stream"
    ) -> Answer:
        """Post a body and return the whole answer."""
        return await self.egress.post(
            self.url + path, body, headers={"Content-Type": kind}, timeout_s=30
        )

    async def mine(self, count: int = 1) -> Sequence[Any]:
        """Add Stacks blocks, the first with what waits, and return them."""
        blocks: Sequence[Any] = (await self.pull("mine", count=count))["blocks"]
        return blocks

    async def status_of(self, txid: str) -> str | None:
        """Return how the API calls a transaction's state, or None if it knows nothing of it."""
        answer = await self.fetch(f"/extended/v3/transactions/{txid}")
        status: str | None = json.loads(answer.body).get("status")
        return status

    async def deploy_own_contracts(self, *names: str) -> str:
        """Put our own contracts and all that they call on the chain; return their deployer."""
        contracts = [
            {"name": name, "source": (CONTRACTS / f"{name}.clar").read_text(), "clarity": 4}
            for name in _in_order(names)
        ]
        deployed = await self.pull("deploy", contracts=contracts)
        deployer: str = deployed["contracts"][0].split(".")[0]
        return deployer


def why_not() -> str | None:
    """Return why there can be no chain here, or None; fetches the pinned packages if need be."""
    if shutil.which("node") is None:
        return "the development Stacks chain needs node, version 20 or newer"
    with (HOME / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (MODULES / ".package-lock.json").exists():
            return None
        npm = shutil.which("npm")
        if npm is None:
            return f"the development Stacks chain needs npm, or `npm ci` in {HOME.name}"
        command = [npm, "ci", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HOME, check=True, timeout=_INSTALL_S, capture_output=True)
    return None


@contextlib.contextmanager
def run_chain() -> Iterator[str]:
    """Start a chain and return its URL; it dies with us."""
    with _node("--liftoff-only", "chain/server.mjs") as process:
        yield f"http://127.0.0.1:{_wait_for_port(process)}"


class Signer:
    """Signs transactions as wallets do, with @stacks/transactions; sign.mjs says what to ask."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    async def sign(self, kind: str, **asked: object) -> bytes:
        """Return a signed transaction."""
        return bytes.fromhex((await self._ask(kind, asked))["hex"])

    async def address(self, **asked: object) -> str:
        """Return the address of a key, or of several that sign together."""
        address: str = (await self._ask("address", asked))["address"]
        return address

    async def _ask(self, kind: str, asked: dict[str, object]) -> dict[str, str]:
        return await asyncio.to_thread(self._ask_now, {"kind": kind, **asked})

    def _ask_now(self, asked: dict[str, object]) -> dict[str, str]:
        to, back = _pipes(self._process)
        to.write(json.dumps(asked) + "\n")
        to.flush()
        answer: dict[str, str] = json.loads(back.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer


@contextlib.contextmanager
def run_signer() -> Iterator[Signer]:
    """Start a signer; it dies with us."""
    with _node("sign.mjs") as process:
        yield Signer(process)


@contextlib.contextmanager
def _node(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [shutil.which("node") or "node", *arguments],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - a single system call, no lock
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        for pipe in _pipes(process):
            pipe.close()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    return process.stdin, process.stdout


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_for_port(process: "subprocess.Popen[str]") -> int:
    _, said = _pipes(process)
    deadline = time.monotonic() + _BOOT_S
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([said], [], [], left)[0]:
            break
        line = said.readline()
        if found := _READY.search(line):
            return int(found[1])
        if not line:
            raise RuntimeError(f"the Stacks chain ended at once, with {process.wait(10)}")
    raise RuntimeError(f"the Stacks chain did not start within {_BOOT_S} s")


def _in_order(names: Sequence[str]) -> list[str]:
    """Return these contracts after everything of our own that they name."""
    ordered: list[str] = []

    def place(name: str) -> None:
        source = _COMMENT.sub("", (CONTRACTS / f"{name}.clar").read_text())
        for other in sorted(set(_NEEDED.findall(source)) - {name}):
            if other not in ordered:
                place(other)
        ordered.append(name)

    for name in names:
        if name not in ordered:
            place(name)
    return ordered
