"""/v1/rates: prices now and then, and being told when they move."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from sluice.business.insights.alerts.judge import judge_prices
from sluice.engine.rates.history.record import record_ticks
from sluice.engine.rates.market import Market
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.rates.sources.fixed import FixedRates, read_prices
from sluice.engine.rates.sources.sandbox import SandboxRates
from tests.house import House, Merchant, running_house, until
from tests.integration.api.estate import Api
from tests.receiver import Receiver


@pytest.fixture(scope="module")
def shaken(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Return a house whose prices these tests may move."""
    home: Path = tmp_path_factory.mktemp("shaken")
    with running_house(database_server, database_template, home) as running:
        yield running


def at_a_minute(house: House, factor: int) -> None:
    """Let the sandbox's coins cost this many times as much, in a minute of its own."""
    # There and back, so that no two rows meet on the way.
    for shift in ("- interval '1000 days 1 minute'", "+ interval '1000 days'"):
        house.sql(f"UPDATE rate_ticks SET observed_at = observed_at {shift}")
    source = SandboxRates(house.app.clock)
    source.move(Fraction(factor))
    house.call(refresh_rates(house.app.works, [source]))
    house.call(record_ticks(house.app.works, house.app.rates))


def test_what_assets_cost_now_is_listed(shaken: House) -> None:
    api = Api(shaken, shaken.merchant().sk)
    at_a_minute(shaken, 1)

    listed = api.get("/v1/rates?base[]=btc&base[]=usdc&quote=eur")

    rates = {rate["base"]: rate for rate in listed["data"]}
    assert {base: rate["price"] for base, rate in rates.items()} == {"btc": "54000", "usdc": "0.9"}
    assert rates["btc"]["source"] == "sandbox"
    assert rates["btc"]["livemode"] is False
    assert {"btc", "sbtc", "stx", "usdc", "usdt", "usdcx"} == {
        rate["base"] for rate in api.get("/v1/rates")["data"]
    }


def test_candles_are_listed_newest_first(shaken: House) -> None:
    api = Api(shaken, shaken.merchant().sk)
    at_a_minute(shaken, 3)
    at_a_minute(shaken, 1)

    listed = api.get("/v1/rates/history?base=stx&interval=1m&limit=2")

    assert [candle["close"] for candle in listed["data"]] == ["2", "6"]
    assert listed["data"][0]["start"] == listed["data"][1]["start"] + 60
    before = listed["data"][0]["start"]
    older = api.get(f"/v1/rates/history?base=stx&interval=1m&limit=1&until={before}")
    assert older["data"] == listed["data"][1:]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("/v1/rates?base[]=doge", "base[0]"),
        ("/v1/rates?quote=btc", "quote"),
        ("/v1/rates/history", "base"),
        ("/v1/rates/history?base=btc&interval=2h", "interval"),
        ("/v1/rates/history?base=btc&limit=5000", "limit"),
        ("/v1/rates/history?base=btc&until=tomorrow", "until"),
    ],
)
def test_a_question_about_nothing_is_refused(
    house: House, merchant: Merchant, query: str, param: str
) -> None:
    answer = Api(house, merchant.sk).ask("GET", query)

    assert answer.status == 400
    assert answer.error["param"] == param


def test_an_alert_fires_once_when_a_price_moves_and_tells_how_far(
    shaken: House, receiver: Receiver
) -> None:
    merchant = shaken.merchant()
    api = Api(shaken, merchant.sk)
    hook = {"url": f"{receiver.url}/{merchant.id}", "enabled_events": ["rate.alert"]}
    api.post("/v1/webhook_endpoints", hook)
    wanted = {"base": "btc", "move_bps": 5_000, "within": 600}
    alert = api.post("/v1/rates/alerts", wanted)
    quiet = api.post("/v1/rates/alerts", {"base": "btc", "move_bps": 50_000, "within": 600})

    at_a_minute(shaken, 1)
    at_a_minute(shaken, 3)
    shaken.call(judge_prices(shaken.app.works))
    at_a_minute(shaken, 1)
    shaken.call(judge_prices(shaken.app.works))

    told = receiver.waits_for(f"/{merchant.id}", "rate.alert").event["data"]["object"]
    assert told["id"] == alert["id"]
    assert told["move"] == {"low": "60000", "high": "180000", "bps": 20_000}
    count = "SELECT count(*) FROM events WHERE merchant_id = %s AND type = 'rate.alert'"
    assert shaken.sql(count, merchant.id) == [(1,)]
    assert api.get(f"/v1/rates/alerts/{alert['id']}")["last_fired"] == told["last_fired"]
    assert api.get(f"/v1/rates/alerts/{quiet['id']}")["last_fired"] is None


def test_an_alert_can_be_read_listed_and_deleted(house: House, merchant: Merchant) -> None:
    api = Api(house, merchant.sk)
    alert = api.post("/v1/rates/alerts", {"base": "stx", "quote": "eur", "move_bps": 300})

    assert api.get(f"/v1/rates/alerts/{alert['id']}") == alert
    assert api.get("/v1/rates/alerts")["data"] == [alert]
    gone = api.ask("DELETE", f"/v1/rates/alerts/{alert['id']}")
    assert gone.json == {"id": alert["id"], "object": "rate_alert", "deleted": True}
    assert api.ask("DELETE", f"/v1/rates/alerts/{alert['id']}").status == 404
    assert api.get("/v1/rates/alerts")["data"] == []


def test_fifty_alerts_are_enough(house: House, merchant: Merchant) -> None:
    api = Api(house, merchant.sk)
    for _ in range(50):
        api.post("/v1/rates/alerts", {"base": "stx", "move_bps": 300})

    answer = api.ask("POST", "/v1/rates/alerts", {"base": "stx", "move_bps": 300})

    assert (answer.status, answer.error["code"]) == (400, "too_many_alerts")


def test_q05_every_merchant_is_told_of_a_peg_that_breaks(shaken: House) -> None:
    merchant = shaken.merchant()
    live = Api(shaken, merchant.live_sk)
    venues = [
        FixedRates(read_prices("usdt/usd=0.97"), shaken.app.clock, name=name)
        for name in ("coinbase", "kraken")
    ]
    shaken.call(refresh_rates(shaken.app.works, venues, Market(["coinbase", "kraken"])))

    shaken.call(judge_prices(shaken.app.works))

    told = until(lambda: live.get("/v1/events?type=rate.peg_changed")["data"], "they are told")
    peg = told[0]["data"]["object"]
    assert (peg["asset"], peg["state"], peg["state_before"]) == ("usdt", "disabled", "par")
    assert peg["price"] == "0.97"
    assert Api(shaken, merchant.sk).get("/v1/events?type=rate.peg_changed")["data"] == []
