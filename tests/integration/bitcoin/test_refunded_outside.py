"""A shop without a key at Sluice refunds bitcoin: its own wallet signs, and it is followed."""

import re
from typing import Final

import pytest
from embit import psbt as other_psbt
from embit.ec import PrivateKey as OtherKey

from tests.house import until
from tests.integration.bitcoin.conftest import NETWORK, Shop, due
from tests.integration.bitcoin.hot import Hot
from tests.integration.sbtc.commands import run

# The house looks at open sends twice in a block, and ElectrumX at its node every few seconds; an
# order that is held once is looked at again after a while.
PATIENCE_S: Final = 120


@pytest.mark.timeout(500)
async def test_a_refund_is_signed_in_the_shops_own_wallet(
    shop: Shop, electrum_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    await shop.node.pay(address, sats)
    await shop.node.mine()
    shop.api.sees(intent["id"], "succeeded")
    wallet = Hot(shop.node, electrum_url)
    await shop.node.mine(6)
    await wallet.fill(2 * sats)
    await shop.caught_up()
    final = "SELECT 1 FROM payment_intents WHERE id = %s AND finalized_at IS NOT NULL"
    until(lambda: shop.house.sql(final, intent["id"]), "the payment is final")

    words = ("wallets", "create", shop.merchant.id, NETWORK, "outside", "--fee-max", "100000")
    key = wallet.account.public_key.hex()
    without = await run(shop.house, monkeypatch, *words)
    made = await run(shop.house, monkeypatch, *words, "--public-key", key)
    assert without.exit_code != 0
    [wallet_id] = re.findall(r"hw_\w+", made.output)
    payer = await shop.node.new_address()
    refund = shop.api.post("/v1/refunds", {"payment_intent": intent["id"], "to_address": payer})
    send_id = awaited(shop, refund["id"])

    shown = await run(shop.house, monkeypatch, "wallets", "unsigned", wallet_id)
    said, text = shown.output.strip().splitlines()[-2:]
    signed = other_psbt.PSBT.from_string(text)
    signed.sign_with(OtherKey(wallet.key.secret))
    taken = await run(shop.house, monkeypatch, "wallets", "signed", send_id, signed.to_string())
    [tx_id] = re.findall(r"\b[0-9a-f]{64}\b", taken.output)
    waiting = "SELECT 1 FROM send_attempts WHERE tx_id = %s AND told_at IS NOT NULL"
    until(lambda: shop.house.sql(waiting, tx_id), "it was sent", within_s=PATIENCE_S)
    await shop.node.mine(7)
    await wallet.caught_up()

    def ended() -> bool:
        return bool(shop.api.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded")

    until(ended, "the refund succeeded", within_s=PATIENCE_S)
    assert said.startswith(f"{send_id}  {refund['id']}")
    assert payer in said
    paid = await shop.node.ask("getreceivedbyaddress", payer)
    assert int(paid * 10**8) == sats
    fee = "SELECT cost::bigint FROM sends WHERE id = %s AND fee_asset = 'btc'"
    [(cost,)] = shop.house.sql(fee, send_id)
    assert (await wallet.by_node.standing(wallet.account)).balances["btc"] == sats - cost
    await wallet.server.close()


def awaited(shop: Shop, refund_id: str) -> str:
    """Wait until a refund's send waits for a signature; return its id."""
    waits = "SELECT id FROM sends WHERE reference = %s AND reason = 'signature_awaited'"
    [(found,)] = until(
        lambda: shop.house.sql(waits, refund_id), "it waits for a signature", within_s=PATIENCE_S
    )
    return str(found)
