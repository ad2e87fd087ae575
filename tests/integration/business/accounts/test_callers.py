"""Callers are remembered for a moment, and forgotten at once when something changed."""

import datetime as dt

import pytest

from sluice.base.bell import Bell
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Forbidden, Unauthenticated
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.sealing import Sealer
from sluice.base.work import Works
from sluice.business.accounts.api_keys.callers import Callers
from sluice.business.accounts.api_keys.edit import create_key, revoke_key
from sluice.business.accounts.merchants.edit import as_merchant, change_settings, set_status
from sluice.business.accounts.merchants.model import Merchant, Settings


class Process:
    """A process with its own bell and memory."""

    def __init__(self, database: Database, clock: ManualClock, ids: Ids, sealer: Sealer) -> None:
        self.bell = Bell()
        self.works = Works(database, clock, ids, NO_ROUTES, self.bell.ring)
        self.callers = Callers(self.works, sealer, clock, self.bell)


@pytest.fixture
def here(database: Database, clock: ManualClock, ids: Ids, sealer: Sealer) -> Process:
    return Process(database, clock, ids, sealer)


@pytest.fixture
def elsewhere(database: Database, clock: ManualClock, ids: Ids, sealer: Sealer) -> Process:
    """Return a process whose rings do not arrive here."""
    return Process(database, clock, ids, sealer)


@pytest.fixture
async def key(here: Process, shop: Merchant, sealer: Sealer) -> tuple[str, str]:
    async with here.works.begin(as_merchant(shop.id, livemode=False)) as work:
        made, token = await create_key(work, "sk", sealer=sealer)
    return made.id, token


async def test_a_key_is_believed_for_a_second(
    here: Process, elsewhere: Process, clock: ManualClock, shop: Merchant, key: tuple[str, str]
) -> None:
    key_id, token = key
    caller = await here.callers.recognise(token)
    async with elsewhere.works.begin(as_merchant(shop.id, livemode=False)) as work:
        await revoke_key(work, key_id)

    assert await here.callers.recognise(token) is caller
    clock.advance(1)

    with pytest.raises(Unauthenticated):
        await here.callers.recognise(token)


async def test_a_revoked_key_is_forgotten_when_the_bell_rings(
    here: Process, shop: Merchant, key: tuple[str, str]
) -> None:
    key_id, token = key
    await here.callers.recognise(token)

    async with here.works.begin(as_merchant(shop.id, livemode=False)) as work:
        await revoke_key(work, key_id)

    with pytest.raises(Unauthenticated):
        await here.callers.recognise(token)


async def test_a_suspended_merchant_and_new_terms_are_noticed(
    here: Process, shop: Merchant, key: tuple[str, str]
) -> None:
    _, token = key
    await here.callers.recognise(token)

    async with here.works.begin() as work:
        await change_settings(work, shop.id, Settings(tolerance_bps=7))
    assert (await here.callers.recognise(token)).merchant.settings.tolerance_bps == 7
    async with here.works.begin() as work:
        await set_status(work, shop.id, "suspended")

    with pytest.raises(Forbidden):
        await here.callers.recognise(token)


async def test_nobody_is_believed_beyond_the_end_of_a_key(
    here: Process, clock: ManualClock, shop: Merchant, sealer: Sealer
) -> None:
    ends = clock.now() + dt.timedelta(milliseconds=300)
    async with here.works.begin(as_merchant(shop.id, livemode=False)) as work:
        _, token = await create_key(work, "sk", sealer=sealer, expires_at=ends)
    await here.callers.recognise(token)

    clock.advance(0.3)

    with pytest.raises(Unauthenticated):
        await here.callers.recognise(token)


async def test_a_refusal_is_not_remembered(here: Process, key: tuple[str, str]) -> None:
    _, token = key
    with pytest.raises(Unauthenticated):
        await here.callers.recognise(token[:-1])

    assert (await here.callers.recognise(token)).kind == "sk"
