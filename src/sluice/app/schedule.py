"""Which job runs when: one table, and the verbs behind the names."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.base.idempotency import store as idempotency
from sluice.base.jobs.run import Every, JobVerb
from sluice.base.outbox import store as outbox
from sluice.business.insights.alerts.judge import judge_prices
from sluice.business.payments.conversions.terms import refresh_terms
from sluice.business.payments.conversions.watch import watch_conversions
from sluice.business.payments.intents.cancel import expire_intents
from sluice.business.payments.paywalls.settle import Facilitator, hand_in_again
from sluice.business.payments.settlement.withdraw import watch_withdrawals
from sluice.business.payments.sweeps.sweep import sweep_deposits
from sluice.business.trust.promises.check import check_and_hold
from sluice.business.webhooks.events.find import forget_events
from sluice.engine.chains.registry import Chains
from sluice.engine.rates.history.record import forget_history, record_ticks
from sluice.engine.rates.quote import RatePolicy
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.rates.source import RateSource
from sluice.engine.watcher.checks import inspect_chains
from sluice.engine.watcher.doubt import forget_old_blocks
from sluice.engine.watcher.targets import close_old_amounts

_KEYS_KEPT: Final = dt.timedelta(days=30)
_FACTS_KEPT: Final = dt.timedelta(days=7)
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Prices:
    """Where prices come from, what is made of them, and for how long they are kept."""

    sources: Sequence[RateSource]
    policy: RatePolicy
    kept_days: int


SCHEDULE: Final = {
    "expire_intents": Every(1),
    "refresh_rates": Every(30),
    "hand_in_words": Every(15),
    "record_rates": Every(60),
    "refresh_peg_terms": Every(30),
    "watch_conversions": Every(15),
    "watch_withdrawals": Every(15),
    "check_promises": Every(60),
    "close_old_amounts": Every(600),
    "forget_facts": Every(600),
    "forget_idempotency_keys": Every(3600),
    "forget_events": Every(3600),
    "forget_rates": Every(3600),
    "forget_blocks": Every(3600),
    "inspect_chains": Every(600),
    "sweep_deposits": Every(60),
}


def job_verbs(
    facilitator: Facilitator,
    prices: Prices,
    on_promise: Callable[[str, int], None],
    chains: Chains,
) -> dict[str, JobVerb]:
    """Return each job's verb."""
    works = facilitator.works

    async def forget_keys() -> None:
        async with works.begin() as work:
            await idempotency.forget(work, work.now - _KEYS_KEPT, _BATCH)

    async def forget_facts() -> None:
        async with works.begin() as work:
            await outbox.forget(work.connection, work.now - _FACTS_KEPT, _BATCH)

    async def close_amounts() -> None:
        async with works.begin() as work:
            await close_old_amounts(work, before=work.now)

    async def record_rates() -> None:
        await record_ticks(works, prices.policy)
        await judge_prices(works)

    async def forget_blocks() -> None:
        async with works.begin() as work:
            await forget_old_blocks(work)

    verbs: dict[str, Callable[[], Awaitable[Any]]] = {
        "expire_intents": lambda: expire_intents(works),
        "refresh_rates": lambda: refresh_rates(works, prices.sources, prices.policy.market),
        "hand_in_words": lambda: hand_in_again(facilitator),
        "record_rates": record_rates,
        "refresh_peg_terms": lambda: refresh_terms(works, chains),
        "watch_conversions": lambda: watch_conversions(works, chains),
        "watch_withdrawals": lambda: watch_withdrawals(works, chains),
        "check_promises": lambda: check_and_hold(works, on_promise),
        "close_old_amounts": close_amounts,
        "forget_facts": forget_facts,
        "forget_idempotency_keys": forget_keys,
        "forget_events": lambda: forget_events(works),
        "forget_rates": lambda: forget_history(works, days=prices.kept_days),
        "forget_blocks": forget_blocks,
        "inspect_chains": lambda: inspect_chains(works, chains),
        "sweep_deposits": lambda: sweep_deposits(works, chains),
    }
    return {name: _plain(verb) for name, verb in verbs.items()}


def _plain(verb: Callable[[], Awaitable[Any]]) -> JobVerb:
    async def run(_args: dict[str, Any]) -> None:
        await verb()

    return run
