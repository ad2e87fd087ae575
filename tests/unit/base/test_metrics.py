"""The figures have the promised names, grow old by the clock, and never name a merchant."""

import datetime as dt

from prometheus_client.parser import text_string_to_metric_families

from sluice.base.clock import ManualClock
from sluice.base.observe.metrics import Metrics

PROMISED = """
    http_server_request_duration_seconds db_client_connection_count db_client_connection_max
    db_client_connection_timeouts sluice_payment_intents sluice_payment_detect_lag_seconds
    sluice_payment_credit_lag_seconds sluice_deposits_unexpected sluice_chain_height
    sluice_chain_tip_age_seconds sluice_chain_reorgs sluice_chain_reorg_depth sluice_chain_halted
    sluice_provider_errors sluice_provider_disagreement sluice_ledger_transactions
    sluice_invariant_violations sluice_invariant_last_run_timestamp_seconds
    sluice_webhook_first_attempt_lag_seconds sluice_webhook_attempts
    sluice_webhook_endpoints_disabled sluice_queue_depth sluice_queue_oldest_age_seconds
    sluice_idempotent_replays sluice_rate_limited sluice_auth_failures sluice_build_info
    sluice_limiter_failures sluice_log_fields_dropped
"""


def figures(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_every_promised_name_is_there_and_says_what_it_is(clock: ManualClock) -> None:
    text = Metrics(clock, version="1.0").render().decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}

    assert set(PROMISED.split()) <= set(families)
    assert all(families[name].documentation for name in PROMISED.split())


def test_counters_histograms_and_gauges_show_what_was_counted(clock: ManualClock) -> None:
    metrics = Metrics(clock, version="1.0")

    metrics.http_requests.labels("POST", "/v1/payment_intents", "200").observe(0.03)
    metrics.rate_limited.labels("create").inc()
    metrics.webhook_attempts.labels("delivered").inc(2)
    metrics.invariant_violations.labels("I01").set(0)
    metrics.see_pool(used=3, idle=13, most=16)

    seen = figures(metrics)
    route = ("POST", "200", "/v1/payment_intents")  # in the order of the labels' names
    assert seen["http_server_request_duration_seconds_count", route] == 1
    assert seen["http_server_request_duration_seconds_bucket", (*route, "0.025")] == 0
    assert seen["http_server_request_duration_seconds_bucket", (*route, "0.05")] == 1
    assert seen["sluice_rate_limited_total", ("create",)] == 1
    assert seen["sluice_webhook_attempts_total", ("delivered",)] == 2
    assert seen["sluice_invariant_violations", ("I01",)] == 0
    assert seen["db_client_connection_count", ("used",)] == 3
    assert seen["db_client_connection_max", ()] == 16
    assert seen["sluice_build_info", ("1.0",)] == 1


def test_a_chain_nobody_follows_any_more_grows_old_by_itself(clock: ManualClock) -> None:
    metrics = Metrics(clock, version="1.0")
    metrics.see_tip("evm", 100, clock.now() - dt.timedelta(seconds=5))

    young = figures(metrics)
    clock.advance(60)
    old = figures(metrics)
    metrics.see_tip("evm", 101, clock.now())

    assert young["sluice_chain_height", ("evm",)] == 100
    assert young["sluice_chain_tip_age_seconds", ("evm",)] == 5
    assert old["sluice_chain_tip_age_seconds", ("evm",)] == 65
    assert figures(metrics)["sluice_chain_tip_age_seconds", ("evm",)] == 0


def test_a_queue_that_is_not_served_grows_old_and_an_empty_one_does_not(
    clock: ManualClock,
) -> None:
    metrics = Metrics(clock, version="1.0")
    metrics.see_queue("jobs", 2, clock.now())
    metrics.see_queue("deliveries", 0, None)

    clock.advance(30)

    seen = figures(metrics)
    assert seen["sluice_queue_depth", ("jobs",)] == 2
    assert seen["sluice_queue_oldest_age_seconds", ("jobs",)] == 30
    assert seen["sluice_queue_oldest_age_seconds", ("deliveries",)] == 0


def test_two_houses_in_one_process_count_apart(clock: ManualClock) -> None:
    one, other = Metrics(clock, version="1.0"), Metrics(clock, version="1.0")

    one.idempotent_replays.inc()

    assert figures(one)["sluice_idempotent_replays_total", ()] == 1
    assert figures(other)["sluice_idempotent_replays_total", ()] == 0


def test_no_figure_is_labelled_with_whose_it_is(clock: ManualClock) -> None:
    labels = {
        label
        for family in Metrics(clock, version="1.0").registry.collect()
        for sample in family.samples
        for label in sample.labels
    }

    assert not labels & {"merchant", "merchant_id", "address", "tx", "tx_id", "endpoint", "key"}
