"""Gateway: a contract of ours that takes a payment and says which one it was.

The merchant's key has signed what is asked, so nobody can pay less under the same reference, and
the contract pays straight on: it never holds money.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from sluice.engine.chains.wallets import WalletOrder, WalletRequest


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """A merchant as the contract knows him: his number, where he is paid, what it keeps."""

    number: int
    payout: str
    signer: str  # his public key, in hex
    fee_bps: int
    takes_money: bool  # active, pays out at once, and to nobody else


class Gateway(Protocol):
    """One network's gateway contract."""

    @property
    def contract(self) -> str:
        """Return the contract's name on its network."""
        ...

    @property
    def subject(self) -> str:
        """Return the name under which findings about the contract are kept."""
        ...

    def reference(self, number: int, memo: str) -> str:
        """Return what a transfer `settles` that pays this merchant under this memo."""
        ...

    def gross(self, units: int, fee_bps: int) -> int:
        """Return the least amount of which `units` reach the merchant after the contract's fee."""
        ...

    def public_key(self, secret: bytes) -> str:
        """Return the public half of a merchant's key, as the contract wants it."""
        ...

    async def account(self, number: int) -> GatewayAccount | None:
        """Ask the network for a merchant; None where the number is nobody's."""
        ...

    def ask_wallet(
        self, order: WalletOrder, account: GatewayAccount, *, until: dt.datetime, secret: bytes
    ) -> WalletRequest:
        """Return the call that pays an order, signed for this payer alone until an instant."""
        ...
