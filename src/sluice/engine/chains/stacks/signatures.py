"""Signatures over a digest with a recovery id; whoever reads one finds the key that made it.

Transactions write them as id, r, s (VRS); wallets write those of messages as r, s, id (RSV).
"""

from typing import Final

from coincurve import PrivateKey, PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keys import ORDER, KeyEncoding, SecretKey

SIGNATURE_BYTES: Final = 65
EMPTY_SIGNATURE: Final = bytes(SIGNATURE_BYTES)

RECOVERY_IDS: Final = 4
_HALF_ORDER: Final = ORDER // 2
_CODE: Final = "signature_invalid"


def sign_digest(digest: bytes, key: SecretKey) -> bytes:
    """Return the VRS signature of a 32-byte digest: RFC 6979, low s."""
    rsv = PrivateKey(key.secret).sign_recoverable(digest, hasher=None)
    return rsv_to_vrs(rsv)


def recover_key(digest: bytes, vrs: bytes, encoding: KeyEncoding) -> bytes:
    """Return the public key that signed, written as `encoding` says.

    Refuses a high s, as nodes and signers do; consensus does so from epoch 4.0. Raises Invalid.
    """
    if len(vrs) != SIGNATURE_BYTES or vrs[0] >= RECOVERY_IDS:
        raise Invalid("A signature is 65 bytes with a recovery id from 0 to 3.", code=_CODE)
    if int.from_bytes(vrs[33:], "big") > _HALF_ORDER:
        raise Invalid("The signature's s is above half the curve's order.", code=_CODE)
    try:
        key = PublicKey.from_signature_and_message(vrs_to_rsv(vrs), digest, hasher=None)
    except ValueError:
        raise Invalid("The signature belongs to no key.", code=_CODE) from None
    return key.format(compressed=encoding is KeyEncoding.COMPRESSED)


def rsv_to_vrs(rsv: bytes) -> bytes:
    """Put the recovery id first."""
    return rsv[-1:] + rsv[:-1]


def vrs_to_rsv(vrs: bytes) -> bytes:
    """Put the recovery id last."""
    return vrs[1:] + vrs[:1]
