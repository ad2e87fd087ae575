"""StacksSponsorship: payments in sBTC and other tokens for payers who hold no STX."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from sluice.engine.chains.sponsor import FeeSponsor
from sluice.engine.chains.stacks.bolt.forms import Bolt, SimulatedBolt
from sluice.engine.chains.stacks.bolt.requests import BoltWallets
from sluice.engine.chains.stacks.fees import USTX_PER_BYTE_USUAL
from sluice.engine.chains.stacks.payer_words import check_payment
from sluice.engine.chains.stacks.principals import parse_asset
from sluice.engine.chains.stacks.requests import StacksWallets
from sluice.engine.chains.wallets import WalletOrder, WalletRequest

# A sponsored transfer of a token with a memo and one condition.
_TRANSFER_BYTES: Final = 433


class StacksSponsorship:
    """One sponsor on one network; with `find_bolt` payments go through Bolt's contract."""

    def __init__(
        self,
        sponsor: FeeSponsor,
        tokens: Mapping[str, str],
        *,
        chain_id: int,
        find_bolt: Callable[[], Awaitable[Bolt | SimulatedBolt]] | None = None,
    ) -> None:
        self._sponsor = sponsor
        self._wallets = StacksWallets(tokens, chain_id=chain_id)
        self._tokens = {asset: parse_asset(token) for asset, token in tokens.items()}
        self._chain_id = chain_id
        self._find_bolt = find_bolt

    @property
    def is_free(self) -> bool:
        """Say whether a wallet of ours pays, and asks for nothing."""
        return self._find_bolt is None

    def covers(self, asset: str) -> bool:
        """Say whether it is a token, and with Bolt its own."""
        return asset in self._tokens and (self.is_free or asset == self._sponsor.asset)

    async def ask_wallet(self, order: WalletOrder) -> WalletRequest:
        """Return a transfer that the wallet signs and gives back."""
        if self._find_bolt is None:
            asked = self._wallets.ask_wallet(order)
            return replace(asked, params={**asked.params, "sponsored": True})
        fee = await self._sponsor.price(_TRANSFER_BYTES * USTX_PER_BYTE_USUAL)
        wallets = BoltWallets(
            await self._find_bolt(), asset=self._sponsor.asset, chain_id=self._chain_id, fee=fee
        )
        return wallets.ask_wallet(order)

    async def pay_fee(self, raw: bytes, order: WalletOrder) -> str:
        """Have it sent, if it is the payment."""
        bolt = None if self._find_bolt is None else await self._find_bolt()
        check_payment(raw, order, self._tokens, chain_id=self._chain_id, bolt=bolt)
        units = await self._sponsor.price(_TRANSFER_BYTES * USTX_PER_BYTE_USUAL)
        return await self._sponsor.sponsor(raw, units)
