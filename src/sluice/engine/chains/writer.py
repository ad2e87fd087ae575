"""ChainWriter: what a network must offer for money to leave; each docstring is a tested promise.

Orders come in, and transactions go out in four steps that never mix: look (network), build and seal
(pure), send (network). Whoever calls writes down what each step returned before taking the next, so
every value here can be stored and read back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from sluice.base.errors import Invalid, Unavailable

# The most that an account without limits is said to hold.
ENDLESS: Final = 1 << 128

# What a transaction costs, in the network's own terms (`max_wei`, `fee`, `sat_per_kvb`…).
Price: TypeAlias = Mapping[str, int]


class OrderRefused(Invalid):
    """The network would never carry this order out: nothing was sent and nothing will be."""

    default_code = "order_refused"


class OrderHeld(Unavailable):
    """It would not be carried out now: a paused token, too little gas, a high fee."""

    default_code = "order_held"


@dataclass(frozen=True, slots=True)
class Call:
    """A contract to call instead of a transfer; `payload` is in the network's own encoding."""

    contract: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Order:
    """So much of one asset to one recipient, for a reason of ours.

    With a `call` the network calls a contract, and `units` of `asset` are the most that may leave
    the wallet by it.
    """

    network: str
    asset: str
    units: int
    recipient: str
    reference: str
    memo: str | None = None
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose money it is: the address, and the 33 bytes of the key that signs for it."""

    address: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Coin:
    """An output that may be spent."""

    tx_id: str
    index: int
    units: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What a transaction uses up: of all that use the same, a network includes at most one.

    A number where accounts count their transactions, coins where transactions spend coins.
    """

    nonce: int | None = None
    coins: tuple[Coin, ...] = ()

    @property
    def key(self) -> str:
        """Return the text that is unique to this slot of its account."""
        if self.nonce is not None:
            return str(self.nonce)
        return ",".join(sorted(f"{coin.tx_id}:{coin.index}" for coin in self.coins))


@dataclass(frozen=True, slots=True)
class Standing:
    """An account as its network sees it now."""

    # The first number no included transaction used, and the first that no waiting one uses either.
    next_mined: int = 0
    next_pending: int = 0
    balances: Mapping[str, int] = field(default_factory=dict)  # by asset code, with the fee's asset
    coins: tuple[Coin, ...] = ()
    # Units that orders of ours bring back by coins that are in no block yet; no source tells of it.
    returning: int = 0


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A transaction that lacks its signatures: everything `seal` needs, as stored."""

    payload: bytes
    digests: tuple[bytes, ...]  # one for each signature, 32 bytes each
    cost_max: int  # units of the fee's asset that it may cost beside what it moves


@dataclass(frozen=True, slots=True)
class Sealed:
    """A transaction with its signatures: the bytes to send, and the id it is known by."""

    tx_id: str
    raw: bytes


class Signature(Protocol):
    """A signature on secp256k1 with a low s; the recovery id says which of two keys made it."""

    @property
    def r(self) -> int: ...  # noqa: D102 - the scheme's own name
    @property
    def s(self) -> int: ...  # noqa: D102
    @property
    def recovery_id(self) -> int: ...  # noqa: D102


class Verdict(StrEnum):
    """What to do after sending. What some node may have taken is never given up."""

    SENT = "sent"  # a node has it, new or already: wait for it to be included
    USED = "used"  # its slot is used up: find out by which transaction
    UNKNOWN = "unknown"  # nobody can say: send the same bytes again
    BUMP = "bump"  # too cheap to be taken: the same slot at a higher price
    HOLD = "hold"  # the account cannot pay the fee: a person must fill it up
    DEAD = "dead"  # no node will ever take it: use its slot for nothing


class State(StrEnum):
    """Where a sent transaction is."""

    UNKNOWN = "unknown"  # no node knows it, and its slot is free: send it again
    PENDING = "pending"  # it waits to be included
    INCLUDED = "included"  # it is in a block and did what was asked
    FAILED = "failed"  # it is in a block and did nothing
    REPLACED = "replaced"  # another transaction used its slot up


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a transaction; in a block it has a place and a depth (1: newest)."""

    state: State
    height: int | None = None
    block_hash: str | None = None
    depth: int = 0
    is_final: bool = False  # deeper than any fork we believe in, or the network says so
    reason: str | None = None
    # Units of the fee's asset that it took in that block; None: all that it could cost.
    cost: int | None = None


class ChainWriter(Protocol):
    """Writes to one network. Keeps no state that matters, knows no key, and never signs."""

    @property
    def fee_asset(self) -> str:
        """Return the code of what fees are paid in (`eth`, `pol`, `stx`, `btc`)."""
        ...

    def address_of(self, public_key: bytes) -> str:
        """Return the address, in its stored form, that this key of 33 bytes signs for."""
        ...

    def check(self, order: Order) -> None:
        """Raise Invalid for an order no network should get: dust, a token's contract, nobody.

        Pure: what only the network knows is `rehearse`'s to find.
        """
        ...

    async def standing(self, account: Account) -> Standing:
        """Return how the account stands, as the most cautious of the sources tells it.

        Raises ProviderTrouble when no source answers, ProvidersDisagree when they tell of different
        numbers for the same block.
        """
        ...

    async def rehearse(self, order: Order, account: Account) -> Price:
        """Carry the order out without sending it, and return a price that should get it included.

        Raises OrderRefused for what can never work (a recipient on the token's black list),
        OrderHeld for what does not work now (a paused token, short funds, fees above the cap).
        """
        ...

    def take(
        self,
        order: Order,
        standing: Standing,
        price: Price,
        *,
        nonce: int,
        taken: Sequence[Slot],
    ) -> Slot:
        """Return a slot for a new transaction: the number offered, or coins no other slot holds.

        Pure. Raises OrderHeld when what the account holds is not enough for order and fee.
        """
        ...

    def build(self, order: Order, account: Account, slot: Slot, price: Price) -> Unsigned:
        """Return the transaction. Pure: the same input gives the same bytes, on any machine."""
        ...

    def void(self, account: Account, reference: str) -> Order:
        """Return the order that uses up a slot and moves nothing."""
        ...

    def seal(self, unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
        """Return the bytes to send. Pure. Raises Invalid unless the account's key signed all."""
        ...

    async def broadcast(self, raw: bytes) -> Verdict:
        """Send to every source and return the most hopeful verdict; silence is UNKNOWN.

        Never raises for what a source says or does not say. Sending the same bytes again any number
        of times has the effect of sending them once.
        """
        ...

    async def fate(self, tx_id: str, slot: Slot, account: Account) -> Fate:
        """Return what became of a transaction that was sent.

        REPLACED only when the slot is used by another transaction that is in a block and this one
        is in none; UNKNOWN when in doubt. Raises ProviderTrouble when no source answers.
        """
        ...

    def bump(self, price: Price) -> Price:
        """Return the price that replaces a waiting transaction in its slot.

        Raises OrderHeld, code `fee_guard`, above the cap.
        """
        ...
