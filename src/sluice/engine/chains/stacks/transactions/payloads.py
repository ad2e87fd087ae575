"""Payloads: what a transaction does."""

from enum import IntEnum
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import Value
from sluice.engine.chains.stacks.principals import Contract, Principal

MEMO_BYTES: Final = 34


class TenureCause(IntEnum):
    """Why a tenure changes; from 2 on SIP-034's, which extend one part of the budget."""

    BLOCK_FOUND = 0
    EXTENDED = 1
    EXTENDED_RUNTIME = 2
    EXTENDED_READ_COUNT = 3
    EXTENDED_READ_LENGTH = 4
    EXTENDED_WRITE_COUNT = 5
    EXTENDED_WRITE_LENGTH = 6


class TokenTransfer(msgspec.Struct, frozen=True, gc=False):
    """STX for somebody: micro-STX, and a memo of 34 bytes, padded with zeros."""

    recipient: Principal
    amount: int
    memo: bytes = bytes(MEMO_BYTES)


class ContractCall(msgspec.Struct, frozen=True, gc=False):
    """A public function, called with values."""

    contract: Contract
    function: str
    arguments: tuple[Value, ...] = ()


class SmartContract(msgspec.Struct, frozen=True, gc=False):
    """A contract, deployed by the origin; `clarity_version` is None for the epoch's own."""

    name: str
    code: str
    clarity_version: int | None = None


class MicroblockHeader(msgspec.Struct, frozen=True, gc=False):
    """The head of a microblock, which only exists before Nakamoto."""

    version: int
    sequence: int
    previous_block: bytes
    merkle_root: bytes
    signature: bytes


class PoisonMicroblock(msgspec.Struct, frozen=True, gc=False):
    """Proof that a leader signed two microblocks where one belongs."""

    first: MicroblockHeader
    second: MicroblockHeader


class Coinbase(msgspec.Struct, frozen=True, gc=False):
    """A block's reward; with a proof it is Nakamoto's, with a recipient it goes elsewhere."""

    commitment: bytes
    recipient: Principal | None = None
    vrf_proof: bytes | None = None


class TenureChange(msgspec.Struct, frozen=True, gc=False):
    """A miner's tenure begins or is extended."""

    tenure_consensus_hash: bytes
    previous_tenure_consensus_hash: bytes
    burn_view_consensus_hash: bytes
    previous_tenure_end: bytes
    previous_tenure_blocks: int
    cause: TenureCause
    public_key_hash: bytes


Payload = TokenTransfer | ContractCall | SmartContract | PoisonMicroblock | Coinbase | TenureChange


def memo_of(text: str) -> bytes:
    """Return a text as a memo. Raises Invalid when it is longer than 34 bytes of UTF-8."""
    raw = text.encode()
    if len(raw) > MEMO_BYTES:
        raise Invalid(f"A memo has at most {MEMO_BYTES} bytes.", code="memo_invalid")
    return raw.ljust(MEMO_BYTES, b"\0")
