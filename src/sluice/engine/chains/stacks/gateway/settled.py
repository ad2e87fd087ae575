"""The gateway's `payment.settled` and the transfer that stands behind it. Pure.

Only the contract named here is believed, and only about money that the same transaction really
moved: the event names a reference, the transfer says how much arrived.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.clarity.model import Ascii, Bool, Buffer, TupleOf, UInt, Value
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Address, Contract, Principal
from sluice.engine.chains.stacks.shapes import RawEvent

_SETTLED = "payment.settled"
_PUSH = 0


class Settled(msgspec.Struct, frozen=True):
    """A payment under a reference: what was paid, and how much of it went to the payout address."""

    merchant: int
    reference: bytes
    token: Principal
    payer: str
    payout: str
    paid: int
    received: int


def read_settled(event: RawEvent, gateway: Contract) -> Settled | None:
    """Read an event of the gateway's; None for anybody else's, and for what names no payment.

    A payment without an offer (`open`) carries a note, not a reference, and one that waits in
    escrow has not reached the merchant.
    """
    said = event.contract_log
    if said is None or said.topic != "print" or said.contract_id != str(gateway):
        return None
    try:
        value = decode_value(bytes.fromhex(said.value.hex[2:]))
    except Malformed:
        return None
    if not isinstance(value, TupleOf) or value.get("ev") != Ascii(_SETTLED):
        return None
    data = value.get("data")
    return _settled(value, data) if isinstance(data, TupleOf) else None


def name_settled(
    transfers: Sequence[Transfer],
    events: Sequence[RawEvent],
    gateway: Contract,
    tokens: dict[str, str],
) -> list[Transfer]:
    """Write on each transfer of one transaction which payment it settles.

    `tokens` maps a token's contract to the asset it moves. The transfer is the last one before the
    event, and after the event before it, that moved exactly this asset and amount from this payer
    to this payout address; without it the event says nothing.
    """
    named = list(transfers)
    earlier = -1
    for event in events:
        settled = read_settled(event, gateway)
        if settled is None:
            continue
        asset = tokens.get(str(settled.token))
        for at in range(len(named) - 1, -1, -1):
            one = named[at]
            moved = (one.asset, one.sender, one.recipient, one.units)
            wanted = (asset, settled.payer, settled.payout, settled.received)
            if earlier < one.index < event.event_index and moved == wanted:
                named[at] = replace(one, settles=reference_of(settled.merchant, settled.reference))
                break
        earlier = event.event_index
    return named


def reference_of(merchant: int, reference: bytes) -> str:
    """Write a merchant's number and his reference as one text."""
    return f"{merchant}:{reference.hex()}"


def _settled(value: TupleOf, data: TupleOf) -> Settled | None:
    numbers = (
        value.get("amount"),
        *(data.get(name) for name in ("merchant", "fee", "split-total", "mode")),
    )
    people = (value.get("token"), data.get("payer"), data.get("payout"))
    reference, is_open = data.get("ref"), data.get("open")
    if not isinstance(reference, Buffer) or is_open != Bool(value=False):
        return None
    if not all(isinstance(number, UInt) for number in numbers):
        return None
    if not all(isinstance(one, Address | Contract) for one in people):
        return None
    paid, merchant, fee, shared, mode = (_number(number) for number in numbers)
    token, payer, payout = people
    if mode != _PUSH or not isinstance(token, Address | Contract):
        return None
    received = paid - fee - shared
    return Settled(merchant, reference.value, token, str(payer), str(payout), paid, received)


def _number(value: Value | None) -> int:
    return value.value if isinstance(value, UInt) else 0
