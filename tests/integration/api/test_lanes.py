"""Many endpoints at once: one that never answers holds up nobody."""

import time

from tests.house import House, Merchant, until
from tests.integration.api.estate import Api
from tests.receiver import Receiver

EVENT = "customer.created"


def test_a_black_hole_delays_none_of_twenty_healthy_endpoints(
    house: House, merchant: Merchant, receiver: Receiver
) -> None:
    api = Api(house, merchant.sk)
    hole, healthy = "/lanes/hole", [f"/lanes/{n}" for n in range(20)]
    receiver.silent.add(hole)
    for path in (hole, *healthy):
        hook = {"url": receiver.url + path, "enabled_events": [EVENT]}
        api.post("/v1/webhook_endpoints", hook)

    lags = []
    for turn in range(1, 5):
        asked_at = time.monotonic()
        api.post("/v1/customers", {"name": f"{turn}"})

        def all_told(count: int = turn) -> bool:
            return all(len(receiver.at(path)) >= count for path in healthy)

        until(all_told, f"all healthy endpoints are told {turn}")
        lags += [receiver.at(path)[turn - 1].at - asked_at for path in healthy]

    assert receiver.in_flight[hole] >= 1, "the hole was still hanging"
    assert max(lags) < 5.0
    receiver.released.set()
