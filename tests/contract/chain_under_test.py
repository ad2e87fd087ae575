"""What the contract suite needs of a network: its reader, and levers to make things happen."""

from collections.abc import Sequence
from typing import Any, Protocol

from sluice.engine.chains.chain import Addresses, ChainReader
from sluice.engine.chains.model import Network


class ChainUnderTest(Protocol):
    """One network with its levers. Transactions wait until `mine` puts them into a block."""

    @property
    def network(self) -> Network:
        """Return the network as configured."""
        ...

    @property
    def reader(self) -> ChainReader:
        """Return the reader that is tested."""
        ...

    @property
    def addresses(self) -> Addresses:
        """Return the addresses that are tested."""
        ...

    @property
    def assets(self) -> Sequence[str]:
        """Return the assets to pay with; the first is what `pay` and `replace` send."""
        ...

    def new_address(self) -> str:
        """Return an address nobody has used, in its stored form."""
        ...

    async def pay(
        self, recipient: str, units: int, *, asset: str = ..., memo: str | None = None
    ) -> str:
        """Send one transfer and return its transaction's id; a memo is 32 hex digits."""
        ...

    async def mine(self, count: int = 1) -> Sequence[object]:
        """Add blocks; the first one takes what waits."""
        ...

    async def fork(self, depth: int, *, keep: bool) -> Sequence[object]:
        """Replace the newest blocks by one more; what was in them waits again, or is forgotten."""
        ...

    async def replace(self, tx_id: str, recipient: str, units: int) -> str:
        """Replace a waiting transaction by one of the first asset and return the new one's id."""
        ...

    async def drop(self, tx_id: str) -> None:
        """Let the network forget a waiting transaction."""
        ...


class WithReader:
    """The same network, read by somebody else."""

    def __init__(self, chain: ChainUnderTest, reader: ChainReader) -> None:
        self._chain = chain
        self.reader = reader

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the network has
        return getattr(self._chain, name)
