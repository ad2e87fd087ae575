"""BitcoinKeychain: a merchant's account, kept as a descriptor, and its receiving addresses."""

import functools
from typing import Final

from sluice.engine.chains.bitcoin.derive import Keychain, receiving
from sluice.engine.chains.bitcoin.descriptors import parse_account
from sluice.engine.chains.bitcoin.nets import Net

# Reading an account's text takes some thirty times as long as making one of its addresses.
_KEPT: Final = 1_000


class BitcoinKeychain:
    """Reads xpub, ypub, zpub and descriptors of one signer; a bare xpub means BIP-84."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._receiving = functools.lru_cache(maxsize=_KEPT)(self._read)

    def read(self, text: str) -> str:
        """Return the account's descriptor with its checksum, or raise Invalid."""
        return str(parse_account(text.strip(), self._net))

    def address(self, account: str, index: int) -> str:
        """Return the receiving address at this index of a stored account."""
        return self._receiving(account).address(index)

    def _read(self, account: str) -> Keychain:
        return receiving(parse_account(account, self._net), self._net)
