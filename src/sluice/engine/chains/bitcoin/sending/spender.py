"""Spender: what one source tells somebody who sends, and how it takes a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sluice.engine.chains.writer import Coin, Slot, State, Verdict

# What nodes say, in the words of Bitcoin Core's validation; whoever passes it on keeps the words.
_KNOWN: Final = (
    "txn-already-in-mempool",
    "txn-already-known",
    "already in block chain",
    "already in utxo set",
    "transaction already in",
)
_USED: Final = ("inputs-missingorspent", "missing inputs", "missingorspent")
_CHEAP: Final = (
    "insufficient fee",
    "min relay fee not met",
    "mempool min fee not met",
    "txn-mempool-conflict",
    "mempool full",
    "rejecting replacement",
)
_NEVER: Final = (
    "dust",
    "scriptpubkey",
    "non-mandatory-script-verify-flag",
    "mandatory-script-verify-flag",
    "mempool-script-verify-flag",
    "tx decode failed",
    "tx-size",
    "bad-txns-in-belowout",
    "bad-txns-vout",
    "bad-txns-inputs-duplicate",
    "version",
)
# The most hopeful first: what some node may have is never given up.
_HOPEFUL: Final = (
    Verdict.SENT,
    Verdict.USED,
    Verdict.BUMP,
    Verdict.UNKNOWN,
    Verdict.HOLD,
    Verdict.DEAD,
)


@dataclass(frozen=True, slots=True)
class Look:
    """Where a source sees a transaction, or what it sees of its slot instead."""

    state: State
    height: int | None = None
    block_hash: str | None = None
    tip_height: int = 0


class Spender(Protocol):
    """One source, as who sends sees it. Every method but `send` raises ProviderTrouble."""

    @property
    def name(self) -> str:
        """Return where it is."""
        ...

    async def coins(self, address: str, script: bytes) -> Sequence[Coin]:
        """Return an address's unspent outputs that are in blocks, without immature rewards."""
        ...

    async def rate(self) -> int | None:
        """Return the satoshis for 1,000 virtual bytes that get into the next few blocks."""
        ...

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:
        """Return where a transaction is that spends these coins of this script.

        Whoever names a block proves that the transaction is under it, or is a node of our own.
        """
        ...

    async def has(self, height: int, block_hash: str) -> bool | None:
        """Say whether this block is on the source's best branch; None below that height."""
        ...

    async def raw(self, tx_id: str) -> bytes | None:
        """Return a transaction's bytes, None where the source does not have it."""
        ...

    async def send(self, raw: bytes) -> Verdict:
        """Send; silence is UNKNOWN."""
        ...


def judge(said: str) -> Verdict:
    """Return what a refusal means; words that we do not know mean that we do not know."""
    words = said.lower()
    for verdict, marks in (
        (Verdict.SENT, _KNOWN),
        (Verdict.USED, _USED),
        (Verdict.BUMP, _CHEAP),
        (Verdict.DEAD, _NEVER),
    ):
        if any(mark in words for mark in marks):
            return verdict
    return Verdict.UNKNOWN


def most_hopeful(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict to act on."""
    given = set(verdicts)
    return next((one for one in _HOPEFUL if one in given), Verdict.UNKNOWN)
