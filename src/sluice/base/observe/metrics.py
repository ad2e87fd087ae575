"""Metrics: what operators count, in one registry; never labelled with a merchant or an address."""

import os
from collections.abc import Iterable, Sequence
from typing import Final

import prometheus_client as prom
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = prom.CONTENT_TYPE_LATEST

# OpenTelemetry's advice for http.server.request.duration.
_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_LAG_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_DEPTH: Final = (1, 2, 3, 4, 6, 8, 12, 24, 64)


class Metrics:
    """Every figure we count. The names are a promise: dashboards and alerts stand on them.

    With a directory it counts together with every other process that was given the same one, and
    any of them tells the sum; without, each process counts for itself. How things stand (heights,
    queues) is not counted but read when somebody asks, and handed to `render`.
    """

    def __init__(self, *, version: str, directory: str | None = None) -> None:
        prom.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._directory = directory
        if directory is not None:
            _share(directory)
        self.registry = CollectorRegistry()
        self._gauge("sluice_build_info", "What runs here; always 1.", "version").labels(
            version
        ).set(1)
        self._name_doors()
        self._name_payments()
        self._name_chains()
        self._name_trust()
        self._name_webhooks()

    def render(self, standing: Iterable[Metric] = ()) -> bytes:
        """Return every figure in Prometheus' text format, and how things stand."""
        if self._directory is None:
            return prom.generate_latest(self.registry) + _written(standing)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self._directory)  # type: ignore[no-untyped-call]
        return prom.generate_latest(together) + _written(standing)

    def serve(self, port: int) -> None:
        """Tell what is counted here on a port of this machine's own, from a thread."""
        prom.start_http_server(port, "127.0.0.1", self.registry)

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

    def _name_payments(self) -> None:
        self.payment_intents = self._counter(
            "sluice_payment_intents", "Payment intents that reached a status.", "asset", "status"
        )
        self.payment_detect_lag = self._histogram(
            "sluice_payment_detect_lag_seconds", "From block to transfer seen.", _LAG_S, "chain"
        )
        self.payment_credit_lag = self._histogram(
            "sluice_payment_credit_lag_seconds", "From transfer seen to credit.", _LAG_S, "chain"
        )
        self.deposits_unexpected = self._counter(
            "sluice_deposits_unexpected", "Money nobody asked for, or not like this.", "kind"
        )

    def _name_chains(self) -> None:
        self.chain_reorgs = self._counter("sluice_chain_reorgs", "Branches left.", "chain")
        self.chain_reorg_depth = self._histogram(
            "sluice_chain_reorg_depth", "Blocks undone when a branch was left.", _DEPTH, "chain"
        )
        self.provider_errors = self._counter(
            "sluice_provider_errors", "Answers a provider owed.", "provider", "kind"
        )
        self.provider_disagreement = self._counter(
            "sluice_provider_disagreement", "Times providers told different stories.", "chain"
        )

    def _name_trust(self) -> None:
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

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        mode = "mostrecent"
        return Gauge(name, what, labels, registry=self.registry, multiprocess_mode=mode)  # type: ignore[arg-type]

    def _histogram(self, name: str, what: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=buckets, registry=self.registry)


class _Given(Collector):
    """Figures that were handed in."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families


def _written(families: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    return prom.generate_latest(registry)


def _share(directory: str) -> None:
    """Let this process count in files that others add up.

    The library reads the variable itself, and chooses the kind of value when it is imported.
    """
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # noqa: TID251 - how the library is told
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
