"""Payments at addresses of their own, from the API to the books, on a real node."""

from typing import Any, Final

from sluice.engine.chains.evm.clones import salt_of
from sluice.engine.chains.evm.deposits import OURS
from sluice.engine.watcher.deposits import KIT_FIELDS, each_deposit, kit_row
from tests.house import Merchant
from tests.integration.evm.conftest import NETWORK, Street, way

TILL: Final = "0x" + "7a" * 20
OTHER: Final = "0x" + "7b" * 20
SALE: Final = {
    "amount": 2000,
    "currency": "usd",
    "confirm": True,
    "payment_method_data": {"type": "crypto"},
    "payment_method_options": {
        "crypto": {"mode": "deposit", "deposit_options": {"networks": [NETWORK]}}
    },
}


def asked(street: Street, merchant: Merchant, **changes: object) -> dict[str, Any]:
    return street.api(merchant).post("/v1/payment_intents", {**SALE, **changes})


def paid(street: Street, merchant: Merchant, intent: dict[str, Any], asset: str = "usdc") -> None:
    address, units, _ = way(intent, asset)
    street.pay(address, units, asset=asset)
    street.mine(3)
    street.api(merchant).sees(intent["id"], "succeeded")


def books(street: Street, merchant: Merchant) -> list[tuple[Any, ...]]:
    """Return what the books say is held, and what of it nobody asked for."""
    return street.house.sql(
        "SELECT kind, asset, balance FROM ledger_accounts WHERE merchant_id = %s AND balance > 0"
        " AND (kind = 'unapplied' OR kind LIKE 'custody%%') ORDER BY 1, 2",
        merchant.id,
    )


def test_f01_nobody_is_shown_an_address_before_the_contracts_are_found_right(
    street: Street,
) -> None:
    merchant = street.merchant(TILL)
    before = way(asked(street, merchant))[0]
    street.deploy()

    intent = asked(street, merchant)

    assert before == TILL
    assert way(intent)[0] == OURS.address_for(intent["id"], TILL)
    assert way(intent, "usdt")[0] == way(intent)[0]


def test_f01_a_factory_that_is_changed_later_is_offered_no_more(street: Street) -> None:
    street.deploy()
    merchant = street.merchant(TILL)

    async def change(evm: Any) -> None:  # noqa: ANN401
        await evm.anvil.ask("anvil_setCode", OURS.address, "0x00")

    street.on(change)
    street.inspect()

    assert way(asked(street, merchant))[0] == TILL
    refused = street.api(merchant).ask(
        "POST",
        "/v1/payment_intents",
        {
            **SALE,
            "payment_method_options": {
                "crypto": {
                    "mode": "deposit",
                    "deposit_options": {"networks": [NETWORK], "style": "address"},
                }
            },
        },
    )
    assert refused.status == 400, refused.json


def test_f03_what_is_swept_home_is_not_credited_again(street: Street) -> None:
    """The merchant's own wallet is watched; money that comes from his deposits was his."""
    street.deploy()
    merchant = street.merchant(TILL)
    one, other = asked(street, merchant), asked(street, merchant)
    paid(street, merchant, one)
    paid(street, merchant, other, "usdt")
    before = books(street, merchant)

    street.sweep("usdc", TILL, [one["id"], other["id"]])
    street.sweep("usdt", TILL, [other["id"]])
    street.mine(3)
    street.followed()

    assert street.held("usdc", TILL) == way(one)[1]
    assert street.held("usdt", TILL) == way(other, "usdt")[1]
    assert books(street, merchant) == before
    street.pay(TILL, 5_000_000)
    street.mine(3)
    street.followed()
    assert books(street, merchant) != before, "a stranger's money still counts"


def test_f04_payments_made_before_a_change_keep_their_destination(street: Street) -> None:
    street.deploy()
    merchant = street.merchant(TILL)
    old = asked(street, merchant)
    street.move(merchant, OTHER)
    new = asked(street, merchant)

    paid(street, merchant, old)

    assert way(old)[0] == OURS.address_for(old["id"], TILL)
    assert way(new)[0] == OURS.address_for(new["id"], OTHER)
    street.sweep("usdc", TILL, [old["id"]])
    assert street.held("usdc", TILL) == way(old)[1]


def test_f06_no_two_payments_share_an_address(street: Street) -> None:
    street.deploy()
    shops = [street.merchant(TILL), street.merchant(OTHER)]

    intents = [asked(street, shop) for shop in shops for _ in range(5)]

    assert len({way(intent)[0] for intent in intents}) == 10
    [unique] = street.house.sql(
        "SELECT indisunique FROM pg_index WHERE indexrelid = 'deposit_addresses_address'::regclass"
    )
    assert unique == (True,)


def test_e13_the_wrong_coin_at_the_right_address_is_told_and_not_taken(street: Street) -> None:
    street.deploy()
    merchant = street.merchant(TILL)
    intent = asked(street, merchant)
    address, units, _ = way(intent)

    async def fake(evm: Any) -> None:  # noqa: ANN401
        await evm.call(
            evm.contracts["FakeToken"],
            "transfer(address,uint256)",
            address,
            units,
            sender=evm.payer,
        )
        await evm.mine(40)

    street.on(fake)
    street.followed()

    found = street.api(merchant).get(f"/v1/payment_intents/{intent['id']}")
    assert found["status"] == "requires_action"
    assert found["amount_received"] == 0
    fake_asset = f"unknown:{street.contracts['FakeToken']}"
    [unapplied] = street.house.sql(
        "SELECT purpose FROM credits WHERE asset = %s AND reversed_by IS NULL", fake_asset
    )
    assert unapplied == ("unapplied",)


def test_the_direct_way_stays_for_who_asks_for_it(street: Street) -> None:
    """E17: two payments of one size to one wallet differ by what they ask."""
    street.deploy()
    merchant = street.merchant(TILL)
    options = {
        "crypto": {
            "mode": "deposit",
            "deposit_options": {"networks": [NETWORK], "style": "amount"},
        }
    }

    one = asked(street, merchant, payment_method_options=options)
    other = asked(street, merchant, payment_method_options=options)

    assert way(one)[0] == way(other)[0] == TILL
    assert way(one)[1] != way(other)[1]
    paid(street, merchant, other)
    assert street.api(merchant).get(f"/v1/payment_intents/{one['id']}")["amount_received"] == 0


def test_the_recovery_kit_names_all_it_takes_to_empty_a_deposit(street: Street) -> None:
    street.deploy()
    merchant = street.merchant(TILL)
    intents = [asked(street, merchant) for _ in range(3)]

    async def kit(work: Any) -> list[dict[str, str]]:  # noqa: ANN401
        chains = street.house.app.chains.by_name
        return [dict(kit_row(one, chains)) async for one in each_deposit(work)]

    rows = street.house.within(kit, merchant.id)

    assert {row["payment"] for row in rows} == {intent["id"] for intent in intents}
    for row in rows:
        assert tuple(row) == KIT_FIELDS
        assert row["salt"] == f"0x{salt_of(row['payment']).hex()}"
        assert (row["factory"], row["implementation"]) == (OURS.address, OURS.implementation)
        assert row["address"] == OURS.address_for(row["payment"], TILL)


def test_t04_dust_at_a_thousand_addresses_wakes_nobody(street: Street) -> None:
    street.deploy()
    merchant = street.merchant(TILL)
    intents = [asked(street, merchant) for _ in range(5)]
    spread = [way(intent)[0] for intent in intents] + [
        OURS.address_for(f"pi_dust{n}", TILL) for n in range(200)
    ]
    street.followed()
    before = street.house.sql("SELECT count(*) FROM events WHERE merchant_id = %s", merchant.id)

    async def scatter(evm: Any) -> None:  # noqa: ANN401
        router, token = evm.contracts["Payer"], evm.chain.tokens["usdc"]
        await evm.call(token, "mint(address,uint256)", router, len(spread))
        for at in range(0, len(spread), 5):
            some = spread[at : at + 5]
            await evm.call(router, "pay(address,address[],uint256[])", token, some, [1] * len(some))
        await evm.mine(40)

    street.on(scatter)
    street.followed()

    assert street.held("usdc", spread[0]) == 1
    assert not street.house.sql("SELECT 1 FROM transfers WHERE merchant_id = %s", merchant.id)
    told = street.house.sql("SELECT count(*) FROM events WHERE merchant_id = %s", merchant.id)
    assert told == before
    assert books(street, merchant) == []
    paid(street, merchant, intents[0])
