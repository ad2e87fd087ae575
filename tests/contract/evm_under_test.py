"""An EVM network with its levers within reach: a real node, our own tokens on it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from sluice.base.clock import Clock
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.calldata import transfer_call
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.reader import EvmReader, Wants
from sluice.engine.chains.evm.tokens import EvmChain, evm_network
from sluice.engine.chains.model import Network
from tests.contract.anvil import Anvil

CHAIN_ID: Final = 1
RICH: Final = 10**15
_GWEI: Final = 10**9
_GAS: Final = hex(400_000)


class EvmUnderTest:
    """One node with fresh contracts. `owner` deployed them, `payer` holds plenty of both tokens."""

    assets = ("usdc", "usdt")

    def __init__(
        self, anvil: Anvil, clock: Clock, accounts: Sequence[str], tokens: Mapping[str, str]
    ) -> None:
        self.anvil = anvil
        self.owner, self.payer, *self.others = accounts
        self.clock = clock
        self.chain = EvmChain(
            chain_id=CHAIN_ID,
            name="ethereum",
            title="Ethereum",
            block_time_s=12.0,
            depth=12,
            reorg_max=64,
            explorer_tx=None,
            tokens={"usdc": tokens["UsdcLike"], "usdt": tokens["UsdtLike"]},
            lookalikes=(tokens["FakeToken"],),
        )
        self.contracts = tokens
        self.network: Network = evm_network(self.chain)
        self.reader = self.reader_at(anvil.url)
        self.addresses = EvmAddresses(self.network, chain_id=CHAIN_ID)
        self._fresh = 0

    @classmethod
    async def deploy(cls, anvil: Anvil, clock: Clock, codes: Mapping[str, str]) -> "EvmUnderTest":
        """Empty the node and put every contract on it, with money for the payer."""
        await anvil.ask("anvil_reset")
        accounts: list[str] = await anvil.ask("eth_accounts")
        owner, payer = accounts[:2]
        sent = {
            name: await anvil.ask(
                "eth_sendTransaction", {"from": owner, "data": code, "gas": hex(3_000_000)}
            )
            for name, code in codes.items()
        }
        await anvil.ask("anvil_mine", "0x1")
        tokens = {}
        for name, tx_id in sent.items():
            receipt = await anvil.ask("eth_getTransactionReceipt", tx_id)
            tokens[name] = receipt["contractAddress"].lower()
        made = cls(anvil, clock, accounts, tokens)
        for asset in ("usdc", "usdt"):
            await made.call(made.chain.tokens[asset], "mint(address,uint256)", payer, RICH)
        await made.mine()
        return made

    def node_at(self, url: str) -> Node:
        """Return a node at another URL, such as a proxy before this one."""
        return Node(url, self.anvil.egress, self.clock)

    def reader_at(self, url: str, *, wants: Wants | None = None, span_start: int = 64) -> EvmReader:
        """Return a reader of another URL."""
        return EvmReader(
            self.network, self.node_at(url), chain_id=CHAIN_ID, wants=wants, span_start=span_start
        )

    def new_address(self) -> str:
        """Return an address nobody has used."""
        self._fresh += 1
        return f"0x{hashlib.sha256(self._fresh.to_bytes(4, 'big')).hexdigest()[:40]}"

    async def call(
        self,
        contract: str,
        signature: str,
        *args: object,
        sender: str | None = None,
        suffix: str = "",
    ) -> str:
        """Send a transaction that calls a contract and return its id; it may fail when mined."""
        selector = bytes(function_signature_to_4byte_selector(signature))
        kinds = signature[signature.index("(") + 1 : -1].split(",")
        data = "0x" + (selector + encode(kinds, args)).hex() + suffix
        return await self.send(contract, data, sender=sender or self.owner)

    async def send(self, to: str, data: str, *, sender: str | None = None, **more: str) -> str:
        """Send a transaction with these bytes and return its id."""
        transaction = {"from": sender or self.payer, "to": to, "data": data, "gas": _GAS, **more}
        tx_id: str = await self.anvil.ask("eth_sendTransaction", transaction)
        return tx_id

    async def pay(
        self, recipient: str, units: int, *, asset: str = "usdc", memo: str | None = None
    ) -> str:
        """Send one transfer from a wallet and return its transaction's id."""
        asked = transfer_call(self.chain.tokens[asset], recipient, units, memo)
        return await self.send(asked.to, asked.data)

    async def mine(self, count: int = 1) -> Sequence[object]:
        """Add blocks; the first one takes what waits."""
        await self.anvil.ask("anvil_mine", hex(count))
        return []

    async def height(self) -> int:
        """Return the height of the newest block."""
        return int(await self.anvil.ask("eth_blockNumber"), 16)

    async def fork(self, depth: int, *, keep: bool) -> Sequence[object]:
        """Replace the newest blocks by one more empty one."""
        top = await self.height()
        left: list[str] = []
        for height in range(top - depth + 1, top + 1):
            block = await self.anvil.block(height)
            left += [
                await self.anvil.ask("eth_getRawTransactionByHash", tx_id)
                for tx_id in block["transactions"]
            ]
        await self.anvil.ask("anvil_reorg", depth, [])
        await self.anvil.ask("anvil_mine", "0x1")
        for raw in left if keep else []:
            await self.anvil.ask("eth_sendRawTransaction", raw)
        return []

    async def replace(self, tx_id: str, recipient: str, units: int) -> str:
        """Send a transfer with the nonce of a waiting one and twice its fee."""
        old = await self.anvil.ask("eth_getTransactionByHash", tx_id)
        asked = transfer_call(self.chain.tokens["usdc"], recipient, units)
        return await self.send(
            asked.to,
            asked.data,
            sender=old["from"],
            nonce=old["nonce"],
            maxFeePerGas=hex(2 * int(old["maxFeePerGas"], 16)),
            maxPriorityFeePerGas=hex(2 * int(old["maxPriorityFeePerGas"], 16) + _GWEI),
        )

    async def drop(self, tx_id: str) -> None:
        """Let the node forget a waiting transaction."""
        await self.anvil.ask("anvil_dropTransaction", tx_id)
