"""QuorumReader: several sources as one. With two or more that must agree, none can lie alone."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeAlias, TypeVar

import structlog

from sluice.base.clock import Clock
from sluice.base.errors import Invalid, SluiceError
from sluice.engine.chains.chain import (
    ChainReader,
    ProvidersDisagree,
    ProviderTrouble,
    WrongNetwork,
)
from sluice.engine.chains.model import Block, Header, Tip, Transfer
from sluice.engine.chains.sources import Round, Source, Told, is_linked, whole

log = structlog.get_logger()

T = TypeVar("T")

# Told of each fault: the source's name and what it did.
Count: TypeAlias = Callable[[str, str], None]

# A source that is only a little late, or caught in the middle of a fork, has done nothing wrong.
_FORGIVEN: Final = frozenset({"provider_behind", "provider_moved"})


class QuorumReader:
    """Asks as many sources as must agree, and more when one fails, lags or tells another story.

    `agree=1` is plain fail-over in the order given. A source that fails or contradicts the others
    rests for 30 seconds, doubling to ten minutes; one that only failed is still asked when there
    are too few others, one that lied or serves another network is not.
    """

    def __init__(
        self,
        readers: Sequence[ChainReader],
        agree: int,
        clock: Clock,
        *,
        count: Count = lambda _source, _fault: None,
    ) -> None:
        if not 1 <= agree <= len(readers):
            raise Invalid(
                f"{agree} of {len(readers)} sources cannot agree.", code="quorum_impossible"
            )
        self._sources = [Source(reader) for reader in readers]
        self._agree = agree
        self._clock = clock
        self._count = count

    @property
    def name(self) -> str:
        """Return the names of the sources, and how many must agree."""
        return f"{self._agree} of {', '.join(source.reader.name for source in self._sources)}"

    async def check(self) -> None:
        """Raise WrongNetwork or ProviderTrouble unless as many sources as must agree pass."""
        for source in self._sources:
            source.is_checked = False
        passed = await self._ask(self._sources, _nothing)
        if len(passed) >= self._agree:
            return
        strangers = [source.reader.name for source in self._sources if source.is_distrusted]
        if strangers:
            raise WrongNetwork(f"{', '.join(strangers)} serve another network; correct the URLs.")
        raise self._too_few(len(passed))

    async def tip(self) -> Tip:
        """Return the highest header that as many sources as must agree have reached."""
        tips = {id(one.source): one.items[0] for one in await self._ask_all(_tip)}
        for source in self._sources:
            source.height = tips[id(source)].header.height if id(source) in tips else -1
        if len(tips) < self._agree:
            raise self._too_few(len(tips))
        height = sorted((tip.header.height for tip in tips.values()), reverse=True)[self._agree - 1]
        finals = sorted(
            (tip.finalized_height for tip in tips.values() if tip.finalized_height is not None),
            reverse=True,
        )
        final = min(finals[self._agree - 1], height) if len(finals) >= self._agree else None
        header = await self._header_at(height, list(tips.values()))
        return Tip(header, final, _anchored(tips.values(), self._agree, height))

    async def header(self, height: int) -> Header | None:
        """Return the header most tell of this height, or None where they have none."""

        async def ask(reader: ChainReader) -> Sequence[Header | None]:
            return [await reader.header(height)]

        return (await self._agreed(ask, height))[0]

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks of which as many sources as must agree tell the same, each in full."""

        async def ask(reader: ChainReader) -> Sequence[Block]:
            return whole(await reader.blocks(first, last), first, last)

        blocks = await self._agreed(ask, last)
        if not is_linked(blocks):
            raise ProvidersDisagree(f"No agreed branch leads from block {first} to {last}.")
        return blocks

    async def pending(self) -> Sequence[Transfer]:
        """Return the waiting transfers that as many sources as must agree can see."""

        async def ask(reader: ChainReader) -> Sequence[Transfer]:
            return list(dict.fromkeys(await reader.pending()))

        told = await self._ask_all(ask)
        if len(told) < self._agree:
            raise self._too_few(len(told))
        seen = Counter(transfer for one in told for transfer in one.items)
        return [transfer for transfer, count in seen.items() if count >= self._agree]

    async def _header_at(self, height: int, tips: Sequence[Tip]) -> Header:
        """Return the header of the common height, without another question when all stand there."""
        stories = Counter(tip.header for tip in tips if tip.header.height == height)
        if stories and stories.most_common(1)[0][1] >= self._agree:
            return stories.most_common(1)[0][0]
        header = await self.header(height)
        if header is None:
            raise ProvidersDisagree(f"The sources no longer have block {height}.")
        return header

    async def _agreed(
        self, ask: Callable[[ChainReader], Awaitable[Sequence[T]]], height: int
    ) -> Sequence[T]:
        """Ask until each item has been told by as many as must agree, or nobody is left to ask."""
        waiting = self._in_order(height)
        round_ = Round[T](self._agree)
        while waiting and (missing := round_.missing()) > 0:
            round_.told += await self._ask(waiting[:missing], ask)
            waiting = waiting[missing:]
        if round_.missing() > 0:
            if len(round_.told) < self._agree or not round_.is_disputed():
                raise self._too_few(len(round_.told))
            names = ", ".join(one.source.reader.name for one in round_.told)
            log.error("providers.disagree", sources=names, height=height)
            raise ProvidersDisagree(f"{names} tell different stories up to block {height}.")
        items = [item for item, _ in round_.best()]
        self._judge(round_.told, items)
        return items

    def _judge(self, told: Sequence[Told[T]], items: Sequence[T]) -> None:
        """Trust those who said what most said; put aside those who said something else."""
        for one in told:
            differing = [pair for pair in zip(one.items, items, strict=True) if pair[0] != pair[1]]
            if not differing:
                one.source.recover()
            elif not any(None in pair for pair in differing):
                one.source.is_distrusted = True
                self._put_aside(one.source, "contradicted")

    async def _ask_all(self, ask: Callable[[ChainReader], Awaitable[Sequence[T]]]) -> list[Told[T]]:
        """Ask everyone who does not rest; those who failed before too, when the others are few."""
        now = self._clock.now()
        fresh = [source for source in self._sources if not source.rests(now)]
        told = await self._ask(fresh, ask)
        if len(told) >= self._agree:
            return told
        tired = [one for one in self._sources if one not in fresh and not one.is_distrusted]
        return told + await self._ask(tired, ask)

    async def _ask(
        self,
        sources: Sequence[Source],
        ask: Callable[[ChainReader], Awaitable[Sequence[T]]],
    ) -> list[Told[T]]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._try(source, ask)) for source in sources]
        return [told for task in tasks if (told := task.result()) is not None]

    async def _try(
        self, source: Source, ask: Callable[[ChainReader], Awaitable[Sequence[T]]]
    ) -> Told[T] | None:
        """Ask one source; its trouble is counted, and no reason to stop the others."""
        try:
            if not source.is_checked:
                await source.reader.check()
                source.is_checked = True
            return Told(source, await ask(source.reader))
        except WrongNetwork as error:
            source.is_distrusted = True
            self._put_aside(source, error.code, error)
        except (ProviderTrouble, ProvidersDisagree) as error:
            if error.code in _FORGIVEN:
                self._count(source.reader.name, error.code)
            else:
                self._put_aside(source, error.code, error)
        return None

    def _in_order(self, height: int) -> list[Source]:
        """Return whom to ask: the rested first, and of them those who reach the height."""
        now = self._clock.now()
        asked = [one for one in self._sources if not (one.is_distrusted and one.rests(now))]
        return sorted(asked, key=lambda one: (one.rests(now), one.height < height))

    def _put_aside(self, source: Source, fault: str, error: SluiceError | None = None) -> None:
        source.fail(self._clock.now())
        log.warning(
            "provider.rests",
            source=source.reader.name,
            fault=fault,
            why=None if error is None else error.message,
        )
        self._count(source.reader.name, fault)

    def _too_few(self, count: int) -> ProviderTrouble:
        return ProviderTrouble(f"{count} of the {self._agree} sources needed answered; try again.")


def _anchored(tips: Collection[Tip], agree: int, height: int) -> dict[int, int]:
    """Return the heights that as many as must agree call so deep beneath."""
    told: dict[int, list[int]] = {}
    for tip in tips:
        for blocks, top in tip.anchored.items():
            told.setdefault(blocks, []).append(top)
    return {
        blocks: min(sorted(tops, reverse=True)[agree - 1], height)
        for blocks, tops in told.items()
        if len(tops) >= agree
    }


async def _nothing(_: ChainReader) -> Sequence[None]:
    return [None]


async def _tip(reader: ChainReader) -> Sequence[Tip]:
    return [await reader.tip()]
