"""Deposit addresses that are contracts: one per payment, known before anything is deployed.

The address commits to everything the contract can do (CREATE2, EIP-1014), and the contract can
only pay one destination: so nobody, including us, holds what arrives there.
"""

import re
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from sluice.base.errors import Invalid

_MARK: Final = b"\xff"
_SALT_BYTES: Final = 32
_SALT_PREFIX: Final = b"sluice:v1:"
# Puts the 65 bytes behind it into the new account: EIP-1167's proxy, then where it pays to.
_CONSTRUCTOR: Final = bytes.fromhex("3d604180600a3d3981f3")
_PROXY_HEAD: Final = bytes.fromhex("363d3d373d3d3d363d73")
_PROXY_TAIL: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_PAYMENT: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class CloneFactory:
    """What makes the clones on a network, and the code they share; addresses in lower case."""

    address: str
    implementation: str

    def address_for(self, payment_id: str, destination: str) -> str:
        """Return where a payment is received that can only go on to this destination."""
        return self.address_at(salt_of(payment_id), destination)

    def address_at(self, salt: bytes, destination: str) -> str:
        """Return the address of the clone with this salt."""
        return create2_address(self.address, salt, clone_code(self.implementation, destination))


def salt_of(payment_id: str) -> bytes:
    """Return what makes this payment's address its own."""
    if not _PAYMENT.fullmatch(payment_id):
        raise Invalid("A payment's id has 1 to 64 letters, digits and _.", code="id_invalid")
    return keccak(_SALT_PREFIX + payment_id.encode())


def clone_code(implementation: str, destination: str) -> bytes:
    """Return the code that makes a clone, with its destination behind the proxy."""
    return _CONSTRUCTOR + _PROXY_HEAD + _bytes(implementation) + _PROXY_TAIL + _bytes(destination)


def create2_address(deployer: str, salt: bytes, code: bytes) -> str:
    """Return where CREATE2 puts this code, in lower case (EIP-1014)."""
    if len(salt) != _SALT_BYTES:
        raise Invalid("A salt has 32 bytes.", code="salt_invalid")
    return f"0x{keccak(_MARK + _bytes(deployer) + salt + keccak(code))[-20:].hex()}"


def _bytes(address: str) -> bytes:
    if not _ADDRESS.fullmatch(address):
        raise Invalid("Use addresses in their stored form.", code="address_invalid")
    return bytes.fromhex(address[2:])
