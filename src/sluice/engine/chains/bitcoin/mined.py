"""The bytes of a transaction that a block holds, for whoever must be shown them."""

from collections.abc import Sequence

from sluice.engine.chains.bitcoin.blocks.match import match_block, transaction_in
from sluice.engine.chains.bitcoin.reading import Malformed
from sluice.engine.chains.bitcoin.source import Source
from sluice.engine.chains.chain import ProviderTrouble


async def fetch_mined(sources: Sequence[Source], tx_id: str, height: int) -> bytes | None:
    """Return a transaction from the block now at a height, None where it is not in it.

    Nodes know mined transactions by their blocks alone, unless they keep an index. Raises
    ProviderTrouble when no source gives a block that fits its own header.
    """
    trouble = ProviderTrouble("No source of Bitcoin gives whole blocks.")
    for source in sources:
        try:
            [name] = await source.hashes(height, height)
            if name is None:
                continue
            raw = await source.block(name)
            match_block(raw, ())
            return transaction_in(raw, tx_id)
        except ProviderTrouble as error:
            trouble = error
        except Malformed:
            trouble = ProviderTrouble(f"{source.name} gave no whole block at {height}.")
    raise trouble
