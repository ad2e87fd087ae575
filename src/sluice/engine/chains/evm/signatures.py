"""Signatures on secp256k1 as these networks want them: r, a low s, and which of two keys it was.

Contracts refuse a high s (EIP-2, OpenZeppelin's and Circle's `ECRecover`), so nothing here makes
or takes one; only what a key service answers is brought into form.
"""

from dataclasses import dataclass
from typing import Final

from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_hash.auto import keccak

from sluice.base.errors import Invalid

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_HALF: Final = ORDER // 2
_WORD: Final = 32
_COMPACT_BYTES: Final = 64  # EIP-2098
_FULL_BYTES: Final = 65
_PARITY_BIT: Final = 1 << 255
# Contracts know 27 and 28 only; some wallets answer 0 and 1.
_PARITIES: Final = {27: 0, 28: 1, 0: 0, 1: 1}
_DER_BYTES_MAX: Final = 72


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; `parity` is 0 or 1. Cannot exist with numbers that no contract accepts."""

    r: int
    s: int
    parity: int

    def __post_init__(self) -> None:
        if not 0 < self.r < ORDER or not 0 < self.s <= _HALF or self.parity not in {0, 1}:
            raise _refused("Its numbers are out of range, or its s is high.")

    def __bytes__(self) -> bytes:
        """Return the 65 bytes contracts take: r, s, and 27 or 28."""
        return _words(self.r, self.s) + bytes([27 + self.parity])


def sign_digest(digest: bytes, key: bytes) -> Signature:
    """Sign 32 bytes with a secret key of 32: the same each time (RFC 6979), with a low s."""
    raw = PrivateKey(key).sign_recoverable(digest, hasher=None)
    return _signature(raw[:_COMPACT_BYTES], raw[_COMPACT_BYTES])


def read_signature(raw: bytes) -> Signature:
    """Read the 65 bytes of a wallet, or EIP-2098's 64. Raises Invalid, never pads or cuts."""
    if len(raw) == _COMPACT_BYTES:
        last = int.from_bytes(raw[_WORD:], "big")
        s, parity = last & (_PARITY_BIT - 1), int(last >= _PARITY_BIT)
        return Signature(int.from_bytes(raw[:_WORD], "big"), s, parity)
    if len(raw) != _FULL_BYTES or raw[-1] not in _PARITIES:
        raise _refused("It has 65 bytes and ends in 27 or 28.")
    return _signature(raw[:_COMPACT_BYTES], _PARITIES[raw[-1]])


def read_der(der: bytes, digest: bytes, address: str) -> Signature:
    """Read what a key service made of a digest, as contracts want it. Raises Invalid.

    Such services answer in DER, with a high s every other time and without saying which of two
    keys it was; so both are tried, and only a signature of this address is returned.
    """
    try:
        r, s = decode_dss_signature(der) if len(der) <= _DER_BYTES_MAX else (0, 0)
    except ValueError:
        raise _refused("It is not DER.") from None
    for parity in (0, 1):
        signature = Signature(r, ORDER - s if _HALF < s < ORDER else s, parity)
        if recover_address(digest, signature) == address:
            return signature
    raise _refused("It is another key's, or of another digest.")


def recover_address(digest: bytes, signature: Signature) -> str | None:
    """Return whose signature of this digest it is, in lower case, or None when nobody's."""
    compact = _words(signature.r, signature.s)
    try:
        key = PublicKey.from_signature_and_message(
            compact + bytes([signature.parity]), digest, hasher=None
        )
    except ValueError:
        return None
    return address_of(key)


def address_of(key: PublicKey) -> str:
    """Return a public key's address, in lower case."""
    return f"0x{keccak(key.format(compressed=False)[1:])[-20:].hex()}"


def address_of_secret(key: bytes) -> str:
    """Return the address that this secret key of 32 bytes signs for, in lower case."""
    return address_of(PrivateKey(key).public_key)


def _signature(compact: bytes, parity: int) -> Signature:
    r, s = (int.from_bytes(part, "big") for part in (compact[:_WORD], compact[_WORD:]))
    return Signature(r, s, parity)


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(_WORD, "big") for number in numbers)


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no signature. {why}", code="signature_invalid")
