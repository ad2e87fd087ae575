"""Money out on EVM networks, on a real node: once, whatever happens, and refused by rehearsal."""

import dataclasses
from dataclasses import dataclass

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.writer import EvmWriter
from sluice.engine.chains.writer import (
    Account,
    Order,
    OrderHeld,
    OrderRefused,
    Sealed,
    Slot,
    State,
    Verdict,
)
from sluice.engine.keys.signers.local import LocalSigner
from tests.contract.evm_under_test import CHAIN_ID, EvmUnderTest

FILLED = 50_000_000


@dataclass
class Purse:
    """A wallet of ours on the node, filled with both tokens and coins."""

    evm: EvmUnderTest
    writer: EvmWriter
    signer: LocalSigner
    account: Account

    def order(self, units: int = 1_000_000, asset: str = "usdc") -> Order:
        return Order("ethereum", asset, units, self.evm.new_address(), "re_1")

    async def sealed(self, order: Order, nonce: int, *, bumps: int = 0) -> Sealed:
        price = await self.writer.rehearse(order, self.account)
        for _ in range(bumps):
            price = self.writer.bump(price)
        unsigned = self.writer.build(order, self.account, Slot(nonce=nonce), price)
        signature = await self.signer.sign_digest(unsigned.digests[0])
        return self.writer.seal(unsigned, self.account, [signature])

    async def holds(self, address: str, asset: str = "usdc") -> int:
        word = await self.evm.anvil.ask(
            "eth_call",
            {
                "to": self.evm.chain.tokens[asset],
                "data": "0x70a08231" + address[2:].rjust(64, "0"),
            },
            "latest",
        )
        return int(word, 16)


@pytest.fixture
async def purse(evm: EvmUnderTest) -> Purse:
    """Return a filled wallet."""
    signer = LocalSigner(bytes(range(1, 33)))
    node = evm.node_at(evm.anvil.url)
    writer = EvmWriter(evm.network, [node], chain_id=CHAIN_ID)
    account = Account(writer.address_of(signer.public_key), signer.public_key)
    await evm.anvil.ask("anvil_setBalance", account.address, hex(10**18))
    for asset in ("usdc", "usdt"):
        await evm.pay(account.address, FILLED, asset=asset)
    await evm.mine()
    return Purse(evm, writer, signer, account)


@pytest.mark.parametrize("asset", ["usdc", "usdt"])
async def test_a_transfer_is_sent_once_however_often_its_bytes_are(
    purse: Purse, asset: str
) -> None:
    order = purse.order(asset=asset)
    before = await purse.writer.standing(purse.account)
    sealed = await purse.sealed(order, before.next_mined)

    verdicts = [await purse.writer.broadcast(sealed.raw) for _ in range(3)]
    slot = Slot(nonce=before.next_mined)
    waiting = await purse.writer.fate(sealed.tx_id, slot, purse.account)
    await purse.evm.mine()
    again = await purse.writer.broadcast(sealed.raw)
    included = await purse.writer.fate(sealed.tx_id, slot, purse.account)
    await purse.evm.mine(70)
    buried = await purse.writer.fate(sealed.tx_id, slot, purse.account)

    assert verdicts == [Verdict.SENT] * 3
    assert again in (Verdict.SENT, Verdict.USED)
    assert waiting.state is State.PENDING
    assert (included.state, included.depth) == (State.INCLUDED, 1)
    assert (buried.state, buried.is_final) == (State.INCLUDED, True)
    assert await purse.holds(order.recipient, asset) == order.units
    after = await purse.writer.standing(purse.account)
    assert (after.next_mined, after.next_pending) == (1, 1)
    assert after.balances[asset] == FILLED - order.units


async def test_a_dearer_transaction_in_the_same_slot_replaces(purse: Purse) -> None:
    order = purse.order()
    first = await purse.sealed(order, 0)
    second = await purse.sealed(order, 0, bumps=2)
    cheap = await purse.sealed(dataclasses.replace(order, units=7), 0)

    sent = await purse.writer.broadcast(first.raw)
    refused = await purse.writer.broadcast(cheap.raw)
    bumped = await purse.writer.broadcast(second.raw)
    await purse.evm.mine()

    assert (sent, refused, bumped) == (Verdict.SENT, Verdict.BUMP, Verdict.SENT)
    fates = [
        (await purse.writer.fate(one.tx_id, Slot(nonce=0), purse.account)).state
        for one in (first, second)
    ]
    assert fates == [State.REPLACED, State.INCLUDED]
    assert await purse.holds(order.recipient) == order.units


async def test_a_dropped_transaction_is_unknown_and_may_be_sent_again(purse: Purse) -> None:
    sealed = await purse.sealed(purse.order(), 0)
    await purse.writer.broadcast(sealed.raw)
    await purse.evm.drop(sealed.tx_id)

    dropped = await purse.writer.fate(sealed.tx_id, Slot(nonce=0), purse.account)
    again = await purse.writer.broadcast(sealed.raw)

    assert dropped.state is State.UNKNOWN
    assert again is Verdict.SENT


async def test_a_used_number_says_so(purse: Purse) -> None:
    stranger = await purse.sealed(purse.order(), 0)
    await purse.writer.broadcast(stranger.raw)
    await purse.evm.mine()
    late = await purse.sealed(purse.order(2_000_000), 0)

    verdict = await purse.writer.broadcast(late.raw)
    fate = await purse.writer.fate(late.tx_id, Slot(nonce=0), purse.account)

    assert verdict is Verdict.USED
    assert fate.state is State.REPLACED


async def test_a_fork_makes_an_included_transaction_wait_again(purse: Purse) -> None:
    sealed = await purse.sealed(purse.order(), 0)
    await purse.writer.broadcast(sealed.raw)
    await purse.evm.mine()

    await purse.evm.fork(1, keep=True)

    fate = await purse.writer.fate(sealed.tx_id, Slot(nonce=0), purse.account)
    assert fate.state is State.PENDING


async def test_a_void_uses_up_the_number_and_moves_nothing(purse: Purse) -> None:
    void = purse.writer.void(purse.account, "re_1")
    sealed = await purse.sealed(void, 0)

    await purse.writer.broadcast(sealed.raw)
    await purse.evm.mine()

    fate = await purse.writer.fate(sealed.tx_id, Slot(nonce=0), purse.account)
    after = await purse.writer.standing(purse.account)
    assert fate.state is State.INCLUDED
    assert (after.next_mined, after.balances["usdc"]) == (1, FILLED)


async def test_what_the_tokens_refuse_is_found_before_anything_is_signed(purse: Purse) -> None:
    """R08, R12."""
    evm, usdc, usdt = purse.evm, purse.evm.contracts["UsdcLike"], purse.evm.contracts["UsdtLike"]
    blocked = purse.order()
    await evm.call(usdc, "setBlacklisted(address,bool)", blocked.recipient, True)  # noqa: FBT003
    await evm.mine()
    with pytest.raises(OrderRefused) as refused:
        await purse.writer.rehearse(blocked, purse.account)
    await evm.call(usdt, "setPaused(bool)", True)  # noqa: FBT003
    await evm.call(usdc, "setPaused(bool)", True)  # noqa: FBT003
    await evm.mine()
    held = []
    for asset in ("usdc", "usdt"):
        with pytest.raises(OrderHeld) as caught:
            await purse.writer.rehearse(purse.order(asset=asset), purse.account)
        held.append(caught.value.code)

    assert refused.value.code == "recipient_blocked"
    assert held == ["token_paused", "token_paused"]


async def test_too_little_is_held_and_lost_addresses_are_refused(purse: Purse) -> None:
    with pytest.raises(OrderHeld) as short:
        await purse.writer.rehearse(purse.order(FILLED + 1), purse.account)
    token = purse.evm.chain.tokens["usdc"]
    codes = []
    for recipient in ("0x" + "0" * 40, token):
        with pytest.raises(Invalid) as lost:
            purse.writer.check(dataclasses.replace(purse.order(), recipient=recipient))
        codes.append(lost.value.code)

    assert short.value.code == "wallet_short"
    assert codes == ["address_not_allowed"] * 2


async def test_another_keys_signature_is_refused(purse: Purse) -> None:
    price = await purse.writer.rehearse(purse.order(), purse.account)
    unsigned = purse.writer.build(purse.order(), purse.account, Slot(nonce=0), price)
    forged = await LocalSigner(bytes(range(2, 34))).sign_digest(unsigned.digests[0])

    with pytest.raises(Invalid):
        purse.writer.seal(unsigned, purse.account, [forged])
