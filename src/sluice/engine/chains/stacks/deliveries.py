"""What Chainhook posts, version 1 and 2.0 -> a hint. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.hook import Hint


def read_delivery(body: bytes, *, is_mainnet: bool) -> Hint:
    """Read a delivery of either version. Raises Invalid for anything else.

    Version 1 does not say which network it is of; 2.0 does, and is refused for another.
    """
    try:
        delivery = _DELIVERY.decode(body)
    except msgspec.DecodeError as error:
        raise Invalid(
            f"This is no delivery of Chainhook: {error}", code="delivery_invalid"
        ) from None
    if delivery.event is not None:
        expected = "mainnet" if is_mainnet else "testnet"
        if (delivery.event.chain, delivery.event.network) != ("stacks", expected):
            raise Invalid("This delivery is of another network.", code="delivery_invalid")
        return _hint(delivery.event.apply, delivery.event.rolled_back)
    if delivery.apply is None or delivery.rolled_back is None:
        raise Invalid("This delivery has neither blocks nor an event.", code="delivery_invalid")
    return _hint(delivery.apply, delivery.rolled_back)


class _Named(msgspec.Struct, frozen=True):
    hash: str
    index: int = 0


class _Metadata(msgspec.Struct, frozen=True):
    """Version 1 says `success`, 2.0 says `status`; the operations say SUCCESS whatever happened."""

    success: bool = False
    status: str = ""


class _Transaction(msgspec.Struct, frozen=True):
    transaction_identifier: _Named
    metadata: _Metadata


class _Block(msgspec.Struct, frozen=True):
    block_identifier: _Named
    transactions: list[_Transaction]


class _Event(msgspec.Struct, frozen=True):
    apply: list[_Block]
    chain: str
    network: str
    rolled_back: list[_Block] = msgspec.field(name="rollback")


class _Delivery(msgspec.Struct, frozen=True):
    event: _Event | None = None
    apply: list[_Block] | None = None
    rolled_back: list[_Block] | None = msgspec.field(name="rollback", default=None)


_DELIVERY: Final = msgspec.json.Decoder(_Delivery)


def _hint(applied: Sequence[_Block], rolled_back: Sequence[_Block]) -> Hint:
    succeeded = frozenset(
        one.transaction_identifier.hash.lower()
        for block in applied
        for one in block.transactions
        if one.metadata.success or one.metadata.status == "success"
    )
    return Hint(_heights(applied), _heights(rolled_back), succeeded)


def _heights(blocks: Sequence[_Block]) -> Sequence[int]:
    return [block.block_identifier.index for block in blocks]
