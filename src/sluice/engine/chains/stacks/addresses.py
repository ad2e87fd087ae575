"""What addresses of a Stacks network look like: c32check, with the network in their first letters.

A contract can be paid like a person: `ADDRESS.name`.
"""

from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.engine.chains.model import Network
from sluice.engine.chains.stacks.principals import (
    MAINNET_MULTI,
    MAINNET_SINGLE,
    TESTNET_MULTI,
    TESTNET_SINGLE,
    Contract,
    parse_principal,
)

MAINNET_ID: Final = 1

_MAINNET: Final = frozenset({MAINNET_SINGLE, MAINNET_MULTI})
_TESTNET: Final = frozenset({TESTNET_SINGLE, TESTNET_MULTI})
# The boot address: nobody has its key, and what burns is sent there.
_NOBODY: Final = bytes(20)


class StacksAddresses:
    """Addresses of one network; they are stored and shown in their one canonical form."""

    def __init__(self, network: Network, *, chain_id: int) -> None:
        self._network = network
        self._versions = _MAINNET if chain_id == MAINNET_ID else _TESTNET
        self._tokens = {token.partition("::")[0] for token in network.tokens.values()}

    def parse(self, text: str) -> str:
        """Return the address, or refuse what nobody of this network could be paid at."""
        written = text.strip()
        principal = parse_principal(written)
        address = principal.address if isinstance(principal, Contract) else principal
        if address.version not in self._versions:
            raise _refused(f"It is of another network than {self._network.title}.")
        if address.hash160 == _NOBODY and not isinstance(principal, Contract):
            raise _refused("Nobody owns it; what is sent there is lost.")
        if written in self._tokens:
            raise _refused("It is a token's contract; what is sent there is lost.")
        return written

    def show(self, address: str) -> str:
        """Return the address as it is stored."""
        return address

    def payment_uri(self, address: str, money: Money, memo: str | None) -> str:  # noqa: ARG002
        """Return the address: Stacks has no accepted form for a payment request.

        So whoever scans it must be told the amount and the memo beside it.
        """
        if money.asset.code not in self._network.assets:
            raise Invalid(
                f"{self._network.title} carries no {money.asset.code.upper()}.",
                code="asset_not_on_network",
            )
        return address


def _refused(why: str) -> Invalid:
    return Invalid(f"This is not an address here. {why}", code="address_invalid")
