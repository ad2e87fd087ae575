"""A hot wallet of one key, on a real node and ElectrumX."""

import asyncio
import hashlib
import itertools
from typing import Final

from coincurve import PrivateKey

from sluice.engine.chains.bitcoin.electrum import Electrum
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.sending.by_electrum import ElectrumSpender
from sluice.engine.chains.bitcoin.sending.by_node import NodeSpender
from sluice.engine.chains.bitcoin.sending.fees import RATE, FeePolicy
from sluice.engine.chains.bitcoin.sending.writer import BitcoinWriter
from sluice.engine.chains.writer import Account, Order, Price, Sealed, Slot, Unsigned
from sluice.engine.keys.signer import Signature, find_signature
from tests.bitcoin.bitcoind import Bitcoind

_numbers: Final = itertools.count()
PRICE: Final = {RATE: 2_000}


class Hot:
    """A wallet of one key with money on it."""

    def __init__(self, node: Bitcoind, electrum_url: str) -> None:
        self.node = node
        seed = f"hot {id(node)} {next(_numbers)}".encode()
        self.key = PrivateKey(hashlib.sha256(seed).digest())
        self.server = Electrum(electrum_url)
        source = NodeSpender(Node(node.url, node.egress))
        electrum = ElectrumSpender(self.server)
        self.writer = BitcoinWriter(
            REGTEST,
            bitcoin_network(REGTEST),
            [source, electrum],
            [electrum],
            agree=2,
            fees=FeePolicy(usual=1_000),
        )
        self.by_node = alone(source)
        public = self.key.public_key.format()
        self.account = Account(self.writer.address_of(public), public)

    def sign(self, unsigned: Unsigned) -> list[Signature]:
        """Sign as a signer does."""
        signed = []
        for digest in unsigned.digests:
            raw = self.key.sign_recoverable(digest, hasher=None)
            numbers = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
            signed.append(find_signature(self.account.public_key, digest, *numbers))
        return signed

    def made(self, order: Order, slot: Slot, price: Price = PRICE) -> Sealed:
        """Build and sign."""
        unsigned = self.writer.build(order, self.account, slot, price)
        return self.writer.seal(unsigned, self.account, self.sign(unsigned))

    async def take(self, order: Order, *taken: Slot) -> Slot:
        """Take a slot for an order."""
        standing = await self.writer.standing(self.account)
        return self.writer.take(order, standing, PRICE, nonce=0, taken=taken)

    async def order(self, sats: int = 100_000) -> Order:
        """Order so much to somebody."""
        return Order("bitcoin-regtest", "btc", sats, await self.node.new_address(), f"out_{sats}")

    async def fill(self, *amounts: int) -> None:
        """Put coins on the wallet and wait until ElectrumX knows them."""
        for sats in amounts:
            await self.node.pay(self.account.address, sats)
        await self.node.mine()
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until ElectrumX stands where the node does."""
        height = await self.node.ask("getblockcount")
        for _ in range(400):
            if (await self.server.tip())[0] >= height:
                await asyncio.sleep(0.2)
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("ElectrumX does not follow its node")


def alone(source: NodeSpender) -> BitcoinWriter:
    """Return a writer that knows of coins by the node alone."""
    return BitcoinWriter(
        REGTEST, bitcoin_network(REGTEST), [source], [source], fees=FeePolicy(usual=1_000)
    )
