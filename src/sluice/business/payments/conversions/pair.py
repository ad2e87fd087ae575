"""The two legs of a payment through the peg, put together; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.engine.chains.peg import settles_of
from sluice.engine.watcher.seen import SeenTransfer


@dataclass(frozen=True, slots=True)
class Legs:
    """What the payer sent, and what was minted for it, once the chain shows that."""

    paid: SeenTransfer
    minted: SeenTransfer | None


def pair_legs(seen: Sequence[SeenTransfer], network: str) -> list[Legs]:
    """Pair transfers on the coin's network with the mints that settle them.

    A mint that a fork took back is none. Mints for outputs we never saw are not told: their own
    reference is only known through the output.
    """
    mints = {one.memo: one for one in seen if one.network != network and one.state != "orphaned"}
    return [
        Legs(one, mints.get(settles_of((one.tx_id, one.index))))
        for one in seen
        if one.network == network
    ]
