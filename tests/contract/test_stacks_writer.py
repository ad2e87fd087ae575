"""What leaves a Stacks wallet, on the real Clarity VM: sent once, whatever is said about it."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.stacks.clarity.model import Ascii, UInt
from sluice.engine.chains.stacks.contents import SPONSORED, write_call
from sluice.engine.chains.stacks.fees import FeePolicy
from sluice.engine.chains.stacks.principals import parse_address, parse_contract
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.chains.writer import (
    Account,
    Call,
    Fate,
    Order,
    OrderHeld,
    OrderRefused,
    Price,
    Sealed,
    Slot,
    State,
    Verdict,
)
from sluice.engine.keys.signers.local import LocalSigner
from tests.contract.stacks_under_test import BURN_DEPTH, CHAIN_ID, StacksUnderTest
from tests.stacks.wallets import HELPER, Wallet

STX: Final = 5_000_000
SATS: Final = 10_000
MEMO: Final = "00112233445566778899aabbccddeeff"
SEND: Final = "^/v2/transactions$"
CHEAP: Final = {"fee": 1_000}


@dataclass
class Till:
    """A hot wallet, its signer and what writes for it."""

    stacks: StacksUnderTest
    writer: StacksWriter
    signer: LocalSigner

    @property
    def account(self) -> Account:
        return Account(self.writer.address_of(self.signer.public_key), self.signer.public_key)

    def order(self, units: int = 700, asset: str = "sbtc", **more: Any) -> Order:  # noqa: ANN401
        to = more.pop("to", None) or self.stacks.new_address()
        return Order("stacks", asset, units, to, "r", **more)

    async def sealed(self, order: Order, nonce: int, price: Price = CHEAP) -> Sealed:
        unsigned = self.writer.build(order, self.account, Slot(nonce), price)
        signatures = [await self.signer.sign_digest(one) for one in unsigned.digests]
        return self.writer.seal(unsigned, self.account, signatures)

    async def fate(self, sealed: Sealed, nonce: int) -> Fate:
        return await self.writer.fate(sealed.tx_id, Slot(nonce), self.account)

    async def sent(self, order: Order, nonce: int = 0, price: Price = CHEAP) -> Sealed:
        sealed = await self.sealed(order, nonce, price)
        assert await self.writer.broadcast(sealed.raw) is Verdict.SENT
        return sealed

    async def holds(self, asset: str = "sbtc") -> int:
        return (await self.writer.standing(self.account)).balances[asset]

    @classmethod
    def of(
        cls,
        stacks: StacksUnderTest,
        *providers: str,
        agree: int = 1,
        fees: FeePolicy | None = None,
    ) -> "Till":
        """Return the same wallet, looked at and sent for through these providers."""
        urls = [stacks.chain.provider(name).url for name in providers]
        writer = StacksWriter(
            stacks.network,
            [Sending(stacks.api_at(url).provider) for url in urls],
            chain_id=CHAIN_ID,
            burn_depth=BURN_DEPTH,
            agree=agree,
            fees=fees,
        )
        return cls(stacks, writer, LocalSigner(b"\x17" * 32))


@pytest.fixture
async def till(stacks: StacksUnderTest) -> Till:
    """Return a hot wallet with some STX and sBTC, and one provider."""
    made = Till.of(stacks, "a")
    await stacks.chain.pull("fund", address=made.account.address, ustx=str(STX))
    await stacks.chain.pull("mint_sbtc", address=made.account.address, sats=str(SATS))
    return made


async def trouble(till: Till, provider: str = "a", **rule: object) -> None:
    await till.stacks.chain.pull("trouble", rules=[{"provider": provider, **rule}])


async def received(till: Till, address: str, asset: str = "sbtc") -> list[tuple[int, str | None]]:
    """Return what an address was paid, as the reader sees it."""
    tip = (await till.stacks.reader.tip()).header.height
    blocks = await till.stacks.reader.blocks(1, tip)
    return [
        (one.units, one.memo)
        for block in blocks
        for one in block.transfers
        if one.recipient == address and one.asset == asset
    ]


@pytest.mark.parametrize("asset", ["stx", "sbtc"])
async def test_an_order_is_priced_sent_included_and_final(till: Till, asset: str) -> None:
    order = till.order(700, asset, memo=MEMO)

    price = await till.writer.rehearse(order, till.account)
    standing = await till.writer.standing(till.account)
    slot = till.writer.take(order, standing, price, nonce=standing.next_mined, taken=())
    sealed = await till.sent(order, slot.nonce or 0, price)
    waiting = await till.fate(sealed, 0)
    await till.stacks.mine()
    mined = await till.fate(sealed, 0)
    await till.stacks.burn(BURN_DEPTH)
    final = await till.fate(sealed, 0)

    assert (standing.next_mined, standing.next_pending) == (0, 0)
    assert waiting.state is State.PENDING
    assert (mined.state, mined.depth, mined.is_final) == (State.INCLUDED, 1, False)
    assert (final.state, final.height, final.is_final) == (State.INCLUDED, mined.height, True)
    assert await received(till, order.recipient, asset) == [(700, MEMO)]
    # Twice the bytes is what the node's middle estimate asks for; nothing less than the floor.
    assert price["fee"] == max(400, 2 * len(sealed.raw))


async def test_the_same_bytes_again_and_again_are_sent_once(till: Till) -> None:
    order = till.order()
    sealed = await till.sent(order)

    assert {await till.writer.broadcast(sealed.raw) for _ in range(3)} == {Verdict.SENT}
    await till.stacks.mine()
    assert await till.writer.broadcast(sealed.raw) is Verdict.SENT
    await till.stacks.mine()

    assert await received(till, order.recipient) == [(700, None)]


async def test_numbers_count_what_waits(till: Till) -> None:
    for nonce in (0, 1, 3):
        await till.sent(till.order(), nonce)

    standing = await till.writer.standing(till.account)
    await till.stacks.mine()
    later = await till.writer.standing(till.account)

    assert (standing.next_mined, standing.next_pending) == (0, 2)
    assert (later.next_mined, later.next_pending) == (2, 2)


async def test_a_used_number_is_told_and_by_whom(till: Till) -> None:
    first = await till.sent(till.order())
    await till.stacks.mine()
    second = await till.sealed(till.order(), 0)

    assert await till.writer.broadcast(second.raw) is Verdict.USED
    fate = await till.fate(second, 0)

    assert fate.state is State.REPLACED
    assert fate.reason == f"used by 0x{first.tx_id}"
    assert (await till.fate(first, 0)).state is State.INCLUDED


async def test_two_for_one_number_are_never_both_included(till: Till) -> None:
    order = till.order()
    cheap = await till.sent(order)
    rival = await till.sealed(till.order(), 0, CHEAP)
    assert await till.writer.broadcast(rival.raw) is Verdict.BUMP

    dear = await till.sent(order, 0, till.writer.bump(CHEAP))
    replaced = await till.fate(cheap, 0)
    await till.stacks.mine()

    assert replaced.state is State.UNKNOWN
    assert replaced.reason == "dropped_replace_by_fee"
    assert (await till.fate(dear, 0)).state is State.INCLUDED
    assert (await till.fate(cheap, 0)).state is State.REPLACED
    assert await received(till, order.recipient) == [(700, None)]


async def test_a_fee_below_what_the_node_takes_is_told(till: Till) -> None:
    sealed = await till.sealed(till.order(), 0, {"fee": 100})

    assert await till.writer.broadcast(sealed.raw) is Verdict.BUMP


async def test_a_wallet_without_stx_is_held(till: Till) -> None:
    sealed = await till.sealed(till.order(STX, "stx"), 0)

    assert await till.writer.broadcast(sealed.raw) is Verdict.HOLD


async def test_a_number_too_far_ahead_waits(till: Till) -> None:
    sealed = await till.sealed(till.order(), 40)

    assert await till.writer.broadcast(sealed.raw) is Verdict.UNKNOWN


async def test_what_no_node_takes_is_dead(till: Till) -> None:
    missing = write_call(ContractCall(parse_contract(f"{till.account.address}.none"), "do"))
    sealed = await till.sealed(till.order(0, "stx", call=missing), 0)

    assert await till.writer.broadcast(sealed.raw) is Verdict.DEAD


@pytest.mark.parametrize("kind", ["status", "limited", "slow", "hangup", "garbage"])
async def test_silence_and_nonsense_leave_it_unknown(till: Till, kind: str) -> None:
    await trouble(till, path=SEND, kind=kind, times=1, status=502, delay_ms=9_000)
    sealed = await till.sealed(till.order(), 0)

    assert await till.writer.broadcast(sealed.raw) is Verdict.UNKNOWN


async def test_what_was_taken_without_a_word_is_not_sent_twice(till: Till) -> None:
    order = till.order()
    await trouble(till, path=SEND, kind="swallow", times=1)
    sealed = await till.sealed(order, 0)

    assert await till.writer.broadcast(sealed.raw) is Verdict.UNKNOWN
    assert (await till.fate(sealed, 0)).state is State.PENDING
    assert await till.writer.broadcast(sealed.raw) is Verdict.SENT
    await till.stacks.mine()

    assert await received(till, order.recipient) == [(700, None)]


async def test_a_conflict_with_itself_is_no_conflict(till: Till) -> None:
    sealed = await till.sent(till.order())
    await trouble(till, path=SEND, kind="reject", reason="ConflictingNonceInMempool", times=1)

    assert await till.writer.broadcast(sealed.raw) is Verdict.SENT


@pytest.mark.parametrize("reason", ["StaleGarbageCollect", "TooExpensive", "Problematic", None])
async def test_what_was_dropped_is_sent_again(till: Till, reason: str | None) -> None:
    order = till.order()
    sealed = await till.sent(order)
    await till.stacks.chain.pull("drop", txid=sealed.tx_id, reason=reason)

    assert (await till.fate(sealed, 0)).state is State.UNKNOWN
    assert await till.writer.broadcast(sealed.raw) is Verdict.SENT
    await till.stacks.mine()

    assert await received(till, order.recipient) == [(700, None)]


async def test_a_fork_takes_it_back_and_the_same_bytes_bring_it_again(till: Till) -> None:
    order = till.order()
    sealed = await till.sent(order)
    await till.stacks.mine()
    first = await till.fate(sealed, 0)

    await till.stacks.fork(1, keep=False)
    lost = await till.fate(sealed, 0)
    assert await till.writer.broadcast(sealed.raw) is Verdict.SENT
    await till.stacks.mine()
    again = await till.fate(sealed, 0)

    assert (first.state, lost.state, again.state) == (
        State.INCLUDED,
        State.UNKNOWN,
        State.INCLUDED,
    )
    assert first.block_hash != again.block_hash
    assert await received(till, order.recipient) == [(700, None)]


async def test_a_post_condition_undoes_a_call_that_takes_more(till: Till) -> None:
    contract = parse_contract(await till.stacks.payer.deploy("helper", HELPER))
    shop = till.stacks.new_address()
    call = write_call(ContractCall(contract, "pay-through", (UInt(700), parse_address(shop))))

    first = await till.sent(till.order(699, call=call), 0)
    second = await till.sent(till.order(700, call=call), 1)
    await till.stacks.mine()

    undone, done = await till.fate(first, 0), await till.fate(second, 1)
    assert (undone.state, done.state) == (State.FAILED, State.INCLUDED)
    assert (undone.reason or "").startswith("abort_by_post_condition")
    assert await received(till, shop) == [(700, "hi")]
    assert await till.holds() == SATS - 700


async def test_a_void_uses_a_number_up_and_moves_nothing(till: Till) -> None:
    order = till.writer.void(till.account, "r")
    price = await till.writer.rehearse(order, till.account)
    sealed = await till.sent(order, 0, price)
    await till.stacks.mine()

    assert (await till.fate(sealed, 0)).state is State.INCLUDED
    assert await till.holds() == SATS
    assert await till.holds("stx") == STX - price["fee"]


async def test_what_cannot_work_is_found_before_it_is_sent(till: Till) -> None:
    address = till.account.address
    with pytest.raises(OrderRefused):
        await till.writer.rehearse(till.order(to=address), till.account)
    for order in (till.order(SATS + 1), till.order(STX, "stx")):
        with pytest.raises(OrderHeld):
            await till.writer.rehearse(order, till.account)
    contract = await till.stacks.payer.deploy("helper", HELPER)
    for name, function in ((contract, "steal"), (f"{address}.none", "pay-through")):
        call = write_call(ContractCall(parse_contract(name), function, (Ascii("x"),)))
        with pytest.raises(OrderRefused):
            await till.writer.rehearse(till.order(0, call=call), till.account)
    with pytest.raises(Invalid):
        await till.writer.rehearse(till.order(0), till.account)


async def test_an_estimate_above_the_cap_waits(till: Till) -> None:
    tight = Till.of(till.stacks, "a", fees=FeePolicy(cap_ustx=500))

    with pytest.raises(OrderHeld) as held:
        await tight.writer.rehearse(till.order(), till.account)

    assert held.value.code == "fee_guard"


async def test_a_node_without_an_estimate_is_priced_by_size(till: Till) -> None:
    body = {"error": "Estimation failed", "reason": "NoEstimateAvailable"}
    await trouble(till, path="^/v2/fees/transaction", kind="status", status=400, body=body)

    price = await till.writer.rehearse(till.order(), till.account)

    assert price["fee"] == 10 * len((await till.sealed(till.order(), 0)).raw)


async def test_one_of_two_providers_is_enough_to_send_and_two_to_believe(till: Till) -> None:
    two = Till.of(till.stacks, "a", "b", agree=2)
    await trouble(till, "b", path="^/", kind="status", status=503)
    order = till.order()
    sealed = await two.sent(order)
    await till.stacks.mine()

    alone = await two.fate(sealed, 0)
    await till.stacks.chain.pull("calm", provider="b")
    both = await two.fate(sealed, 0)

    assert (alone.state, both.state) == (State.PENDING, State.INCLUDED)
    assert await received(till, order.recipient) == [(700, None)]


async def test_the_highest_number_and_the_smallest_balance_count(till: Till) -> None:
    two = Till.of(till.stacks, "a", "b")
    lie = {"balance": "0x" + f"{STX - 1:032x}", "nonce": 9}
    await trouble(till, "b", path="^/v2/accounts/", kind="lie", set=lie)
    await trouble(till, "b", path="^/extended/v2/blocks/", kind="lie",
                  set={"index_block_hash": "0x" + "ab" * 32})  # fmt: skip

    standing = await two.writer.standing(till.account)

    assert (standing.next_mined, standing.balances["stx"]) == (9, STX - 1)


async def test_two_numbers_for_one_block_are_no_standing(till: Till) -> None:
    two = Till.of(till.stacks, "a", "b")
    await trouble(till, "b", path="^/v2/accounts/", kind="lie", set={"nonce": 9})

    with pytest.raises(ProvidersDisagree):
        await two.writer.standing(till.account)


async def test_nobody_to_ask_is_trouble(till: Till) -> None:
    await trouble(till, path="^/", kind="status", status=503)

    with pytest.raises(ProviderTrouble):
        await till.writer.standing(till.account)
    with pytest.raises(ProviderTrouble):
        await till.fate(Sealed("00" * 32, b""), 0)


async def test_a_payer_without_stx_is_sponsored(till: Till) -> None:
    poor = await Wallet.of(9, till.stacks.chain, till.stacks.signer)
    shop = till.stacks.new_address()
    await till.stacks.chain.pull("mint_sbtc", address=poor.address, sats="900")
    args = ("u700", f"'{poor.address}", f"'{shop}", "none")
    contract = till.stacks.facts.tokens["sbtc"].partition("::")[0]
    raw = await poor.signed(
        "call", contract=contract, function="transfer", args=args, mode="allow", fee=0,
        sponsored=True,
    )  # fmt: skip
    order = till.order(0, "stx", call=Call(SPONSORED, raw))

    price = await till.writer.rehearse(order, till.account)
    cheap = await till.sent(order, 0, price)
    dear = await till.sent(order, 0, till.writer.bump(price))
    await till.stacks.mine()

    assert await received(till, shop) == [(700, None)]
    assert (await till.fate(dear, 0)).state is State.INCLUDED
    assert (await till.fate(cheap, 0)).state is State.REPLACED
    # Its origin's number is used: nobody can send it again, and our next number is still free.
    late = await till.sealed(order, 1, price)
    assert await till.writer.broadcast(late.raw) is Verdict.DEAD
