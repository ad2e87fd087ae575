"""An API's JSON -> headers and transfers. Pure; the events say what moved, never the call."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.model import Header, Transfer
from sluice.engine.chains.stacks.clarity.model import Buffer, Some, UInt
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.memos import read_memo, read_printed_memo
from sluice.engine.chains.stacks.principals import Address, Contract, parse_principal
from sluice.engine.chains.stacks.shapes import (
    RawAsset,
    RawBlock,
    RawEvent,
    RawMined,
    RawTransaction,
)

# What stands for the network's own coin among asset identifiers, which all have colons.
NATIVE: Final = "STX"
SUCCESS: Final = "success"
WAITING: Final = "pending"
STX_TRANSFER: Final = "token_transfer"

# What a mined transaction may end as (stacks-core's event observer); another word is no ending.
_ENDINGS: Final = frozenset(
    {SUCCESS, "abort_by_response", "abort_by_post_condition", "problematic_skipped"}
)
# Kinds that run a contract, and so may move anything.
_RUNNING: Final = frozenset({"contract_call", "smart_contract"})
_UNITS_MAX: Final = (1 << 128) - 1


def header_of(raw: RawBlock) -> Header:
    """Return the block's place in the chain: its index block hash names the branch, too."""
    if not raw.canonical:
        raise ApiTrouble("A block is off the best branch.", Fault.MOVED)
    try:
        time = dt.datetime.fromtimestamp(raw.block_time, dt.UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise ApiTrouble("A block says an impossible time.", Fault.NONSENSE) from error
    return Header(
        raw.height, raw.index_block_hash.lower(), raw.parent_index_block_hash.lower(), time
    )


def may_move(raw: RawTransaction) -> bool:
    """Say whether a transaction's events are worth a question: only what succeeded moved money."""
    if raw.status not in _ENDINGS:
        raise ApiTrouble(f"A mined transaction ended as {raw.status:.40}.", Fault.NONSENSE)
    return raw.status == SUCCESS and raw.type in _RUNNING


def check_place(raw: RawTransaction, block: RawBlock) -> None:
    """Refuse a transaction that is not in this block."""
    place = raw.block
    if place is None or place.index_hash.lower() != block.index_block_hash.lower():
        raise ApiTrouble("A transaction is in another block.", Fault.MOVED)
    if place.height != block.height:
        raise ApiTrouble("A transaction has two heights.", Fault.NONSENSE)


def check_mined(raw: RawMined, tx_id: str, block: RawBlock) -> None:
    """Refuse the details of a transaction that is elsewhere, or did not succeed after all."""
    if raw.tx_id.lower() != tx_id:
        raise ApiTrouble("Another transaction came than was asked for.", Fault.NONSENSE)
    if not raw.canonical or not raw.microblock_canonical:
        raise ApiTrouble("A transaction has left the best branch.", Fault.MOVED)
    if raw.block_hash.lower() != block.hash.lower() or raw.block_height != block.height:
        raise ApiTrouble("A transaction has moved to another block.", Fault.MOVED)
    if raw.tx_status != SUCCESS:
        raise ApiTrouble("A transaction has two endings.", Fault.NONSENSE)
    if any(event.tx_id.lower() != tx_id for event in raw.events):
        raise ApiTrouble("An event is of another transaction.", Fault.NONSENSE)


def whole_events(events: Sequence[RawEvent], count: int) -> list[RawEvent]:
    """Return all events of a transaction in order, or refuse a part of them."""
    ordered = sorted(events, key=lambda event: event.event_index)
    if [event.event_index for event in ordered] != list(range(count)):
        raise ApiTrouble("Events were left out or told twice.", Fault.INCOMPLETE)
    return ordered


def native_transfer(raw: RawTransaction, assets: Mapping[str, str]) -> Transfer | None:
    """Return the one transfer of a transaction that only sends STX, or None for any other."""
    sent, asset = raw.token_transfer, assets.get(NATIVE)
    if raw.type != STX_TRANSFER or raw.status != SUCCESS or asset is None:
        return None
    if sent is None:
        raise ApiTrouble("A transfer of STX says nothing of it.", Fault.NONSENSE)
    memo = read_memo(bytes.fromhex(sent.memo.hex[2:]))
    return _moved((raw.tx_id, 0), asset, (raw.sender.address, sent.recipient), sent.amount, memo)


def event_transfers(events: Sequence[RawEvent], assets: Mapping[str, str]) -> list[Transfer]:
    """Return what a successful transaction's events moved of these assets, whoever called whom.

    A token prints the memo right after the transfer it belongs to; a print of anybody else, or
    anywhere else, is none. Mints and burns are no transfers.
    """
    found = []
    for event, after in itertools.zip_longest(events, events[1:]):
        moved = event.asset
        if moved is None or moved.asset_event_type != "transfer":
            continue
        identifier = _identifier(event, moved)
        asset = assets.get(identifier) if identifier is not None else None
        if asset is None or identifier is None:
            continue
        if moved.sender is None or moved.recipient is None or moved.amount is None:
            raise ApiTrouble("A transfer lacks its ends or its amount.", Fault.NONSENSE)
        memo = _memo(moved, identifier, after)
        ends = (moved.sender, moved.recipient)
        transfer = _moved((event.tx_id, event.event_index), asset, ends, moved.amount, memo)
        if transfer is not None:
            found.append(transfer)
    return found


def hint_of(raw: RawTransaction, assets: Mapping[str, str]) -> Transfer | None:
    """Return what a waiting transaction would move: a transfer of STX, or a token's own."""
    if raw.type == STX_TRANSFER:
        waiting = RawTransaction(
            raw.tx_id, raw.type, SUCCESS, raw.sender, token_transfer=raw.token_transfer
        )
        return native_transfer(waiting, assets)
    call = raw.contract_call
    if call is None or call.function_name != "transfer":
        return None
    asset = asset_of_contract(call.contract_id, assets)
    try:
        values = [decode_value(bytes.fromhex(argument.hex[2:])) for argument in call.function_args]
    except Malformed as error:
        raise ApiTrouble("A call's arguments are malformed.", Fault.NONSENSE) from error
    match values:
        case [UInt(units), (Address() | Contract()) as sender, (Address() | Contract()) as to, *_]:
            memo = None
            if len(values) > 3 and isinstance(values[3], Some):  # noqa: PLR2004 - SIP-010's memo
                inner = values[3].value
                memo = read_memo(inner.value) if isinstance(inner, Buffer) else None
            if asset is None or units == 0 or sender == to:
                return None
            return Transfer(raw.tx_id.lower(), 0, asset, str(sender), str(to), units, memo)
    return None


def asset_of_contract(contract: str, assets: Mapping[str, str]) -> str | None:
    """Return the asset whose token this contract is, for hints; events name the asset itself."""
    prefix = f"{contract}::"
    return next((code for token, code in assets.items() if token.startswith(prefix)), None)


def _identifier(event: RawEvent, moved: RawAsset) -> str | None:
    if event.event_type == "stx_asset":
        return NATIVE
    return moved.asset_id if event.event_type == "fungible_token_asset" else None


def _memo(moved: RawAsset, identifier: str, after: RawEvent | None) -> str | None:
    if moved.memo is not None:
        return read_memo(bytes.fromhex(moved.memo[2:]))
    said = after.contract_log if after is not None else None
    if said is None or said.topic != "print":
        return None
    if said.contract_id != identifier.partition("::")[0]:
        return None
    return read_printed_memo(bytes.fromhex(said.value.hex[2:]))


def _moved(
    key: tuple[str, int], asset: str, ends: tuple[str, str], amount: str, memo: str | None
) -> Transfer | None:
    """Return a transfer; None where nothing moved, which anybody can say in anybody's name."""
    units, (sender, recipient), (tx_id, index) = int(amount), ends, key
    if units > _UNITS_MAX:
        raise ApiTrouble("More moved than there can be.", Fault.NONSENSE)
    if units == 0 or sender == recipient:
        return None
    for end in ends:
        try:
            parse_principal(end)
        except Invalid as error:
            raise ApiTrouble("A transfer's end is no principal.", Fault.NONSENSE) from error
    return Transfer(tx_id.lower(), index, asset, sender, recipient, units, memo)
