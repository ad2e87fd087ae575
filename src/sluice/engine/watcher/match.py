"""Transfer -> target; pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from sluice.engine.chains.model import Network, Style, Transfer
from sluice.engine.watcher.model import Candidate, Sighting

# Strongest first: an address nobody else has beats what a contract of ours says, that beats a memo,
# a memo beats an amount, and a bare wallet only says whose money it is.
_STRENGTH: Final = {
    Style.ADDRESS: 0,
    Style.DEPOSIT: 0,
    Style.CONTRACT: 1,
    Style.MEMO: 2,
    Style.AMOUNT: 3,
    Style.WALLET: 4,
}
# Styles under which the transfer itself says what it is for, however small it is.
_SAYING: Final = {Style.CONTRACT, Style.MEMO, Style.AMOUNT}


def match_transfers(
    transfers: Sequence[Transfer], candidates: Iterable[Candidate], network: Network
) -> list[Sighting]:
    """Give each transfer its strongest candidate.

    Transfers nobody waits for are left out, and those that move nothing: anybody can send one from
    anybody's address, to put a forged address into somebody's history. So is dust that only an
    address says anything about, or whoever sent it everywhere could flood books and webhooks.
    """
    strongest: dict[int, Candidate] = {}
    for candidate in candidates:
        if not _is_worth_it(transfers[candidate.position], candidate, network):
            continue
        held = strongest.get(candidate.position)
        if held is None or _STRENGTH[candidate.style] < _STRENGTH[held.style]:
            strongest[candidate.position] = candidate
    return [
        _sighting(transfers[position], target, network)
        for position, target in sorted(strongest.items())
    ]


def _is_worth_it(transfer: Transfer, candidate: Candidate, network: Network) -> bool:
    if candidate.style in _SAYING:
        return transfer.units > 0
    return transfer.units >= max(1, network.dust.get(transfer.asset, 0))


def _sighting(transfer: Transfer, target: Candidate, network: Network) -> Sighting:
    finality = network.finality
    tier = finality.tier_for(transfer.asset, transfer.units)
    is_doubted = finality.doubts(transfer.asset, transfer.units)
    depth = max(tier.depth, transfer.depth_min)
    return Sighting(transfer, target, depth, tier.depth_stalled, is_doubted)
