"""StacksReader: blocks and the transfers in them, read from one provider of Hiro's API."""

import itertools
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.chain import WrongNetwork
from sluice.engine.chains.model import Block, Header, Network, Tip, Transfer
from sluice.engine.chains.stacks.api import EVENTS_PAGE, TXS_PAGE, Api
from sluice.engine.chains.stacks.clarity.model import Ok, UInt
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.decode import (
    NATIVE,
    check_mined,
    check_place,
    event_transfers,
    header_of,
    may_move,
    native_transfer,
    whole_events,
)
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.gateway.contract import StacksGateway
from sluice.engine.chains.stacks.hints import Hints, Wants
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Asset, parse_asset
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.minted import minted_transfers
from sluice.engine.chains.stacks.shapes import RawBlock, RawEvent
from sluice.engine.chains.stacks.tokens import STX

# A range is read whole or not at all, so it must fit into memory.
BLOCKS_MAX: Final = 2048

# What is known of a block by its hash never changes. To keep it lets a provider with a small limit
# be asked again and again until a long range is whole.
_KEPT_MAX: Final = 2 * BLOCKS_MAX
# A Bitcoin block without a miner for Stacks carries no Stacks block; so many of them in a row end
# the search for one.
_EMPTY_BURNS_MAX: Final = 12
_TRIES_MAX: Final = 5
# More than the cost limits of a block allow in one transaction.
_EVENTS_MAX: Final = 50_000


class StacksReader:
    """Reads one network from one provider and believes only answers that fit together.

    A block is named by its index block hash, which is another one on every branch, and is read by
    that name alone. A transfer's index is its event's place in its transaction. What lies under
    `burn_depth` Bitcoin blocks or more counts as final; `burn_depths` are others to know of.
    """

    def __init__(
        self,
        network: Network,
        api: Api,
        *,
        chain_id: int,
        burn_depth: int,
        burn_depths: Collection[int] = (),
        wants: Wants | None = None,
        gateway: StacksGateway | None = None,
        sbtc: SbtcContracts | None = None,
    ) -> None:
        self._network = network
        self._api = api
        self._chain_id = chain_id
        self._burn_depth = burn_depth
        self._burn_depths = sorted({burn_depth, *burn_depths})
        self._assets = {token: asset for asset, token in network.tokens.items()}
        if STX in network.assets:
            self._assets[NATIVE] = STX
        self._known: OrderedDict[str, tuple[Transfer, ...]] = OrderedDict()
        self._hints = Hints(api, self._assets, wants)
        self._gateway = gateway
        self._sbtc = sbtc
        self._top = 0
        # The tip as it was a moment ago: whoever asks for it next need not wait for it again.
        self._latest: RawBlock | None = None
        # The newest heights so deep under a Bitcoin tip; they move only when Bitcoin does.
        self._deep: tuple[str, Mapping[int, int]] = ("", {})

    @property
    def name(self) -> str:
        """Return the provider's host."""
        return self._api.name

    async def check(self) -> None:
        """Raise WrongNetwork for another chain id, or a token other than in the catalogue."""
        chain_id = await self._api.chain_id()
        if chain_id != self._chain_id:
            raise WrongNetwork(
                f"{self.name} serves the network {chain_id}, but {self._network.title} is "
                f"{self._chain_id}; correct the URL of this provider."
            )
        for token, asset in self._assets.items():
            if asset in self._network.assets and token != NATIVE:
                await self._check_token(parse_asset(token), asset)

    async def tip(self) -> Tip:
        """Return the newest header, and the newest height that is deep enough under Bitcoin."""
        raw = await self._api.block("latest")
        if raw is None:
            raise self._trouble("has no newest block", Fault.NONSENSE)
        self._latest, self._top = raw, raw.height
        deep = {
            depth: min(height, raw.height)
            for depth, height in (await self._deep_under(raw)).items()
        }
        return Tip(header_of(raw), deep.pop(self._burn_depth, None), deep)

    async def header(self, height: int) -> Header | None:
        """Return the header now at this height, or None above the tip."""
        raw = await self._api.block(height)
        if raw is None:
            return None
        if raw.height != height:
            raise self._trouble("gave another block", Fault.NONSENSE)
        return header_of(raw)

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last with their transfers, whole or an error."""
        if not 0 <= first <= last or last - first >= BLOCKS_MAX:
            raise Invalid(f"Ask for 1 to {BLOCKS_MAX} blocks.", code="range_invalid")
        raws = await self._headers(first, last)
        return [Block(header_of(raw), await self._transfers(raw)) for raw in raws]

    async def pending(self) -> Sequence[Transfer]:
        """Return what the newest waiting transactions would move, as far as they say so."""
        return await self._hints.read()

    async def _headers(self, first: int, last: int) -> list[RawBlock]:
        """Return the blocks of a range from the newest to the oldest page, linked, oldest first."""
        latest, self._latest = self._latest, None
        if latest is not None and latest.height == first == last:
            return [latest]
        found: list[RawBlock] = []
        need, tries = last, 0
        while need >= first:
            page = await self._api.blocks_below(max(0, self._top - need))
            run = [raw for raw in page if first <= raw.height <= need]
            if not run or run[0].height != need:
                # The chain grew since we counted, or is not there yet.
                self._top = await self._newest_height()
                tries += 1
                if need > self._top:
                    raise self._trouble(f"has no block {need}", Fault.BEHIND)
                if tries > _TRIES_MAX:
                    raise self._trouble("keeps moving", Fault.MOVED)
                continue
            found += run
            need = run[-1].height - 1
        self._check_linked(found, first, last)
        return found[::-1]

    async def _newest_height(self) -> int:
        newest = await self._api.blocks_below(0)
        if not newest:
            raise self._trouble("has no blocks", Fault.NONSENSE)
        return newest[0].height

    def _check_linked(self, newest_first: Sequence[RawBlock], first: int, last: int) -> None:
        heights = [raw.height for raw in newest_first]
        if heights != list(range(last, first - 1, -1)):
            raise self._trouble("gave other blocks than asked for", Fault.NONSENSE)
        for above, below in itertools.pairwise(newest_first):
            if above.parent_index_block_hash.lower() != below.index_block_hash.lower():
                raise self._trouble("changed its branch", Fault.MOVED)

    async def _transfers(self, block: RawBlock) -> tuple[Transfer, ...]:
        name = block.index_block_hash.lower()
        if name not in self._known:
            found = await self._read_block(block, name) if block.tx_count else ()
            self._known[name] = found
            if len(self._known) > _KEPT_MAX:
                self._known.popitem(last=False)
        return self._known[name]

    async def _read_block(self, block: RawBlock, name: str) -> tuple[Transfer, ...]:
        """Read a block by its hash: every transaction, and the events of those that ran."""
        raws = await self._api.transactions_in(name)
        if raws is None:
            raise self._trouble(f"no longer has the block {name}", Fault.MOVED)
        if len(raws) < block.tx_count:
            raise self._trouble("left out transactions", Fault.INCOMPLETE)
        for raw in raws:
            check_place(raw, block)
        events = await self._events([raw.tx_id.lower() for raw in raws if may_move(raw)], block)
        transfers: list[Transfer] = []
        for raw in raws:
            sent = native_transfer(raw, self._assets)
            if sent is not None:
                transfers.append(sent)
            told = events.get(raw.tx_id.lower(), [])
            moved = event_transfers(told, self._assets)
            transfers += moved if self._gateway is None else self._gateway.name(moved, told)
            if self._sbtc is not None:
                transfers += minted_transfers(told, self._sbtc)
        return tuple(transfers)

    async def _events(self, tx_ids: Sequence[str], block: RawBlock) -> dict[str, list[RawEvent]]:
        """Return all events of these transactions, a hundred of fifty transactions at a time."""
        whole: dict[str, list[RawEvent]] = {}
        for start in range(0, len(tx_ids), TXS_PAGE):
            left = list(tx_ids[start : start + TXS_PAGE])
            told: dict[str, list[RawEvent]] = {tx_id: [] for tx_id in left}
            for offset in range(0, _EVENTS_MAX, EVENTS_PAGE):
                page = await self._api.mined(left, offset)
                for tx_id, mined in page.items():
                    check_mined(mined, tx_id, block)
                    told[tx_id] += mined.events
                    if mined.event_count <= offset + EVENTS_PAGE:
                        whole[tx_id] = whole_events(told[tx_id], mined.event_count)
                left = [tx_id for tx_id in left if tx_id not in whole]
                if not left:
                    break
            else:
                raise self._trouble("tells of more events than a block can hold", Fault.NONSENSE)
        return whole

    async def _deep_under(self, tip: RawBlock) -> Mapping[int, int]:
        """Return the newest height under each number of Bitcoin blocks that somebody waits for."""
        if self._deep[0] != tip.burn_block_hash:
            found = {depth: await self._find_under(tip, depth) for depth in self._burn_depths}
            deep = {depth: height for depth, height in found.items() if height is not None}
            self._deep = (tip.burn_block_hash, deep)
        return self._deep[1]

    async def _find_under(self, tip: RawBlock, burn_depth: int) -> int | None:
        deepest = tip.burn_block_height - burn_depth
        for burn_height in range(deepest, max(-1, deepest - _EMPTY_BURNS_MAX), -1):
            raw = await self._api.last_on(burn_height)
            if raw is None:
                continue
            if raw.burn_block_height != burn_height or not raw.canonical:
                raise self._trouble("gave a block of another Bitcoin block", Fault.NONSENSE)
            return raw.height
        return None

    async def _check_token(self, token: Asset, asset: str) -> None:
        """Refuse a token that is not there, or counts otherwise than the catalogue."""
        defined = await self._api.interface(token.contract)
        if defined is None or token.name not in [one.name for one in defined.fungible_tokens]:
            raise WrongNetwork(f"{token} is no token on {self.name}.", code="token_missing")
        answer = await self._api.ask(token.contract, "get-decimals")
        try:
            said = decode_value(answer) if answer is not None else None
        except Malformed as error:
            raise self._trouble("answers nonsense", Fault.NONSENSE) from error
        expected = find_asset(asset).decimals
        if said != Ok(UInt(expected)):
            raise WrongNetwork(
                f"{token} on {self.name} has {_decimals(said)} decimals, but {asset} has "
                f"{expected}.",
                code="token_decimals_wrong",
            )

    def _trouble(self, what: str, fault: Fault) -> ApiTrouble:
        return ApiTrouble(f"{self.name} {what}.", fault)


def _decimals(said: object) -> str:
    match said:
        case Ok(UInt(count)):
            return str(count)
    return "no"
