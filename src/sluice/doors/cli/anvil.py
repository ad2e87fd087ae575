"""The demo's Ethereum: a real development node, where npm has one, with a dollar token on it."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Unavailable

# The development parts of the source tree; an installed package has none, and the demo says so.
_PARTS: Final = Path(__file__).parents[4] / "tests" / "evm"
_BINARY: Final = _PARTS / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
CHAIN_ID: Final = 31_337
_READY_S: Final = 10.0


class Anvil:
    """A node whose accounts are unlocked and rich."""

    def __init__(self, url: str, egress: Egress) -> None:
        self.url = url
        self._egress = egress
        self.accounts: list[str] = []

    async def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Call the node."""
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        answer = await self._egress.post(
            self.url, body, headers={"Content-Type": "application/json"}
        )
        reply = msgspec.json.decode(answer.body)
        if "error" in reply:
            raise Unavailable(f"anvil: {reply['error']['message']}")
        return reply["result"]

    async def send(self, to: str | None, data: str) -> dict[str, Any]:
        """Send a transaction from the first account and return its receipt."""
        call = {"from": self.accounts[0], "data": data} | ({"to": to} if to else {})
        tx_id = await self.ask("eth_sendTransaction", call)
        await self.ask("anvil_mine", "0x1")
        receipt: dict[str, Any] = await self.ask("eth_getTransactionReceipt", tx_id)
        return receipt


def why_not() -> str | None:
    """Return why there can be no node here, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not _BINARY.exists():
        return "its npm packages are not installed (`make test-tools`)"
    return None


@contextlib.asynccontextmanager
async def run_anvil(port: int, egress: Egress) -> AsyncIterator[Anvil]:
    """Run a node until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        _BINARY, "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID),
        "--slots-in-an-epoch", "1", "--silent", stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        node = Anvil(f"http://127.0.0.1:{port}", egress)
        async with asyncio.timeout(_READY_S):
            while not node.accounts:
                try:
                    node.accounts = await node.ask("eth_accounts")
                except EgressError:
                    await asyncio.sleep(0.05)
        yield node
    finally:
        process.terminate()
        await process.wait()


async def deploy_token(node: Anvil) -> str:
    """Compile our dollar token, put it on the node, and give the first account a million."""
    compiler = await asyncio.create_subprocess_exec(
        "node", str(_PARTS / "compile.mjs"), stdout=asyncio.subprocess.PIPE, cwd=_PARTS
    )
    output, _ = await compiler.communicate()
    codes: dict[str, str] = msgspec.json.decode(output)
    receipt = await node.send(None, codes["UsdcLike"])
    token: str = receipt["contractAddress"]
    # The call is: mint address,uint256.
    await node.send(token, "0x40c10f19" + node.accounts[0][2:].rjust(64, "0") + f"{10**12:064x}")
    return token
