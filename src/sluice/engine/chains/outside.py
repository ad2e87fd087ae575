"""Outside: transactions that a wallet of the merchant's own signs, and that come back from it."""

from dataclasses import dataclass
from typing import Protocol

from sluice.engine.chains.writer import Account, Price, Sealed, Unsigned


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back signed. `price` is what the wallet chose to pay, where that is another."""

    sealed: Sealed
    digests: tuple[bytes, ...]
    price: Price | None = None


class Outside(Protocol):
    """Shows what is to be signed, and takes nothing back but that, signed."""

    def show(self, unsigned: Unsigned, account: Account) -> str:
        """Return the transaction as wallets of this network take it."""
        ...

    async def read(self, text: str, unsigned: Unsigned, account: Account) -> Returned:
        """Read what a wallet gave back. Raises Invalid unless it moves exactly what was shown."""
        ...

    async def find(self, unsigned: Unsigned, account: Account) -> Returned | None:
        """Return what the wallet sent by itself, where its id is known before it is signed."""
        ...
