"""Keys: which address a key has, and the accounts of a seed (BIP-32, path m/44'/5757'/0'/0/i).

The last two steps are not hardened, so addresses can be derived from a public key alone.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

import msgspec
from coincurve import PrivateKey, PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.base58 import decode_base58check, encode_base58check
from sluice.engine.chains.stacks.hashing import hash160
from sluice.engine.chains.stacks.principals import (
    MAINNET_MULTI,
    MAINNET_SINGLE,
    TESTNET_MULTI,
    TESTNET_SINGLE,
    Address,
)

ACCOUNTS_PATH: Final = "m/44'/5757'/0'/0"
KEY_BYTES: Final = 32
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_COMPRESSED_BYTES: Final = 33
_COMPRESSED_MARK: Final = 1
_HARDENED: Final = 1 << 31
_XPUB: Final = bytes.fromhex("0488b21e")
_XPUB_BYTES: Final = 78
_KEY_AT: Final = 45
_CHAIN_CODE_AT: Final = 13
_SEED_ROUNDS: Final = 2048


class KeyEncoding(IntEnum):
    """How a public key is written where it is hashed."""

    COMPRESSED = 0
    UNCOMPRESSED = 1


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A private key, and how its public key is written. It is never shown."""

    secret: bytes = field(repr=False)
    encoding: KeyEncoding = KeyEncoding.COMPRESSED

    @property
    def public(self) -> bytes:
        """Return the public key as this account writes it, 33 or 65 bytes."""
        key = PrivateKey(self.secret).public_key
        return key.format(compressed=self.encoding is KeyEncoding.COMPRESSED)


def parse_secret_key(text: str) -> SecretKey:
    """Read 64 hex digits, or 66 ending in 01; both stand for a compressed key here.

    stacks.js reads 64 digits as an uncompressed key, which has another address: say so by
    constructing SecretKey yourself. Raises Invalid.
    """
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise Invalid("A private key is written in hex.", code="key_invalid") from None
    if len(raw) == KEY_BYTES + 1 and raw[-1] == _COMPRESSED_MARK:
        raw = raw[:-1]
    return SecretKey(_secret(raw))


def single_address(public: bytes, *, is_mainnet: bool) -> Address:
    """Return the usual address of one key, `SP…` or `ST…`."""
    return Address(MAINNET_SINGLE if is_mainnet else TESTNET_SINGLE, hash160(public))


def script_address(script_hash: bytes, *, is_mainnet: bool) -> Address:
    """Return the address of a script's hash, `SM…` or `SN…`."""
    return Address(MAINNET_MULTI if is_mainnet else TESTNET_MULTI, script_hash)


def seed_of(mnemonic: str, passphrase: str = "") -> bytes:
    """Return the 64 bytes that BIP-39 makes of a mnemonic, which is taken as it is written."""
    words = unicodedata.normalize("NFKD", mnemonic).encode()
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase).encode()
    return hashlib.pbkdf2_hmac("sha512", words, salt, _SEED_ROUNDS)


def derive_secret(seed: bytes, path: str) -> SecretKey:
    """Return the private key at a path such as m/44'/5757'/0'/0/0. Raises Invalid."""
    return SecretKey(_walk(seed, path).secret)


class AccountKey(msgspec.Struct, frozen=True):
    """A public key with its chain code: addresses without private keys, one per index."""

    public: bytes
    chain_code: bytes
    depth: int = 0
    parent: bytes = bytes(4)
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an `xpub…`. Raises Invalid."""
        raw = decode_base58check(text)
        if len(raw) != _XPUB_BYTES or not raw.startswith(_XPUB):
            raise Invalid("An extended public key starts with xpub.", code="key_invalid")
        return cls(
            public=checked_public(raw[_KEY_AT:]),
            chain_code=raw[_CHAIN_CODE_AT:_KEY_AT],
            depth=raw[4],
            parent=raw[5:9],
            index=int.from_bytes(raw[9:13], "big"),
        )

    def __str__(self) -> str:
        index = self.index.to_bytes(4, "big")
        head = _XPUB + bytes([self.depth]) + self.parent + index
        return encode_base58check(head + self.chain_code + self.public)

    def child(self, index: int) -> Self:
        """Return the key at an index below 2³¹. Raises Invalid for a hardened one."""
        if not 0 <= index < _HARDENED:
            raise Invalid("A public key has children 0 to 2147483647.", code="key_invalid")
        left, chain_code = _hmac(self.chain_code, self.public + index.to_bytes(4, "big"))
        return type(self)(
            public=PublicKey(self.public).add(left).format(),
            chain_code=chain_code,
            depth=self.depth + 1,
            parent=hash160(self.public)[:4],
            index=index,
        )


def derive_account_key(seed: bytes, path: str = ACCOUNTS_PATH) -> AccountKey:
    """Return the public half at a path, from which a shop can be given addresses."""
    node = _walk(seed, path)
    public = PrivateKey(node.secret).public_key.format()
    return AccountKey(public, node.chain_code, node.depth, node.parent, node.index)


def checked_public(raw: bytes) -> bytes:
    """Return a compressed public key that lies on the curve. Raises Invalid."""
    if len(raw) != _COMPRESSED_BYTES or not is_on_curve(raw):
        raise Invalid("This is no compressed public key of secp256k1.", code="key_invalid")
    return raw


def is_on_curve(compressed: bytes) -> bool:
    """Return whether 33 bytes are a public key."""
    try:
        PublicKey(compressed)
    except ValueError:
        return False
    return True


def expand_public(compressed: bytes) -> bytes:
    """Return the 65 bytes of a public key given as 33."""
    return PublicKey(compressed).format(compressed=False)


def compress_public(public: bytes) -> bytes:
    """Return the 33 bytes of a public key given as 33 or 65. Raises Invalid."""
    try:
        return PublicKey(public).format()
    except ValueError:
        raise Invalid("This is no public key of secp256k1.", code="key_invalid") from None


@dataclass(frozen=True, slots=True)
class _Node:
    """A private key in the tree of a seed."""

    secret: bytes = field(repr=False)
    chain_code: bytes = field(repr=False)
    depth: int = 0
    parent: bytes = bytes(4)
    index: int = 0


def _walk(seed: bytes, path: str) -> _Node:
    left, chain_code = _hmac(b"Bitcoin seed", seed)
    node = _Node(_secret(left), chain_code)
    for index in _indexes(path):
        key = PrivateKey(node.secret)
        public = key.public_key.format()
        inner = b"\0" + node.secret if index >= _HARDENED else public
        left, chain_code = _hmac(node.chain_code, inner + index.to_bytes(4, "big"))
        secret = key.add(left).secret
        node = _Node(secret, chain_code, node.depth + 1, hash160(public)[:4], index)
    return node


def _secret(raw: bytes) -> bytes:
    if len(raw) != KEY_BYTES or not 0 < int.from_bytes(raw, "big") < ORDER:
        raise Invalid("A private key is 32 bytes, below the curve's order.", code="key_invalid")
    return raw


def _hmac(key: bytes, data: bytes) -> tuple[bytes, bytes]:
    digest = hmac.new(key, data, hashlib.sha512).digest()
    return digest[:KEY_BYTES], digest[KEY_BYTES:]


def _indexes(path: str) -> list[int]:
    root, *steps = path.split("/")
    if root != "m" or not all(step.removesuffix("'").isdecimal() for step in steps):
        raise Invalid("Write a path as m/44'/5757'/0'/0/0.", code="key_invalid")
    numbers = [int(step.removesuffix("'")) for step in steps]
    if any(number >= _HARDENED for number in numbers):
        raise Invalid("A path's numbers are below 2147483648.", code="key_invalid")
    return [
        number + _HARDENED * step.endswith("'") for number, step in zip(numbers, steps, strict=True)
    ]
