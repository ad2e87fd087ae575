"""Extended public keys (BIP-32) under every prefix of SLIP-132. Private keys are never taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.base58 import decode_base58check, encode_base58check
from sluice.engine.chains.bitcoin.hashing import hash160

HARDENED: Final = 1 << 31
_KEY_BYTES: Final = 78
_PUBLIC_AT: Final = 45
_COMPRESSED: Final = (2, 3)


class Scheme(StrEnum):
    """How an account's keys lock outputs, by the number of the BIP that says so."""

    PKH = "bip44"
    SH_WPKH = "bip49"
    WPKH = "bip84"
    TR = "bip86"


@dataclass(frozen=True, slots=True)
class Prefix:
    """What the first letters of an extended public key say."""

    text: str
    version: bytes
    scheme: Scheme | None  # None where the prefix leaves it open
    is_main: bool


# SLIP-132, "Registered HD version bytes".
_PREFIXES: Final = (
    Prefix("xpub", bytes.fromhex("0488b21e"), None, is_main=True),
    Prefix("ypub", bytes.fromhex("049d7cb2"), Scheme.SH_WPKH, is_main=True),
    Prefix("zpub", bytes.fromhex("04b24746"), Scheme.WPKH, is_main=True),
    Prefix("tpub", bytes.fromhex("043587cf"), None, is_main=False),
    Prefix("upub", bytes.fromhex("044a5262"), Scheme.SH_WPKH, is_main=False),
    Prefix("vpub", bytes.fromhex("045f1cf6"), Scheme.WPKH, is_main=False),
)
PREFIXES: Final[Mapping[str, Prefix]] = MappingProxyType({one.text: one for one in _PREFIXES})
_BY_VERSION: Final = {one.version: one for one in _PREFIXES}
_SHARED: Final = ("Ypub", "Zpub", "Upub", "Vpub")  # keys of wallets with several signers
# Only where a key may begin: the letters inside a public key may be anything.
_PRIVATE: Final = re.compile(r"(?<![0-9A-Za-z])[xyzYZtuvUV]prv")
_WIF: Final = re.compile(r"(?:[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51})")
_HEX_KEY: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{64}(?:01)?")
# BIP-39 mnemonics have 12 to 24 words of three to eight letters; other seeds look alike.
_SEED_WORDS: Final = re.compile(r"(?:[^\W\d_]{1,8}[\s,]+){11,}[^\W\d_]{1,8}")
_TEXT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class ExtendedKey:
    """A public key with its chain code: from it, keys and addresses without any secret."""

    public: bytes
    chain_code: bytes
    depth: int
    parent: bytes
    index: int
    prefix: Prefix

    def __str__(self) -> str:
        return self.written("xpub" if self.prefix.is_main else "tpub")

    def written(self, prefix: str) -> str:
        """Return the same key under another prefix of its network, such as `zpub`. Or Invalid."""
        wanted = PREFIXES.get(prefix)
        if wanted is None or wanted.is_main != self.prefix.is_main:
            raise _refused("It has no such form on its network.")
        head = wanted.version + bytes([self.depth]) + self.parent + self.index.to_bytes(4, "big")
        return encode_base58check(head + self.chain_code + self.public)

    @property
    def fingerprint(self) -> bytes:
        """Return the four bytes by which signers know the key."""
        return hash160(self.public)[:4]


def parse_extended_key(text: str) -> ExtendedKey:
    """Read an extended public key. Raises Invalid, which never repeats what was given.

    `private_key_refused` means that the text is, or holds, something that can spend.
    """
    refuse_private(text)
    if text.startswith(_SHARED):
        raise _refused("It belongs to a wallet with several signers; give one signer's own key.")
    try:
        raw = decode_base58check(text)
    except Invalid:
        raise _refused("A character is mistyped or missing.") from None
    prefix = _BY_VERSION.get(raw[:4])
    if prefix is None or len(raw) != _KEY_BYTES:
        raise _refused("It starts with xpub, ypub, zpub, tpub, upub or vpub.")
    public, depth, parent = raw[_PUBLIC_AT:], raw[4], raw[5:9]
    index = int.from_bytes(raw[9:13], "big")
    if depth == 0 and (index or any(parent)):
        raise _refused("It calls itself a root and names a parent.")
    if not is_public_key(public):
        raise _refused("Its key is not on the curve.")
    return ExtendedKey(public, raw[13:_PUBLIC_AT], depth, parent, index, prefix)


def is_public_key(raw: bytes) -> bool:
    """Return whether these are a compressed public key's 33 bytes."""
    if raw[:1] not in {bytes([mark]) for mark in _COMPRESSED}:
        return False
    try:
        PublicKey(raw)
    except ValueError:
        return False
    return True


def refuse_private(text: str) -> None:
    """Raise Invalid when the text holds what looks like a private key or seed words."""
    stripped = text.strip()
    if len(text) > _TEXT_MAX:
        raise _refused("It is far too long.")
    if (
        _PRIVATE.search(text)
        or _WIF.fullmatch(stripped)
        or _HEX_KEY.fullmatch(stripped)
        or _SEED_WORDS.search(text)
    ):
        raise Invalid(
            "This is secret: whoever has it can take the money. It was not kept. Somebody may "
            "have seen it on the way, so move the funds to a new wallet, and give that wallet's "
            "public key, such as xpub or zpub, or its descriptor.",
            code="private_key_refused",
        )


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no extended public key. {why}", code="extended_key_invalid")
