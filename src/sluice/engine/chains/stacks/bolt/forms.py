"""Bolt's transfers in their four forms, its fee fund, and what a fee is in sats. Pure.

A payer has money in his own account ("stacks") or in the contract's books ("bolt"), and so has who
is paid. What moves in the books alone is no token's event: only the contract prints it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.sponsor import SponsorRefused
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    Buffer,
    ListOf,
    Some,
    TupleOf,
    UInt,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.contents import UNITS_MAX, Content
from sluice.engine.chains.stacks.memos import MEMO_MAX
from sluice.engine.chains.stacks.principals import (
    Address,
    Asset,
    Contract,
    Principal,
    parse_asset,
    parse_contract,
    parse_principal,
)
from sluice.engine.chains.stacks.transactions.payloads import ContractCall, Payload
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    Payer,
    PostCondition,
)
from sluice.engine.chains.wallets import WalletOrder

# The service takes no less, and no less than a sat for fifty bytes.
FEE_MIN_SATS: Final = 10
_BYTES_PER_SAT: Final = 50
# The token's own function for several transfers at once.
_MANY: Final = "transfer-many"


class Form(StrEnum):
    """Where the money is before and after, named as the contract's functions are."""

    STACKS_TO_STACKS = "transfer-stacks-to-stacks"
    STACKS_TO_BOLT = "transfer-stacks-to-bolt"
    BOLT_TO_STACKS = "transfer-bolt-to-stacks"
    BOLT_TO_BOLT = "transfer-bolt-to-bolt"

    @property
    def is_on_chain(self) -> bool:
        """Say whether who is paid sees a token's transfer, as any other payment."""
        return self in {Form.STACKS_TO_STACKS, Form.BOLT_TO_STACKS}


@dataclass(frozen=True, slots=True)
class Bolt:
    """One Bolt contract and the token it holds."""

    contract: Contract
    token: Asset


@dataclass(frozen=True, slots=True)
class SimulatedBolt:
    """Bolt without its contract, where there is none: the token itself moves amount and fee.

    The fee goes to the `operator`, who signs as the sponsor.
    """

    token: Asset
    operator: Address


_SBTC: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"
# Of version 2.0.0, whose source is public; that what is deployed is the same was not checked. The
# contract for USDCx has no public source, and the one on testnet holds a token of the past.
KNOWN: Final[Mapping[str, Bolt]] = MappingProxyType(
    {
        "stacks": Bolt(
            parse_contract("SP3QZNX3CGT6V7PE1PBK17FCRK1TP1AT02ZHQCMVJ.boltproto-sbtc-v2"),
            parse_asset(_SBTC),
        )
    }
)


def transfer(
    bolt: Bolt, form: Form, recipient: Principal, units: int, *, fee: int, memo: str | None
) -> Content:
    """Return a transfer: exactly what it says leaves whom it says, or nothing happens.

    From the books of the contract nothing of the payer's own leaves, so what the contract may take
    from there is the contract's word alone.
    """
    _check(units, fee)
    said: Value = NONE if memo is None else Some(Buffer(_short(memo)))
    call = ContractCall(bolt.contract, form.value, (UInt(units), recipient, said, UInt(fee)))
    conditions: tuple[PostCondition, ...] = ()
    if form in {Form.STACKS_TO_STACKS, Form.STACKS_TO_BOLT}:
        conditions = (_leaves(bolt, ORIGIN, units + fee),)
    elif form is Form.BOLT_TO_STACKS:
        conditions = (_leaves(bolt, bolt.contract, units),)
    return Content(call, conditions=conditions)


def pay(service: Bolt | SimulatedBolt, order: WalletOrder, fee: int) -> Content:
    """Return a payment through Bolt, or through what stands for it, for a fee in sats."""
    recipient, memo = parse_principal(order.address), order.memo or None
    if isinstance(service, Bolt):
        form = Form.STACKS_TO_STACKS
        return transfer(service, form, recipient, order.units, fee=fee, memo=memo)
    _check(order.units, fee)
    payer = parse_principal(order.payer)
    said: Value = NONE if memo is None else Some(Buffer(_short(memo)))
    moved = (
        _moved(payer, service.operator, fee, NONE),
        _moved(payer, recipient, order.units, said),
    )
    call = ContractCall(service.token.contract, _MANY, (ListOf(moved),))
    whole = FungibleCondition(ORIGIN, service.token, Amount.EQUAL, order.units + fee)
    return Content(call, conditions=(whole,))


def fee_of(service: Bolt | SimulatedBolt, call: Payload) -> int | None:
    """Return the fee that a payment through Bolt carries; None for any other call."""
    if not isinstance(call, ContractCall) or not call.arguments:
        return None
    last = call.arguments[-1]
    if isinstance(service, Bolt):
        carries = call.contract == service.contract and isinstance(last, UInt)
        return last.value if carries and isinstance(last, UInt) else None
    if (call.contract, call.function) != (service.token.contract, _MANY):
        return None
    match last:
        case ListOf((TupleOf() as first, _)):
            fee = first.get("amount")
            return fee.value if isinstance(fee, UInt) else None
    return None


def fill_fund(bolt: Bolt, units: int, *, fee: int) -> Content:
    """Return a deposit into one's fee fund, of which the service takes the fees of other calls."""
    _check(units, fee)
    call = ContractCall(bolt.contract, "deposit-fee-fund", (UInt(units), UInt(fee)))
    return Content(call, conditions=(_leaves(bolt, ORIGIN, units + fee),))


def fee_sats(fee_ustx: int, rate: int, size: int) -> int:
    """Return the sats to offer for a fee in micro-STX, where one sat stands for `rate` of them."""
    if rate <= 0 or fee_ustx < 0:
        raise Invalid("A fee rate is above zero.", code="fee_rate_invalid")
    return max(-(-fee_ustx // rate), FEE_MIN_SATS, -(-size // _BYTES_PER_SAT))


def bounded_fee(fee_ustx: int, rate: int, size: int, *, fee_max: int, name: str) -> int:
    """Return the sats for a fee, or refuse more than the installation lets a payer pay."""
    units = fee_sats(fee_ustx, rate, size)
    if units > fee_max:
        raise SponsorRefused(
            f"{name} wants {units} sats, and {fee_max} is the most we let it take.",
            code="fee_guard",
        )
    return units


def _moved(sender: Principal, to: Principal, units: int, memo: Value) -> TupleOf:
    return tuple_of({"amount": UInt(units), "sender": sender, "to": to, "memo": memo})


def _leaves(bolt: Bolt, payer: Payer, units: int) -> FungibleCondition:
    return FungibleCondition(payer, bolt.token, Amount.EQUAL, units)


def _check(units: int, fee: int) -> None:
    if units <= 0 or fee < 0 or units + fee > UNITS_MAX:
        raise Invalid(
            f"Between 1 and {UNITS_MAX} units can be sent, the fee among them.",
            code="amount_invalid",
        )


def _short(memo: str) -> bytes:
    raw = memo.encode()
    if len(raw) > MEMO_MAX:
        raise Invalid(f"A memo has at most {MEMO_MAX} bytes.", code="memo_invalid", param="memo")
    return raw
