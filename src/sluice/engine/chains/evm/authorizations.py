"""EIP-3009: digests of a payer's word, whose word it is, and the calls that use it."""

from enum import StrEnum
from typing import Final

from eth_hash.auto import keccak

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import Authorization, TokenDomain
from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.signatures import Signature, read_signature, recover_address
from sluice.engine.chains.evm.typed_data import address_word, digest_of, word

_FIELDS: Final = (
    "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
_CANCEL: Final = keccak(b"CancelAuthorization(address authorizer,bytes32 nonce)")
_NONCE_PREFIX: Final = b"sluice:3009:v1"
_CHANCE_BYTES: Final = 16
# With the signature in parts, which every version of the contracts takes.
_ARGUMENTS: Final = "(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"


class Use(StrEnum):
    """Who may hand the word in: anybody, or only the payee, so that nobody can come between."""

    TRANSFER = "TransferWithAuthorization"
    RECEIVE = "ReceiveWithAuthorization"


_TYPES: Final = {use: keccak(f"{use}{_FIELDS}".encode()) for use in Use}
_SELECTORS: Final = {
    use: keccak(f"{use[0].lower()}{use[1:]}{_ARGUMENTS}".encode())[:4] for use in Use
}

_BY_BYTES: Final = keccak(
    b"transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
)[:4]
_HEAD_BYTES: Final = 7 * 32  # where the signature begins, behind seven words


def authorization_digest(
    domain: TokenDomain, authorization: Authorization, use: Use = Use.TRANSFER
) -> bytes:
    """Return the 32 bytes that the payer signs."""
    return digest_of(domain, keccak(_TYPES[use] + _words(authorization)))


def cancel_digest(domain: TokenDomain, payer: str, nonce: bytes) -> bytes:
    """Return the 32 bytes by which a payer takes an unused word back."""
    return digest_of(domain, keccak(_CANCEL + address_word(payer) + nonce))


def is_payers(
    domain: TokenDomain,
    authorization: Authorization,
    signature: Signature,
    use: Use = Use.TRANSFER,
) -> bool:
    """Say whether the payer's own key signed; of a wallet that is a contract, only it can say."""
    digest = authorization_digest(domain, authorization, use)
    return recover_address(digest, signature) == authorization.payer


def has_signed(domain: TokenDomain, authorization: Authorization, raw: bytes) -> bool:
    """Say whether these bytes are the signature of the payer's own key, in any form we read."""
    try:
        signature = read_signature(raw)
    except Invalid:
        return False
    return is_payers(domain, authorization, signature)


def authorized_call(
    domain: TokenDomain,
    authorization: Authorization,
    signature: Signature,
    use: Use = Use.TRANSFER,
) -> WalletCall:
    """Write the call that moves the tokens."""
    signed = word(27 + signature.parity) + word(signature.r) + word(signature.s)
    data = _SELECTORS[use] + _words(authorization) + signed
    return WalletCall(to=domain.contract, data=f"0x{data.hex()}")


def authorized_by_bytes(
    domain: TokenDomain, authorization: Authorization, raw: bytes
) -> WalletCall:
    """Write the call with the signature as it is: what wallets that are contracts need."""
    head = _words(authorization) + word(_HEAD_BYTES) + word(len(raw))
    padding = bytes(-len(raw) % 32)
    return WalletCall(domain.contract, f"0x{(_BY_BYTES + head + raw + padding).hex()}")


def nonce_for(payment_id: str, chance: bytes) -> bytes:
    """Return the nonce by which a payment's word is known; `chance` keeps others from guessing."""
    if len(chance) != _CHANCE_BYTES:
        raise Invalid("Chance is sixteen bytes.", code="chance_invalid")
    return keccak(_NONCE_PREFIX + payment_id.encode() + chance)


def _words(authorization: Authorization) -> bytes:
    numbers = (authorization.units, authorization.valid_after, authorization.valid_before)
    return (
        address_word(authorization.payer)
        + address_word(authorization.payee)
        + b"".join(map(word, numbers))
        + authorization.nonce
    )
