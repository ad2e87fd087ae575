"""Parts and Pace: what sending is done with, and how patiently."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from sluice.base.errors import Unavailable
from sluice.base.work import Works
from sluice.engine.chains.model import Network
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.writer import ChainWriter
from sluice.engine.keys.signer import Signer

# Finds the signer of a wallet by the name the wallet has for it; refuses without one.
FindSigner: TypeAlias = Callable[[str], Awaitable[Signer]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before looking, before sending the same bytes again, before a bump."""

    look: dt.timedelta
    again: dt.timedelta
    patience: dt.timedelta


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker sends with; no other process is given a signer."""

    works: Works
    chains: Chains
    find_signer: FindSigner
    pace_of: Callable[[Network], Pace]

    def writer(self, network: str) -> ChainWriter:
        """Return what writes to a network."""
        chain = self.chains.by_name.get(network)
        if chain is None or chain.writer is None:
            raise Unavailable(f"Nothing here sends on {network}.", code="network_not_served")
        return chain.writer

    def pace(self, network: str) -> Pace:
        """Return how patiently to send on a network."""
        return self.pace_of(self.chains.find(network).network)


def block_pace(network: Network) -> Pace:
    """Return a pace by blocks: look twice in each, repeat after three, bump after ten."""
    block_s = network.block_time_s
    return Pace(
        look=dt.timedelta(seconds=min(max(block_s / 2, 1.0), 15.0)),
        again=dt.timedelta(seconds=max(3 * block_s, 10.0)),
        patience=dt.timedelta(seconds=max(10 * block_s, 30.0)),
    )
