"""What addresses of these networks look like: twenty bytes in hex, with EIP-55's checksum."""

import re
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.uris import PaymentUri, write_uri
from sluice.engine.chains.model import Network

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_NOBODY: Final = "0x" + "0" * 40


class EvmAddresses:
    """Addresses of one network: stored in lower case, shown with a checksum."""

    def __init__(self, network: Network, *, chain_id: int) -> None:
        self._network = network
        self._chain_id = chain_id
        self._tokens = {token.lower() for token in network.tokens.values()}

    def parse(self, text: str) -> str:
        """Return the address in lower case; mixed case must carry the right checksum."""
        address = text.strip()
        if not _ADDRESS.fullmatch(address):
            raise _refused("Write it as 0x and 40 hexadecimal digits.")
        digits = address[2:]
        is_mixed = digits not in {digits.lower(), digits.upper()}
        stored = address.lower()
        if is_mixed and checksummed(stored) != address:
            raise _refused("Its checksum does not fit: a character is mistyped.")
        if stored == _NOBODY:
            raise _refused("Nobody owns it; what is sent there is lost.")
        if stored in self._tokens:
            raise _refused("It is a token's contract; what is sent there is lost.")
        return stored

    def show(self, address: str) -> str:
        """Return the address with its checksum."""
        return checksummed(address)

    def payment_uri(self, address: str, money: Money, memo: str | None) -> str:  # noqa: ARG002
        """Return the EIP-681 request, which has no place for a memo.

        The network and whole units are always written out: wallets that guess them guess wrong.
        """
        token = self._network.tokens.get(money.asset.code)
        if token is None:
            raise Invalid(
                f"{self._network.title} carries no {money.asset.code.upper()}.",
                code="asset_not_on_network",
            )
        return write_uri(PaymentUri(address, token.lower(), self._chain_id, money.units))


def _refused(why: str) -> Invalid:
    return Invalid(f"This is not an address here. {why}", code="address_invalid")
