"""A Stacks network with its levers within reach: the real Clarity VM, our own tokens on it."""

import hashlib
from collections.abc import Sequence
from typing import Final

from sluice.base.clock import Clock
from sluice.engine.chains.model import Network
from sluice.engine.chains.stacks.addresses import StacksAddresses
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.principals import TESTNET_SINGLE, Address
from sluice.engine.chains.stacks.reader import StacksReader
from sluice.engine.chains.stacks.tokens import StacksChain as Facts
from sluice.engine.chains.stacks.tokens import stacks_network
from tests.stacks.chain import SBTC, Signer, StacksChain
from tests.stacks.conftest import RICH_SATS, RICH_USTX
from tests.stacks.wallets import Wallet

CHAIN_ID: Final = 0x80000000
BURN_DEPTH: Final = 2
RICH: Final = 10**15

# A token as SIP-010 asks for it, which prints the memo as sBTC and USDCx do.
TOKEN: Final = """
(define-fungible-token {name})
(define-public (transfer
    (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) (err u4))
    (try! (ft-transfer? {name} amount sender recipient))
    (match memo said (begin (print said) (ok true)) (ok true))))
(define-read-only (get-decimals) (ok u{decimals}))
(define-read-only (get-symbol) (ok "{name}"))
(define-public (mint (amount uint) (to principal)) (ft-mint? {name} amount to))
"""
ASSETS: Final = ("usdc", "usdt")


class StacksUnderTest:
    """A chain started anew. `payer` holds plenty of STX, sBTC and of both dollars."""

    assets = ("usdc", "usdt")

    def __init__(self, chain: StacksChain, signer: Signer, clock: Clock, payer: Wallet) -> None:
        self.chain = chain
        self.signer = signer
        self.payer = payer
        self.clock = clock
        self.facts = Facts(
            chain_id=CHAIN_ID,
            name="stacks",
            title="Stacks",
            tokens={"sbtc": SBTC} | {asset: self.token(asset) for asset in ASSETS},
            lookalikes=(self.token("susdt"),),
            burn_depth=BURN_DEPTH,
            reorg_max=12,
            livemode=False,
        )
        self.network: Network = stacks_network(self.facts)
        self.reader = self.reader_at(chain.url)
        self.addresses = StacksAddresses(self.network, chain_id=CHAIN_ID)
        self._fresh = 0

    @classmethod
    async def deploy(cls, chain: StacksChain, signer: Signer, clock: Clock) -> "StacksUnderTest":
        """Start the chain anew and put every contract on it, with money for the payer."""
        payer = await Wallet.of(1, chain, signer)
        rich = payer.address
        await chain.pull("reset", stx={rich: str(RICH_USTX)}, sbtc={rich: str(RICH_SATS)})
        made = cls(chain, signer, clock, payer)
        for name in (*ASSETS, "susdt"):
            await made.deploy_token(name, decimals=6)
        return made

    def token(self, name: str) -> str:
        """Return the asset identifier of a token of the payer's."""
        return f"{self.contract(name)}::{name}"

    def contract(self, name: str) -> str:
        """Return the contract of a token of the payer's."""
        return f"{self.payer.address}.{name}-token"

    async def deploy_token(self, name: str, *, decimals: int) -> None:
        """Deploy a token and give the payer plenty of it."""
        source = TOKEN.format(name=name, decimals=decimals)
        contract = await self.payer.deploy(f"{name}-token", source)
        await self.payer.call(contract, "mint", f"u{RICH}", f"'{self.payer.address}")
        await self.chain.mine()

    def api_at(self, url: str) -> Api:
        """Return another provider of the same chain."""
        return Api(url, self.chain.egress, self.clock)

    def reader_at(
        self, url: str, *, burn_depth: int = BURN_DEPTH, burn_depths: Sequence[int] = ()
    ) -> StacksReader:
        """Return a reader of another provider."""
        return StacksReader(
            self.network,
            self.api_at(url),
            chain_id=CHAIN_ID,
            burn_depth=burn_depth,
            burn_depths=burn_depths,
        )

    def new_address(self) -> str:
        """Return an address nobody has used."""
        self._fresh += 1
        digest = hashlib.sha256(self._fresh.to_bytes(4, "big")).digest()
        return str(Address(TESTNET_SINGLE, digest[:20]))

    async def pay(
        self, recipient: str, units: int, *, asset: str = "usdc", memo: str | None = None
    ) -> str:
        """Send one transfer from a wallet and return its transaction's id."""
        if asset == "stx":
            return await self.payer.transfer(recipient, units, memo=memo or "")
        said = "none" if memo is None else f"(some 0x{memo.encode().hex()})"
        contract = self.facts.tokens[asset].partition("::")[0]
        args = (f"u{units}", f"'{self.payer.address}", f"'{recipient}", said)
        return await self.payer.call(contract, "transfer", *args, mode="allow")

    async def mine(self, count: int = 1) -> Sequence[object]:
        """Add blocks; the first one takes what waits."""
        return await self.chain.mine(count)

    async def burn(self, count: int = 1) -> None:
        """Add Bitcoin blocks, each with an empty Stacks block."""
        await self.chain.pull("burn", count=count)

    async def fork(self, depth: int, *, keep: bool) -> Sequence[object]:
        """Replace the newest blocks by one more; what was in them waits again, or is forgotten."""
        told = await self.chain.pull("fork", depth=depth, drop=[] if keep else "all")
        removed: Sequence[object] = told["removed"]
        return removed

    async def replace(self, tx_id: str, recipient: str, units: int) -> str:
        """Send a transfer with the nonce of a waiting one and twice its fee."""
        old = await self.chain.get(f"/extended/v3/transactions/{tx_id}")
        contract = self.facts.tokens["usdc"].partition("::")[0]
        args = (f"u{units}", f"'{self.payer.address}", f"'{recipient}", "none")
        told = {"nonce": old["sender"]["nonce"], "fee": 2 * int(old["fee_rate"])}
        return await self.payer.call(contract, "transfer", *args, mode="allow", **told)

    async def drop(self, tx_id: str) -> None:
        """Let the network forget a waiting transaction."""
        await self.chain.pull("drop", txid=tx_id)
