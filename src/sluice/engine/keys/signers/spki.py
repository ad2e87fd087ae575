"""The public key of a key service's answer, refused when it is not on secp256k1."""

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from sluice.base.errors import Invalid


def read_spki(raw: bytes, *, where: str) -> bytes:
    """Return the 33 bytes of a public key given as SubjectPublicKeyInfo, in DER or PEM."""
    try:
        key = load_pem_public_key(raw) if raw.startswith(b"-----") else load_der_public_key(raw)
    except ValueError as error:
        raise Invalid(f"{where} answers with no public key.", code="public_key_invalid") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256K1):
        raise Invalid(
            f"{where} keeps a key that is not on secp256k1; no network of ours knows it.",
            code="public_key_invalid",
        )
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
