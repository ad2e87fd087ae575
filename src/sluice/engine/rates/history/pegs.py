"""Note how coins stand to what they promise, and say what changed."""

import datetime as dt
from fractions import Fraction
from typing import Final, NamedTuple

from sluice.base.work import Work
from sluice.engine.rates.aggregate import Agreed, aggregate
from sluice.engine.rates.history import store
from sluice.engine.rates.history.find import newest_snapshot
from sluice.engine.rates.history.model import Snapshot, as_decimal
from sluice.engine.rates.peg import Peg, judge_peg

# Coins that promise one dollar each.
PEGGED: Final = ("usdc", "usdt")

# Worse is told at once; better only when it has lasted, so that a coin on the edge is not told of
# every minute.
_CALM: Final = dt.timedelta(minutes=10)
_RANK: Final = {Peg.PAR: 0, Peg.WARN: 1, Peg.DISABLED: 2}


class PegChange(NamedTuple):
    """A coin that stands otherwise than before."""

    asset: str
    state: Peg
    before: Peg
    price: Fraction


async def note_pegs(work: Work) -> list[PegChange]:
    """Judge every peg by what venues said last, keep how it stands, and return what changed."""
    snapshot = await newest_snapshot(work)
    if snapshot is None:
        return []
    known = await store.lock_pegs(work)
    changes = []
    for asset, price in _prices(snapshot, work.now).items():
        state = judge_peg(price).state
        before, since = known.get(asset, (Peg.PAR, dt.datetime.min.replace(tzinfo=dt.UTC)))
        if state is before and asset in known:
            continue
        if _RANK[state] < _RANK[before] and work.now < since + _CALM:
            continue
        await store.save_peg(work, asset, state, as_decimal(price))
        if state is not before:
            changes.append(PegChange(asset, state, before, price))
    return changes


def _prices(snapshot: Snapshot, at: dt.datetime) -> dict[str, Fraction]:
    """Return what venues agree that each coin costs; without agreement nothing is judged."""
    prices = {}
    for asset in PEGGED:
        said = [
            rate
            for rate in snapshot.said
            if (rate.base, rate.quote) == (asset, "usd") and rate.source in snapshot.terms.venues
        ]
        agreed = aggregate(said, at, snapshot.terms.bounds)
        if isinstance(agreed, Agreed):
            prices[asset] = agreed.price
    return prices
