"""FeeSponsor: who pays the network's fee for a payer who holds none of its coin."""

from typing import Protocol

from sluice.base.errors import Unavailable
from sluice.engine.chains.wallets import WalletOrder, WalletRequest


class SponsorRefused(Unavailable):
    """The sponsor did not take the transaction; nothing was sent by it, as far as it says."""

    default_code = "sponsor_refused"


class FeeSponsor(Protocol):
    """Pays fees in the network's coin for transactions that somebody else has signed.

    What a payer signs leaves room for a sponsor and fixes everything else: the sponsor can neither
    change nor repeat it, because the payer's own number is in it.
    """

    @property
    def name(self) -> str:
        """Return what people call it."""
        ...

    @property
    def asset(self) -> str:
        """Return the code of what it is paid in."""
        ...

    async def price(self, fee: int) -> int:
        """Return the units of `asset` it wants for a fee in the network's coin; 0 for nothing."""
        ...

    async def sponsor(self, raw: bytes, units: int) -> str:
        """Sign what the payer signed, send it, and return the transaction's id, in hex without 0x.

        To ask again for the same bytes is safe. Raises Invalid for what is not signed to be
        sponsored, SponsorRefused, and ProviderTrouble when nobody can say whether it was sent.
        """
        ...


class Sponsorship(Protocol):
    """Payments for which somebody else pays the network's fee, on one network."""

    @property
    def is_free(self) -> bool:
        """Say whether the payer pays the sponsor nothing."""
        ...

    def covers(self, asset: str) -> bool:
        """Say whether an asset's payments are sponsored; who pays in the coin needs nobody."""
        ...

    async def ask_wallet(self, order: WalletOrder) -> WalletRequest:
        """Return what the wallet is to sign and not to send; it costs what the sponsor wants.

        Raises Invalid, SponsorRefused and ProviderTrouble.
        """
        ...

    async def pay_fee(self, raw: bytes, order: WalletOrder) -> str:
        """Have what the wallet signed sent, and return its id, if it is this payment and no more.

        Raises Invalid for anything else, SponsorRefused and ProviderTrouble.
        """
        ...
