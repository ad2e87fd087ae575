"""The JSON of Hiro's API and of a node, as far as we read it; amounts are still decimal text."""

from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

Word: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{64}\Z")]
Hex: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x([0-9a-fA-F]{2})*\Z")]
# A token moves at most 2^128 - 1 units.
Units: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,39}\Z")]
Height: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class RawBlock(msgspec.Struct, frozen=True):
    """A Stacks block (`/extended/v2/blocks`) and the Bitcoin block that its tenure stands on."""

    height: Height
    hash: Word
    index_block_hash: Word
    parent_index_block_hash: Word
    block_time: int
    burn_block_height: Height
    burn_block_hash: Word
    tx_count: Height
    canonical: bool


class RawBlocks(msgspec.Struct, frozen=True):
    """A page of blocks, the newest first."""

    results: list[RawBlock]


class RawHexed(msgspec.Struct, frozen=True):
    """Bytes that come with a text for people, which is not read."""

    hex: Hex


class RawPlace(msgspec.Struct, frozen=True):
    """Where a transaction was mined."""

    height: Height
    index_hash: Word
    tx_index: Height


class RawAccount(msgspec.Struct, frozen=True):
    """Who signed."""

    address: str


class RawTokenTransfer(msgspec.Struct, frozen=True):
    """A transfer of STX that is the whole transaction."""

    recipient: str
    amount: Units
    memo: RawHexed


class RawCall(msgspec.Struct, frozen=True):
    """A call of a contract; the arguments are there only where they were asked for."""

    contract_id: str
    function_name: str
    function_args: list[RawHexed] = []


class RawTransaction(msgspec.Struct, frozen=True):
    """A transaction in short (`/extended/v3`); `block` is null while it waits."""

    tx_id: Word
    type: str
    status: str
    sender: RawAccount
    block: RawPlace | None = None
    token_transfer: RawTokenTransfer | None = None
    contract_call: RawCall | None = None


class RawCursor(msgspec.Struct, frozen=True):
    """Where the next page starts."""

    next: str | None = None


class RawPage(msgspec.Struct, Generic[T], frozen=True):
    """A page of `/extended/v3`."""

    total: Height
    cursor: RawCursor
    results: list[T]


class RawAsset(msgspec.Struct, frozen=True):
    """What an event moved; STX has no `asset_id`, an NFT no `amount`, a mint no sender."""

    asset_event_type: str
    asset_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    amount: Units | None = None
    memo: Hex | None = None


class RawPrint(msgspec.Struct, frozen=True):
    """What a contract printed."""

    contract_id: str
    topic: str
    value: RawHexed


class RawEvent(msgspec.Struct, frozen=True):
    """One event of a mined transaction."""

    event_index: Height
    event_type: str
    tx_id: Word
    asset: RawAsset | None = None
    contract_log: RawPrint | None = None


class RawMined(msgspec.Struct, frozen=True):
    """A mined transaction with a part of its events (`/extended/v1/tx/multiple`)."""

    tx_id: Word
    tx_status: str
    block_hash: str
    block_height: Height
    canonical: bool
    event_count: Height
    events: list[RawEvent]
    microblock_canonical: bool = True


class RawPrints(msgspec.Struct, frozen=True):
    """A page of what a contract printed, the newest first (`/extended/v1/contract/{id}/events`)."""

    results: list[RawEvent]


class RawFound(msgspec.Struct, frozen=True):
    """Whether a transaction was found, and the transaction, which may still be waiting."""

    found: bool
    result: msgspec.Raw = msgspec.Raw()


class RawInfo(msgspec.Struct, frozen=True):
    """What a node says of itself (`/v2/info`); the network's id is the chain id."""

    network_id: int


class RawAnswer(msgspec.Struct, frozen=True):
    """What a contract's read-only function answered."""

    okay: bool
    result: Hex | None = None
    cause: str | None = None


class RawName(msgspec.Struct, frozen=True):
    """A thing with a name."""

    name: str


class RawFunction(msgspec.Struct, frozen=True):
    """A function and who may call it: `public`, `read_only` or `private`."""

    name: str
    access: str


class RawInterface(msgspec.Struct, frozen=True):
    """What a contract defines."""

    fungible_tokens: list[RawName]
    functions: list[RawFunction] = []
