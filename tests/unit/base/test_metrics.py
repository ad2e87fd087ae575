"""The figures have the promised names, add up over processes, and never name a merchant."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from sluice.base.clock import ManualClock
from sluice.base.observe.metrics import Metrics
from sluice.base.observe.standing import Following, Waiting, standing_figures

PROMISED = """
    http_server_request_duration_seconds sluice_payment_intents sluice_payment_detect_lag_seconds
    sluice_payment_credit_lag_seconds sluice_deposits_unexpected sluice_chain_height
    sluice_chain_tip_age_seconds sluice_chain_reorgs sluice_chain_reorg_depth sluice_chain_halted
    sluice_provider_errors sluice_provider_disagreement
    sluice_invariant_violations sluice_invariant_last_run_timestamp_seconds
    sluice_webhook_first_attempt_lag_seconds sluice_webhook_attempts
    sluice_webhook_endpoints_disabled sluice_queue_depth sluice_queue_oldest_age_seconds
    sluice_idempotent_replays sluice_rate_limited sluice_auth_failures sluice_build_info
    sluice_limiter_failures sluice_log_fields_dropped
"""

COUNTS = """
import sys
from sluice.base.observe.metrics import Metrics

metrics = Metrics(version="1.0", directory=sys.argv[1])
metrics.webhook_attempts.labels("delivered").inc(2)
metrics.http_requests.labels("GET", "/v1/events", "200").observe(0.03)
metrics.invariant_violations.labels("I01").set(0)
sys.stdout.write(metrics.render().decode())
"""

Figures = dict[tuple[str, tuple[str, ...]], float]


def read(text: str) -> Figures:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figures(metrics: Metrics, standing: Iterable[Metric] = ()) -> Figures:
    return read(metrics.render(standing).decode())


def test_every_promised_name_is_there_and_says_what_it_is(clock: ManualClock) -> None:
    text = Metrics(version="1.0").render(standing_figures([], [], clock.now())).decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}

    assert set(PROMISED.split()) == set(families)
    assert all(family.documentation for family in families.values())


def test_counters_histograms_and_gauges_show_what_was_counted() -> None:
    metrics = Metrics(version="1.0")

    metrics.http_requests.labels("POST", "/v1/payment_intents", "200").observe(0.03)
    metrics.rate_limited.labels("create").inc()
    metrics.webhook_attempts.labels("delivered").inc(2)
    metrics.invariant_violations.labels("I01").set(0)

    seen = figures(metrics)
    route = ("POST", "200", "/v1/payment_intents")  # in the order of the labels' names
    assert seen["http_server_request_duration_seconds_count", route] == 1
    assert seen["http_server_request_duration_seconds_bucket", (*route, "0.025")] == 0
    assert seen["http_server_request_duration_seconds_bucket", (*route, "0.05")] == 1
    assert seen["sluice_rate_limited_total", ("create",)] == 1
    assert seen["sluice_webhook_attempts_total", ("delivered",)] == 2
    assert seen["sluice_invariant_violations", ("I01",)] == 0
    assert seen["sluice_build_info", ("1.0",)] == 1


def test_processes_with_one_directory_count_together(tmp_path: Path) -> None:
    told = [
        read(
            subprocess.run(
                [sys.executable, "-c", COUNTS, str(tmp_path)],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        for _ in range(2)
    ]  # fmt: skip

    attempts = [seen["sluice_webhook_attempts_total", ("delivered",)] for seen in told]
    route = ("GET", "200", "/v1/events")
    assert attempts == [2, 4]
    assert told[1]["http_server_request_duration_seconds_count", route] == 2
    assert told[1]["sluice_invariant_violations", ("I01",)] == 0
    assert told[1]["sluice_build_info", ("1.0",)] == 1


def test_how_a_chain_stands_is_told_as_of_now(clock: ManualClock) -> None:
    minute_ago = clock.now() - dt.timedelta(seconds=60)
    followed = [Following("evm", 100, minute_ago, is_halted=True)]

    seen = figures(Metrics(version="1.0"), standing_figures(followed, [], clock.now()))

    assert seen["sluice_chain_height", ("evm",)] == 100
    assert seen["sluice_chain_tip_age_seconds", ("evm",)] == 60
    assert seen["sluice_chain_halted", ("evm",)] == 1


def test_a_queue_that_is_not_served_is_old_and_an_empty_one_is_not(clock: ManualClock) -> None:
    due = clock.now() - dt.timedelta(seconds=30)
    waiting = [Waiting("jobs", 2, due), Waiting("deliveries", 0, None)]

    seen = figures(Metrics(version="1.0"), standing_figures([], waiting, clock.now()))

    assert seen["sluice_queue_depth", ("jobs",)] == 2
    assert seen["sluice_queue_oldest_age_seconds", ("jobs",)] == 30
    assert seen["sluice_queue_oldest_age_seconds", ("deliveries",)] == 0


def test_two_houses_in_one_process_count_apart() -> None:
    one, other = Metrics(version="1.0"), Metrics(version="1.0")

    one.idempotent_replays.inc()

    assert figures(one)["sluice_idempotent_replays_total", ()] == 1
    assert figures(other)["sluice_idempotent_replays_total", ()] == 0


def test_no_figure_is_labelled_with_whose_it_is() -> None:
    labels = {
        label
        for family in Metrics(version="1.0").registry.collect()
        for sample in family.samples
        for label in sample.labels
    }

    assert not labels & {"merchant", "merchant_id", "address", "tx", "tx_id", "endpoint", "key"}
