"""Api: what one provider is asked about its chain: blocks, transactions, events, contracts."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.engine.chains.stacks.clarity.model import Value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.faults import Fault
from sluice.engine.chains.stacks.principals import Contract
from sluice.engine.chains.stacks.provider import Provider
from sluice.engine.chains.stacks.shapes import (
    RawAnswer,
    RawBlock,
    RawBlocks,
    RawEvent,
    RawFound,
    RawInfo,
    RawInterface,
    RawMined,
    RawPage,
    RawPrints,
    RawTransaction,
)

# The API's own limits on a page.
BLOCKS_PAGE: Final = 30
TXS_PAGE: Final = 50
EVENTS_PAGE: Final = 100
PRINTS_PAGE: Final = 50
# More pages than any block can have: a provider that never ends is refused.
_PAGES_MAX: Final = 400

_INFO: Final = msgspec.json.Decoder(RawInfo)
_BLOCK: Final = msgspec.json.Decoder(RawBlock)
_BLOCKS: Final = msgspec.json.Decoder(RawBlocks)
_TRANSACTION: Final = msgspec.json.Decoder(RawTransaction)
_TRANSACTIONS: Final = msgspec.json.Decoder(RawPage[RawTransaction])
_FOUND: Final = msgspec.json.Decoder(dict[str, RawFound])
_MINED: Final = msgspec.json.Decoder(RawMined)
_PRINTS: Final = msgspec.json.Decoder(RawPrints)
_ANSWER: Final = msgspec.json.Decoder(RawAnswer)
_INTERFACE: Final = msgspec.json.Decoder(RawInterface)


class Api:
    """One provider. Every method raises ApiTrouble; no message holds the URL's secrets.

    A key stands in the URL as its user: `https://KEY@api.hiro.so`.
    """

    def __init__(self, url: str, egress: Egress, clock: Clock) -> None:
        self.provider = Provider(url, egress, clock)

    @property
    def name(self) -> str:
        """Return the provider's host."""
        return self.provider.name

    async def chain_id(self) -> int:
        """Return which network this is."""
        return (await self.provider.need("/v2/info", _INFO)).network_id

    async def block(self, which: int | str) -> RawBlock | None:
        """Return the block at a height, of a hash, or the `latest`; None where there is none."""
        return await self.provider.get(f"/extended/v2/blocks/{which}", _BLOCK)

    async def blocks_below(self, offset: int) -> Sequence[RawBlock]:
        """Return up to thirty blocks, the newest first, from so far below the tip."""
        path = f"/extended/v2/blocks?limit={BLOCKS_PAGE}&offset={offset}"
        return (await self.provider.need(path, _BLOCKS)).results

    async def last_on(self, burn_height: int) -> RawBlock | None:
        """Return the newest Stacks block over a Bitcoin block; None where it carries none."""
        path = f"/extended/v2/burn-blocks/{burn_height}/blocks?limit=1"
        page = await self.provider.get(path, _BLOCKS)
        return page.results[0] if page is not None and page.results else None

    async def transactions_in(self, block: str) -> Sequence[RawTransaction] | None:
        """Return all transactions of a block named by its index block hash, in their order."""
        found: dict[str, RawTransaction] = {}
        cursor = ""
        for _ in range(_PAGES_MAX):
            path = f"/extended/v3/blocks/{block}/transactions?limit={TXS_PAGE}{cursor}"
            page = await self.provider.get(path, _TRANSACTIONS)
            if page is None:
                return None
            found |= {one.tx_id.lower(): one for one in page.results}
            if page.cursor.next is None:
                if len(found) != page.total:
                    raise self.provider.trouble("left out transactions", Fault.INCOMPLETE)
                return sorted(found.values(), key=_index)
            cursor = f"&cursor={quote(page.cursor.next, safe='')}"
        raise self.provider.trouble("does not end", Fault.NONSENSE)

    async def mined(self, tx_ids: Sequence[str], offset: int) -> Mapping[str, RawMined]:
        """Return mined transactions with up to a hundred events of each, from an offset on."""
        path = (
            f"/extended/v1/tx/multiple?tx_id={','.join(tx_ids)}"
            f"&event_limit={EVENTS_PAGE}&event_offset={offset}"
        )
        found = await self.provider.need(path, _FOUND)
        if missing := [tx_id for tx_id in tx_ids if tx_id not in found or not found[tx_id].found]:
            raise self.provider.trouble(f"lost the transaction {missing[0]}", Fault.MOVED)
        return {tx_id: self.provider.read(found[tx_id].result, _MINED) for tx_id in tx_ids}

    async def prints_of(self, contract: Contract, offset: int) -> Sequence[RawEvent]:
        """Return up to fifty of what a contract printed, the newest first, from an offset on."""
        path = f"/extended/v1/contract/{contract}/events?limit={PRINTS_PAGE}&offset={offset}"
        return (await self.provider.need(path, _PRINTS)).results

    async def waiting(self) -> Sequence[RawTransaction]:
        """Return the newest transactions that wait, in short."""
        path = f"/extended/v3/mempool/transactions?limit={TXS_PAGE}"
        return (await self.provider.need(path, _TRANSACTIONS)).results

    async def transaction(self, tx_id: str) -> RawTransaction | None:
        """Return a transaction with its call's arguments, mined or waiting."""
        path = f"/extended/v3/transactions/{tx_id}?include=function_args"
        return await self.provider.get(path, _TRANSACTION)

    async def interface(self, contract: Contract) -> RawInterface | None:
        """Return what a contract defines, None where there is no such contract."""
        path = f"/v2/contracts/interface/{contract.address}/{contract.name}"
        return await self.provider.get(path, _INTERFACE)

    async def ask(
        self, contract: Contract, function: str, arguments: Sequence[Value] = ()
    ) -> bytes | None:
        """Return what a read-only function answers; None where it cannot."""
        path = f"/v2/contracts/call-read/{contract.address}/{contract.name}/{function}"
        told = [f"0x{encode_value(one).hex()}" for one in arguments]
        body = msgspec.json.encode({"sender": str(contract.address), "arguments": told})
        said = await self.provider.post(path, body, _ANSWER)
        if said is None or not said.okay or said.result is None:
            return None
        return bytes.fromhex(said.result[2:])


def _index(raw: RawTransaction) -> int:
    return -1 if raw.block is None else raw.block.tx_index
