"""Metrics: what operators count, in one registry; never labelled with a merchant or an address."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import prometheus_client as prom
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sluice.base.clock import Clock

CONTENT_TYPE: Final = prom.CONTENT_TYPE_LATEST

# OpenTelemetry's advice for http.server.request.duration.
_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_LAG_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_DEPTH: Final = (1, 2, 3, 4, 6, 8, 12, 24, 64)


class Metrics:
    """Every figure of one process. The names are a promise: dashboards and alerts stand on them."""

    def __init__(self, clock: Clock, *, version: str) -> None:
        prom.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._clock = clock
        self._tips: dict[str, dt.datetime] = {}
        self._waiting: dict[str, dt.datetime | None] = {}
        prom.ProcessCollector(registry=self.registry)
        self._gauge("sluice_build_info", "What runs here; always 1.", "version").labels(
            version
        ).set(1)
        self._name_doors()
        self._name_payments()
        self._name_chains()
        self._name_books()
        self._name_webhooks()
        self._name_queues()

    def render(self) -> bytes:
        """Return every figure in Prometheus' text format."""
        return prom.generate_latest(self.registry)

    def see_tip(self, chain: str, height: int, at: dt.datetime) -> None:
        """Note a chain's newest block; its age is told by the clock when it is asked for."""
        if chain not in self._tips:
            self.chain_tip_age.labels(chain).set_function(lambda: self._since(self._tips[chain]))
        self._tips[chain] = at
        self.chain_height.labels(chain).set(height)

    def see_queue(self, queue: str, depth: int, oldest: dt.datetime | None) -> None:
        """Note how many wait in a queue, and since when the oldest is due; None when none waits."""
        if queue not in self._waiting:
            self.queue_oldest_age.labels(queue).set_function(
                lambda: self._since(self._waiting[queue])
            )
        self._waiting[queue] = oldest
        self.queue_depth.labels(queue).set(depth)

    def see_pool(self, *, used: int, idle: int, most: int) -> None:
        """Note how many database connections are lent out, at rest, and allowed."""
        self.db_connections.labels("used").set(used)
        self.db_connections.labels("idle").set(idle)
        self.db_connections_max.set(most)

    def _name_doors(self) -> None:
        self.http_requests = self._histogram(
            "http_server_request_duration_seconds",
            "How long requests took.",
            _REQUEST_S,
            "http_request_method",
            "http_route",
            "http_response_status_code",
        )
        self.idempotent_replays = self._counter(
            "sluice_idempotent_replays", "Answers given a second time for the same key."
        )
        self.rate_limited = self._counter(
            "sluice_rate_limited", "Requests refused because they came too fast.", "limit"
        )
        self.limiter_failures = self._counter(
            "sluice_limiter_failures", "Times Redis did not answer and a worker counted alone."
        )
        self.auth_failures = self._counter(
            "sluice_auth_failures", "Refused keys, passwords and tokens.", "kind"
        )
        self.log_fields_dropped = self._counter(
            "sluice_log_fields_dropped", "Fields left out of a log line as undeclared."
        )
        self.db_connections = self._gauge(
            "db_client_connection_count", "Database connections.", "state"
        )
        self.db_connections_max = self._gauge(
            "db_client_connection_max", "Database connections allowed."
        )
        self.db_connection_timeouts = self._counter(
            "db_client_connection_timeouts", "Times no database connection became free."
        )

    def _name_payments(self) -> None:
        self.payment_intents = self._counter(
            "sluice_payment_intents", "Payment intents that reached a status.", "asset", "status"
        )
        self.payment_detect_lag = self._histogram(
            "sluice_payment_detect_lag_seconds", "From block to transfer seen.", _LAG_S, "chain"
        )
        self.payment_credit_lag = self._histogram(
            "sluice_payment_credit_lag_seconds", "From block to credit.", _LAG_S, "chain"
        )
        self.deposits_unexpected = self._counter(
            "sluice_deposits_unexpected", "Money nobody asked for, or not like this.", "kind"
        )

    def _name_chains(self) -> None:
        self.chain_height = self._gauge("sluice_chain_height", "Newest block recorded.", "chain")
        self.chain_tip_age = self._gauge(
            "sluice_chain_tip_age_seconds", "Since the newest block recorded was made.", "chain"
        )
        self.chain_reorgs = self._counter("sluice_chain_reorgs", "Branches left.", "chain")
        self.chain_reorg_depth = self._histogram(
            "sluice_chain_reorg_depth", "Blocks undone when a branch was left.", _DEPTH, "chain"
        )
        self.chain_halted = self._gauge(
            "sluice_chain_halted", "1 while a chain stands still until a person looks.", "chain"
        )
        self.provider_errors = self._counter(
            "sluice_provider_errors", "Answers a provider owed.", "provider", "kind"
        )
        self.provider_disagreement = self._counter(
            "sluice_provider_disagreement", "Times providers told different stories.", "chain"
        )

    def _name_books(self) -> None:
        self.ledger_transactions = self._counter(
            "sluice_ledger_transactions", "Entries written to the ledger.", "kind"
        )
        self.invariant_violations = self._gauge(
            "sluice_invariant_violations", "Rows that break a promise; 0 is right.", "invariant"
        )
        self.invariant_last_run = self._gauge(
            "sluice_invariant_last_run_timestamp_seconds", "When the promises were last checked."
        )

    def _name_webhooks(self) -> None:
        self.webhook_first_attempt_lag = self._histogram(
            "sluice_webhook_first_attempt_lag_seconds", "From event to first attempt.", _LAG_S
        )
        self.webhook_attempts = self._counter(
            "sluice_webhook_attempts", "Attempts to tell an endpoint.", "outcome"
        )
        self.webhook_endpoints_disabled = self._counter(
            "sluice_webhook_endpoints_disabled", "Endpoints given up.", "reason"
        )

    def _name_queues(self) -> None:
        self.queue_depth = self._gauge("sluice_queue_depth", "Waiting and due.", "queue")
        self.queue_oldest_age = self._gauge(
            "sluice_queue_oldest_age_seconds", "Since the oldest waiting one was due.", "queue"
        )

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=buckets, registry=self.registry)

    def _since(self, at: dt.datetime | None) -> float:
        return 0.0 if at is None else (self._clock.now() - at).total_seconds()
