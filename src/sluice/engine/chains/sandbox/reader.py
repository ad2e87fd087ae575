"""SandboxReader: reads the sandbox as one provider tells it."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from sluice.base.database import Connection, Database
from sluice.base.errors import Unavailable
from sluice.engine.chains.chain import ProviderTrouble, WrongNetwork
from sluice.engine.chains.model import Block, Header, Network, Tip, Transfer
from sluice.engine.chains.sandbox import lie_store, store
from sluice.engine.chains.sandbox.lies import Story
from sluice.engine.chains.sandbox.model import LieKind

T = TypeVar("T")

# Every answer comes from one snapshot, so that a fork in between cannot mix two branches.
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Finalizing(StrEnum):
    """What the sandbox calls final, where a network would."""

    BY_DEPTH = "by_depth"  # all but the newest `reorg_max` blocks
    BY_LEVER = "by_lever"  # what the lever `finalize` declared
    UNKNOWN = "unknown"  # the network does not say


class SandboxReader:
    """Reads the sandbox through one provider, whose lies are told too."""

    def __init__(
        self,
        database: Database,
        network: Network,
        *,
        provider: str = "a",
        finalizing: Finalizing = Finalizing.BY_DEPTH,
    ) -> None:
        self._database = database
        self._network = network
        self._provider = provider
        self._finalizing = finalizing

    @property
    def name(self) -> str:
        """Return the provider's name."""
        return self._provider

    async def check(self) -> None:
        """Raise WrongNetwork when the tables hold another network, ProviderTrouble when silent."""

        async def read(connection: Connection, _story: Story) -> str:
            return (await store.get_chain(connection)).network

        served = await self._ask(read)
        if served != self._network.name:
            raise WrongNetwork(f"{self._provider} serves {served}, not {self._network.name}")

    async def tip(self) -> Tip:
        """Return the newest header the provider tells."""

        async def read(connection: Connection, story: Story) -> Tip:
            top = await self._top(connection, story)
            [header] = story.bend_headers(await self._headers(connection, story, top, top))
            return Tip(header, await self._finalized(connection, top))

        return await self._ask(read)

    async def header(self, height: int) -> Header | None:
        """Return the header now at this height, or None above the tip."""

        async def read(connection: Connection, story: Story) -> Header | None:
            if not 0 <= height <= await self._top(connection, story):
                return None
            [header] = await self._headers(connection, story, height, height)
            return story.bend_headers([header])[0]

        return await self._ask(read)

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last of the provider's best branch, whole or not at all."""

        async def read(connection: Connection, story: Story) -> list[Block]:
            top = await self._top(connection, story)
            if not 0 <= first <= last <= top:
                raise ProviderTrouble(
                    f"{self._provider} has blocks 0 to {top}, not {first} to {last}"
                )
            headers = await self._headers(connection, story, first, last)
            inside = await store.find_transfers(connection, [header.hash for header in headers])
            whole = [Block(header, tuple(inside[header.hash])) for header in headers]
            return story.bend_blocks(whole)

        return await self._ask(read)

    async def pending(self) -> Sequence[Transfer]:
        """Return the transfers in the mempool."""

        async def read(connection: Connection, story: Story) -> list[Transfer]:
            return story.bend_pending(await store.find_pending(connection))

        return await self._ask(read)

    async def _ask(self, read: Callable[[Connection, Story], Awaitable[T]]) -> T:
        """Read one answer; a database that does not answer is a provider that does not."""
        try:
            return await self._tell(read)
        except Unavailable as error:
            raise ProviderTrouble(f"{self._provider} does not answer") from error

    async def _tell(self, read: Callable[[Connection, Story], Awaitable[T]]) -> T:
        """Read one answer in a snapshot, then count the lies it took."""
        story = Story({})
        try:
            async with self._database.transaction(_SNAPSHOT) as transaction:
                connection = transaction.connection
                story = Story(await lie_store.find(connection, self._provider))
                self._fail(story, LieKind.ERROR_BEFORE)
                answer = await read(connection, story)
                self._fail(story, LieKind.ERROR_AFTER)
                return answer
        finally:
            if story.told:
                async with self._database.transaction() as transaction:
                    await lie_store.save_used(transaction.connection, sorted(story.told))

    def _fail(self, story: Story, kind: LieKind) -> None:
        if story.is_silent(kind):
            raise ProviderTrouble(f"{self._provider} does not answer")

    async def _top(self, connection: Connection, story: Story) -> int:
        """Return the height of the newest block the provider knows."""
        branch = story.branch()
        top = await (store.get_block(connection, branch) if branch else store.get_tip(connection))
        return max(top.height - story.lag(), 0)

    async def _headers(
        self, connection: Connection, story: Story, first: int, last: int
    ) -> list[Header]:
        branch = story.branch()
        if branch is None:
            return await store.find_headers(connection, first, last)
        return await store.find_branch(connection, branch, first, last)

    async def _finalized(self, connection: Connection, top: int) -> int | None:
        match self._finalizing:
            case Finalizing.BY_DEPTH:
                return max(top - self._network.finality.reorg_max, 0)
            case Finalizing.BY_LEVER:
                return min((await store.get_chain(connection)).finalized_height, top)
            case Finalizing.UNKNOWN:
                return None
