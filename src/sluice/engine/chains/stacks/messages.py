"""Messages that wallets sign: plain text, and Clarity values within a domain (SIP-018).

Signatures are r, s, recovery id (RSV) in hex, as wallets hand them out.
"""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import Ascii, TupleOf, UInt, Value, tuple_of
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.hashing import hash160, sha256
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey
from sluice.engine.chains.stacks.principals import Address
from sluice.engine.chains.stacks.signatures import (
    SIGNATURE_BYTES,
    recover_key,
    rsv_to_vrs,
    sign_digest,
    vrs_to_rsv,
)

_PLAIN: Final = b"\x17Stacks Signed Message:\n"
_STRUCTURED: Final = b"SIP018"
# Bitcoin's compact sizes: below 253 one byte, else a mark and 2, 4 or 8 bytes, little-endian.
_ONE_BYTE: Final = 253
_SIZES: Final = ((b"\xfd", 2), (b"\xfe", 4), (b"\xff", 8))


def hash_plain(message: bytes) -> bytes:
    """Return the digest of a message's bytes; a text is taken as UTF-8."""
    return sha256(_PLAIN + _compact_size(len(message)) + message)


def domain_of(name: str, version: str, chain_id: int) -> TupleOf:
    """Return a domain: for which app, in which version, on which chain a message holds."""
    return tuple_of({"name": Ascii(name), "version": Ascii(version), "chain-id": UInt(chain_id)})


def hash_structured(domain: Value, message: Value) -> bytes:
    """Return the digest of a message within a domain. Raises Invalid for an incomplete domain."""
    if not isinstance(domain, TupleOf) or not _is_domain(domain):
        raise Invalid("A domain has a name, a version and a chain-id.", code="domain_invalid")
    parts = (sha256(encode_value(part)) for part in (domain, message))
    return sha256(_STRUCTURED + b"".join(parts))


def sign_message(digest: bytes, key: SecretKey) -> str:
    """Return the signature of a message's digest, as a wallet would."""
    return vrs_to_rsv(sign_digest(digest, key)).hex()


def recover_message_key(
    digest: bytes, signature: str, encoding: KeyEncoding = KeyEncoding.COMPRESSED
) -> bytes:
    """Return the public key that signed a digest. Raises Invalid."""
    try:
        rsv = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        raise Invalid("A signature is written in hex.", code="signature_invalid") from None
    if len(rsv) != SIGNATURE_BYTES:
        raise Invalid("A signature is 65 bytes.", code="signature_invalid")
    return recover_key(digest, rsv_to_vrs(rsv), encoding)


def is_signed_by(digest: bytes, signature: str, address: Address) -> bool:
    """Say whether the one key of an address signed; the address may be any network's."""
    try:
        keys = [recover_message_key(digest, signature, encoding) for encoding in KeyEncoding]
    except Invalid:
        return False
    return address.hash160 in map(hash160, keys)


def _is_domain(domain: TupleOf) -> bool:
    name, version, chain_id = (domain.get(key) for key in ("name", "version", "chain-id"))
    return isinstance(name, Ascii) and isinstance(version, Ascii) and isinstance(chain_id, UInt)


def _compact_size(length: int) -> bytes:
    if length < _ONE_BYTE:
        return bytes([length])
    mark, size = next((mark, size) for mark, size in _SIZES if length < 1 << 8 * size)
    return mark + length.to_bytes(size, "little")
