"""What the sBTC registry prints: deposits minted, withdrawals asked, paid or refused, new keys.

Whoever reads it has seen that the transaction succeeded. A completed deposit names no recipient: it
is that of the mint in the same transaction.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.stacks.clarity.model import (
    Ascii,
    Buffer,
    ListOf,
    TupleOf,
    UInt,
    Value,
)
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.principals import Address, Contract, Principal
from sluice.engine.chains.stacks.sbtc.recipients import Recipient, read_recipient
from sluice.engine.chains.stacks.sbtc.signers_key import x_only

_HASH_BYTES: Final = 32
_INDEX_MAX: Final = 0xFFFFFFFF


class CompletedDeposit(msgspec.Struct, frozen=True):
    """sBTC was minted for a deposit: its sats without the signers' fee, swept by `sweep_tx_id`."""

    outpoint: Outpoint
    amount_sats: int
    burn_hash: str
    burn_height: int
    sweep_tx_id: str


class WithdrawalCreated(msgspec.Struct, frozen=True):
    """Somebody asked for bitcoin; `burn_height` is Bitcoin's height at that time."""

    request_id: int
    amount_sats: int
    sender: Principal
    recipient: Recipient
    burn_height: int
    fee_max_sats: int


class WithdrawalAccepted(msgspec.Struct, frozen=True):
    """The signers paid by this output, for this fee; the rest of the fee was minted back."""

    request_id: int
    outpoint: Outpoint
    fee_sats: int
    signer_bitmap: int
    burn_hash: str
    burn_height: int
    sweep_tx_id: str


class WithdrawalRejected(msgspec.Struct, frozen=True):
    """The signers did not pay, and the sBTC is unlocked again."""

    request_id: int
    signer_bitmap: int


class KeyRotated(msgspec.Struct, frozen=True):
    """The signers have another key: 32 bytes, x-only. Addresses of deposits made before are old."""

    signers_key: bytes
    keys: tuple[bytes, ...]
    address: Principal
    signatures_required: int


RegistryEvent = (
    CompletedDeposit | WithdrawalCreated | WithdrawalAccepted | WithdrawalRejected | KeyRotated
)


def read_registry_event(
    contract: Contract, printed: bytes, *, registry: Contract
) -> RegistryEvent | None:
    """Read what a contract printed; None for another contract, or a topic that is none of these.

    Anybody can print what looks like it. Raises Invalid, also as Malformed, where the registry
    itself prints one of these topics in another form.
    """
    if contract != registry:
        return None
    value = decode_value(printed)
    topic = value.get("topic") if isinstance(value, TupleOf) else None
    if not isinstance(value, TupleOf) or not isinstance(topic, Ascii):
        return None
    read = _READERS.get(topic.value)
    return None if read is None else read(value)


def _completed(event: TupleOf) -> RegistryEvent:
    return CompletedDeposit(
        outpoint=_outpoint(event),
        amount_sats=_number(event, "amount"),
        burn_hash=_reversed(event, "burn-hash"),
        burn_height=_number(event, "burn-height"),
        sweep_tx_id=_reversed(event, "sweep-txid"),
    )


def _created(event: TupleOf) -> RegistryEvent:
    return WithdrawalCreated(
        request_id=_number(event, "request-id"),
        amount_sats=_number(event, "amount"),
        sender=_principal(event, "sender"),
        recipient=read_recipient(event.get("recipient")),
        burn_height=_number(event, "block-height"),
        fee_max_sats=_number(event, "max-fee"),
    )


def _accepted(event: TupleOf) -> RegistryEvent:
    return WithdrawalAccepted(
        request_id=_number(event, "request-id"),
        outpoint=_outpoint(event),
        fee_sats=_number(event, "fee"),
        signer_bitmap=_number(event, "signer-bitmap"),
        burn_hash=_reversed(event, "burn-hash"),
        burn_height=_number(event, "burn-height"),
        sweep_tx_id=_reversed(event, "sweep-txid"),
    )


def _rejected(event: TupleOf) -> RegistryEvent:
    return WithdrawalRejected(_number(event, "request-id"), _number(event, "signer-bitmap"))


def _rotated(event: TupleOf) -> RegistryEvent:
    keys = event.get("new-keys")
    if not isinstance(keys, ListOf):
        raise _refused("new-keys")
    return KeyRotated(
        signers_key=x_only(_bytes(event.get("new-aggregate-pubkey"), "new-aggregate-pubkey")),
        keys=tuple(_bytes(key, "new-keys") for key in keys.items),
        address=_principal(event, "new-address"),
        signatures_required=_number(event, "new-signature-threshold"),
    )


_READERS: Final[dict[str, Callable[[TupleOf], RegistryEvent]]] = {
    "completed-deposit": _completed,
    "withdrawal-create": _created,
    "withdrawal-accept": _accepted,
    "withdrawal-reject": _rejected,
    "key-rotation": _rotated,
}


def _outpoint(event: TupleOf) -> Outpoint:
    index = _number(event, "output-index")
    if index > _INDEX_MAX:
        raise _refused("output-index")
    return Outpoint(_reversed(event, "bitcoin-txid"), index)


def _number(event: TupleOf, name: str) -> int:
    value = event.get(name)
    if not isinstance(value, UInt):
        raise _refused(name)
    return value.value


def _reversed(event: TupleOf, name: str) -> str:
    """Return a hash as people write it; contracts hold Bitcoin's own order of bytes."""
    raw = _bytes(event.get(name), name)
    if len(raw) != _HASH_BYTES:
        raise _refused(name)
    return raw[::-1].hex()


def _principal(event: TupleOf, name: str) -> Principal:
    value = event.get(name)
    if not isinstance(value, Address | Contract):
        raise _refused(name)
    return value


def _bytes(value: Value | None, name: str) -> bytes:
    if not isinstance(value, Buffer):
        raise _refused(name)
    return value.value


def _refused(name: str) -> Invalid:
    return Invalid(
        f"The sBTC registry printed another {name} than it should.", code="event_invalid"
    )
