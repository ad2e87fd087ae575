"""The JSON of a node, as far as we read it; numbers and bytes are still text in hex."""

from typing import Annotated, TypeAlias

import msgspec

Hex: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]*\Z")]
Quantity: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{1,64}\Z")]
Word: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{64}\Z")]
Address: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{40}\Z")]
Bloom: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{512}\Z")]


class RawHeader(msgspec.Struct, frozen=True, rename="camel"):
    """A mined block without its transactions."""

    number: Quantity
    hash: Word
    parent_hash: Word
    timestamp: Quantity
    logs_bloom: Bloom


class RawLog(msgspec.Struct, frozen=True, rename="camel"):
    """What a contract said in a mined transaction."""

    address: Address
    topics: list[Word]
    data: Hex
    block_number: Quantity
    block_hash: Word
    transaction_hash: Word
    log_index: Quantity
    removed: bool = False


class RawReceipt(msgspec.Struct, frozen=True, rename="camel"):
    """How a mined transaction ended, and what was said in it. A null status is of before 2017."""

    block_hash: Word
    transaction_hash: Word
    logs: list[RawLog]
    status: Quantity | None = None


class RawTransaction(msgspec.Struct, frozen=True, rename="camel"):
    """A transaction, mined or waiting; `to` is null when it makes a contract."""

    hash: Word
    input: Hex
    sender: Address = msgspec.field(name="from")
    to: Address | None = None
    block_hash: Word | None = None


class RawPending(msgspec.Struct, frozen=True, rename="camel"):
    """The block a node would make now; its number may be null."""

    transactions: list[RawTransaction]
    number: Quantity | None = None


class RawError(msgspec.Struct, frozen=True):
    """Why a node gives no result. Some send no code, some send it as text."""

    message: str = ""
    code: int | str | None = None


class RawReply(msgspec.Struct, frozen=True):
    """The answer to one call: a result, which may be null, or an error. Neither is nonsense."""

    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: RawError | str | None = None


class RawFeeHistory(msgspec.Struct, frozen=True, rename="camel"):
    """What blocks cost: one base fee more than blocks, and a row of rewards for each, or none."""

    base_fee_per_gas: list[Quantity]
    reward: list[list[Quantity]] | None = None
