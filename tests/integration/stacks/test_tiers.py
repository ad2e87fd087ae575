"""The larger a payment, the more Bitcoin blocks over it before it counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.house import House, running_house, until
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, due
from tests.stacks.wallets import Wallet

TIERS: Final = """burn_depth = 2
large_burn_depth = 4
small_max = { sbtc = 40000 }
large_over = { sbtc = 100000 }
"""


@pytest.fixture
def house(
    payer: Wallet, database_server: str, database_template: str, tmp_path: Path
) -> Iterator[House]:
    """Return a house that waits for one, two or four Bitcoin blocks."""
    networks = tmp_path / "networks.toml"
    text = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    networks.write_text(text.replace("burn_depth = 1\n", TIERS))
    with running_house(
        database_server, database_template, tmp_path, networks=str(networks)
    ) as running:
        yield running


async def pays(shop: Shop, cents: int) -> dict[str, Any]:
    """Ask for so much and pay it."""
    intent = shop.asks("memo", amount=cents)
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    return intent | {"units": units}


def statuses(shop: Shop, intents: list[dict[str, Any]]) -> list[str]:
    return [shop.api.get(f"/v1/payment_intents/{one['id']}")["status"] for one in intents]


async def settles(shop: Shop, intents: list[dict[str, Any]], expected: list[str]) -> None:
    await shop.caught_up()
    until(lambda: statuses(shop, intents) == expected, f"they are {expected}")


def broken_promises(shop: Shop) -> list[Any]:
    """Return transfers that count too early or too late, as the promises ask it."""
    return shop.house.sql(
        "SELECT t.tx_id, t.state FROM transfers t JOIN chains c USING (network)"
        " WHERE t.depth_wanted >= 1000000 AND (t.state IN ('confirmed', 'final')) <>"
        " (t.height <= coalesce((c.anchored ->> (t.depth_wanted - 1000000)::text)::bigint, -1))"
    )


async def test_each_amount_waits_for_its_own_depth(shop: Shop) -> None:
    intents = [await pays(shop, cents) for cents in (2000, 4000, 10_000)]
    small, usual, large = (one["units"] for one in intents)
    assert small <= 40_000 < usual <= 100_000 < large
    shown = intents[0]["next_action"]["crypto_display_details"]["deposit_addresses"][NETWORK]
    assert shown["supported_tokens"][0]["confirmations_required"] is None
    await shop.mine()
    await settles(shop, intents, ["processing"] * 3)

    for count, expected in (
        (1, ["succeeded", "processing", "processing"]),
        (1, ["succeeded", "succeeded", "processing"]),
        (1, ["succeeded", "succeeded", "processing"]),
        (1, ["succeeded"] * 3),
    ):
        await shop.burn(count)
        await settles(shop, intents, expected)
        assert broken_promises(shop) == []


async def test_after_a_fork_of_bitcoin_it_must_be_buried_again(shop: Shop) -> None:
    intents = [await pays(shop, 2000)]
    await shop.mine()
    await settles(shop, intents, ["processing"])
    await shop.burn(1)
    await settles(shop, intents, ["succeeded"])

    await shop.chain.pull("fork", depth=2, bitcoin=True)
    shop.wake()
    # It waits in the mempool again, where it may be seen at once.
    await shop.caught_up()
    until(lambda: statuses(shop, intents) != ["succeeded"], "it counts no longer")
    await shop.mine()
    await settles(shop, intents, ["processing"])
    assert broken_promises(shop) == []
    await shop.burn(1)

    await settles(shop, intents, ["succeeded"])
    assert broken_promises(shop) == []
