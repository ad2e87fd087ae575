"""A node's JSON -> headers and transfers. Pure; the log says what moved, never the calldata."""

import datetime as dt
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from eth_hash.auto import keccak

from sluice.engine.chains.evm.calldata import read_call
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.shapes import RawHeader, RawLog, RawReceipt, RawTransaction
from sluice.engine.chains.model import Header, Transfer

# The hash of the event Transfer with an address, an address and an amount.
TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

SUCCESS: Final = 1
_TOPICS: Final = 3  # the event, from, to
_WORD_CHARS: Final = 66
_ADDRESS_PAD: Final = "0" * 24
_BLOOM_BITS: Final = 2048


class Refusal(StrEnum):
    """Why a log is not a transfer to us."""

    REMOVED = "removed_by_reorg"
    STRANGER = "token_not_registered"
    TOPICS = "topics_len"
    DATA = "data_len"
    DIRTY = "dirty_address_topic"
    STILL = "nothing_moved"


# No honest node sends these for the question we ask; the others are other events of the token.
LIES: Final = frozenset({Refusal.REMOVED, Refusal.DIRTY})


def header_of(raw: RawHeader) -> Header:
    """Return the block's place in the chain."""
    try:
        time = dt.datetime.fromtimestamp(int(raw.timestamp, 16), dt.UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise NodeTrouble("A block says an impossible time.", Fault.NONSENSE) from error
    return Header(int(raw.number, 16), raw.hash.lower(), raw.parent_hash.lower(), time)


def read_log(  # noqa: PLR0911 - one return per reason
    raw: RawLog, assets: Mapping[str, str]
) -> Transfer | Refusal:
    """Read one log as a transfer of one of these tokens (address -> asset), or say why not.

    Zero units are refused because anyone can send them in anyone's name, and so is money that
    comes from where it goes, because nothing moved. The index is the log's place in the block.
    """
    asset = assets.get(raw.address.lower())
    if raw.removed:
        return Refusal.REMOVED
    if asset is None:
        return Refusal.STRANGER
    if len(raw.topics) != _TOPICS or raw.topics[0].lower() != TRANSFER_TOPIC:
        return Refusal.TOPICS
    if len(raw.data) != _WORD_CHARS:
        return Refusal.DATA
    sender, recipient = (topic[2:].lower() for topic in raw.topics[1:])
    if not sender.startswith(_ADDRESS_PAD) or not recipient.startswith(_ADDRESS_PAD):
        return Refusal.DIRTY
    units = int(raw.data, 16)
    if units == 0 or sender == recipient:
        return Refusal.STILL
    return Transfer(
        tx_id=raw.transaction_hash.lower(),
        index=int(raw.log_index, 16),
        asset=asset,
        sender=f"0x{sender[len(_ADDRESS_PAD) :]}",
        recipient=f"0x{recipient[len(_ADDRESS_PAD) :]}",
        units=units,
    )


def logs_of(receipts: Iterable[RawReceipt], block: str) -> list[RawLog]:
    """Return the logs of a block's receipts; a failed transaction has none, whatever is said."""
    found: list[RawLog] = []
    for receipt in receipts:
        if receipt.block_hash.lower() != block:
            raise NodeTrouble("A receipt is of another block.", Fault.NONSENSE)
        if receipt.logs and (receipt.status is None or int(receipt.status, 16) != SUCCESS):
            raise NodeTrouble("A failed transaction comes with logs.", Fault.NONSENSE)
        for log in receipt.logs:
            if log.transaction_hash.lower() != receipt.transaction_hash.lower():
                raise NodeTrouble("A receipt holds another's log.", Fault.NONSENSE)
            if log.block_hash.lower() != block:
                raise NodeTrouble("A log is of another block.", Fault.NONSENSE)
        found += receipt.logs
    return found


def memo_of(raw: RawTransaction, token: str, recipient: str) -> str | None:
    """Return the reference a wallet put behind its own call to the token for this recipient."""
    if raw.to is None or raw.to.lower() != token:
        return None
    call = read_call(raw.input)
    return call.reference if call is not None and call.recipient == recipient else None


def hint_of(raw: RawTransaction, assets: Mapping[str, str]) -> Transfer | None:
    """Return what a waiting call would move: the first transfer of its transaction."""
    asset = assets.get(raw.to.lower()) if raw.to is not None else None
    call = read_call(raw.input) if asset is not None else None
    if asset is None or call is None or call.units == 0:
        return None
    sender = call.sender or raw.sender.lower()
    if sender == call.recipient:
        return None
    return Transfer(raw.hash.lower(), 0, asset, sender, call.recipient, call.units, call.reference)


def may_hold(raw: RawHeader, tokens: Iterable[str], topic: str) -> bool:
    """Say whether the block's bloom allows for such a log: no is certain, yes is a maybe."""
    bloom = int(raw.logs_bloom, 16)
    wanted = _bits(topic)
    return bloom & wanted == wanted and any(
        bloom & bits == bits for bits in (_bits(token) for token in tokens)
    )


@lru_cache(maxsize=256)
def _bits(item: str) -> int:
    """Return the three bits of the yellow paper's M3:2048 for an address or a topic."""
    digest = keccak(bytes.fromhex(item[2:]))
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") % _BLOOM_BITS)
    return bits
