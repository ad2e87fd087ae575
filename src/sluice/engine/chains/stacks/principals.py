"""Principals: who can own something. An address, or a contract that an address deployed."""

from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.base58 import encode_base58check
from sluice.engine.chains.stacks.c32 import decode_address, encode_address
from sluice.engine.chains.stacks.names import clarity_name, contract_name

MAINNET_SINGLE: Final = 22
MAINNET_MULTI: Final = 20
TESTNET_SINGLE: Final = 26
TESTNET_MULTI: Final = 21

# Which prefix Bitcoin gives the same twenty bytes.
_BITCOIN: Final = {MAINNET_SINGLE: 0, MAINNET_MULTI: 5, TESTNET_SINGLE: 111, TESTNET_MULTI: 196}


class Address(msgspec.Struct, frozen=True, gc=False):
    """A standard principal: a version (0 to 31) and the hash of a key or a script."""

    version: int
    hash160: bytes

    def __str__(self) -> str:
        return encode_address(self.version, self.hash160)

    @property
    def bitcoin(self) -> str | None:
        """Return the Bitcoin address of the same hash; None for versions without one."""
        prefix = _BITCOIN.get(self.version)
        return None if prefix is None else encode_base58check(bytes([prefix]) + self.hash160)


class Contract(msgspec.Struct, frozen=True, gc=False):
    """A contract principal: its deployer and its name."""

    address: Address
    name: str

    def __str__(self) -> str:
        return f"{self.address}.{self.name}"


Principal = Address | Contract


class Asset(msgspec.Struct, frozen=True, gc=False):
    """A token as its contract defines it: `SP….sbtc-token::sbtc-token`."""

    contract: Contract
    name: str

    def __str__(self) -> str:
        return f"{self.contract}::{self.name}"


def parse_address(text: str) -> Address:
    """Read an address in its canonical form. Raises Invalid."""
    return Address(*decode_address(text))


def parse_contract(text: str) -> Contract:
    """Read `ADDRESS.name`. Raises Invalid."""
    address, dot, name = text.partition(".")
    if not dot:
        raise Invalid("Write a contract as ADDRESS.name.", code="address_invalid")
    return Contract(parse_address(address), contract_name(_latin(name)))


def parse_principal(text: str) -> Principal:
    """Read an address or a contract. Raises Invalid."""
    return parse_contract(text) if "." in text else parse_address(text)


def parse_asset(text: str) -> Asset:
    """Read `ADDRESS.contract::asset`. Raises Invalid."""
    contract, colons, name = text.partition("::")
    if not colons:
        raise Invalid("Write an asset as ADDRESS.contract::asset.", code="address_invalid")
    return Asset(parse_contract(contract), clarity_name(_latin(name)))


def _latin(name: str) -> bytes:
    """Return a name's bytes; what does not fit one byte each fits no name either."""
    return name.encode("latin-1", "replace")
