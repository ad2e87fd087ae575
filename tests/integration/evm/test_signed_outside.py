"""A wallet on a real Ethereum node whose key Sluice never had: requests out, transactions back."""

import datetime as dt
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from eth_account import Account as OtherAccount

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock, SystemClock
from sluice.base.database import Database
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.ids import Ids, MerchantId
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.reach import NODES
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import create_merchant
from sluice.business.accounts.merchants.model import Settings
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.outside import EvmOutside
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.writer import Order
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import OUTSIDE, HotWallet, Limits
from sluice.engine.sender.outside import list_unsigned, take_signed
from sluice.engine.sender.parts import Pace, Parts
from sluice.engine.sender.queue import queue_send
from sluice.engine.sender.turn import send_once
from tests.contract.anvil import Anvil
from tests.simulation.fields import AnvilField, open_field

SECRET = hashlib.sha256(b"a wallet outside").digest()
TO = "0x" + "42" * 20
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(scope="module")
def field() -> Iterator[AnvilField]:
    """Return a node with a token on it."""
    with open_field("anvil") as opened:
        assert isinstance(opened, AnvilField)
        yield opened


@dataclass
class Bench:
    """A wallet that is signed for outside, and the loop that sends from it."""

    parts: Parts
    clock: ManualClock
    wallet: HotWallet
    field: AnvilField
    anvil: Anvil
    url: str

    async def queue(self, reference: str, units: int) -> None:
        """Order so much."""
        order = Order(self.field.name, "usdc", units, TO, reference)
        actor = Actor(MerchantId(self.wallet.merchant_id), False, frozenset({"*"}))  # noqa: FBT003
        async with self.parts.works.begin(actor) as work:
            await queue_send(work, self.wallet, order)

    async def turn(self, count: int = 1, *, mine: bool = False) -> None:
        """Take turns."""
        for _ in range(count):
            await send_once(self.parts)
            if mine:
                await self.anvil.ask("anvil_mine", "0x1")
            self.clock.advance(20)

    def send(self, reference: str) -> tuple[object, ...]:
        """Return how a send stands."""
        query = "SELECT state, reason, tx_id FROM sends WHERE reference = %s"
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query.encode(), (reference,)).fetchone()
        assert row is not None
        return tuple(row)

    async def request(self) -> tuple[str, dict[str, Any]]:
        """Return the one send to sign, and what a wallet is asked."""
        [one] = await list_unsigned(self.parts, self.wallet.id)
        asked = json.loads(one.text)
        assert asked.pop("from").lower() == self.wallet.address
        return one.send.id, asked


@pytest.fixture
async def bench(
    field: AnvilField, database: Database, database_url: str, clock: ManualClock, ids: Ids
) -> AsyncIterator[Bench]:
    """Open a wallet outside, with tokens and gas."""
    egress = Egress(NODES)
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
    [chain] = field.chains(egress)
    outside = EvmOutside([Node(field.url, egress, SystemClock())], chain_id=31337)
    chain = replace(chain, outside=outside)
    key = LocalSigner(SECRET).public_key
    writer = chain.writer
    assert writer is not None
    address = writer.address_of(key)

    async def nobody(name: str) -> Signer:
        raise AssertionError(f"nobody here signs for {name}")

    pace = Pace(look=SECOND * 10, again=SECOND * 600, patience=SECOND * 6_000)
    parts = Parts(works, Chains({chain.network.name: chain}), nobody, lambda _network: pace)
    account = await field.fill(None, address, key, 10**9)  # type: ignore[arg-type]
    standing = await writer.standing(account)
    async with works.begin() as work:
        merchant = await create_merchant(work, "Shop", Settings())
        wallet = await open_wallet(
            work, chain, key, OUTSIDE, owner=(merchant.id, False), limits=Limits(),
            standing=standing,
        )  # fmt: skip
    yield Bench(parts, clock, wallet, field, Anvil(field.url, egress), database_url)
    await egress.close()


def sign(asked: dict[str, Any]) -> Any:  # noqa: ANN401 - another program's
    """Sign as another program does."""
    return OtherAccount.sign_transaction(asked, SECRET)


async def test_a_signed_transaction_is_sent_and_followed_to_its_end(bench: Bench) -> None:
    before = await bench.field.received(None, TO)  # type: ignore[arg-type]
    await bench.queue("po_1", 700)
    await bench.turn(2)
    waiting = bench.send("po_1")
    send_id, asked = await bench.request()

    tx_id = await take_signed(bench.parts, send_id, sign(asked).raw_transaction.hex())
    await bench.turn(5, mine=True)

    assert waiting[:2] == ("open", "signature_awaited")
    assert bench.send("po_1") == ("done", None, tx_id)
    after = await bench.field.received(None, TO)  # type: ignore[arg-type]
    assert after == [*before, 700]


async def test_what_a_wallet_sent_at_its_own_price_is_followed_by_its_hash(bench: Bench) -> None:
    await bench.queue("po_1", 800)
    await bench.turn()
    send_id, asked = await bench.request()
    asked |= {"gas": int(asked["gas"], 16) + 5_000, "maxPriorityFeePerGas": 2 * 10**9}
    asked["maxFeePerGas"] = int(asked["maxFeePerGas"], 16) + 3 * 10**9
    raw = "0x" + sign(asked).raw_transaction.hex().removeprefix("0x")

    sent = await bench.anvil.ask("eth_sendRawTransaction", raw)
    tx_id = await take_signed(bench.parts, send_id, sent)
    await bench.turn(5, mine=True)

    assert tx_id == sent
    assert bench.send("po_1") == ("done", None, sent)


async def test_a_transaction_that_pays_another_is_refused(bench: Bench) -> None:
    await bench.queue("po_1", 900)
    await bench.turn()
    send_id, asked = await bench.request()
    theirs = asked | {"data": asked["data"].replace("42" * 20, "66" * 20)}
    next_one = asked | {"nonce": hex(int(asked["nonce"], 16) + 1)}
    stranger = OtherAccount.sign_transaction(asked, b"\x07" * 32)

    for signed in (sign(theirs), sign(next_one), stranger):
        with pytest.raises(Invalid):
            await take_signed(bench.parts, send_id, signed.raw_transaction.hex())
    with pytest.raises(Invalid, match="No node knows"):
        await take_signed(bench.parts, send_id, "0x" + "ab" * 32)

    assert bench.send("po_1")[0] == "open"
    await take_signed(bench.parts, send_id, sign(asked).raw_transaction.hex())
    await bench.turn(5, mine=True)
    assert bench.send("po_1")[0] == "done"
