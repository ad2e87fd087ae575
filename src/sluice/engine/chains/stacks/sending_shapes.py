"""The JSON that a node and Hiro's API answer to who wants to send, as far as we read it."""

from typing import Annotated, TypeAlias

import msgspec

from sluice.engine.chains.stacks.shapes import Height, Units, Word

# A node counts STX in 128 bits, in hex.
Wide: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{32}\Z")]


class RawAccountState(msgspec.Struct, frozen=True):
    """An account at the tip (`/v2/accounts`): `nonce` is the next one, `locked` is stacked."""

    balance: Wide
    nonce: Height


class RawWaiting(msgspec.Struct, frozen=True):
    """The numbers that wait; the newest stands apart from the others."""

    last_nonce: Height | None = None
    pending_nonces: list[Height] = []


class RawNonces(msgspec.Struct, frozen=True):
    """What is known of an account's numbers (`/extended/v3/principals/…/nonces`)."""

    mempool: RawWaiting


class RawBalance(msgspec.Struct, frozen=True):
    """How much of a token a principal holds."""

    balance: Units


class RawEstimate(msgspec.Struct, frozen=True):
    """One of the three fees that a node proposes, in micro-STX."""

    fee: Height


class RawEstimates(msgspec.Struct, frozen=True):
    """What a node proposes for a transaction (`/v2/fees/transaction`)."""

    estimations: list[RawEstimate]


class RawRefusal(msgspec.Struct, frozen=True):
    """Why a node proposes nothing."""

    reason: str = ""


class RawSigner(msgspec.Struct, frozen=True):
    """Who signed with which number."""

    address: str
    nonce: Height


class RawWhere(msgspec.Struct, frozen=True):
    """The block that a transaction is in."""

    height: Height
    index_hash: Word


class RawBitcoinBlock(msgspec.Struct, frozen=True):
    """The Bitcoin block that a Stacks block stands on."""

    height: Height


class RawSent(msgspec.Struct, frozen=True):
    """A transaction as its sender asks after it; without a block it waits, or did."""

    tx_id: Word
    status: str
    sender: RawSigner
    sponsor: RawSigner | None = None
    block: RawWhere | None = None
    bitcoin_block: RawBitcoinBlock | None = None
    vm_error: str | None = None


class RawInvolved(msgspec.Struct, frozen=True):
    """A mined transaction among those of a principal."""

    transaction: RawSent
