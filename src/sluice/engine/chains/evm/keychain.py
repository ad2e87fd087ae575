"""Addresses in bulk from an account's extended public key: watched, never spent from here.

Whoever has this key and the secret of one address below it has the account's secret (BIP-32):
so it is asked for only where no address' secret is ever given away.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.signatures import address_of

# Wallets keep addresses for others to pay to below 0 (BIP-44, "Change").
RECEIVING: Final = (0,)

_HARDENED: Final = 1 << 31
_XPUB: Final = bytes.fromhex("0488b21e")
_KEY_BYTES: Final = 78
_PUBLIC_AT: Final = 45
_CHECKSUM_BYTES: Final = 4
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WRITTEN: Final = re.compile(rf"xpub[{_ALPHABET}]{{107}}")
# Extended private keys, plain ones in hex, and what reads like seed words (BIP-39).
_SECRET: Final = re.compile(
    r"\s*(?:[a-zA-Z]prv.*|(?:0x)?[0-9a-fA-F]{64}|(?:[^\W\d_]{1,8}[\s,]+){11,}[^\W\d_]{1,8})\s*",
    re.DOTALL,
)
_TEXT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An account's public key, usually of m/44'/60'/0', with the code its children hang on."""

    public: bytes
    chain_code: bytes = field(repr=False)


class Keychain:
    """The addresses below one path of an account."""

    def __init__(self, key: AccountKey, path: tuple[int, ...] = RECEIVING) -> None:
        public, code = PublicKey(key.public), key.chain_code
        for step in path:
            public, code = _child(public, public.format(), code, step)
        self._public, self._serialized, self._code = public, public.format(), code

    def address(self, index: int) -> str:
        """Return the address at this index, in lower case. Raises Invalid above 2³¹ - 1."""
        return address_of(_child(self._public, self._serialized, self._code, index)[0])

    def addresses(self, first: int, count: int) -> Iterator[str]:
        """Yield `count` addresses from index `first` on."""
        for index in range(first, first + count):
            yield self.address(index)


def parse_account_key(text: str) -> AccountKey:
    """Read an xpub. Raises Invalid, which never repeats what was given.

    `private_key_refused` means that the text looks like something that can spend.
    """
    if len(text) <= _TEXT_MAX and _SECRET.fullmatch(text):
        raise Invalid(
            "This is secret: whoever has it can take the money. It was not kept. Somebody may "
            "have seen it on the way, so move the funds to a new wallet, and give that wallet's "
            "extended public key.",
            code="private_key_refused",
        )
    if not _WRITTEN.fullmatch(text.strip()):
        raise _refused("It starts with xpub and has 111 characters.")
    raw = _decode(text.strip())
    depth, parent, index = raw[4], raw[5:9], raw[9:13]
    if raw[:4] != _XPUB or (depth == 0 and (any(parent) or any(index))):
        raise _refused("It does not fit together.")
    try:
        PublicKey(raw[_PUBLIC_AT:])
    except ValueError:
        raise _refused("Its key is not on the curve.") from None
    return AccountKey(raw[_PUBLIC_AT:], raw[13:_PUBLIC_AT])


def _decode(text: str) -> bytes:
    """Read base58 with its checksum, which tells a mistyped letter."""
    number = 0
    for letter in text:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    size = _KEY_BYTES + _CHECKSUM_BYTES
    whole = number.to_bytes(size, "big") if number < 1 << 8 * size else b""
    data = whole[:_KEY_BYTES]
    checksum = hashlib.sha256(hashlib.sha256(data).digest()).digest()[:_CHECKSUM_BYTES]
    if not whole or whole[_KEY_BYTES:] != checksum:
        raise _refused("A character is mistyped.")
    return data


def _child(
    public: PublicKey, serialized: bytes, code: bytes, index: int
) -> tuple[PublicKey, bytes]:
    """Return a public key's child (BIP-32, CKDpub) and its chain code."""
    if not 0 <= index < _HARDENED:
        raise Invalid("A public key has children 0 to 2147483647.", code="index_invalid")
    digest = hmac.digest(code, serialized + index.to_bytes(4, "big"), hashlib.sha512)
    return public.add(digest[:32]), digest[32:]


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no extended public key. {why}", code="extended_key_invalid")
