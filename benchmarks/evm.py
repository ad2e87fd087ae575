"""EVM blocks of a thousand transfers: read from a node, matched, and what targets weigh."""

import asyncio
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from sluice.base.clock import SystemClock
from sluice.base.database import open_database
from sluice.base.egress import Egress
from sluice.base.embedded import start_scratch
from sluice.base.ids import Ids
from sluice.base.migrate import migrate
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.reach import NODES
from sluice.base.work import Works
from sluice.engine.chains.evm.calldata import transfer_call
from sluice.engine.watcher import store
from sluice.engine.watcher.match import match_transfers
from tests.contract.anvil import Anvil, compile_contracts, install, run_anvil
from tests.contract.evm_under_test import EvmUnderTest

TRANSFERS: Final = 1_000
BLOCKS: Final = 5
TARGETS: Final = (10_000, 200_000)
MERCHANT: Final = "acct_bench"
_ADD: Final = """
INSERT INTO targets (merchant_id, livemode, id, network, style, address, reference, watch_until)
SELECT $1, false, 'tgt_' || n, 'ethereum', 'address', '0x' || lpad(to_hex(n), 40, '0'), 'off_' || n,
  now() + '1 day'
FROM generate_series($2::int, $3::int) n -- every merchant"""


async def main() -> None:
    """Measure and print."""
    install()
    with start_scratch() as server, run_anvil() as url:
        migrate(server.url)
        egress = Egress(NODES)
        database = await open_database(server.url, pool_max=4)
        clock = SystemClock()
        works = Works(database, clock, Ids(clock), NO_ROUTES, lambda _topics: None)
        anvil = Anvil(url, egress)
        evm = await EvmUnderTest.deploy(anvil, clock, compile_contracts())
        first = await _fill(evm)
        async with works.begin() as work:
            work.insert(
                "INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)",
                MERCHANT, "A shop", work.now,
            )  # fmt: skip
        made = 0
        for count in TARGETS:
            for start in range(made + 1, count + 1, 10_000):
                async with works.begin() as work:
                    await work.execute(_ADD, MERCHANT, start, start + 9_999)
            async with works.begin() as work:
                await work.execute("ANALYZE targets")
            made = count
            await _measure(evm, works, first, count)
        await database.close()
        await egress.close()


async def _fill(evm: EvmUnderTest) -> int:
    """Put blocks of a thousand transfers on the node and return the first one's height."""
    await evm.anvil.ask("evm_setBlockGasLimit", hex(200_000_000))
    first = await evm.height() + 1
    at = 0
    for _ in range(BLOCKS):
        sends: list[Any] = []
        for _ in range(TRANSFERS):
            at += 1
            # Every second recipient is one of those that are waited for.
            recipient = f"0x{at if at % 2 else at + 10**9:040x}"
            call = transfer_call(evm.chain.tokens["usdc"], recipient, 1_000_000 + at)
            sends.append(call)
        for one in sends:
            await evm.send(one.to, one.data, gas=hex(100_000))
        await evm.mine()
    return first


async def _measure(evm: EvmUnderTest, works: Works, first: int, targets: int) -> None:
    reader = evm.reader_at(evm.anvil.url, wants=lambda _address: False)
    began = time.perf_counter()
    blocks: Sequence[Any] = await reader.blocks(first, first + BLOCKS - 1)
    read_s = time.perf_counter() - began
    found = 0
    began = time.perf_counter()
    for block in blocks:
        async with works.look() as work:
            candidates = await store.candidates(work, "ethereum", block.transfers)
        found += len(match_transfers(block.transfers, candidates, evm.network.finality))
    match_s = time.perf_counter() - began
    count = sum(len(block.transfers) for block in blocks)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{targets:>7} targets: {count} transfers in {len(blocks)} blocks, {found} matched; "
        f"read {count / read_s:,.0f}/s, matched {count / match_s:,.0f}/s, "
        f"both {count / (read_s + match_s):,.0f}/s; peak memory {peak_mib} MiB"
    )


if __name__ == "__main__":
    asyncio.run(main())
