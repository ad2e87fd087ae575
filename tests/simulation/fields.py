"""Fields: the networks on which the process that sends is killed; one class for each."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sluice.app.app import App
from sluice.app.sending import sandbox_key
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.reader import EvmReader
from sluice.engine.chains.evm.tokens import EvmChain, evm_network
from sluice.engine.chains.evm.writer import EvmWriter
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.stacks.addresses import StacksAddresses
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.principals import TESTNET_SINGLE, Address
from sluice.engine.chains.stacks.reader import StacksReader
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.tokens import DEVELOPMENT, stacks_network
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.chains.writer import Account
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from tests.contract.anvil import Anvil, compile_contracts, install, run_anvil
from tests.contract.evm_under_test import EvmUnderTest
from tests.simulation.bitcoin_field import open_bitcoin
from tests.stacks.chain import SBTC, StacksChain, run_chain, why_not

_CHAIN_ID = 31337


class Field(Protocol):
    """A network to send on. It is handed to other processes, so it holds values only."""

    @property
    def name(self) -> str:
        """Return the network's name."""
        ...

    @property
    def asset(self) -> str:
        """Return what is sent."""
        ...

    def chains(self, egress: Egress) -> Sequence[Chain]:
        """Return the network, where the app has none of this name by itself."""
        ...

    def signer(self, app: App, merchant: str) -> Signer:
        """Return whoever signs for the merchant's wallet."""
        ...

    def recipient(self, seed: bytes) -> str:
        """Return an address nobody has used."""
        ...

    async def fill(self, app: App, address: str, key: bytes, units: int) -> Account:
        """Give the wallet so much of the asset, and something for fees."""
        ...

    async def mine(self, app: App) -> None:
        """Add a block."""
        ...

    async def received(self, app: App, recipient: str) -> list[int]:
        """Return what the best branch says came to an address."""
        ...


@dataclass(frozen=True)
class SandboxField:
    """The sandbox."""

    name: str = "sandbox"
    asset: str = "usdc"

    def chains(self, egress: Egress) -> Sequence[Chain]:  # noqa: ARG002
        """Return nothing: every app has the sandbox."""
        return ()

    def signer(self, app: App, merchant: str) -> Signer:
        """Return the sandbox's own signer."""
        return sandbox_key(app.sealer, merchant)

    def recipient(self, seed: bytes) -> str:
        """Return an address of the sandbox."""
        return address_of(seed[:20])

    async def fill(self, app: App, address: str, key: bytes, units: int) -> Account:  # noqa: ARG002
        """Return the wallet: nobody's money runs dry here."""
        return Account(address, key)

    async def mine(self, app: App) -> None:
        """Add a block."""
        async with app.works.begin() as work:
            await levers.mine(work)

    async def received(self, app: App, recipient: str) -> list[int]:
        """Read the blocks."""
        reader = app.chains.find(self.name).reader
        tip = (await reader.tip()).header.height
        blocks = await reader.blocks(max(1, tip - 40), tip)
        found = [one for block in blocks for one in block.transfers if one.recipient == recipient]
        return [one.units for one in found]


@dataclass(frozen=True)
class AnvilField:
    """A real Ethereum node with a token of ours on it."""

    url: str
    token: str
    owner: str
    name: str = "anvil"
    asset: str = "usdc"

    def chains(self, egress: Egress) -> Sequence[Chain]:
        """Return the network."""
        facts = EvmChain(
            chain_id=_CHAIN_ID,
            name=self.name,
            title="Anvil",
            block_time_s=0.1,
            depth=1,
            reorg_max=2,
            explorer_tx=None,
            tokens={"usdc": self.token},
            livemode=False,
        )
        network = evm_network(facts, assets=["usdc"])
        node = Node(self.url, egress, SystemClock())
        reader = EvmReader(network, node, chain_id=_CHAIN_ID)
        addresses = EvmAddresses(network, chain_id=_CHAIN_ID)
        writer = EvmWriter(network, [node], chain_id=_CHAIN_ID)
        return [Chain(network, reader, addresses, writer=writer)]

    def signer(self, app: App, merchant: str) -> Signer:  # noqa: ARG002
        """Return a key of this merchant's."""
        return LocalSigner(hashlib.sha256(merchant.encode()).digest())

    def recipient(self, seed: bytes) -> str:
        """Return an address on Ethereum."""
        return f"0x{seed[:20].hex()}"

    async def fill(self, app: App, address: str, key: bytes, units: int) -> Account:  # noqa: ARG002
        """Mint tokens, and give ten thousand coins."""
        async with self._anvil() as anvil:
            await anvil.ask("anvil_setBalance", address, hex(10**22))
            data = "0x40c10f19" + address[2:].rjust(64, "0") + f"{units:064x}"
            mint = {"from": self.owner, "to": self.token, "data": data, "gas": hex(200_000)}
            await anvil.ask("eth_sendTransaction", mint)
            await anvil.ask("anvil_mine", "0x1")
        return Account(address, key)

    async def mine(self, app: App) -> None:  # noqa: ARG002
        """Add a block."""
        async with self._anvil() as anvil:
            await anvil.ask("anvil_mine", "0x1")

    async def received(self, app: App, recipient: str) -> list[int]:  # noqa: ARG002
        """Read the token's own logs."""
        topic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
        what = {
            "fromBlock": "0x0",
            "address": self.token,
            "topics": [topic, None, "0x" + recipient[2:].rjust(64, "0")],
        }
        async with self._anvil() as anvil:
            logs: list[Any] = await anvil.ask("eth_getLogs", what)
        return [int(log["data"], 16) for log in logs]

    @contextlib.asynccontextmanager
    async def _anvil(self) -> AsyncIterator[Anvil]:
        egress = Egress(NODES)
        try:
            yield Anvil(self.url, egress)
        finally:
            await egress.close()


@dataclass(frozen=True)
class StacksField:
    """A development Stacks chain, on which the real Clarity VM moves sBTC."""

    url: str
    name: str = DEVELOPMENT.name
    asset: str = "sbtc"

    def chains(self, egress: Egress) -> Sequence[Chain]:
        """Return the network."""
        chain_id, depth = DEVELOPMENT.chain_id, DEVELOPMENT.burn_depth
        network = stacks_network(DEVELOPMENT)
        api = Api(self.url, egress, SystemClock())
        reader = StacksReader(network, api, chain_id=chain_id, burn_depth=depth)
        writer = StacksWriter(network, [Sending(api.provider)], chain_id=chain_id, burn_depth=depth)
        addresses = StacksAddresses(network, chain_id=chain_id)
        return [Chain(network, reader, addresses, writer=writer)]

    def signer(self, app: App, merchant: str) -> Signer:  # noqa: ARG002
        """Return a key of this merchant's."""
        return LocalSigner(hashlib.sha256(merchant.encode()).digest())

    def recipient(self, seed: bytes) -> str:
        """Return an address on the testnet."""
        return str(Address(TESTNET_SINGLE, seed[:20]))

    async def fill(self, app: App, address: str, key: bytes, units: int) -> Account:  # noqa: ARG002
        """Mint sBTC, and give a thousand STX."""
        async with self._chain() as chain:
            await chain.pull("fund", address=address, ustx=str(10**9))
            await chain.pull("mint_sbtc", address=address, sats=str(units))
        return Account(address, key)

    async def mine(self, app: App) -> None:  # noqa: ARG002
        """Add a block with what waits, and a Bitcoin block over it."""
        async with self._chain() as chain:
            await chain.mine()
            await chain.pull("burn", count=1)

    async def received(self, app: App, recipient: str) -> list[int]:  # noqa: ARG002
        """Read the events of every transaction that concerned the address."""
        async with self._chain() as chain:
            path = f"/extended/v3/principals/{recipient}/transactions?limit=50"
            found = (await chain.get(path))["results"]
            events = [
                one
                for each in found
                for one in (
                    await chain.get(
                        f"/extended/v3/transactions/{each['transaction']['tx_id']}/events"
                    )
                )["results"]
            ]
        moved = [one["ft_asset"] for one in events if one["type"] == "ft_asset"]
        return [
            int(one["amount"])
            for one in moved
            if (one["asset_identifier"], one["recipient"]) == (SBTC, recipient)
        ]

    @contextlib.asynccontextmanager
    async def _chain(self) -> AsyncIterator[StacksChain]:
        egress = Egress(NODES)
        try:
            yield StacksChain(self.url, egress)
        finally:
            await egress.close()


@contextlib.contextmanager
def open_field(network: str) -> Iterator[Field]:
    """Open a field by its name."""
    if network == "sandbox":
        yield SandboxField()
    elif network == "anvil":
        install()
        codes = compile_contracts()
        with run_anvil(chain_id=_CHAIN_ID) as url:
            yield asyncio.run(_deploy(url, codes))
    elif network == "stacks":
        if reason := why_not():
            raise SystemExit(reason)
        with run_chain() as url:
            yield StacksField(url)
    elif network == "bitcoin":
        with open_bitcoin() as field:
            yield field
    else:
        raise SystemExit(f"There is no field called {network}.")


async def _deploy(url: str, codes: Mapping[str, str]) -> AnvilField:
    egress = Egress(NODES)
    try:
        made = await EvmUnderTest.deploy(Anvil(url, egress), SystemClock(), codes)
    finally:
        await egress.close()
    return AnvilField(url, made.contracts["UsdcLike"], made.owner)
