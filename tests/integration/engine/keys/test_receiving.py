"""Receiving accounts: compared before use, leased to one payment at a time, within a gap."""

import asyncio
import dataclasses
import datetime as dt
from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Conflict, Invalid, Unavailable
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    create_merchant,
    receive_with,
    set_wallet,
)
from sluice.business.accounts.merchants.model import Merchant, Settings
from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses
from sluice.engine.chains.bitcoin.keychain import BitcoinKeychain
from sluice.engine.chains.bitcoin.nets import MAINNET
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Header, Style, Transfer
from sluice.engine.keys.receiving.activate import list_accounts, preview_account
from sluice.engine.keys.receiving.gaps import GAP_WARN
from sluice.engine.keys.receiving.lease import lease_address
from sluice.engine.keys.receiving.model import Account, Lease
from sluice.engine.watcher import store as watcher
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.record import record_pending
from sluice.engine.watcher.targets import expect
from tests.contract.sandbox_under_test import SandboxUnderTest
from tests.integration.base.effects import look

# The published account of BIP-84's own example.
ZPUB: Final = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGD"
    "tKsAYz2oz2AGutZYs"
)
ZPRV: Final = (
    "zprvAdG4iTXWBoARxkkzNpNh8r6Qag3irQB8PzEMkAFeTRXxHpbF9z4QgEvBRmfvqWvGp42t42nvgGpNgYSJA9iefm1yYN"
    "KKEm8bZZ4EjiXuxeM"
)
FIRST: Final = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
DAY: Final = dt.timedelta(days=1)


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


@pytest.fixture
async def shop(works: Works) -> Merchant:
    async with works.begin() as work:
        return await create_merchant(work, "Corner shop", Settings())


@pytest.fixture
def bitcoin(database: Database, clock: ManualClock, ids: Ids) -> Chain:
    """Return Bitcoin with nothing to read it from: leasing asks no chain."""
    reader = SandboxUnderTest(database, clock, ids).reader
    return Chain(
        bitcoin_network(MAINNET),
        reader,
        BitcoinAddresses(MAINNET),
        keychain=BitcoinKeychain(MAINNET),
    )


async def opened(works: Works, shop: Merchant, chain: Chain, gap_max: int = 200) -> Account:
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        return await receive_with(work, chain, ZPUB, first_address=FIRST, gap_max=gap_max)


async def leased(works: Works, shop: Merchant, chain: Chain, name: str) -> Lease:
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        lease = await lease_address(work, chain, name, until=work.now + dt.timedelta(hours=1))
        if not lease.is_reused:
            expect(work, target(work.new_id("tgt"), shop, lease, name, work.now))
        return lease


def target(id_: str, shop: Merchant, lease: Lease, name: str, now: dt.datetime) -> Target:
    return Target(
        id=id_,
        merchant_id=shop.id,
        livemode=True,
        network="bitcoin",
        style=Style.ADDRESS,
        address=lease.address,
        reference=name,
        watch_until=now + DAY,
    )


async def test_the_first_addresses_are_shown_before_anything_is_kept(
    bitcoin: Chain, database: Database
) -> None:
    assert preview_account(bitcoin, ZPUB) == [
        FIRST,
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
        "bc1qp59yckz4ae5c4efgw2s5wfyvrz0ala7rgvuz8z",
    ]
    assert await look(database, "SELECT count(*) FROM receiving_accounts") == [(0,)]


async def test_b09_an_account_whose_first_address_the_merchant_does_not_see_is_refused(
    works: Works, shop: Merchant, bitcoin: Chain, database: Database
) -> None:
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        with pytest.raises(Invalid) as refused:
            await receive_with(
                work, bitcoin, ZPUB, first_address="bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"
            )

    assert refused.value.code == "receiving_account_differs"
    assert FIRST in refused.value.message
    assert await look(database, "SELECT count(*) FROM receiving_accounts") == [(0,)]


async def test_b07_a_private_key_is_refused_and_nothing_of_it_kept(
    works: Works, shop: Merchant, bitcoin: Chain, database: Database
) -> None:
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        with pytest.raises(Invalid) as refused:
            await receive_with(work, bitcoin, ZPRV, first_address=FIRST)

    assert refused.value.code == "private_key_refused"
    assert ZPRV[4:20] not in str(refused.value)
    assert await look(database, "SELECT count(*) FROM receiving_accounts") == [(0,)]
    assert await look(database, "SELECT action FROM audit_log") == [("merchant.created",)]


async def test_payments_get_one_address_after_another(
    works: Works, shop: Merchant, bitcoin: Chain
) -> None:
    await opened(works, shop, bitcoin)

    found = [await leased(works, shop, bitcoin, f"off_{n}") for n in range(3)]

    assert [one.address for one in found] == preview_account(bitcoin, ZPUB)
    assert [(one.index, one.is_reused) for one in found] == [(0, False), (1, False), (2, False)]


async def test_payments_made_at_the_same_moment_never_share_an_address(
    works: Works, shop: Merchant, bitcoin: Chain, clock: ManualClock
) -> None:
    await opened(works, shop, bitcoin)
    for n in range(30):
        await leased(works, shop, bitcoin, f"off_old{n}")
    clock.advance(2 * 86_400)

    found = await asyncio.gather(*(leased(works, shop, bitcoin, f"off_{n}") for n in range(12)))

    assert len({one.address for one in found}) == 12
    assert all(one.is_reused for one in found)


async def test_b06_a_wide_gap_is_filled_with_addresses_that_rested_and_were_never_seen(
    works: Works, shop: Merchant, bitcoin: Chain, clock: ManualClock, database: Database
) -> None:
    await opened(works, shop, bitcoin)
    first = [await leased(works, shop, bitcoin, f"off_{n}") for n in range(GAP_WARN + 5)]
    async with works.begin() as work:
        await watcher.begin(work, "bitcoin", Header(1, "aa", "00", clock.now()), None, 6)
    paid = Transfer("t1", 0, "btc", "", first[3].address, 5_000)
    async with works.begin() as work:
        await record_pending(work, bitcoin.network, [paid])
    while_young = await leased(works, shop, bitcoin, "off_young")
    clock.advance(2 * 86_400)

    later = [await leased(works, shop, bitcoin, f"off_later{n}") for n in range(4)]

    assert (while_young.index, while_young.is_reused) == (GAP_WARN + 5, False)
    assert [one.index for one in later] == [0, 1, 2, 4]
    assert await look(database, "SELECT index FROM receiving_addresses WHERE state = 'used'") == [
        (3,)
    ]
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        [account] = await list_accounts(work)
    assert (account.next_index, account.last_used_index, account.gap) == (21, 3, 17)
    assert account.is_wide


async def test_beyond_the_wallets_limit_no_address_is_given_out(
    works: Works, shop: Merchant, bitcoin: Chain, clock: ManualClock
) -> None:
    await opened(works, shop, bitcoin, gap_max=20)
    for n in range(20):
        await leased(works, shop, bitcoin, f"off_{n}")

    with pytest.raises(Unavailable) as refused:
        await leased(works, shop, bitcoin, "off_20")
    clock.advance(2 * 86_400)

    assert refused.value.code == "addresses_exhausted"
    assert (await leased(works, shop, bitcoin, "off_21")).index == 0


async def test_nobody_receives_with_another_merchants_account_however_it_is_written(
    works: Works, shop: Merchant, bitcoin: Chain
) -> None:
    account = await opened(works, shop, bitcoin)
    async with works.begin() as work:
        other = await create_merchant(work, "Book shop", Settings())

    async with works.begin(as_merchant(other.id, livemode=True)) as work:
        with pytest.raises(Conflict) as refused:
            await receive_with(
                work,
                bitcoin,
                f"wpkh([00000000/84h/0h/0h]{account.account[5:116]}/0/*)",
                first_address=FIRST,
            )

    assert refused.value.code == "receiving_account_taken"


async def test_an_account_taken_up_again_goes_on_where_it_was(
    works: Works, shop: Merchant, bitcoin: Chain
) -> None:
    await opened(works, shop, bitcoin)
    await leased(works, shop, bitcoin, "off_1")

    again = await opened(works, shop, bitcoin)

    assert again.next_index == 1


async def test_one_bare_address_is_not_enough_where_payments_need_their_own(
    works: Works, shop: Merchant, bitcoin: Chain
) -> None:
    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        with pytest.raises(Invalid) as refused:
            await set_wallet(work, bitcoin, FIRST)

    assert refused.value.code == "wallet_not_enough"


async def test_a_network_without_keychain_takes_no_account(
    works: Works, shop: Merchant, bitcoin: Chain
) -> None:
    bare = dataclasses.replace(bitcoin, keychain=None)

    async with works.begin(as_merchant(shop.id, livemode=True)) as work:
        with pytest.raises(Invalid) as refused:
            await receive_with(work, bare, ZPUB, first_address=FIRST)

    assert refused.value.code == "keychain_unavailable"
