"""Refunds and payouts that leave a hot wallet on Stacks, by the worker that runs in earnest."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.base.work import Work
from sluice.business.trust.promises.check import check_and_hold
from sluice.engine.chains.writer import Account
from sluice.engine.sender.edit import open_wallet, writer_of
from sluice.engine.sender.model import Limits
from tests.house import House, until
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, a_signer, command, due
from tests.stacks.chain import SBTC
from tests.stacks.wallets import Wallet

# The hot wallet is where payments arrive, so what the books hold lies in it.
HOT: Final = b"\x02" * 32
TO: Final = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
FLOAT_USTX: Final = 1_000_000_000
SEND: Final = "^/v2/transactions$"
ASSETS: Final = ("sbtc", "stx")


class Till(Shop):
    """A shop whose wallet is hot, and that has sold something for good."""

    def opens(self) -> None:
        """Open the hot wallet, as an operator does."""
        app = self.house.app
        chain = app.chains.find(NETWORK)

        async def look() -> tuple[bytes, Any]:
            key = (await app.signers.signer("hot")).public_key
            address = writer_of(chain).address_of(key)
            assert address == self.wallet.address
            return key, await writer_of(chain).standing(Account(address, key))

        key, standing = self.house.call(look())

        async def open_it(work: Work) -> None:
            await open_wallet(
                work,
                chain,
                key,
                "hot",
                owner=work.owner,
                limits=Limits(fee_max=100_000),
                standing=standing,
            )

        self.house.within(open_it, self.merchant.id)

    async def sells(self, asset: str) -> tuple[str, int]:
        """Be paid for good; return the intent and what came."""
        intent = self.asks("memo", asset)
        address, units, memo = due(intent)
        if asset == "stx":
            await self.payer.transfer(address, units, memo=memo or "")
        else:
            await self.payer.pay_sbtc(address, units, memo=memo)
        await self.mine()
        await self.caught_up()
        await self.burn()
        self.api.sees(intent["id"], "succeeded")
        final = "SELECT count(*) FROM payment_intents WHERE finalized_at IS NOT NULL AND id = %s"
        until(lambda: self.house.sql(final, intent["id"])[0][0], "the payment is final")
        return intent["id"], units

    def pays_out(self, asset: str, units: int) -> dict[str, Any]:
        """Ask for a payout to somebody."""
        return self.api.post(
            "/v1/payouts",
            {"amount": units, "currency": asset, "network": NETWORK, "destination": TO},
        )

    async def sent(self) -> str:
        """Wait until the newest attempt is with the network; return its transaction."""
        query = (
            "SELECT tx_id FROM send_attempts WHERE told_at IS NOT NULL ORDER BY built_at DESC"
            " LIMIT 1"
        )
        [(tx_id,)] = until(lambda: self.house.sql(query), "a transaction was sent")
        return f"0x{tx_id}"

    async def ends(self, path: str, status: str) -> dict[str, Any]:
        """Let blocks pass until what left has this status."""
        for _ in range(40):
            found = self.api.get(path)
            if found["status"] == status:
                return found
            await self.mine()
            await self.burn(1)
            until(lambda: self.house.sql("SELECT pg_sleep(0.5)"), "half a second passes")
        raise AssertionError(f"{path} is {found['status']}, not {status}: {found}")

    async def got(self, asset: str) -> list[int]:
        """Return what the chain says came to the recipient, transfer by transfer."""
        page = await self.chain.get(f"/extended/v3/principals/{TO}/transactions?limit=50")
        found = []
        for one in page["results"]:
            tx_id = one["transaction"]["tx_id"]
            path = f"/extended/v3/principals/{TO}/transactions/{tx_id}/balance-changes"
            for change in (await self.chain.get(path))["results"]:
                named = "stx" if change["asset"]["type"] == "stx" else change["asset"]["identifier"]
                if named == {"stx": "stx", "sbtc": SBTC}[asset]:
                    found.append(int(change["balance_change"]["received"]))
        return found

    def books(self, asset: str) -> tuple[int, int]:
        """Return what the books hold on the network, and what of it is set aside."""
        query = (
            "SELECT kind, balance::bigint FROM ledger_accounts"
            " WHERE merchant_id = %s AND asset = %s"
        )
        held = dict(self.house.sql(query, self.merchant.id, asset))
        return held.get(f"custody:{NETWORK}", 0), held.get(f"reserved:{NETWORK}", 0)

    async def holds(self) -> dict[str, int]:
        """Return what the chain says the wallet holds."""
        paths = {"stx": "stx", "sbtc": f"ft/{SBTC}"}
        at = f"/extended/v3/principals/{self.wallet.address}/balances"
        told = {one: await self.chain.get(f"{at}/{path}") for one, path in paths.items()}
        return {one: int(said["balance"]) for one, said in told.items()}

    async def fee_of(self, tx_id: str) -> int:
        """Return what the chain says a transaction cost."""
        return int((await self.chain.get(f"/extended/v3/transactions/0x{tx_id}"))["fee_rate"])

    def broken(self) -> list[str]:
        """Return the promises that do not hold."""
        found = self.house.call(check_and_hold(self.house.app.works, lambda _name, _count: None))
        return [f"{one.promise.name} {one.rows}" for one in found]

    def attempts(self) -> list[tuple[Any, ...]]:
        """Return every transaction that was made, and how it stands."""
        return self.house.sql(
            "SELECT n, is_void, tellings, slot_key FROM send_attempts a JOIN sends s"
            " ON s.id = a.send_id ORDER BY s.created_at, n"
        )


@pytest.fixture
def ustx() -> int:
    """Return what the hot wallet has for fees."""
    return FLOAT_USTX


@pytest.fixture
def table(payer: Wallet) -> str:
    """Return the networks file, by which what was sent is looked at every second."""
    served = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    return served.replace("block_time_s = 60.0", "block_time_s = 2.0")


@pytest.fixture
async def changes(ustx: int, payer: Wallet, till: Wallet, tmp_path: Path) -> dict[str, Any]:
    """Fill the hot wallet with what fees take, and name its signer."""
    if ustx:
        await payer.chain.pull("fund", address=till.address, ustx=str(ustx))
    return {"signers": await a_signer(tmp_path, "hot", HOT)}


@pytest.fixture
def shop(house: House, payer: Wallet, till: Wallet) -> Till:
    """Return a shop with a hot wallet."""
    made = Till(house, payer.chain, payer, till)
    made.opens()
    return made


async def test_an_operator_opens_a_wallet_and_says_where_it_pays_out_to(
    house: House, payer: Wallet, till: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Till(house, payer.chain, payer, till)

    async def run(*words: str) -> str:
        done = await asyncio.to_thread(command, shop, monkeypatch, "wallets", *words)
        assert done.exit_code == 0, done.output
        return str(done.output)

    bounds = ("--fee-max", "100000", "--day-max", "sbtc=0.02", "--low", "stx=5")
    opened = await run("create", shop.merchant.id, NETWORK, "hot", *bounds)
    wallet, address = opened.split()[:2]
    shown = await run("status", wallet)
    await run("payout-address", wallet, TO)
    await shop.sells("sbtc")
    payout = shop.api.post("/v1/payouts", {"amount": 700, "currency": "sbtc", "network": NETWORK})
    await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert address == till.address
    assert "holds 1000.000000 STX" in shown
    assert "next number: ours 0, mined 0, pending 0" in shown
    assert await shop.got("sbtc") == [700]


async def test_what_fills_a_wallet_that_is_paid_as_well_is_told_and_unapplied(shop: Till) -> None:
    await shop.caught_up()
    await shop.burn()

    query = "SELECT purpose, units::bigint FROM credits WHERE merchant_id = %s AND asset = 'stx'"
    until(lambda: shop.house.sql(query, shop.merchant.id), "it is booked")
    assert shop.house.sql(query, shop.merchant.id) == [("unapplied", FLOAT_USTX)]
    told = "SELECT 1 FROM events WHERE merchant_id = %s AND type = 'payment.unexpected'"
    until(lambda: shop.house.sql(told, shop.merchant.id), "the merchant is told")


@pytest.mark.parametrize("asset", ASSETS)
async def test_a_payout_leaves_once_and_is_booked(shop: Till, asset: str) -> None:
    await shop.sells(asset)
    held, _ = shop.books(asset)

    payout = shop.pays_out(asset, 1_000)
    await shop.sent()
    set_aside = shop.books(asset)
    paid = await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert await shop.got(asset) == [1_000]
    assert set_aside == (held, 1_000)
    fee = await shop.fee_of(paid["transaction_hash"])
    assert shop.books(asset) == (held - 1_000 - (fee if asset == "stx" else 0), 0)
    assert await shop.chain.status_of(f"0x{paid['transaction_hash']}") == "success"
    assert shop.attempts() == [(1, False, 1, "0")]
    assert shop.broken() == []
    assert await shop.holds() == {one: shop.books(one)[0] for one in ASSETS}


@pytest.mark.parametrize("asset", ASSETS)
async def test_a_refund_goes_back_in_what_was_paid(shop: Till, asset: str) -> None:
    intent, units = await shop.sells(asset)
    held, _ = shop.books(asset)

    asked = {"payment_intent": intent, "amount": 500, "to_address": TO}
    refund = shop.api.post("/v1/refunds", asked)
    await shop.sent()
    done = await shop.ends(f"/v1/refunds/{refund['id']}", "succeeded")

    part = units // 4
    assert await shop.got(asset) == [part]
    fee = await shop.fee_of(done["crypto"]["transaction_hash"])
    assert shop.books(asset) == (held - part - (fee if asset == "stx" else 0), 0)
    assert done["crypto"]["token_currency"] == asset
    assert shop.broken() == []


async def test_a_payout_that_the_network_drops_is_sent_again(shop: Till) -> None:
    await shop.sells("sbtc")
    payout = shop.pays_out("sbtc", 1_000)
    tx_id = await shop.sent()

    await shop.chain.pull("drop", txid=tx_id, reason="StaleGarbageCollect")
    until(lambda: shop.attempts()[0][2] > 1, "the same bytes are sent again")
    paid = await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert f"0x{paid['transaction_hash']}" == tx_id
    assert await shop.got("sbtc") == [1_000]
    assert [one[0] for one in shop.attempts()] == [1]
    assert shop.broken() == []


async def test_a_payout_that_was_taken_without_a_word_leaves_once(shop: Till) -> None:
    await shop.sells("sbtc")
    rule = {"path": SEND, "kind": "swallow", "times": 1}
    await shop.chain.pull("trouble", rules=[rule])

    payout = shop.pays_out("sbtc", 1_000)
    await shop.sent()
    await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert await shop.got("sbtc") == [1_000]
    assert shop.broken() == []


async def test_a_fork_takes_a_payout_back_and_it_leaves_once(shop: Till) -> None:
    await shop.sells("sbtc")
    payout = shop.pays_out("sbtc", 1_000)
    tx_id = await shop.sent()
    await shop.mine()
    assert await shop.chain.status_of(tx_id) == "success"

    await shop.chain.pull("fork", depth=1, drop="all")
    waiting = shop.api.get(f"/v1/payouts/{payout['id']}")["status"]
    until(lambda: shop.attempts()[0][2] > 1, "the same bytes are sent again")
    await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert waiting == "in_transit"
    assert await shop.got("sbtc") == [1_000]
    assert shop.broken() == []


@pytest.mark.parametrize("ustx", [0])
async def test_a_payout_without_stx_for_its_fee_waits_until_there_is_some(shop: Till) -> None:
    await shop.sells("sbtc")
    payout = shop.pays_out("sbtc", 1_000)
    why = "SELECT state, reason FROM sends"
    until(lambda: shop.house.sql(why) == [("queued", "wallet_short")], "the wallet is short")

    await shop.chain.pull("fund", address=shop.wallet.address, ustx=str(FLOAT_USTX))
    shop.house.sql("UPDATE sends SET next_at = now()")
    await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    assert await shop.got("sbtc") == [1_000]
    assert shop.broken() == []


async def test_a_payout_that_no_node_takes_gives_its_number_up_and_the_money_back(
    shop: Till,
) -> None:
    await shop.sells("sbtc")
    held, _ = shop.books("sbtc")
    rule = {"path": SEND, "kind": "reject", "reason": "NoSuchContract", "times": 1}
    await shop.chain.pull("trouble", rules=[rule])

    payout = shop.pays_out("sbtc", 1_000)
    failed = await shop.ends(f"/v1/payouts/{payout['id']}", "failed")
    left = shop.books("sbtc")
    after = shop.pays_out("sbtc", 600)
    await shop.ends(f"/v1/payouts/{after['id']}", "paid")

    assert failed["failure_code"] == "voided"
    assert left == (held, 0)
    assert await shop.got("sbtc") == [600]
    assert [(n, is_void, slot) for n, is_void, _, slot in shop.attempts()] == [
        (1, False, "0"),
        (2, True, "0"),
        (1, False, "1"),
    ]
    assert shop.broken() == []


@pytest.mark.parametrize("reason", ["FeeTooLow", "ConflictingNonceInMempool"])
async def test_a_payout_that_is_too_cheap_is_sent_again_dearer_with_its_number(
    shop: Till, reason: str
) -> None:
    await shop.sells("sbtc")
    rule = {"path": SEND, "kind": "reject", "reason": reason, "times": 1}
    await shop.chain.pull("trouble", rules=[rule])

    payout = shop.pays_out("sbtc", 1_000)
    await shop.ends(f"/v1/payouts/{payout['id']}", "paid")

    fees = shop.house.sql("SELECT (price->>'fee')::int FROM send_attempts ORDER BY n")
    assert len(fees) == 2
    assert fees[1][0] == -(-fees[0][0] * 9 // 8)
    assert {one[3] for one in shop.attempts()} == {"0"}
    assert await shop.got("sbtc") == [1_000]
    assert shop.broken() == []
