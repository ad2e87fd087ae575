"""EIP-712: what a wallet signs when it is shown a token's own form instead of bytes."""

from functools import lru_cache
from typing import Final

from eth_hash.auto import keccak

from sluice.engine.chains.authorization import TokenDomain

_DOMAIN: Final = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_SALTED: Final = keccak(
    b"EIP712Domain(string name,string version,address verifyingContract,bytes32 salt)"
)
_PREFIX: Final = b"\x19\x01"


@lru_cache(maxsize=256)
def domain_separator(domain: TokenDomain) -> bytes:
    """Return the hash of the contract's domain; the same as its DOMAIN_SEPARATOR()."""
    names = keccak(domain.name.encode()) + keccak(domain.version.encode())
    contract, network = address_word(domain.contract), word(domain.chain_id)
    if domain.is_salted:
        return keccak(_SALTED + names + contract + network)
    return keccak(_DOMAIN + names + network + contract)


def digest_of(domain: TokenDomain, form: bytes) -> bytes:
    """Return the 32 bytes that are signed for a form's hash."""
    return keccak(_PREFIX + domain_separator(domain) + form)


def word(number: int) -> bytes:
    """Return a number as 32 bytes."""
    return number.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """Return a lower-case address as 32 bytes."""
    return bytes(12) + bytes.fromhex(address[2:])
