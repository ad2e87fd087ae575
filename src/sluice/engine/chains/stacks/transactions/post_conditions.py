"""Post-conditions: what may leave whom, or the whole transaction is undone (its fee is not)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeVar

import msgspec

from sluice.engine.chains.stacks.clarity.model import Value
from sluice.engine.chains.stacks.clarity.read import (
    read_address,
    read_clarity_name,
    read_contract_name,
    read_value,
)
from sluice.engine.chains.stacks.clarity.write import (
    write_address,
    write_clarity_name,
    write_contract_name,
    write_value,
)
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Address, Asset, Contract, Principal
from sluice.engine.chains.stacks.reading import U64, Reader
from sluice.engine.chains.stacks.writing import write_number


class Amount(IntEnum):
    """How what was sent compares with the amount."""

    EQUAL = 1
    MORE = 2
    AT_LEAST = 3
    LESS = 4
    AT_MOST = 5


class Token(IntEnum):
    """Whether a non-fungible token was sent. `MAY_SEND` is SIP-040's."""

    SENT = 0x10
    NOT_SENT = 0x11
    MAY_SEND = 0x12


class Pox(IntEnum):
    """Whether a stacking position was changed (SIP-044, epoch 4.0)."""

    NOT_PERFORMED = 0x30
    MAY_PERFORM = 0x31
    PERFORMED = 0x32


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Whoever the transaction's origin is."""


ORIGIN: Final = Origin()

Payer = Origin | Principal


class StxCondition(msgspec.Struct, frozen=True, gc=False):
    """So many micro-STX are sent by somebody."""

    principal: Payer
    code: Amount
    amount: int


class FungibleCondition(msgspec.Struct, frozen=True, gc=False):
    """So much of a token is sent by somebody."""

    principal: Payer
    asset: Asset
    code: Amount
    amount: int


class NonFungibleCondition(msgspec.Struct, frozen=True, gc=False):
    """One token, named by its value, is sent by somebody or is not."""

    principal: Payer
    asset: Asset
    token: Value
    code: Token


class StakingCondition(msgspec.Struct, frozen=True, gc=False):
    """So many micro-STX are locked by somebody (SIP-044, epoch 4.0)."""

    principal: Payer
    code: Amount
    amount: int


class PoxCondition(msgspec.Struct, frozen=True, gc=False):
    """Somebody's stacking position is changed or is not (SIP-044, epoch 4.0)."""

    principal: Payer
    code: Pox


PostCondition = (
    StxCondition | FungibleCondition | NonFungibleCondition | StakingCondition | PoxCondition
)

Code = TypeVar("Code", Amount, Token, Pox)


def read_post_condition(reader: Reader) -> PostCondition:
    """Read a post-condition. Raises Malformed."""
    start = reader.at
    kind = reader.byte("a post-condition")
    if kind >= len(_READERS):
        raise Malformed(start, "a post-condition, 0x00 to 0x04", f"0x{kind:02x}")
    return _READERS[kind](reader)


def write_post_condition(out: bytearray, condition: PostCondition) -> None:
    """Append a post-condition. Raises Invalid."""
    out.append(_KINDS[type(condition)])
    _write_payer(out, condition.principal)
    if isinstance(condition, FungibleCondition | NonFungibleCondition):
        write_address(out, condition.asset.contract.address)
        write_contract_name(out, condition.asset.contract.name)
        write_clarity_name(out, condition.asset.name)
    if isinstance(condition, NonFungibleCondition):
        write_value(out, condition.token)
    out.append(condition.code)
    if isinstance(condition, StxCondition | FungibleCondition | StakingCondition):
        write_number(out, condition.amount, U64, "An amount")


def _read_stx(reader: Reader) -> StxCondition:
    return StxCondition(_read_payer(reader), _read_code(reader, _AMOUNTS), _read_amount(reader))


def _read_fungible(reader: Reader) -> FungibleCondition:
    principal, asset = _read_payer(reader), _read_asset(reader)
    return FungibleCondition(principal, asset, _read_code(reader, _AMOUNTS), _read_amount(reader))


def _read_non_fungible(reader: Reader) -> NonFungibleCondition:
    principal, asset = _read_payer(reader), _read_asset(reader)
    token, _ = read_value(reader)
    return NonFungibleCondition(principal, asset, token, _read_code(reader, _TOKENS))


def _read_staking(reader: Reader) -> StakingCondition:
    return StakingCondition(_read_payer(reader), _read_code(reader, _AMOUNTS), _read_amount(reader))


def _read_pox(reader: Reader) -> PoxCondition:
    return PoxCondition(_read_payer(reader), _read_code(reader, _POX))


def _read_payer(reader: Reader) -> Payer:
    start = reader.at
    kind = reader.byte("a principal")
    if kind == _STANDARD:
        return read_address(reader)
    if kind == _CONTRACT:
        return Contract(read_address(reader), read_contract_name(reader))
    if kind != _ORIGIN:
        raise Malformed(start, "a principal, 0x01 to 0x03", f"0x{kind:02x}")
    return ORIGIN


def _read_asset(reader: Reader) -> Asset:
    contract = Contract(read_address(reader), read_contract_name(reader))
    return Asset(contract, read_clarity_name(reader))


def _read_code(reader: Reader, codes: dict[int, Code]) -> Code:
    start = reader.at
    byte = reader.byte("a condition code")
    code = codes.get(byte)
    if code is None:
        known = ", ".join(f"0x{one:02x}" for one in codes)
        raise Malformed(start, f"a condition code: {known}", f"0x{byte:02x}")
    return code


def _read_amount(reader: Reader) -> int:
    return reader.number(U64, "an amount")


def _write_payer(out: bytearray, payer: Payer) -> None:
    if isinstance(payer, Origin):
        out.append(_ORIGIN)
    elif isinstance(payer, Address):
        out.append(_STANDARD)
        write_address(out, payer)
    else:
        out.append(_CONTRACT)
        write_address(out, payer.address)
        write_contract_name(out, payer.name)


_ORIGIN: Final = 1
_STANDARD: Final = 2
_CONTRACT: Final = 3
_AMOUNTS: Final = {code.value: code for code in Amount}
_TOKENS: Final = {code.value: code for code in Token}
_POX: Final = {code.value: code for code in Pox}
_READERS: Final[tuple[Callable[[Reader], PostCondition], ...]] = (
    _read_stx,
    _read_fungible,
    _read_non_fungible,
    _read_staking,
    _read_pox,
)
_KINDS: Final[dict[type[PostCondition], int]] = {
    StxCondition: 0,
    FungibleCondition: 1,
    NonFungibleCondition: 2,
    StakingCondition: 3,
    PoxCondition: 4,
}
