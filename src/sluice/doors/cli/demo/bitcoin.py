"""A Bitcoin node on regtest in the demo, with a wallet for the shop and one for the payer."""

import asyncio
import base64
import contextlib
import shutil
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sluice.app.bitcoin import bitcoin_chain
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Unavailable
from sluice.base.reach import NODES
from sluice.doors.cli.demo.part import Due, Missing, Part
from sluice.doors.cli.demo.story import free_port

_NETWORK: Final = "bitcoin-regtest"
# Where the development parts of the source tree put it; an installed package has none.
_INSTALLED: Final = Path(__file__).parents[5] / "tests" / "bitcoin" / ".node" / "bin" / "bitcoind"
_LOGIN: Final = ("demo", "only-for-this-demo")
_READY_TRIES: Final = 300
# A reward may be spent after a hundred blocks.
_BLOCKS: Final = 101
_OPTIONS: Final = (
    "-regtest",
    "-server=1",
    "-listen=0",
    "-dnsseed=0",
    "-discover=0",
    "-natpmp=0",
    "-fallbackfee=0.0001",
    "-dbcache=8",
    "-printtoconsole=0",
)


class BitcoinNode:
    """A node of our own, asked by JSON-RPC."""

    def __init__(self, port: int, egress: Egress) -> None:
        self.url = f"http://{_LOGIN[0]}:{_LOGIN[1]}@127.0.0.1:{port}"
        self._bare = f"http://127.0.0.1:{port}"
        self._egress = egress
        token = base64.b64encode(":".join(_LOGIN).encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    async def ask(self, method: str, *params: object, wallet: str = "") -> Any:  # noqa: ANN401 - JSON
        """Call one method, of one wallet where it is about money."""
        path = f"/wallet/{wallet}" if wallet else "/"
        asked = msgspec.json.encode({"id": 1, "method": method, "params": params})
        answer = await self._egress.post(
            self._bare + path, asked, headers=self._headers, timeout_s=30, answer_max=1 << 20
        )
        reply = msgspec.json.decode(answer.body)
        if reply["error"]:
            raise Unavailable(f"The Bitcoin node refuses {method}: {reply['error']['message']}")
        return reply["result"]

    async def start(self) -> None:
        """Wait until it answers; make both wallets, and money for the payer."""
        for _ in range(_READY_TRIES):
            with contextlib.suppress(EgressError, Unavailable, msgspec.DecodeError):
                await self.ask("getblockcount")
                break
            await asyncio.sleep(0.05)
        for wallet in ("shop", "payer"):
            await self.ask("createwallet", wallet)
        await self.mine(_BLOCKS)

    async def account(self) -> str:
        """Return the public descriptor of the shop's wallet, as its owner exports it."""
        told = await self.ask("listdescriptors", wallet="shop")
        return next(
            str(one["desc"])
            for one in told["descriptors"]
            if one["desc"].startswith("wpkh(") and not one["internal"]
        )

    async def mine(self, count: int) -> None:
        """Add blocks; the first takes what waits."""
        address = await self.ask("getnewaddress", wallet="payer")
        await self.ask("generatetoaddress", count, address)


async def open_bitcoin(stack: contextlib.AsyncExitStack) -> Part:
    """Start a node on which a payer has bitcoin."""
    binary = str(_INSTALLED) if _INSTALLED.exists() else shutil.which("bitcoind")
    if binary is None:
        raise Missing(
            "No Bitcoin node in this demo: bitcoind is not installed "
            "(`sh tests/bitcoin/install.sh`, or put one on the PATH)."
        )
    egress = Egress(NODES)
    stack.push_async_callback(egress.close)
    node = await stack.enter_async_context(_run(binary, egress))
    table = {"rpc": [node.url], "block_time_s": 1.0, "title": "Bitcoin (regtest)"}
    chain = bitcoin_chain(
        _NETWORK, table, egress=egress, clock=SystemClock(), count=lambda _source, _fault: None
    )
    account = await node.account()

    async def pay(due: Due) -> str:
        sats = f"{due.units // 10**8}.{due.units % 10**8:08d}"
        tx_id = await node.ask("sendtoaddress", due.address, sats, wallet="payer")
        await node.mine(1)
        held = await node.ask("getreceivedbyaddress", due.address, 1, wallet="shop")
        return f"{tx_id} in a block; the shop's own wallet received {held:.8f} BTC"

    title = "The same order in BTC on a real Bitcoin node, at an address of the shop's own wallet"
    return Part(title, chain, "btc", account, pay, is_account=True)


@contextlib.asynccontextmanager
async def _run(binary: str, egress: Egress) -> AsyncIterator[BitcoinNode]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sluice-demo-bitcoin-") as directory:
        process = await asyncio.create_subprocess_exec(
            binary,
            *_OPTIONS,
            f"-datadir={directory}",
            f"-rpcport={port}",
            f"-rpcuser={_LOGIN[0]}",
            f"-rpcpassword={_LOGIN[1]}",
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        try:
            node = BitcoinNode(port, egress)
            await node.start()
            yield node
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
