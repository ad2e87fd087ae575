"""WitnessedReader: what sources of whole blocks tell, once servers of another kind agree."""

from collections.abc import Sequence
from typing import Protocol

from sluice.engine.chains.bitcoin.blocks.header import BlockHeader, decode_header
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.reading import Malformed
from sluice.engine.chains.chain import (
    ChainReader,
    ProvidersDisagree,
    ProviderTrouble,
    WrongNetwork,
)
from sluice.engine.chains.model import Block, Header, Tip, Transfer


class Witness(Protocol):
    """Knows headers, and nothing of what is in the blocks."""

    @property
    def name(self) -> str:
        """Return where it is."""
        ...

    async def tip(self) -> tuple[int, bytes]:
        """Return the newest header and its height."""
        ...

    async def header(self, height: int) -> bytes | None:
        """Return the header at a height, None above the tip."""
        ...


class WitnessedReader:
    """A reader whose newest block counts only when enough witnesses stand on the same one.

    A block's bytes fit its header, and its header names the block below: so a witness of the
    newest header is one of everything below it.
    """

    def __init__(
        self, reader: ChainReader, witnesses: Sequence[Witness], needed: int, net: Net
    ) -> None:
        self._reader = reader
        self._witnesses = witnesses
        self._needed = needed
        self._net = net

    @property
    def name(self) -> str:
        """Return the sources and the witnesses."""
        names = ", ".join(one.name for one in self._witnesses)
        return f"{self._reader.name}, seen by {self._needed} of {names}"

    async def check(self) -> None:
        """Raise WrongNetwork when a witness serves another network, ProviderTrouble when few do."""
        await self._reader.check()
        passed = 0
        for witness in self._witnesses:
            try:
                first = await self._header(witness, 0)
            except ProviderTrouble:
                continue
            if first is None or first.hash not in self._net.genesis:
                raise WrongNetwork(
                    f"{witness.name} serves another network than {self._net.name}; correct the URL."
                )
            passed += 1
        self._require(passed)

    async def tip(self) -> Tip:
        """Return the newest header that the sources and enough witnesses have reached."""
        tip = await self._reader.tip()
        heights: list[int] = []
        for witness in self._witnesses:
            try:
                heights.append((await witness.tip())[0])
            except ProviderTrouble:
                continue
        self._require(len(heights))
        reached = sorted(heights, reverse=True)[self._needed - 1]
        if reached >= tip.header.height:
            return tip
        header = await self._reader.header(reached)
        if header is None:
            raise ProvidersDisagree(f"{self._reader.name} no longer has block {reached}.")
        return Tip(header, tip.finalized_height)

    async def header(self, height: int) -> Header | None:
        """Return the header that the sources have at a height."""
        return await self._reader.header(height)

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last, once enough witnesses stand on the last of them."""
        blocks = await self._reader.blocks(first, last)
        newest = blocks[-1].header
        agreeing, others = 0, []
        for witness in self._witnesses:
            try:
                header = await self._header(witness, newest.height)
            except ProviderTrouble:
                continue
            if header is None:
                continue
            agreeing += header.hash == newest.hash
            others += [witness.name] if header.hash != newest.hash else []
        if agreeing < self._needed and others:
            raise ProvidersDisagree(
                f"{', '.join(others)} have another block {newest.height} than {self._reader.name}."
            )
        self._require(agreeing)
        return blocks

    async def pending(self) -> Sequence[Transfer]:
        """Return what waits, as the sources tell it: a hint needs no witness."""
        return await self._reader.pending()

    async def _header(self, witness: Witness, height: int) -> BlockHeader | None:
        raw = await witness.header(height)
        if raw is None:
            return None
        try:
            return decode_header(raw)
        except Malformed as error:
            raise ProviderTrouble(f"{witness.name} gave a bad header. {error}") from None

    def _require(self, count: int) -> None:
        if count < self._needed:
            raise ProviderTrouble(
                f"{count} of the {self._needed} witnesses needed answered; try again.",
                code="witnesses_missing",
            )
