"""Bitcoind: a real node on regtest with a wallet full of money, and its levers."""

import asyncio
import contextlib
import ctypes
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sluice.base.egress import Egress
from sluice.engine.chains.bitcoin.amounts import parse_btc, show_btc
from sluice.engine.chains.endpoint import Endpoint
from tests.absent import absent

INSTALLED: Final = Path(__file__).parent / ".node" / "bin" / "bitcoind"
USER: Final = "sluice"
PASSWORD: Final = "only-for-tests-of-this-machine"
# A reward may be spent after a hundred blocks; ten of them make many payments.
BLOCKS: Final = 110

_WARM_UP_TRIES: Final = 200
_BOOT_S: Final = 20.0
_MEMPOOL_TOO: Final = False
_OPTIONS: Final = (
    "-regtest",
    "-server=1",
    "-dnsseed=0",
    "-discover=0",
    "-natpmp=0",
    "-fallbackfee=0.0001",
    "-dbcache=8",
    "-corepolicy=1",
    "-printtoconsole=0",
)


class RpcError(Exception):
    """The node refuses what a test asks it to do."""


@dataclass(frozen=True, slots=True)
class Bitcoind:
    """A running node. Blocks are mined to an address of its wallet."""

    url: str
    egress: Egress

    async def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever it answers
        """Call one method and return its result; numbers with a point are Decimals."""
        endpoint = Endpoint.of(self.url)
        body = json.dumps({"jsonrpc": "1.0", "id": 1, "method": method, "params": params})
        answer = await self.egress.post(
            endpoint.url,
            body.encode(),
            headers=endpoint.headers,
            timeout_s=30,
            answer_max=16 * 1024 * 1024,
        )
        reply = json.loads(answer.body, parse_float=Decimal)
        if reply["error"]:
            raise RpcError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    async def start(self) -> None:
        """Make the wallet and its money."""
        if "till" not in await self.ask("listwallets"):
            await self.ask("createwallet", "till")
        if await self.ask("getblockcount") < BLOCKS:
            await self.mine(BLOCKS)

    async def new_address(self, kind: str = "bech32") -> str:
        """Return an address of the wallet: legacy, p2sh-segwit, bech32 or bech32m."""
        address: str = await self.ask("getnewaddress", "", kind)
        return address

    async def mine(self, count: int = 1) -> Sequence[str]:
        """Add blocks; the first takes what waits."""
        mined: list[str] = await self.ask("generatetoaddress", count, await self.new_address())
        return mined

    async def pay(self, recipient: str, sats: int) -> str:
        """Send from the wallet and return the transaction's id."""
        tx_id: str = await self.ask("sendtoaddress", recipient, show_btc(sats))
        return tx_id

    async def spend(self, tx_id: str, index: int, recipient: str, *, fee_sats: int) -> str:
        """Send one output of the wallet's on, whole but for the fee, replacing what spends it."""
        found = await self.ask("gettxout", tx_id, index, _MEMPOOL_TOO)
        left = show_btc(parse_btc(f"{found['value']:f}") - fee_sats)
        spent = [{"txid": tx_id, "vout": index, "sequence": 0xFFFFFFFD}]
        raw = await self.ask("createrawtransaction", spent, [{recipient: left}])
        signed = await self.ask("signrawtransactionwithwallet", raw)
        made: str = await self.ask("sendrawtransaction", signed["hex"])
        return made

    async def elsewhere(self, tx_id: str, *, fee_sats: int) -> str:
        """Return a signed transaction of the wallet to itself that spends what another spends."""
        old = await self.ask("getrawtransaction", tx_id, 1)
        inputs = [{"txid": one["txid"], "vout": one["vout"]} for one in old["vin"]]
        spent = 0
        for one in old["vin"]:
            from_ = await self.ask("getrawtransaction", one["txid"], 1)
            spent += parse_btc(f"{from_['vout'][one['vout']]['value']:f}")
        outputs = [{await self.new_address(): show_btc(spent - fee_sats)}]
        raw = await self.ask("createrawtransaction", inputs, outputs)
        signed = await self.ask("signrawtransactionwithwallet", raw)
        made: str = signed["hex"]
        return made

    async def undo(self, count: int) -> None:
        """Leave the newest blocks for good; what was in them waits again."""
        height = await self.ask("getblockcount")
        await self.ask("invalidateblock", await self.ask("getblockhash", height - count + 1))


async def ready(node: Bitcoind) -> Bitcoind:
    """Return a node that answers, with money and an empty mempool."""
    for _ in range(_WARM_UP_TRIES):
        try:
            await node.ask("getblockcount")
            break
        except RpcError:
            await asyncio.sleep(0.02)
    await node.start()
    if await node.ask("getrawmempool"):
        await node.mine()
    return node


@contextlib.contextmanager
def run_bitcoind(*, peer_port: int | None = None, options: Sequence[str] = ()) -> Iterator[str]:
    """Start a node with an empty chain and return its URL; it dies with us.

    With `peer_port` other nodes may connect to it.
    """
    listening = ["-listen=0"] if peer_port is None else [f"-bind=127.0.0.1:{peer_port}"]
    binary = str(INSTALLED) if INSTALLED.exists() else shutil.which("bitcoind")
    if binary is None:
        absent("no bitcoind: run tests/bitcoin/install.sh, or put one on the PATH")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bitcoind") as directory:
        process = subprocess.Popen(
            [
                binary,
                *_OPTIONS,
                *listening,
                *options,
                f"-datadir={directory}",
                f"-rpcport={port}",
                f"-rpcuser={USER}",
                f"-rpcpassword={PASSWORD}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - a single system call, no lock
        )
        try:
            wait_for(process, port)
            yield f"http://{USER}:{PASSWORD}@127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(30)


def die_with_parent() -> None:
    """Let a child end when the test does."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return when somebody listens at a port."""
    deadline = time.monotonic() + _BOOT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the program ended at once with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the program did not start within {_BOOT_S} s")
