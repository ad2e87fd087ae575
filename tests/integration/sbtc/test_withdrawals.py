"""sBTC goes out as bitcoin: asked by the hot wallet, numbered, ended by the signers, and booked."""

import dataclasses
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.app.build import open_sealer
from sluice.app.keys import KeyParts, create_key
from sluice.app.settings import Settings
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import set_wallet
from sluice.business.accounts.merchants.model import RefundRules
from sluice.business.payments.conversions.terms import refresh_terms
from sluice.business.payments.settlement.withdraw import watch_withdrawals
from sluice.business.trust.promises.check import check_and_hold
from sluice.engine.chains.writer import Account
from sluice.engine.sender.edit import open_wallet, set_withdraw_address, writer_of
from sluice.engine.sender.freeze import freeze_wallet
from sluice.engine.sender.model import HotWallet, Limits
from tests.house import House, running_house, until
from tests.integration.api.estate import SALE, Api
from tests.integration.api.test_money_out import another_key, with_rules
from tests.integration.sbtc.commands import code_of, run
from tests.integration.sbtc.conftest import STACKS
from tests.integration.sbtc.signers import Emily
from tests.stacks.chain import SBTC_TOKEN, StacksChain
from tests.stacks.wallets import Wallet

BITCOIN: Final = "bitcoin"
OUT: Final = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
OTHER: Final = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
MAIN: Final = "bc1qxp5ya32csx2eghsw6jrtl0emt3pzfwdl2nvny8"
SWEEP: Final = "5a" * 32
SECRET: Final = b"\x02" * 32
AMOUNT: Final = 20_000
FEE_MAX: Final = 3_000
TABLE: Final = """
[{stacks}]
api = ["{api}"]
burn_depth = 1
reorg_max = 12
block_time_s = 1.0

[{stacks}.sbtc]
emily = "{emily}"
bitcoin = "bitcoin"
fee_max_sats = 5000
"""


class Shop:
    """A merchant with sBTC in a hot wallet, the chain, and the signers of sBTC."""

    def __init__(self, house: House, chain: StacksChain, till: Wallet) -> None:
        self.house = house
        self.chain = chain
        self.till = till
        self.merchant = house.merchant()
        self.api = Api(house, self.merchant.sk)
        house.sql("DELETE FROM jobs WHERE name = 'watch_withdrawals'")

    def opens(self) -> None:
        """Be paid at the hot wallet, and hear what the signers take now."""
        network = self.house.app.chains.find(STACKS)

        async def set_it(work: Work) -> HotWallet:
            await set_wallet(work, network, self.till.address)
            key = (await self.house.app.signers.signer("till")).public_key
            standing = await writer_of(network).standing(Account(self.till.address, key))
            return await open_wallet(
                work,
                network,
                key,
                "till",
                owner=work.owner,
                limits=Limits(),
                standing=standing,
            )

        self.hot = self.house.within(set_it, self.merchant.id)
        self.house.call(refresh_terms(self.house.app.works, self.house.app.chains))

    async def sells(self, payer: Wallet) -> int:
        """Be paid in sBTC, for good, and return how much may be spent."""
        deposit = {"networks": [STACKS], "tokens": ["sbtc"], "style": "amount"}
        options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
        asked = {**SALE, "amount": 10_000, "payment_method_options": options}
        intent = self.api.post("/v1/payment_intents", asked)
        details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][STACKS]
        [token] = details["supported_tokens"]
        await payer.pay_sbtc(details["address"], int(token["expected_amount"]))
        await self.chain.mine()
        await self.bury()
        final = "SELECT count(*) FROM payment_intents WHERE id = %s AND finalized_at IS NOT NULL"
        until(lambda: self.house.sql(final, intent["id"])[0][0], "the sale is final")
        return self.spendable()

    def spendable(self) -> int:
        """Return what the API says may be spent."""
        found: int = self.api.get("/v1/balance")["available"][0]["amount"]
        return found

    def asks(self, **more: object) -> dict[str, Any]:
        """Ask for bitcoin."""
        return self.api.post("/v1/payouts", wanted(**more))

    async def bury(self) -> None:
        """Put Bitcoin blocks on top, and wake whoever follows."""
        await self.chain.pull("burn", count=2)
        self.house.call(self._ring())

    async def asked(self, payout: dict[str, Any]) -> dict[str, Any]:
        """Let the request be made for good, and be numbered."""
        sent = "SELECT count(*) FROM send_attempts WHERE told_at IS NOT NULL AND raw IS NOT NULL"
        until(lambda: self.house.sql(sent)[0][0], "the request is sent")
        await self.chain.mine()
        await self.bury()
        done = "SELECT count(*) FROM payouts WHERE withdraw_ask_tx_id IS NOT NULL"
        until(lambda: self.house.sql(done)[0][0], "the request is there for good")
        self.watch()
        return self.sees(payout)

    def watch(self) -> None:
        """Do what the schedule does every quarter of a minute."""
        self.house.call(watch_withdrawals(self.house.app.works, self.house.app.chains))

    def sees(self, payout: dict[str, Any]) -> dict[str, Any]:
        """Return the payout as it is now."""
        return self.api.get(f"/v1/payouts/{payout['id']}")

    async def holds(self) -> tuple[int, int]:
        """Return what the chain says the wallet has, free and locked."""
        base = f"/extended/v3/principals/{self.till.address}/balances/ft/{SBTC_TOKEN}::"
        found = [
            await self.chain.fetch(base + name) for name in ("sbtc-token", "sbtc-token-locked")
        ]
        free, locked = (int(json.loads(one.body).get("balance", 0)) for one in found)
        return free, locked

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return what the merchant was told."""
        found: list[dict[str, Any]] = self.api.get(f"/v1/events?type={kind}")["data"]
        return found

    def broken(self) -> dict[str, int]:
        """Return the promises that do not hold."""
        found: dict[str, int] = {}

        def note(name: str, count: int) -> None:
            if count:
                found[name] = count

        self.house.call(check_and_hold(self.house.app.works, note))
        return found

    async def _ring(self) -> None:
        self.house.app.bell.ring([STACKS])


def wanted(**more: object) -> dict[str, object]:
    """Return a request for bitcoin."""
    return {
        "amount": AMOUNT,
        "currency": "sbtc",
        "arrives_on": BITCOIN,
        "destination": OUT,
        "fee_max": FEE_MAX,
        **more,
    }


async def signers_file(home: Path) -> str:
    """Write a signers file with the wallet's key."""
    path = home / "signers.toml"
    path.write_text('[till]\nkind = "file"\npath = "till.key"\n')
    ids = Ids(SystemClock())
    parts = KeyParts(open_sealer(Settings(home=home), ids), ids.bytes, Egress(NODES), SystemClock())
    await create_key(str(path), "till", parts, secret=SECRET)
    return str(path)


@pytest.fixture
async def signers(tmp_path: Path) -> str:
    """Return the signers file."""
    return await signers_file(tmp_path)


@pytest.fixture
def networks(chain: StacksChain, emily: Emily, tmp_path: Path) -> Path:
    """Return a networks file with Stacks and its peg, and no Bitcoin."""
    written = tmp_path / "networks.toml"
    written.write_text(TABLE.format(stacks=STACKS, api=chain.url, emily=emily.url))
    return written


@pytest.fixture
def house(
    networks: Path, signers: str, database_server: str, database_template: str
) -> Iterator[House]:
    """Return a house whose worker signs."""
    with running_house(
        database_server,
        database_template,
        networks.parent,
        networks=str(networks),
        signers=signers,
    ) as running:
        yield running


@pytest.fixture
async def shop(house: House, chain: StacksChain, till: Wallet) -> Shop:
    """Return a merchant whose hot wallet was paid."""
    built = Shop(house, chain, till)
    await chain.pull("fund", address=till.address, ustx="90000000")
    built.opens()
    return built


async def test_what_the_signers_pay_is_gone_with_its_fee_and_the_rest_is_back(
    shop: Shop, payer: Wallet
) -> None:
    before = await shop.sells(payer)
    lies, _ = await shop.holds()
    payout = shop.asks()
    assert (payout["status"], payout["amount"]) == ("pending", AMOUNT)
    assert payout["withdrawal"] == {
        "network": BITCOIN,
        "status": "asked",
        "request": None,
        "request_transaction_hash": None,
        "fee_max": str(FEE_MAX),
        "fee": None,
    }
    assert shop.spendable() == before - AMOUNT - FEE_MAX

    numbered = await shop.asked(payout)
    assert (numbered["status"], numbered["transaction_hash"]) == ("in_transit", None)
    assert (numbered["withdrawal"]["status"], numbered["withdrawal"]["request"]) == ("created", "1")
    assert await shop.holds() == (lies - AMOUNT - FEE_MAX, AMOUNT + FEE_MAX)
    assert shop.broken() == {}

    await shop.chain.pull("end_withdrawal", request=1, fee=1_250, bitcoin_txid=SWEEP)
    shop.watch()
    assert shop.sees(payout)["status"] == "in_transit"
    await shop.bury()
    shop.watch()
    paid = shop.sees(payout)

    assert (paid["status"], paid["transaction_hash"]) == ("paid", SWEEP)
    assert (paid["withdrawal"]["status"], paid["withdrawal"]["fee"]) == ("accepted", "1250")
    assert shop.spendable() == before - AMOUNT - 1_250
    assert await shop.holds() == (lies - AMOUNT - 1_250, 0)
    moved = shop.api.get(f"/v1/balance_transactions?source={payout['id']}")["data"]
    assert [(one["type"], one["amount"]) for one in moved] == [
        ("adjustment", FEE_MAX - 1_250),
        ("payout", -AMOUNT - FEE_MAX),
    ]
    assert len(until(lambda: shop.events("payout.paid"), "the merchant is told")) == 1
    shop.watch()
    assert shop.broken() == {}


async def test_what_the_signers_refuse_is_all_back(shop: Shop, payer: Wallet) -> None:
    before = await shop.sells(payer)
    lies = await shop.holds()
    payout = shop.asks()
    await shop.asked(payout)

    await shop.chain.pull("end_withdrawal", request=1)
    await shop.bury()
    shop.watch()
    refused = shop.sees(payout)

    assert (refused["status"], refused["failure_code"]) == ("failed", "withdrawal_rejected")
    assert refused["withdrawal"]["status"] == "rejected"
    assert shop.spendable() == before
    assert await shop.holds() == lies
    assert len(until(lambda: shop.events("payout.failed"), "the merchant is told")) == 1
    assert shop.broken() == {}


async def test_an_end_that_a_fork_takes_back_was_none(shop: Shop, payer: Wallet) -> None:
    before = await shop.sells(payer)
    payout = shop.asks()
    await shop.asked(payout)
    await shop.chain.pull("end_withdrawal", request=1)
    shop.watch()
    await shop.chain.pull("fork", depth=1, drop="all")
    await shop.bury()
    shop.watch()
    assert shop.sees(payout)["withdrawal"]["status"] == "created"

    await shop.chain.pull("end_withdrawal", request=1, fee=FEE_MAX, bitcoin_txid=SWEEP)
    await shop.bury()
    shop.watch()

    assert shop.sees(payout)["status"] == "paid"
    assert shop.spendable() == before - AMOUNT - FEE_MAX
    assert shop.broken() == {}


async def test_a_request_that_was_not_made_is_taken_back(shop: Shop, payer: Wallet) -> None:
    before = await shop.sells(payer)
    shop.house.within(lambda work: freeze_wallet(work, shop.hot, "a test"))
    payout = shop.asks()
    assert shop.spendable() == before - AMOUNT - FEE_MAX

    canceled = shop.api.post(f"/v1/payouts/{payout['id']}/cancel")

    assert (canceled["status"], canceled["withdrawal"]["status"]) == ("canceled", "asked")
    assert shop.spendable() == before
    assert shop.broken() == {}


async def test_a_second_person_agrees_to_the_same_request(shop: Shop, payer: Wallet) -> None:
    await shop.sells(payer)
    with_rules(shop.house, shop.merchant, RefundRules(approve_above={"sbtc": 1}))
    payout = shop.asks()
    assert payout["approval"] == "required"
    other = another_key(shop.house, shop.merchant, "payouts:approve", "balance:read")

    approved = other.post(f"/v1/payouts/{payout['id']}/approve")
    numbered = await shop.asked(payout)

    assert approved["approval"] == "approved"
    assert numbered["withdrawal"]["request"] == "1"
    assert shop.broken() == {}


NO_PEG: Final[dict[str, object]] = {"arrives_on": None, "network": STACKS}
# What is asked otherwise, which parameter is refused, and why.
REFUSED: Final[list[tuple[str, dict[str, object], str, str]]] = [
    ("an address of mainnet", {"destination": MAIN}, "destination", "address_invalid"),
    ("dust", {"amount": 546}, "amount", "amount_too_small"),
    ("more than one may be", {"amount": 10**9 + 1}, "amount", "amount_too_large"),
    ("a network without a peg", {"arrives_on": "polygon"}, "arrives_on", "payouts_not_enabled"),
    ("another asset", {"currency": "stx"}, "arrives_on", "payouts_not_enabled"),
    ("more than there is", {"amount": 10**7}, "amount", "balance_insufficient"),
    ("a fee where none is", NO_PEG, "fee_max", "parameter_invalid"),
]  # fmt: skip


async def test_what_would_not_be_paid_is_not_asked(shop: Shop, payer: Wallet) -> None:
    before = await shop.sells(payer)

    for what, changes, param, code in REFUSED:
        asked = {name: value for name, value in wanted(**changes).items() if value is not None}
        answer = shop.api.ask("POST", "/v1/payouts", asked)
        told = (answer.status, answer.error["param"], answer.error["code"])
        assert told == (400, param, code), what
    shop.house.sql("UPDATE peg_terms SET fetched_at = fetched_at - interval '6 minutes'")
    stale = shop.api.ask("POST", "/v1/payouts", wanted())
    assert (stale.status, stale.error["code"]) == (503, "peg_terms_stale")

    assert shop.house.sql("SELECT count(*) FROM payouts") == [(0,)]
    assert shop.spendable() == before


async def test_it_goes_to_the_address_the_operator_set_and_to_no_other(
    shop: Shop, payer: Wallet
) -> None:
    await shop.sells(payer)
    peg = shop.house.app.chains.find(STACKS).peg
    assert peg is not None

    async def set_it(work: Work, address: str) -> None:
        held = shop.house.sql("SELECT withdraw_address FROM hot_wallets")[0][0]
        wallet = dataclasses.replace(shop.hot, withdraw_address=held)
        await set_withdraw_address(work, peg, wallet, address)

    shop.house.within(lambda work: set_it(work, OUT))
    refused = shop.api.ask("POST", "/v1/payouts", wanted(destination=OTHER))
    assert (refused.status, refused.error["code"]) == (400, "address_not_allowed")
    nowhere = {name: value for name, value in wanted().items() if name != "destination"}
    assert shop.api.post("/v1/payouts", nowhere)["destination"] == OUT

    shop.house.within(lambda work: set_it(work, OTHER))
    early = shop.api.ask("POST", "/v1/payouts", nowhere)
    assert (early.status, early.error["code"]) == (400, "payout_address_too_new")


async def test_signers_who_cannot_be_heard_are_asked_again(shop: Shop, payer: Wallet) -> None:
    await shop.sells(payer)
    payout = shop.asks()
    await shop.asked(payout)
    await shop.chain.pull("end_withdrawal", request=1, fee=0, bitcoin_txid=SWEEP)
    await shop.bury()
    rule = {"path": "/contract/", "kind": "status", "status": 503}
    await shop.chain.pull("trouble", rules=[rule])
    shop.watch()
    assert shop.sees(payout)["status"] == "in_transit"

    await shop.chain.pull("calm")
    shop.watch()

    assert (shop.sees(payout)["status"], shop.sees(payout)["withdrawal"]["fee"]) == ("paid", "0")


async def test_the_command_line_sets_where_they_go_and_lists_them(
    shop: Shop, payer: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.sells(payer)
    sluice = functools.partial(run, shop.house, monkeypatch)
    address = ("wallets", "payout-address", shop.hot.id)

    other = await sluice(*address, OUT, "--arrives-on", "polygon")
    wrong = await sluice(*address, MAIN, "--arrives-on", BITCOIN)
    before = shop.house.sql("SELECT withdraw_address, payout_address FROM hot_wallets")
    done = await sluice(*address, OUT, "--arrives-on", BITCOIN)
    payout = shop.asks()
    listed = await sluice("sbtc", "withdrawals", shop.merchant.id)
    live = await sluice("sbtc", "withdrawals", shop.merchant.id, "--live")

    assert (other.exit_code, code_of(wrong)) == (2, "address_invalid")
    assert before == [(None, None)]
    assert done.exit_code == 0
    assert shop.house.sql("SELECT withdraw_address FROM hot_wallets") == [(OUT,)]
    assert listed.output.split()[0] == payout["id"]
    assert f"fee {FEE_MAX} sats at most" in listed.output
    assert live.output == "No payout was asked for in bitcoin.\n"
