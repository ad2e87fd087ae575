"""Signatures on secp256k1: ECDSA in strict form, Schnorr, and the key that made one."""

from typing import Final

from coincurve import PublicKey, PublicKeyXOnly

SCHNORR_BYTES: Final = 64
_R_AND_S_BYTES: Final = 64
# By the first byte; other forms of the same key are not standard.
_PUBLIC_BYTES: Final = {b"\x02": 33, b"\x03": 33, b"\x04": 65}


def is_ecdsa(public: bytes, signature: bytes, digest: bytes) -> bool:
    """Return whether a DER signature with a low S is this key's over this digest."""
    if _PUBLIC_BYTES.get(public[:1]) != len(public):
        return False
    try:
        return PublicKey(public).verify(signature, digest, hasher=None)
    except ValueError:
        return False


def is_schnorr(public: bytes, signature: bytes, digest: bytes) -> bool:
    """Return whether 64 bytes are this x-only key's signature over this digest (BIP-340)."""
    if len(signature) != SCHNORR_BYTES:
        return False
    try:
        return PublicKeyXOnly(public).verify(signature, digest)
    except ValueError:
        return False


def recover_key(compact: bytes, recovery: int, digest: bytes) -> PublicKey | None:
    """Return the key that made R and S over this digest, or None when none did."""
    if len(compact) != _R_AND_S_BYTES:
        return None
    try:
        return PublicKey.from_signature_and_message(
            compact + bytes([recovery]), digest, hasher=None
        )
    except ValueError:
        return None
