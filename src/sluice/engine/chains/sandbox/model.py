"""Output, Payment, Transaction, Lie: what the sandbox is made of; and what changing branch does."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.states import States
from sluice.engine.chains.model import Header, Transfer
from sluice.engine.chains.sandbox.addresses import parse_address

NAME: Final = "sandbox"
ASSETS: Final = ("btc", "sbtc", "stx", "usdc", "usdt")
GENESIS_PARENT: Final = "0" * 64
UNKNOWN: Final = "unknown:"

_UNITS_MAX: Final = (1 << 256) - 1
_MEMO_BYTES_MAX: Final = 256

# Which transactions that leave the branch are remembered: all, none, or these.
Keep = bool | Collection[str]


class State(StrEnum):
    """Where a transaction is, as seen from the best branch."""

    MEMPOOL = "mempool"  # waiting to be included
    INCLUDED = "included"  # in a block of the best branch
    DROPPED = "dropped"  # forgotten by the network; a miner may still have it
    REPLACED = "replaced"  # another transaction that spends the same was preferred


MOVES: Final = States(
    "sandbox transaction",
    {
        State.MEMPOOL: frozenset({State.INCLUDED, State.DROPPED, State.REPLACED}),
        State.INCLUDED: frozenset({State.MEMPOOL, State.DROPPED, State.REPLACED}),
        State.DROPPED: frozenset({State.MEMPOOL, State.INCLUDED, State.REPLACED}),
        State.REPLACED: frozenset({State.INCLUDED}),
    },
)


class Include(StrEnum):
    """Which waiting transactions new blocks take; a list of ids says it one by one."""

    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Output:
    """So much of one asset to one recipient; the asset is a code or `unknown:<token>`."""

    asset: str
    recipient: str
    units: int
    memo: str | None = None

    def __post_init__(self) -> None:
        """Refuse what a real network would refuse."""
        token = self.asset.removeprefix(UNKNOWN)
        if self.asset not in ASSETS and token in ("", self.asset):
            message = f"asset must be one of {', '.join(ASSETS)} or {UNKNOWN}<token>"
            raise Invalid(message, param="asset")
        parse_address(self.recipient, param="recipient")
        if not 0 <= self.units <= _UNITS_MAX:
            raise Invalid("units must be from 0 to 2**256 - 1", param="units")
        memo = self.memo or ""
        if "\0" in memo or len(memo.encode(errors="replace")) > _MEMO_BYTES_MAX:
            raise Invalid(f"memo must be at most {_MEMO_BYTES_MAX} bytes of text", param="memo")


@dataclass(frozen=True, slots=True)
class Payment:
    """What a wallet signs: who sends, and what leaves."""

    sender: str
    outputs: Sequence[Output]

    def __post_init__(self) -> None:
        parse_address(self.sender, param="sender")
        if not self.outputs:
            raise Invalid("a payment needs at least one output", param="outputs")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed payment the network knows. Those with the same `spends` exclude each other.

    What an account numbers itself has a `nonce`: of its number only one can live, too.
    """

    tx_id: str
    sender: str
    spends: str
    replaces: str | None
    state: State
    nonce: int | None = None
    fee: int = 0


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the levers set: whether blocks come by themselves, and what no fork may undo."""

    network: str
    stalled: bool
    finalized_height: int


class LieKind(StrEnum):
    """How a provider departs from the truth."""

    HIDE = "hide"  # a transfer is missing
    INVENT = "invent"  # a transfer that never was
    DOUBLE = "double"  # a transfer again under the next index
    REPEAT = "repeat"  # a transfer again under its own index
    UNITS = "units"  # another amount
    PARENT = "parent"  # a block whose parent is not the block before
    PARTIAL = "partial"  # the last block of a range is missing
    STALE = "stale"  # the newest blocks are not known yet
    BRANCH = "branch"  # another branch than the best one is followed
    ERROR_BEFORE = "error_before"  # no answer, nothing was read
    ERROR_AFTER = "error_after"  # no answer, everything was read


@dataclass(frozen=True, slots=True)
class Lie:
    """One departure from the truth; what is left out means the first one that fits."""

    kind: LieKind
    tx_id: str | None = None  # the transaction to hide, double, repeat or change
    height: int | None = None  # the block to give a wrong parent, or an invented transfer
    units: int | None = None  # the amount to tell; one unit more than the truth otherwise
    transfer: Transfer | None = None  # the invention
    lag_blocks: int | None = None  # how many blocks are not known yet
    tip: str | None = None  # the hash of the branch's newest block

    def __post_init__(self) -> None:
        needed = {
            LieKind.INVENT: self.transfer,
            LieKind.STALE: self.lag_blocks,
            LieKind.BRANCH: self.tip,
        }
        if self.kind in needed and needed[self.kind] is None:
            raise Invalid(f"the lie {self.kind} lacks its detail", code="lie_incomplete")


def seal(parent: Header, tx_ids: Iterable[str], *, time: datetime, salt: bytes) -> Header:
    """Return the header of a new block; the salt sets apart blocks of the same content."""
    height = parent.height + 1
    later = max(time, parent.time)
    body = "\n".join((parent.hash, str(height), later.isoformat(), salt.hex(), *tx_ids))
    return Header(height, hashlib.sha256(body.encode()).hexdigest(), parent.hash, later)


def rearrange(
    touched: Iterable[Transaction],
    *,
    leaving: Collection[str],
    entering: Collection[str],
    keep: Keep,
) -> dict[str, State]:
    """Return the new state of each transaction that a change of branch moves.

    Those that only left go back to the mempool when kept and are dropped otherwise. What entered
    wins over everything that spends the same.
    """
    everything = list(touched)
    taken = {transaction.spends for transaction in everything if transaction.tx_id in entering}
    moved: dict[str, State] = {}
    for transaction in everything:
        state = transaction.state
        if transaction.tx_id in entering:
            state = State.INCLUDED
        elif transaction.spends in taken and state in (State.MEMPOOL, State.INCLUDED):
            state = State.REPLACED
        elif transaction.tx_id in leaving:
            state = State.MEMPOOL if is_kept(transaction.tx_id, keep=keep) else State.DROPPED
        if state is not transaction.state:
            moved[transaction.tx_id] = MOVES.check(transaction.state, state)
    return moved


def is_kept(tx_id: str, *, keep: Keep) -> bool:
    """Say whether a transaction that leaves the branch is remembered."""
    return keep if isinstance(keep, bool) else tx_id in keep
