"""Payers without STX: a wallet of ours or Bolt pays the fee, once, and for nothing but payments."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.errors import Invalid, SluiceError
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.sponsor import FeeSponsor, SponsorRefused
from sluice.engine.chains.stacks.bolt.forms import Bolt, Form, fee_sats, fill_fund, pay, transfer
from sluice.engine.chains.stacks.bolt.requests import BoltWallets
from sluice.engine.chains.stacks.bolt.simulated import BoltSandbox
from sluice.engine.chains.stacks.bolt.sponsor import BoltSponsor
from sluice.engine.chains.stacks.contents import Content, send_token
from sluice.engine.chains.stacks.keys import SecretKey
from sluice.engine.chains.stacks.payer_words import check_payment
from sluice.engine.chains.stacks.principals import parse_address, parse_asset, parse_contract
from sluice.engine.chains.stacks.provider import Provider
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.sponsoring import OwnSponsor
from sluice.engine.chains.stacks.transactions.accounts import single_account
from sluice.engine.chains.stacks.transactions.authorization import SENTINEL
from sluice.engine.chains.stacks.transactions.model import Transaction, Version
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.sign import sign_origin
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.chains.wallets import WalletOrder
from sluice.engine.keys.signers.local import LocalSigner
from tests.contract.stacks_under_test import BURN_DEPTH, CHAIN_ID, StacksUnderTest
from tests.stacks.bolt import CONTRACT, NAME, Service, serving
from tests.stacks.chain import SBTC
from tests.stacks.chain import SBTC_TOKEN as TOKEN
from tests.stacks.wallets import Wallet

KEY: Final = SecretKey(b"\x2a" * 32)
MEMO: Final = "00112233445566778899aabbccddeeff"
SATS: Final = 5_000
SEND: Final = "^/v2/transactions$"


@dataclass
class Scene:
    """A payer with sBTC and no STX, whom two sponsors may help."""

    stacks: StacksUnderTest
    own: OwnSponsor
    bolt: Bolt
    service: Service
    by_bolt: BoltSponsor
    simulated: BoltSandbox
    payer: str
    shop: str

    def signed(self, content: Content, nonce: int = 0) -> bytes:
        """Sign what the payer's wallet would, for somebody to sponsor."""
        transaction = Transaction(
            Version.TESTNET,
            CHAIN_ID,
            single_account(KEY.public, nonce=nonce, fee=0),
            content.payload,
            SENTINEL,
            post_condition_mode=content.mode,
            post_conditions=content.conditions,
        )
        return encode_transaction(sign_origin(transaction, [KEY]))

    def order(self, units: int = 700, **more: Any) -> WalletOrder:  # noqa: ANN401
        return replace(WalletOrder("sbtc", units, self.payer, self.shop, MEMO), **more)

    def asked(self, units: int = 700) -> Content:
        """Return a plain payment of ours."""
        return send_token(
            parse_asset(SBTC), parse_address(self.payer), parse_address(self.shop), units, MEMO
        )

    async def received(self) -> list[tuple[int, str | None]]:
        tip = (await self.stacks.reader.tip()).header.height
        blocks = await self.stacks.reader.blocks(1, tip)
        return [
            (one.units, one.memo)
            for block in blocks
            for one in block.transfers
            if one.recipient == self.shop
        ]

    async def status(self, tx_id: str) -> str | None:
        await self.stacks.mine()
        return await self.stacks.chain.status_of(f"0x{tx_id}")


@pytest.fixture
async def scene(stacks: StacksUnderTest, clock: ManualClock) -> AsyncIterator[Scene]:
    """Return the payer, the shop, Bolt's stand-in and both sponsors."""
    signer = LocalSigner(b"\x33" * 32)

    async def find() -> LocalSigner:
        return signer

    sendings = [Sending(stacks.api_at(stacks.chain.url).provider)]
    writer = StacksWriter(stacks.network, sendings, chain_id=CHAIN_ID, burn_depth=BURN_DEPTH)
    own = OwnSponsor("stacks", writer, sendings, find)
    payer = str(writer.address_of(KEY.public))
    await stacks.chain.pull("mint_sbtc", address=payer, sats=str(SATS))
    operator = writer.address_of(signer.public_key)
    await stacks.chain.pull("fund", address=operator, ustx="9000000")
    contract = await stacks.payer.deploy(NAME, CONTRACT)
    bolt = Bolt(parse_contract(contract), parse_asset(SBTC))
    service = Service(own)
    async with serving(service) as url:
        provider = Provider(url, stacks.chain.egress, clock)
        yield Scene(
            stacks,
            own,
            bolt,
            service,
            BoltSponsor(provider, bolt),
            BoltSandbox(own, bolt.token),
            payer,
            stacks.new_address(),
        )


Pick = Callable[[Scene], FeeSponsor]
ALL: Final = pytest.mark.parametrize(
    "pick", [lambda one: one.own, lambda one: one.by_bolt, lambda one: one.simulated]
)


@ALL
async def test_a_payer_without_stx_pays(scene: Scene, pick: Pick) -> None:
    sponsor = pick(scene)
    raw = scene.signed(scene.asked())

    tx_id = await sponsor.sponsor(raw, await sponsor.price(3_000))

    assert await scene.status(tx_id) == "success"
    assert await scene.received() == [(700, MEMO)]


@ALL
async def test_asked_twice_it_is_sent_once(scene: Scene, pick: Pick) -> None:
    sponsor = pick(scene)
    raw = scene.signed(scene.asked())

    ids = {await sponsor.sponsor(raw, 10) for _ in range(2)}
    await scene.stacks.mine()
    ids |= {await sponsor.sponsor(raw, 10)}

    assert len(ids) == 1
    assert await scene.received() == [(700, MEMO)]


@ALL
async def test_a_number_that_is_used_is_refused(scene: Scene, pick: Pick) -> None:
    await scene.stacks.chain.pull("fund", address=scene.payer, ustx="90000")
    wallet = Wallet("2a" * 32 + "01", scene.payer, scene.stacks.chain, scene.stacks.signer)
    await wallet.transfer(scene.shop, 5)
    await scene.stacks.mine()

    with pytest.raises(SponsorRefused):
        await pick(scene).sponsor(scene.signed(scene.asked()), 10)


@ALL
async def test_what_nobody_signed_to_be_sponsored_is_refused(scene: Scene, pick: Pick) -> None:
    raw = scene.signed(scene.asked())
    for odd in (b"", raw[:-1], raw[:60] + bytes([raw[60] ^ 1]) + raw[61:]):
        with pytest.raises(Invalid):
            await pick(scene).sponsor(odd, 10)


async def test_silence_is_neither_sent_nor_refused(scene: Scene) -> None:
    raw = scene.signed(scene.asked())
    rule = {"provider": "", "path": SEND, "kind": "swallow", "times": 1}
    await scene.stacks.chain.pull("trouble", rules=[rule])

    with pytest.raises(ProviderTrouble):
        await scene.own.sponsor(raw, 0)
    tx_id = await scene.own.sponsor(raw, 0)

    assert await scene.status(tx_id) == "success"
    assert await scene.received() == [(700, MEMO)]


async def test_many_at_once_take_numbers_of_their_own(scene: Scene) -> None:
    raws = [scene.signed(scene.asked(100 + nonce), nonce) for nonce in range(3)]

    ids = [await scene.own.sponsor(raw, 0) for raw in raws]
    await scene.stacks.mine()

    assert len(set(ids)) == 3
    assert [units for units, _ in await scene.received()] == [100, 101, 102]


async def test_an_empty_sponsor_refuses(scene: Scene, stacks: StacksUnderTest) -> None:
    poor = LocalSigner(b"\x34" * 32)

    async def find() -> LocalSigner:
        return poor

    sendings = [Sending(stacks.api_at(stacks.chain.url).provider)]
    writer = StacksWriter(stacks.network, sendings, chain_id=CHAIN_ID, burn_depth=BURN_DEPTH)

    with pytest.raises(SponsorRefused):
        await OwnSponsor("stacks", writer, sendings, find).sponsor(scene.signed(scene.asked()), 0)


async def test_the_four_forms_of_a_transfer(scene: Scene) -> None:
    shop = parse_address(scene.shop)
    fee = await scene.by_bolt.price(3_000)
    assert fee == 15

    async def pays(form: Form, units: int, nonce: int) -> str | None:
        content = transfer(scene.bolt, form, shop, units, fee=fee, memo=MEMO)
        tx_id = await scene.by_bolt.sponsor(scene.signed(content, nonce), fee)
        return await scene.status(tx_id)

    own_books = transfer(
        scene.bolt, Form.STACKS_TO_BOLT, parse_address(scene.payer), 1_000, fee=fee, memo=None
    )
    filled = await scene.by_bolt.sponsor(scene.signed(own_books, 0), fee)
    assert await scene.status(filled) == "success"
    ended = [await pays(form, 100 + nonce, nonce) for nonce, form in enumerate(Form, start=1)]

    assert ended == ["success"] * 4
    # In the books alone nothing is seen as a payment; what leaves them or never was in them is.
    assert await scene.received() == [(101, MEMO), (103, MEMO)]
    assert [form.is_on_chain for form in Form] == [True, False, True, False]


async def test_a_contract_that_takes_more_gets_nothing(scene: Scene) -> None:
    honest = transfer(
        scene.bolt, Form.STACKS_TO_STACKS, parse_address(scene.shop), 700, fee=10, memo=MEMO
    )
    call = honest.payload
    assert isinstance(call, ContractCall)
    greedy = honest._replace(
        payload=ContractCall(call.contract, call.function, (*call.arguments[:3], call.arguments[0]))
    )

    tx_id = await scene.by_bolt.sponsor(scene.signed(greedy), 10)

    assert await scene.status(tx_id) == "abort_by_post_condition"
    assert await scene.received() == []


async def test_the_fee_fund_is_filled_and_shown(scene: Scene) -> None:
    tx_id = await scene.by_bolt.sponsor(scene.signed(fill_fund(scene.bolt, 400, fee=10)), 10)
    scene.service.funds[scene.payer] = 400

    assert await scene.status(tx_id) == "success"
    assert await scene.by_bolt.fund_of(scene.payer) == 400
    assert await scene.by_bolt.fund_of(scene.shop) == 0


async def test_own_calls_carry_their_fee_and_others_name_it(scene: Scene) -> None:
    await scene.by_bolt.sponsor(scene.signed(fill_fund(scene.bolt, 400, fee=10)), 10)
    await scene.by_bolt.sponsor(scene.signed(scene.asked(), 1), 25)

    (own, first), (other, second) = scene.service.asked
    assert (own, "fee" in first) == ("/api/v1/transaction/sbtc-token", False)
    assert (other, second["fee"]) == ("/api/v1/sponsor/sbtc-token/transaction", 25)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, SponsorRefused),
        (401, SponsorRefused),
        (404, SponsorRefused),
        (429, ProviderTrouble),
        (500, ProviderTrouble),
        (503, ProviderTrouble),
    ],
)
async def test_a_service_that_says_no_or_nothing(
    scene: Scene, status: int, error: type[SluiceError]
) -> None:
    scene.service.trouble = status

    with pytest.raises(error):
        await scene.by_bolt.sponsor(scene.signed(scene.asked()), 10)

    await scene.stacks.mine()
    assert await scene.received() == []


@pytest.mark.parametrize("rate", [0, -5, 10**9, "200", None])
async def test_a_rate_beyond_belief_is_refused(scene: Scene, rate: object) -> None:
    scene.service.rate = rate

    with pytest.raises(ProviderTrouble):
        await scene.by_bolt.price(3_000)


async def test_a_fee_above_what_we_allow_is_refused(scene: Scene) -> None:
    scene.service.rate = 1

    with pytest.raises(SponsorRefused) as refused:
        await scene.by_bolt.price(20_000)

    assert refused.value.code == "fee_guard"


def test_a_fee_in_sats_has_a_floor_and_grows_with_size() -> None:
    assert fee_sats(4_000, 200, 433) == 20
    assert fee_sats(4_001, 200, 433) == 21
    assert fee_sats(0, 200, 433) == 10
    assert fee_sats(0, 200, 5_001) == 101
    with pytest.raises(Invalid):
        fee_sats(1, 0, 433)


async def test_a_wallet_is_asked_for_the_fee_beside_the_amount(scene: Scene) -> None:
    asked = BoltWallets(scene.bolt, asset="sbtc", chain_id=CHAIN_ID, fee=15).ask_wallet(
        scene.order()
    )
    content = transfer(
        scene.bolt, Form.STACKS_TO_STACKS, parse_address(scene.shop), 700, fee=15, memo=MEMO
    )

    assert (asked.method, asked.units) == ("stx_callContract", 715)
    assert asked.params["sponsored"] is True
    assert asked.params["postConditionMode"] == "deny"
    assert asked.params["functionName"] == "transfer-stacks-to-stacks"
    assert len(asked.params["postConditions"]) == len(content.conditions) == 1
    with pytest.raises(Invalid):
        BoltWallets(scene.bolt, asset="sbtc", chain_id=CHAIN_ID, fee=15).ask_wallet(
            scene.order(asset="stx")
        )


async def test_simulated_the_operator_gets_the_fee_and_the_shop_the_amount(scene: Scene) -> None:
    fee = await scene.simulated.price(3_000)
    assert fee == await scene.by_bolt.price(3_000) == 15
    service = await scene.simulated.service()
    content = pay(service, scene.order(), fee)

    tx_id = await scene.simulated.sponsor(scene.signed(content), fee)

    assert await scene.status(tx_id) == "success"
    assert await scene.received() == [(700, MEMO)]
    balance = f"/extended/v3/principals/{service.operator}/balances/ft/{SBTC}"
    assert (await scene.stacks.chain.get(balance))["balance"] == str(fee)


async def test_simulated_a_fee_that_is_too_low_is_refused(scene: Scene) -> None:
    low = pay(await scene.simulated.service(), scene.order(), 14)

    with pytest.raises(SponsorRefused, match="FEE_TOO_LOW"):
        await scene.simulated.sponsor(scene.signed(low), 15)
    with pytest.raises(SponsorRefused, match="most we let it take"):
        await BoltSandbox(scene.own, scene.bolt.token, rate=1, fee_max=100).price(3_000)


async def test_through_bolt_only_the_payment_itself_is_sponsored(scene: Scene) -> None:
    tokens = {"sbtc": parse_asset(SBTC)}
    for service in (scene.bolt, await scene.simulated.service()):
        raw = scene.signed(pay(service, scene.order(), 15))
        check_payment(raw, scene.order(), tokens, chain_id=CHAIN_ID, bolt=service)
        for order in (scene.order(701), scene.order(memo="other"), scene.order(address=TOKEN)):
            with pytest.raises(Invalid):
                check_payment(raw, order, tokens, chain_id=CHAIN_ID, bolt=service)
    with pytest.raises(Invalid):
        check_payment(raw, scene.order(), tokens, chain_id=CHAIN_ID, bolt=scene.bolt)


async def test_only_the_payment_itself_is_sponsored(scene: Scene) -> None:
    tokens = {"sbtc": parse_asset(SBTC)}
    raw = scene.signed(scene.asked())

    def check(raw: bytes, order: WalletOrder, *, chain_id: int = CHAIN_ID) -> None:
        check_payment(raw, order, tokens, chain_id=chain_id)

    check(raw, scene.order())
    for order in (
        scene.order(701),
        scene.order(699),
        scene.order(memo=None),
        scene.order(memo="other"),
        scene.order(address=scene.payer),
        scene.order(payer=scene.shop),
        scene.order(asset="usdcx"),
        scene.order(asset="stx"),
    ):
        with pytest.raises(Invalid):
            check(raw, order)
    with pytest.raises(Invalid):
        check(raw, scene.order(), chain_id=1)
    with pytest.raises(Invalid):
        check(scene.signed(fill_fund(scene.bolt, 400, fee=10)), scene.order())
