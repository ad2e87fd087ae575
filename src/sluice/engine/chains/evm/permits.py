"""EIP-2612: an allowance given by signature, digests and whose it is."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import UNITS_MAX, TokenDomain
from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.signatures import Signature, recover_address
from sluice.engine.chains.evm.typed_data import address_word, digest_of, word

_TYPE: Final = keccak(
    b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
_SELECTOR: Final = keccak(b"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")[:4]


@dataclass(frozen=True, slots=True)
class Permit:
    """How much a spender may take from an owner; addresses in lower case.

    `nonce` is the owner's next at this contract. `deadline` is in seconds since 1970 and the last
    at which the contract takes it.
    """

    owner: str
    spender: str
    units: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        if not all(0 <= n <= UNITS_MAX for n in (self.units, self.nonce, self.deadline)):
            raise Invalid("A number of this permit is out of range.", code="permit_invalid")

    def has_expired(self, at: dt.datetime) -> bool:
        """Say whether contracts refuse it from now on."""
        return int(at.timestamp()) > self.deadline


def permit_digest(domain: TokenDomain, permit: Permit) -> bytes:
    """Return the 32 bytes that the owner signs."""
    numbers = word(permit.units) + word(permit.nonce) + word(permit.deadline)
    return digest_of(
        domain, keccak(_TYPE + address_word(permit.owner) + address_word(permit.spender) + numbers)
    )


def is_owners(domain: TokenDomain, permit: Permit, signature: Signature) -> bool:
    """Say whether the owner's own key signed."""
    return recover_address(permit_digest(domain, permit), signature) == permit.owner


def permit_call(domain: TokenDomain, permit: Permit, signature: Signature) -> WalletCall:
    """Write the call that sets the allowance."""
    data = (
        _SELECTOR
        + address_word(permit.owner)
        + address_word(permit.spender)
        + word(permit.units)
        + word(permit.deadline)
        + word(27 + signature.parity)
        + word(signature.r)
        + word(signature.s)
    )
    return WalletCall(to=domain.contract, data=f"0x{data.hex()}")
