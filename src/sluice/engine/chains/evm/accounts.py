"""EvmAccounts: a merchant's own addresses, from the public key of an account of his wallet."""

from functools import lru_cache

from sluice.engine.chains.evm.keychain import Keychain, parse_account_key


class EvmAccounts:
    """Accounts of m/44'/60'/n' by their xpub; each address is a plain one that his wallet holds."""

    def read(self, text: str) -> str:
        """Return the xpub as it is kept. Raises Invalid for anything else, repeating none of it."""
        parse_account_key(text)
        return text.strip()

    def address(self, account: str, index: int) -> str:
        """Return the receiving address at this index, in lower case."""
        return _keychain(account).address(index)


@lru_cache(maxsize=1_024)
def _keychain(account: str) -> Keychain:
    return Keychain(parse_account_key(account))
