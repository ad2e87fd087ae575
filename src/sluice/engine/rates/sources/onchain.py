"""Prices of an oracle contract, asked for by read-only calls; an old one is no price."""

import datetime as dt
from typing import Final

from sluice.base.clock import Clock
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.oracle import Observed, Oracle, OracleUnusable
from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import Fault, FeedTrouble, Sieve

# Oracles on chain are as old as the last transaction that fed them. What is older than an hour
# says nothing; what is younger is still judged by the market's own bound.
STALE_S: Final = 3600
_FUTURE_S: Final = 60
_WAITS: Final = frozenset({"provider_rate_limited"})


class OnChainRates:
    """One read-only call for each pair."""

    def __init__(
        self, name: str, oracle: Oracle, feeds: dict[tuple[str, str], str], clock: Clock
    ) -> None:
        self.name = name
        self._oracle = oracle
        self._feeds = feeds
        self._clock = clock

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs that are young enough."""
        sieve = Sieve(self.name)
        for pair, feed in self._feeds.items():
            try:
                observed = await self._observe(feed)
                sieve.keep(pair, observed.price, observed.at)
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
                if trouble.concerns_all:
                    break
        return sieve.result()

    async def _observe(self, feed: str) -> Observed:
        try:
            observed = await self._oracle.observe(feed)
        except OracleUnusable as error:
            raise FeedTrouble(Fault.NONSENSE, error.message) from error
        except ProviderTrouble as error:
            fault = Fault.RATE_LIMITED if error.code in _WAITS else Fault.UNREACHABLE
            raise FeedTrouble(fault, error.message) from error
        age = self._clock.now() - observed.at
        if age > dt.timedelta(seconds=STALE_S):
            raise FeedTrouble(Fault.STALE, f"the price is {age.total_seconds():.0f} s old")
        if age < dt.timedelta(seconds=-_FUTURE_S):
            raise FeedTrouble(Fault.NONSENSE, "the price is from the future")
        return observed
