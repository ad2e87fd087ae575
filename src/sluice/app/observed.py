"""Which fact moves which figure: one table, read after each commit."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sluice.base.facts import Fact
from sluice.base.observe.metrics import Metrics
from sluice.business.payments.intents.facts import (
    IntentCanceled,
    IntentCreated,
    IntentFact,
    IntentProcessing,
    IntentSucceeded,
    MoneyUnexpected,
)
from sluice.business.webhooks.endpoints.facts import EndpointDisabled
from sluice.engine.watcher.facts import ChainSwitched, TransferSeen


def observe_with(metrics: Metrics) -> Callable[[Iterable[Fact]], None]:
    """Return what counts the facts of a commit."""

    def observe(facts: Iterable[Fact]) -> None:
        for fact in facts:
            count = _COUNTED.get(type(fact))
            if count is not None:
                count(metrics, fact)

    return observe


def _count_intent(metrics: Metrics, fact: IntentFact) -> None:
    intent = fact.intent
    asset = intent.payment.asset if intent.payment else intent.amount.asset.code
    metrics.payment_intents.labels(asset, intent.status.value).inc()


def _count_success(metrics: Metrics, fact: IntentSucceeded) -> None:
    _count_intent(metrics, fact)
    intent = fact.intent
    if intent.payment and intent.processing_at and intent.succeeded_at:
        lag = intent.succeeded_at - intent.processing_at
        metrics.payment_credit_lag.labels(intent.payment.network).observe(lag.total_seconds())


def _count_unexpected(metrics: Metrics, fact: MoneyUnexpected) -> None:
    metrics.deposits_unexpected.labels(fact.reason).inc()


def _count_seen(metrics: Metrics, fact: TransferSeen) -> None:
    if fact.lag_s is not None:
        metrics.payment_detect_lag.labels(fact.network).observe(fact.lag_s)


def _count_switch(metrics: Metrics, fact: ChainSwitched) -> None:
    metrics.chain_reorgs.labels(fact.network).inc()
    metrics.chain_reorg_depth.labels(fact.network).observe(fact.depth)


def _count_disabled(metrics: Metrics, fact: EndpointDisabled) -> None:
    metrics.webhook_endpoints_disabled.labels(fact.endpoint.disabled_reason or "asked").inc()


_COUNTED: Final[Mapping[type[Fact], Callable[[Metrics, Any], None]]] = {
    IntentCreated: _count_intent,
    IntentProcessing: _count_intent,
    IntentSucceeded: _count_success,
    IntentCanceled: _count_intent,
    MoneyUnexpected: _count_unexpected,
    TransferSeen: _count_seen,
    ChainSwitched: _count_switch,
    EndpointDisabled: _count_disabled,
}
