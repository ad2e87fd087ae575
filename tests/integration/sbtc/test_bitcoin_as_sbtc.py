"""Bitcoin paid and sBTC received: one payment, on two real chains."""

import base64
from typing import Any, Final

from embit.psbt import PSBT

from sluice.base.work import Work
from sluice.business.payments.conversions.find import find_reclaimable
from sluice.business.trust.promises.check import check_and_hold
from sluice.engine.chains.peg import Way
from tests.house import until
from tests.integration.api import raw
from tests.integration.api.estate import SESSION
from tests.integration.sbtc.conftest import BITCOIN, LOCK_BLOCKS, ROOT, STACKS, Place, due
from tests.integration.sbtc.signers import mint, sweep

FEE: Final = 1_200
CREDITS: Final = """
SELECT network, asset, units::bigint, purpose, reversed_by IS NULL FROM credits
WHERE merchant_id = %s ORDER BY at, seq"""


def broken(place: Place) -> dict[str, int]:
    """Return the promises that do not hold."""
    found: dict[str, int] = {}

    def note(name: str, count: int) -> None:
        if count:
            found[name] = count

    place.house.call(check_and_hold(place.house.app.works, note))
    return found


async def test_bitcoin_is_paid_and_sbtc_is_received(place: Place) -> None:
    intent = place.asks()
    address, units = due(intent)
    assert address.startswith("bcrt1p")
    tx_id = await place.bitcoind.pay(address, units)
    place.ring()
    place.api.sees(intent["id"], "processing")
    await place.mine_bitcoin()
    in_a_block(place, intent)

    place.watch()
    [waiting] = place.conversions(intent)
    assert (waiting["status"], waiting["signers"]["told"]) == ("pending_conversion", True)
    assert waiting["paid"]["amount"] == str(units)
    assert place.house.sql(CREDITS, place.merchant.id) == []
    assert place.api.get(f"/v1/payment_intents/{intent['id']}")["status"] == "processing"
    place.watch()
    assert place.emily.told == 1

    output = await place.output_of(tx_id, units)
    left = await sweep(place.bitcoind, place.emily, output, FEE)
    await place.mine_bitcoin()
    place.watch()
    [swept] = place.conversions(intent)
    assert swept["status"] == "swept"
    assert swept["signers"]["sweep_transaction_hash"]
    assert place.house.sql(CREDITS, place.merchant.id) == []

    await mint(place.chain, output, left, place.wallet)
    await place.mine_stacks()
    place.api.sees(intent["id"], "succeeded")
    [minted] = place.conversions(intent)
    charge = place.api.get("/v1/charges")["data"][0]
    told = charge["payment_method_details"]["crypto"]

    assert minted["status"] == "minted"
    assert (minted["received"]["amount"], minted["received"]["fee"]) == (str(left), str(FEE))
    assert (told["network"], told["token_currency"], told["amount"]) == (STACKS, "sbtc", str(left))
    assert told["source"]["network"] == BITCOIN
    assert told["source"]["transaction_hash"] == tx_id
    assert told["source"]["amount"] == str(units)
    booked = [(STACKS, "sbtc", left, "payment", True)]
    assert place.house.sql(CREDITS, place.merchant.id) == booked
    assert broken(place) == {}


async def test_a_mint_that_came_before_its_bitcoin_was_seen_is_found_and_named(
    place: Place,
) -> None:
    intent = place.asks()
    address, units = due(intent)
    place.house.sql("UPDATE chains SET halted_reason = 'a test' WHERE network = %s", BITCOIN)
    tx_id = await place.bitcoind.pay(address, units)
    await place.bitcoind.mine()
    output = await place.output_of(tx_id, units)
    await mint(place.chain, output, units - FEE, place.wallet)
    await place.mine_stacks()
    until(lambda: place.house.sql(CREDITS, place.merchant.id), "the sBTC is booked as nobody's")
    assert place.house.sql(CREDITS, place.merchant.id) == [
        (STACKS, "sbtc", units - FEE, "unapplied", True)
    ]

    place.house.sql("UPDATE chains SET halted_reason = NULL WHERE network = %s", BITCOIN)
    await place.mine_bitcoin()
    place.api.sees(intent["id"], "succeeded")

    assert place.house.sql(CREDITS, place.merchant.id) == [
        (STACKS, "sbtc", units - FEE, "unapplied", False),
        (STACKS, "sbtc", units - FEE, "payment", True),
    ]
    assert [one["status"] for one in place.conversions(intent)] == ["minted"]
    assert broken(place) == {}


async def test_a_mint_that_a_fork_takes_back_is_credited_once_in_the_end(place: Place) -> None:
    intent = place.asks()
    address, units = due(intent)
    tx_id = await place.bitcoind.pay(address, units)
    await place.mine_bitcoin()
    place.api.sees(intent["id"], "processing")
    output = await place.output_of(tx_id, units)
    await mint(place.chain, output, units - FEE, place.wallet)
    await place.chain.mine()
    await place.chain.pull("fork", depth=2)
    await place.mine_stacks()
    await place.mine_stacks()

    place.api.sees(intent["id"], "succeeded")
    standing = [row for row in place.house.sql(CREDITS, place.merchant.id) if row[4]]
    assert standing == [(STACKS, "sbtc", units - FEE, "payment", True)]
    assert broken(place) == {}


async def test_b16_what_the_signers_leave_is_told_early_and_goes_back(place: Place) -> None:
    intent = place.asks()
    address, units = due(intent)
    await place.bitcoind.pay(address, units)
    await place.mine_bitcoin()
    in_a_block(place, intent)

    await place.mine_bitcoin(LOCK_BLOCKS * 7 // 10 - 2)
    place.watch()
    assert events(place, "conversion.delayed") == []
    await place.mine_bitcoin()
    place.watch()
    place.watch()
    [delayed] = until(lambda: events(place, "conversion.delayed"), "the delay is told")
    assert delayed["data"]["object"]["payment_intent"] == intent["id"]
    assert events(place, "conversion.reclaimable") == []

    await place.mine_bitcoin(LOCK_BLOCKS)
    place.watch()
    [returned] = until(lambda: events(place, "conversion.reclaimable"), "the way back is told")
    assert returned["data"]["object"]["status"] == "reclaimable"
    assert place.api.get(f"/v1/payment_intents/{intent['id']}")["status"] == "processing"

    sent = await reclaim(place, intent["id"])
    await place.mine_bitcoin()
    tip = await place.bitcoind.ask("getbestblockhash")
    assert sent in (await place.bitcoind.ask("getblock", tip))["tx"]


async def test_nothing_is_offered_by_a_key_that_may_be_old(place: Place) -> None:
    place.house.sql("UPDATE peg_terms SET fetched_at = fetched_at - interval '6 minutes'")

    refused = place.api.ask("POST", "/v1/payment_intents", asked(2_000))
    assert (refused.status, refused.error["code"]) == (503, "peg_terms_stale")

    place.refresh()
    assert place.asks()["status"] == "requires_action"


async def test_an_amount_the_signers_would_leave_is_not_offered(place: Place) -> None:
    refused = place.api.ask("POST", "/v1/payment_intents", asked(100))

    assert (refused.status, refused.error["code"]) == (400, "amount_too_small")
    assert place.house.sql("SELECT count(*) FROM deposits") == [(0,)]


async def test_the_page_offers_only_what_the_signers_take_and_tells_of_both_legs(
    place: Place,
) -> None:
    small, large = (checkout(place, cents) for cents in (100, 2_000))
    assert f'value="{BITCOIN}:btc"' not in page(place, small)
    assert f'value="{BITCOIN}:btc"' in page(place, large)

    page(place, large, b"pay=" + f"{BITCOIN}%3Abtc".encode())
    intent = place.api.get(f"/v1/payment_intents/{large['payment_intent']}")
    address, units = due(intent)
    await place.bitcoind.pay(address, units)
    await place.mine_bitcoin()
    in_a_block(place, intent)
    place.watch()

    assert "It is now being exchanged for sBTC" in page(place, large)


async def test_each_payment_has_a_deposit_of_its_own(place: Place) -> None:
    addresses = {due(place.asks(style=style))[0] for style in ("deposit", None, "deposit")}

    assert len(addresses) == 3


async def test_emily_who_is_silent_is_told_later(place: Place) -> None:
    intent = place.asks()
    address, units = due(intent)
    await place.bitcoind.pay(address, units)
    place.emily.silent = True
    await place.mine_bitcoin()
    in_a_block(place, intent)
    place.watch()
    assert place.conversions(intent)[0]["signers"]["told"] is False

    place.emily.silent = False
    place.watch()

    assert place.conversions(intent)[0]["signers"]["told"] is True
    assert len(place.emily.deposits) == 1


def asked(amount: int) -> dict[str, object]:
    """Return the request for so many cents in bitcoin."""
    deposit = {"networks": [BITCOIN], "tokens": ["btc"], "style": "deposit"}
    options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
    return {"amount": amount, "currency": "usd", "confirm": True, "payment_method_options": options}


def in_a_block(place: Place, intent: dict[str, Any]) -> None:
    """Wait until it is known in which block the bitcoin is."""

    def is_known() -> bool:
        return any(one["paid"]["block_height"] for one in place.conversions(intent))

    until(is_known, "the bitcoin is in a block")


def events(place: Place, kind: str) -> list[dict[str, Any]]:
    """Return the events of a kind."""
    found: list[dict[str, Any]] = place.api.get(f"/v1/events?type={kind}")["data"]
    return found


async def reclaim(place: Place, intent_id: str) -> str:
    """Take a deposit back as `sluice sbtc reclaim` does, and return the transaction's id."""
    chains = place.house.app.chains
    way = Way(await place.bitcoind.new_address(), 2_000, 0)

    async def build(work: Work) -> str:
        conversion, deposit = await find_reclaimable(work, intent_id, None)
        fetch, peg = chains.find(BITCOIN).fetch_raw, chains.find(STACKS).peg
        assert fetch is not None
        assert peg is not None
        assert conversion.mined_at is not None
        assert deposit.key_index == way.key_index
        raw = await fetch(conversion.tx_id, conversion.mined_at)
        assert raw is not None
        asked = peg.reclaim(deposit.scripts, conversion.outpoint, raw, way)
        psbt = PSBT.parse(base64.b64decode(asked.psbt))
        psbt.sign_with(ROOT.derive("m/84h/1h/0h/0/0").key)
        signed = psbt.to_string()
        return peg.finish(deposit.scripts, conversion.outpoint, raw, way, signed)

    raw = place.house.within(build, place.merchant.id)
    tx_id: str = await place.bitcoind.ask("sendrawtransaction", raw)
    return tx_id


def checkout(place: Place, cents: int) -> dict[str, Any]:
    """Open a checkout session over so many cents."""
    price = {"currency": "usd", "unit_amount": cents, "product_data": {"name": "T"}}
    made = place.api.post(
        "/v1/checkout/sessions",
        {**SESSION, "line_items": [{"price_data": price, "quantity": 1}]},
    )
    assert made["payment_intent"]
    return made


def page(place: Place, session: dict[str, Any], form: bytes | None = None) -> str:
    """Return the session's page, after sending a form to it if there is one."""
    port = place.house.settings.port
    path = session["url"].split("/", 3)[3]
    if form is not None:
        sent = raw.ask("POST", f"/{path}", form, kind="application/x-www-form-urlencoded")
        assert raw.send(port, sent).status in {200, 303}
    return raw.send(port, raw.ask("GET", f"/{path}")).body.decode()
