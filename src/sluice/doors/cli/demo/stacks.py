"""The development Stacks chain in the demo: the real Clarity VM, and sBTC on it."""

import asyncio
import contextlib
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sluice.app.networks import Parts, stacks_chain
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Unavailable
from sluice.base.reach import NODES
from sluice.doors.cli.demo.part import Due, Missing, Part

# The development parts of the source tree. Its VM is GPL-3.0: it is a process of its own, for
# development only, and an installed package has none.
_PARTS: Final = Path(__file__).parents[5] / "tests" / "stacks"
_READY_S: Final = 60.0
_FEE_USTX: Final = 3_000
_RICH: Final = 10**12
_PAYER: Final = "11" * 32 + "01"
_SHOP: Final = "22" * 32 + "01"


class StacksNode:
    """A chain of our own, its levers, and wallets that sign with Stacks' own library."""

    def __init__(self, url: str, egress: Egress, wallet: Process) -> None:
        self.url = url
        self._egress = egress
        self._wallet = wallet

    async def pull(self, lever: str, **told: object) -> Any:  # noqa: ANN401 - JSON
        """Pull a lever of the chain."""
        headers = {"Content-Type": "application/json"}
        url = f"{self.url}/sim/{lever}"
        return _said(await self._egress.post(url, msgspec.json.encode(told), headers=headers))

    async def address_of(self, key: str) -> str:
        """Return the address of a key."""
        address: str = (await self._ask(kind="address", key=key, network="testnet"))["address"]
        return address

    async def pay_sbtc(self, key: str, to: str, sats: int, memo: str) -> str:
        """Sign a transfer as a wallet does, send it, and return its id."""
        contract = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
        said = f"(some 0x{memo.encode().hex()})" if memo else "none"
        sender = await self.address_of(key)
        signed = await self._ask(
            kind="call",
            contract=contract,
            function="transfer",
            args=[f"u{sats}", f"'{sender}", f"'{to}", said],
            key=key,
            fee=_FEE_USTX,
            nonce=await self._nonce(sender),
            network="testnet",
            mode="allow",
        )
        headers = {"Content-Type": "application/octet-stream"}
        body = bytes.fromhex(signed["hex"])
        tx_id = _said(await self._egress.post(f"{self.url}/v2/transactions", body, headers=headers))
        return f"0x{tx_id}"

    async def _nonce(self, address: str) -> int:
        path = f"/extended/v3/principals/{address}/nonces"
        nonce: int = _said(await self._egress.get(self.url + path, headers={}))["next_nonce"]
        return nonce

    async def _ask(self, **asked: object) -> dict[str, str]:
        if self._wallet.stdin is None or self._wallet.stdout is None:
            raise Unavailable("The demo's wallet was started without pipes.")
        self._wallet.stdin.write(msgspec.json.encode(asked) + b"\n")
        answer: dict[str, str] = msgspec.json.decode(await self._wallet.stdout.readline())
        if "error" in answer:
            raise Unavailable(f"The demo's wallet: {answer['error']}")
        return answer


async def open_stacks(stack: contextlib.AsyncExitStack) -> Part:
    """Start a chain on which a payer has sBTC."""
    reason = _why_not()
    if reason is not None:
        raise Missing(f"No Stacks chain in this demo: {reason}.")
    egress = Egress(NODES)
    stack.push_async_callback(egress.close)
    node = await stack.enter_async_context(_run_stacks(egress))
    payer, shop = await node.address_of(_PAYER), await node.address_of(_SHOP)
    await node.pull("reset", stx={payer: str(_RICH)}, sbtc={payer: str(_RICH)})
    table = {"api": [node.url], "burn_depth": 1, "reorg_max": 12, "block_time_s": 1.0}
    parts = Parts(egress, SystemClock(), lambda _source, _fault: None)
    chain = stacks_chain("stacks_development", table, parts)

    async def pay(due: Due) -> str:
        tx_id = await node.pay_sbtc(_PAYER, due.address, due.units, due.memo or "")
        await node.pull("mine")
        await node.pull("burn", count=2)
        return f"{tx_id}, and two Bitcoin blocks over it"

    title = "The same order in sBTC on a development Stacks chain, with the real Clarity VM"
    return Part(title, chain, "sbtc", shop, pay)


def _why_not() -> str | None:
    if shutil.which("node") is None:
        return "node is not installed"
    if not (_PARTS / "node_modules" / ".package-lock.json").exists():
        return "its npm packages are not installed (`make test-tools`)"
    return None


@contextlib.asynccontextmanager
async def _run_stacks(egress: Egress) -> AsyncIterator[StacksNode]:
    async with _node("--liftoff-only", "chain/server.mjs") as chain, _node("sign.mjs") as wallet:
        async with asyncio.timeout(_READY_S):
            port = await _port_of(chain)
        yield StacksNode(f"http://127.0.0.1:{port}", egress, wallet)


@contextlib.asynccontextmanager
async def _node(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        "node", *arguments, cwd=_PARTS, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _port_of(chain: Process) -> int:
    if chain.stdout is None:
        raise Unavailable("The Stacks chain was started without pipes.")
    async for line in chain.stdout:
        if line.startswith(b"READY "):
            return int(line.split()[1])
    raise Unavailable("The Stacks chain ended at once.")


def _said(answer: Any) -> Any:  # noqa: ANN401 - JSON
    if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
        raise Unavailable(f"The Stacks chain refuses: {answer.body.decode()[:300]}")
    return msgspec.json.decode(answer.body)
