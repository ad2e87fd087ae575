"""Deposits brought home by the shop's hot wallet: what is worth it, and nothing that is frozen."""

from typing import Any, Final

from sluice.business.payments.sweeps.sweep import sweep_deposits
from tests.house import Merchant, until
from tests.integration.evm.conftest import Street, way
from tests.integration.evm.hot import bound, hot_wallet, mine_until, sends
from tests.integration.evm.test_deposit_payments import OTHER, TILL, asked, books

SWEEPS: Final = {"sweep_min": {"usdc": 10_000_000, "usdt": 10_000_000}}
FINAL: Final = 80  # blocks after which nothing is undone


def paid(
    street: Street, shop: Merchant, count: int = 1, asset: str = "usdc"
) -> tuple[list[dict[str, Any]], int]:
    """Let some payers pay for good; return what they paid for, and how much."""
    intents = [asked(street, shop) for _ in range(count)]
    for intent in intents:
        address, units, _ = way(intent, asset)
        street.pay(address, units, asset=asset)
    street.mine(FINAL)
    street.followed()
    held = (
        "SELECT count(*) FROM deposit_addresses WHERE merchant_id = %s AND held_since IS NOT NULL"
    )
    until(lambda: street.house.sql(held, shop.id) == [(count,)], "it is there for good")
    return intents, sum(way(intent, asset)[1] for intent in intents)


def sweep(street: Street) -> None:
    """Run the job once."""
    app = street.house.app
    street.house.call(sweep_deposits(app.works, app.chains))


def done(street: Street, shop: Merchant, count: int = 1) -> None:
    """Wait until so many sweeps are over."""
    mine_until(
        street,
        lambda: [one[1] for one in sends(street, shop)] == ["done"] * count,
        f"{count} sweeps are done",
    )


def held(street: Street, shop: Merchant) -> list[str]:
    """Return the addresses that are known to hold something."""
    query = (
        "SELECT address FROM deposit_addresses WHERE merchant_id = %s AND held_since IS NOT NULL"
    )
    return [address for (address,) in street.house.sql(query, shop.id)]


def test_what_payers_paid_comes_home_many_at_once(street: Street) -> None:
    street.deploy()
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **SWEEPS)
    _, usdc = paid(street, shop, 3)
    before = books(street, shop)

    sweep(street)
    sweep(street)  # while one is on its way, no other is ordered

    assert len(sends(street, shop)) == 1
    done(street, shop)
    assert street.held("usdc", TILL) == usdc
    street.followed()
    assert books(street, shop) == before, "it was the merchant's before"
    sweep(street)
    assert held(street, shop) == []
    assert len(sends(street, shop)) == 1


def test_each_token_and_each_destination_has_a_sweep_of_its_own(street: Street) -> None:
    street.deploy()
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **SWEEPS)
    old = asked(street, shop)
    street.move(shop, OTHER)
    new = asked(street, shop)
    for intent, asset in ((old, "usdc"), (new, "usdc"), (new, "usdt")):
        address, units, _ = way(intent, asset)
        street.pay(address, units, asset=asset)
    street.mine(FINAL)
    until(lambda: len(held(street, shop)) == 2, "both are there for good")

    sweep(street)
    done(street, shop, 3)

    assert street.held("usdc", TILL) == way(old)[1]
    assert street.held("usdc", OTHER) == way(new)[1]
    assert street.held("usdt", OTHER) == way(new, "usdt")[1]


def test_f02_a_frozen_deposit_stops_no_other(street: Street) -> None:
    street.deploy()
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **SWEEPS)
    intents, total = paid(street, shop, 4, "usdt")
    frozen, units, _ = way(intents[1], "usdt")
    street.on(_freeze, address=frozen, is_frozen=True)

    sweep(street)
    done(street, shop)

    assert street.held("usdt", TILL) == total - units
    assert street.held("usdt", frozen) == units
    assert "sweep.kept" in street.house.logs.getvalue()
    sweep(street)
    assert held(street, shop) == [frozen]
    street.on(_freeze, address=frozen, is_frozen=False)
    sweep(street)
    done(street, shop, 2)
    assert street.held("usdt", TILL) == total


def test_f03_what_anybody_swept_before_is_looked_at_once_and_forgotten(street: Street) -> None:
    street.deploy()
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **SWEEPS)
    intents, total = paid(street, shop, 2)
    street.sweep("usdc", TILL, [intent["id"] for intent in intents])

    sweep(street)

    assert street.held("usdc", TILL) == total
    assert held(street, shop) == []
    assert sends(street, shop) == []


def test_f05_what_is_not_worth_its_gas_stays_and_dear_gas_is_waited_out(street: Street) -> None:
    street.deploy()
    shop, idle = street.merchant(TILL), street.merchant(OTHER)
    wallet = hot_wallet(street, shop, sweep_min={"usdc": 100_000_000})
    hot_wallet(street, idle)  # may not sweep at all
    _, total = paid(street, shop)
    paid(street, idle)

    sweep(street)
    assert sends(street, shop) == sends(street, idle) == []
    assert len(held(street, shop)) == 1

    bound(street, wallet, {"sweep_min": {"usdc": 10_000_000}, "fee_max": 1})
    sweep(street)
    waits = "SELECT state, reason FROM sends WHERE merchant_id = %s"
    until(
        lambda: street.house.sql(waits, shop.id) == [("queued", "fee_guard")], "gas is too dear now"
    )
    assert street.held("usdc", TILL) == 0
    bound(street, wallet, {"sweep_min": {"usdc": 10_000_000}, "fee_max": 10**17})
    street.house.sql("UPDATE sends SET next_at = now()")
    done(street, shop)
    assert street.held("usdc", TILL) == total


async def _freeze(evm: Any, address: str, is_frozen: bool) -> None:  # noqa: ANN401, FBT001
    token = evm.chain.tokens["usdt"]
    await evm.call(token, "setBlackListed(address,bool)", address, is_frozen)
    await evm.mine()
