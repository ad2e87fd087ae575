"""The JSON of Emily, which passes deposits on to the signers; read strictly, kept small."""

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

TxId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})+\Z")]
Index: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Status(StrEnum):
    """How far a deposit is, as Emily heard. It is advice: what counts is the mint."""

    PENDING = "pending"  # the signers have not looked at it
    ACCEPTED = "accepted"  # they want it, nothing is on a chain yet
    CONFIRMED = "confirmed"  # swept and minted
    FAILED = "failed"
    REPLACED = "rbf"  # another transaction took its place


class NewDeposit(msgspec.Struct, frozen=True, rename="camel"):
    """What Emily is told of a deposit (`POST /deposit`)."""

    bitcoin_txid: str
    bitcoin_tx_output_index: int
    deposit_script: str
    reclaim_script: str
    transaction_hex: str


class RawParameters(msgspec.Struct, frozen=True, rename="camel"):
    """What the scripts of a deposit say."""

    max_fee: Count
    lock_time: Count


class RawFulfillment(msgspec.Struct, frozen=True, rename="pascal"):
    """By what a deposit was fulfilled, on both chains; of all that Emily tells, what we use."""

    bitcoin_txid: TxId
    bitcoin_tx_index: Index
    bitcoin_block_height: Count
    stacks_txid: Annotated[str, msgspec.Meta(pattern=r"^(0x)?[0-9a-fA-F]{64}\Z")]
    btc_fee: Count


class RawDeposit(msgspec.Struct, frozen=True, rename="camel"):
    """A deposit (`GET /deposit/{txid}/{index}`)."""

    bitcoin_txid: TxId
    bitcoin_tx_output_index: Index
    recipient: Hex
    amount: Count
    status: Status
    status_message: str
    parameters: RawParameters
    deposit_script: Hex
    reclaim_script: Hex
    fulfillment: RawFulfillment | None = None
    replaced_by_tx: TxId | None = None


class RawCaps(msgspec.Struct, frozen=True, rename="camel"):
    """Limits of all, or of one account."""

    peg_cap: Count | None = None
    per_deposit_minimum: Count | None = None
    per_deposit_cap: Count | None = None
    per_withdrawal_cap: Count | None = None
    rolling_withdrawal_blocks: Count | None = None
    rolling_withdrawal_cap: Count | None = None


class RawLimits(RawCaps, frozen=True, rename="camel", kw_only=True):
    """`GET /limits`."""

    available_to_withdraw: Count | None = None
    account_caps: dict[str, RawCaps]
