"""Source: whoever gives whole blocks and waiting transactions; nothing it says is believed as such.

Bitcoind and Esplora servers are sources. The reader checks the bytes they give against the hashes.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class ChainInfo(msgspec.Struct, frozen=True):
    """What a source says of itself; `chain` is main, test, testnet4, signet or regtest."""

    chain: str
    blocks: int
    bestblockhash: str
    initialblockdownload: bool = False


class Merkle(msgspec.Struct, frozen=True):
    """The hashes that lead from a transaction up to its block's root."""

    block_height: int
    merkle: list[str]
    pos: int


class Source(Protocol):
    """Gives bytes of one network. Every method raises ProviderTrouble."""

    @property
    def name(self) -> str:
        """Return the source's host."""
        ...

    async def info(self) -> ChainInfo:
        """Return which network this is, and its newest block."""
        ...

    async def hashes(self, first: int, last: int) -> Sequence[str | None]:
        """Return the hashes of the blocks now at these heights, None above the tip."""
        ...

    async def header(self, block: str) -> bytes:
        """Return the eighty bytes of a block's header."""
        ...

    async def block(self, block: str) -> bytes:
        """Return a whole block."""
        ...

    async def waiting(self, addresses: Sequence[str]) -> Sequence[str]:
        """Return the names of waiting transactions: all, or those that pay these addresses."""
        ...

    async def transactions(self, tx_ids: Sequence[str]) -> Sequence[bytes | None]:
        """Return waiting transactions, None for those that left meanwhile."""
        ...
