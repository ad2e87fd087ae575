"""StacksKeychain: a merchant's account, kept as an xpub, and its receiving addresses.

Wallets of Stacks count their accounts at m/44'/5757'/0'/0/i. The last two steps are not hardened,
so the public key at m/44'/5757'/0' or at m/44'/5757'/0'/0 is enough to know every address.
"""

import functools
import re
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.addresses import MAINNET_ID
from sluice.engine.chains.stacks.base58 import decode_base58check
from sluice.engine.chains.stacks.keys import AccountKey, single_address

# Steps from the master key to the account, and to the keys below which addresses are counted.
_ACCOUNT_DEPTH: Final = 3
_RECEIVING_DEPTH: Final = 4
_RECEIVING: Final = 0
# Reading an account's text takes longer than making one of its addresses.
_KEPT: Final = 1_000
_TEXT_MAX: Final = 200
# Extended private keys of all kinds, but not inside a public key, whose letters may be anything;
# keys in hex, with stacks.js' ending or without; BIP-39's words, and seeds that look alike.
_SECRETS: Final = re.compile(
    r"(?<![0-9A-Za-z])[xyzYZtuvUV]prv"
    r"|^(?:0x)?[0-9a-fA-F]{64}(?:01)?$"
    r"|(?:[^\W\d_]{1,8}[\s,]+){11,}[^\W\d_]{1,8}"
)
_PRIVATE_VERSIONS: Final = frozenset(
    bytes.fromhex(version) for version in ("0488ade4", "04358394", "049d7878", "04b2430c")
)


class StacksKeychain:
    """Reads an xpub of a Stacks account, for one network."""

    def __init__(self, *, chain_id: int) -> None:
        self._is_mainnet = chain_id == MAINNET_ID
        self._parsed = functools.lru_cache(maxsize=_KEPT)(AccountKey.parse)

    def read(self, text: str) -> str:
        """Return the xpub below which addresses are counted, or raise Invalid."""
        written = text.strip()
        _refuse_secret(written)
        if len(written) > _TEXT_MAX:
            raise _refused("It is far too long.")
        if not written.startswith("xpub"):
            raise _refused("It starts with xpub, whatever the network.", "account_unsupported")
        key = AccountKey.parse(written)
        if key.depth == _ACCOUNT_DEPTH:
            key = key.child(_RECEIVING)
        if key.depth != _RECEIVING_DEPTH or key.index != _RECEIVING:
            raise _refused(
                "It must be the key at m/44'/5757'/0' or m/44'/5757'/0'/0.", "account_unsupported"
            )
        return str(key)

    def address(self, account: str, index: int) -> str:
        """Return the address at this index of a stored account."""
        child = self._parsed(account).child(index)
        return str(single_address(child.public, is_mainnet=self._is_mainnet))


def _refuse_secret(text: str) -> None:
    if not _SECRETS.search(text) and not _is_private(text):
        return
    raise Invalid(
        "This is secret: whoever has it can take the money. It was not kept. Somebody may have "
        "seen it on the way, so move the funds to a new wallet, and give that wallet's public key "
        "(xpub).",
        code="private_key_refused",
    )


def _is_private(text: str) -> bool:
    """Say whether a text is an extended private key by its bytes, whatever its letters say."""
    try:
        return len(text) <= _TEXT_MAX and decode_base58check(text)[:4] in _PRIVATE_VERSIONS
    except Invalid:
        return False


def _refused(why: str, code: str = "account_invalid") -> Invalid:
    return Invalid(f"This is no public key of a Stacks account. {why}", code=code)
