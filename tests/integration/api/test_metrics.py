"""What operators see of a payment: counted once, by what was committed."""

from prometheus_client.parser import text_string_to_metric_families

from tests.house import House, Merchant
from tests.integration.api.estate import SALE, Api
from tests.integration.api.raw import ask, send

Figures = dict[tuple[str, tuple[str, ...]], float]


def figures(house: House) -> Figures:
    text = send(house.settings.port, ask("GET", "/metrics")).body.decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_payment_is_counted_on_its_way_and_so_are_chain_and_queues(
    house: House, merchant: Merchant
) -> None:
    api = Api(house, merchant.sk)
    before = figures(house)
    intent = api.post("/v1/payment_intents", SALE)
    api.post("/v1/test_helpers/sandbox/pay", {"payment_intent": intent["id"]})

    house.mine(3)
    api.sees(intent["id"], "succeeded")

    after = figures(house)
    paid = next(
        key for key in after
        if key[0] == "sluice_payment_intents_total" and "succeeded" in key[1]
        and after[key] > before.get(key, 0)
    )  # fmt: skip
    assert after[paid] - before.get(paid, 0) == 1
    for name in (
        "sluice_payment_detect_lag_seconds_count",
        "sluice_payment_credit_lag_seconds_count",
    ):
        assert after[name, ("sandbox",)] - before.get((name, ("sandbox",)), 0) == 1
    assert after["sluice_chain_height", ("sandbox",)] >= before["sluice_chain_height", ("sandbox",)]
    assert after["sluice_chain_halted", ("sandbox",)] == 0
    assert ("sluice_queue_depth", ("deliveries",)) in after
    assert ("sluice_queue_depth", ("intents.receive",)) in after
