"""HotWallet, Limits, Send, Attempt, and what to do next about an open send; pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sluice.base.states import States
from sluice.engine.chains.writer import Account, Fate, Order, Price, Slot, Unsigned, Verdict
from sluice.engine.chains.writer import State as Where

# Whose key no signer of ours has: what leaves is signed in a wallet outside.
OUTSIDE: Final = "outside"


class SendState(StrEnum):
    """Where an order to send is."""

    QUEUED = "queued"  # nothing was made for it yet; it may be taken back
    OPEN = "open"  # it has its slot, and a transaction may be out
    DONE = "done"  # included for good: the money has left
    FAILED = "failed"  # for good, and no money has left
    CANCELED = "canceled"  # taken back before it had a slot


MOVES: Final = States(
    "send",
    {
        SendState.QUEUED: frozenset({SendState.OPEN, SendState.FAILED, SendState.CANCELED}),
        SendState.OPEN: frozenset({SendState.DONE, SendState.FAILED}),
        SendState.DONE: frozenset(),
        SendState.FAILED: frozenset(),
        SendState.CANCELED: frozenset(),
    },
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a wallet may do without a person; amounts in units by asset, a missing one is no limit.

    `fee_max` bounds what one transaction may cost beside what it moves; `low` and `high` are the
    balances beyond which somebody is told; `day_max` is what may leave in any 24 hours. It pays the
    fee of payers' words from `carry_min` on, and of deposits brought home from `sweep_min` on; of
    an asset that is missing there, never.
    """

    fee_max: int | None = None
    send_max: Mapping[str, int] = field(default_factory=dict)
    day_max: Mapping[str, int] = field(default_factory=dict)
    low: Mapping[str, int] = field(default_factory=dict)
    high: Mapping[str, int] = field(default_factory=dict)
    carry_min: Mapping[str, int] = field(default_factory=dict)
    sweep_min: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HotWallet:
    """A merchant's wallet on one network whose key a signer of ours holds."""

    id: str
    merchant_id: str
    livemode: bool
    network: str
    address: str
    public_key: bytes
    signer: str
    limits: Limits
    next_nonce: int
    created_at: dt.datetime
    frozen_reason: str | None = None
    frozen_at: dt.datetime | None = None
    payout_address: str | None = None
    payout_address_from: dt.datetime | None = None
    # The same on the network whose coin this one's peg pays out.
    withdraw_address: str | None = None
    withdraw_address_from: dt.datetime | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    looked_at: dt.datetime | None = None

    @property
    def account(self) -> Account:
        """Return what writers know of it."""
        return Account(self.address, self.public_key)

    @property
    def is_signed_outside(self) -> bool:
        """Say whether a wallet outside signs for it."""
        return self.signer == OUTSIDE

    @property
    def is_frozen(self) -> bool:
        """Say whether nothing new may leave."""
        return self.frozen_at is not None


@dataclass(frozen=True, slots=True)
class Send:
    """An order, and how far it got."""

    id: str
    merchant_id: str
    livemode: bool
    wallet_id: str
    order: Order
    state: SendState
    next_at: dt.datetime
    created_at: dt.datetime
    slot: Slot | None = None
    reason: str | None = None
    tx_id: str | None = None
    opened_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A transaction made for a send; a void one moves nothing and only uses up the slot."""

    send_id: str
    n: int
    is_void: bool
    price: Price
    unsigned: Unsigned
    built_at: dt.datetime
    raw: bytes | None = None
    tx_id: str | None = None
    verdict: Verdict | None = None
    sealed_at: dt.datetime | None = None
    told_at: dt.datetime | None = None
    tellings: int = 0


# What to do next about an open send ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign the newest attempt and keep its bytes."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Tell:
    """Send the bytes of these attempts; they may be out already."""

    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Bump:
    """Make another attempt in the same slot, at a higher price."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Void:
    """Nobody takes the transaction: use its slot for nothing."""


@dataclass(frozen=True, slots=True)
class End:
    """It is over: the money left by this attempt, or none ever will."""

    state: SendState
    attempt: Attempt
    fate: Fate


@dataclass(frozen=True, slots=True)
class Stop:
    """This must not go on without a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do but to look again."""


Step: TypeAlias = Sign | Tell | Bump | Void | End | Stop | Wait


def next_step(
    attempts: Sequence[Attempt],
    fates: Mapping[int, Fate],
    at: dt.datetime,
    *,
    patience: dt.timedelta,
    again: dt.timedelta,
) -> Step:
    """Say what an open send needs; `fates` are those of its signed attempts, by their number.

    Whatever happens, every attempt is in one slot, so a chain includes at most one of them.
    """
    newest = attempts[-1]
    signed = [one for one in attempts if one.raw is not None]
    for one in signed:
        if fates[one.n].state in (Where.INCLUDED, Where.FAILED):
            return _included(one, fates[one.n])
    if newest.raw is None:
        return Sign(newest)
    if newest.told_at is None:
        return Tell([newest])
    states = {fates[one.n].state for one in signed}
    if states == {Where.REPLACED}:
        return Stop("another transaction used its slot, and it is none of ours")
    if Where.PENDING in states:
        return Bump(newest) if at - newest.built_at > patience else Wait()
    return _unknown(newest, signed, due=at - newest.told_at > again)


def _unknown(newest: Attempt, signed: Sequence[Attempt], *, due: bool) -> Step:
    """Say what a send needs that no node shows: what the nodes answered decides, then patience."""
    if newest.verdict is Verdict.BUMP:
        return Bump(newest)
    if all(one.verdict is Verdict.DEAD for one in signed):
        return Stop("the network refuses even to use up its slot") if newest.is_void else Void()
    return Tell([one for one in signed if one.verdict is not Verdict.DEAD]) if due else Wait()


def _included(attempt: Attempt, fate: Fate) -> Step:
    if not fate.is_final:
        return Wait()
    moved = fate.state is Where.INCLUDED and not attempt.is_void
    return End(SendState.DONE if moved else SendState.FAILED, attempt, fate)
