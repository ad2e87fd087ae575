"""What became of a payout when sources do not see the same: one is behind, one is on a branch."""

from dataclasses import dataclass
from typing import Final

from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.sending.by_node import NodeSpender
from sluice.engine.chains.bitcoin.sending.fees import FeePolicy
from sluice.engine.chains.bitcoin.sending.spender import Look, Spender
from sluice.engine.chains.bitcoin.sending.writer import BitcoinWriter
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.writer import Sealed, Slot, State
from tests.integration.bitcoin.hot import Hot

ELSEWHERE: Final = "00" * 32


@dataclass
class Behind:
    """A node that has not seen the newest blocks yet; or one that does not answer."""

    node: NodeSpender
    height: int
    is_silent: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.node, name)

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:
        """See it wait."""
        await self._speak()
        found = await self.node.look(tx_id, slot, script)
        is_new = found.height is not None and found.height > self.height
        return Look(State.PENDING, tip_height=self.height) if is_new else found

    async def has(self, height: int, block_hash: str) -> bool | None:
        """Know nothing of what is above."""
        await self._speak()
        return None if height > self.height else await self.node.has(height, block_hash)

    async def _speak(self) -> None:
        if self.is_silent:
            raise ProviderTrouble("it does not answer")


@dataclass
class Strayed(Behind):
    """A source on a branch of its own: it names a block nobody else has, or has others' not."""

    claims: bool = False

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:
        """See it in a block of its own, or see it wait."""
        if not self.claims:
            return Look(State.PENDING, tip_height=self.height)
        found = await self.node.look(tx_id, slot, script)
        return Look(State.INCLUDED, found.height, ELSEWHERE, found.tip_height)

    async def has(self, height: int, block_hash: str) -> bool | None:  # noqa: ARG002
        """Have its own block at every height."""
        return block_hash == ELSEWHERE


def writer_of(hot: Hot, *others: object) -> BitcoinWriter:
    """Return a writer of which two sources must agree: these, and the node itself."""
    sources: list[Spender] = [*others, node_of(hot)]  # type: ignore[list-item]
    return BitcoinWriter(
        REGTEST, bitcoin_network(REGTEST), sources, sources, agree=2, fees=FeePolicy(usual=1_000)
    )


def node_of(hot: Hot) -> NodeSpender:
    """Return the node as a source."""
    return NodeSpender(Node(hot.node.url, hot.node.egress))


async def mined(hot: Hot) -> tuple[Sealed, Slot, int]:
    """Send a payout and mine it; return it with its height."""
    order = await hot.order()
    slot = await hot.take(order)
    sealed = hot.made(order, slot)
    await hot.writer.broadcast(sealed.raw)
    await hot.node.mine()
    return sealed, slot, await hot.node.ask("getblockcount")


async def test_what_one_source_saw_mined_is_waited_for_and_not_replaced(hot: Hot) -> None:
    sealed, slot, height = await mined(hot)
    behind = Behind(node_of(hot), height - 1)
    writer = writer_of(hot, behind)

    early = await writer.fate(sealed.tx_id, slot, hot.account)
    behind.is_silent = True
    alone = await writer.fate(sealed.tx_id, slot, hot.account)
    behind.is_silent, behind.height = False, height
    both = await writer.fate(sealed.tx_id, slot, hot.account)

    for fate in (early, alone):
        assert (fate.state, fate.height, fate.is_final) == (State.INCLUDED, height, False)
    assert (both.state, both.depth) == (State.INCLUDED, 1)


async def test_silence_makes_nothing_final_however_deep(hot: Hot) -> None:
    sealed, slot, height = await mined(hot)
    await hot.node.mine(9)

    writer = writer_of(hot, Behind(node_of(hot), height + 9, is_silent=True))

    fate = await writer.fate(sealed.tx_id, slot, hot.account)
    assert (fate.state, fate.is_final) == (State.INCLUDED, False)


async def test_a_block_that_another_source_contradicts_leaves_it_waiting(hot: Hot) -> None:
    sealed, slot, height = await mined(hot)

    fate = await writer_of(hot, Strayed(node_of(hot), height)).fate(sealed.tx_id, slot, hot.account)

    assert fate.state is State.PENDING


async def test_a_source_on_a_branch_of_its_own_does_not_hide_what_two_others_see(hot: Hot) -> None:
    sealed, slot, height = await mined(hot)
    strayed = Strayed(node_of(hot), height, claims=True)

    fate = await writer_of(hot, strayed, node_of(hot)).fate(sealed.tx_id, slot, hot.account)

    assert (fate.state, fate.depth) == (State.INCLUDED, 1)
    assert fate.block_hash == await hot.node.ask("getblockhash", height)
