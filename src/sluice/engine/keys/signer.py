"""Signer: bytes go in, a signature comes out; whoever holds one holds no private key."""

from dataclasses import dataclass
from typing import Final, Protocol

from coincurve import PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sluice.base.errors import Invalid, Unavailable

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DIGEST_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 33

_HALF: Final = ORDER // 2
_DER_BYTES_MAX: Final = 72
_WORD: Final = 32


class SignerTrouble(Unavailable):
    """Whoever keeps the key does not answer, or answers nonsense. Nothing was signed for us."""

    default_code = "signer_unavailable"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature on secp256k1 with a low s; `recovery_id` says which of two keys made it.

    Cannot exist with numbers that some network refuses.
    """

    r: int
    s: int
    recovery_id: int

    def __post_init__(self) -> None:
        if not 0 < self.r < ORDER or not 0 < self.s <= _HALF or self.recovery_id not in {0, 1}:
            raise Invalid(
                "The signature's numbers are out of range, or its s is high.",
                code="signature_invalid",
            )

    def __bytes__(self) -> bytes:
        """Return r and s as 64 bytes."""
        return self.r.to_bytes(_WORD, "big") + self.s.to_bytes(_WORD, "big")


class Signer(Protocol):
    """Signs digests with one secp256k1 key that stays where it is."""

    @property
    def public_key(self) -> bytes:
        """Return the public key as 33 bytes."""
        ...

    async def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes as they are, without hashing them again; s is low.

        The answer was recovered to `public_key` before it is returned. Raises Invalid for anything
        that is not 32 bytes, and SignerTrouble when there is no signature.
        """
        ...


def require_digest(digest: bytes) -> bytes:
    """Return the digest, or refuse what is none."""
    if len(digest) != DIGEST_BYTES:
        raise Invalid(f"A digest has {DIGEST_BYTES} bytes.", code="digest_invalid")
    return digest


def find_signature(public_key: bytes, digest: bytes, r: int, s: int) -> Signature:
    """Bring two numbers into form: a low s, and the recovery id that leads to this key.

    Key services answer with a high s every other time, and never say which of two keys it was.
    Raises SignerTrouble when it is no signature of this key over this digest.
    """
    if not 0 < r < ORDER or not 0 < s < ORDER:
        raise SignerTrouble("The signer's answer is out of range.", code="signature_invalid")
    low = min(s, ORDER - s)
    for recovery_id in (0, 1):
        signature = Signature(r, low, recovery_id)
        if _recover(signature, digest) == public_key:
            return signature
    raise SignerTrouble(
        "The signer signed with another key, or something else.", code="signature_invalid"
    )


def read_der(public_key: bytes, digest: bytes, der: bytes) -> Signature:
    """Read what a key service answers in DER; see `find_signature`."""
    try:
        r, s = decode_dss_signature(der) if len(der) <= _DER_BYTES_MAX else (0, 0)
    except ValueError as error:
        raise SignerTrouble("The signer's answer is not DER.", code="signature_invalid") from error
    return find_signature(public_key, digest, r, s)


def read_public_key(raw: bytes) -> bytes:
    """Return a public key of 33 or 65 bytes as 33, or refuse what is not on the curve."""
    try:
        return PublicKey(raw).format()
    except ValueError:
        raise Invalid("This is no public key on secp256k1.", code="public_key_invalid") from None


def _recover(signature: Signature, digest: bytes) -> bytes | None:
    try:
        key = PublicKey.from_signature_and_message(
            bytes(signature) + bytes([signature.recovery_id]), digest, hasher=None
        )
    except ValueError:
        return None
    return key.format()
