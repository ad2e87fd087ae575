"""The diary: who did what, in one chain that many may write and nobody may change."""

import asyncio

import asyncpg
import pytest

from sluice.base.actor import Actor
from sluice.base.database import Database
from sluice.base.ids import MerchantId
from sluice.base.work import Works
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.trust.audit.record import record_action
from sluice.business.trust.promises.check import check_promises
from tests.integration.base.effects import change, look


async def write(works: Works, number: int, actor: Actor | None = None) -> None:
    async with works.begin(*([actor] if actor else [])) as work:
        await record_action(work, "door.opened", f"door_{number}", {"number": number, "who": "Zoë"})


async def is_whole(works: Works) -> bool:
    """Say whether every line holds the hash of the line before."""
    async with works.snapshot() as work:
        return "I46" not in {one.promise.name for one in await check_promises(work)}


async def tamper(database: Database, sql: str) -> None:
    """Do what only somebody with the whole database in hand can do."""
    await change(database, "ALTER TABLE audit_log DISABLE TRIGGER USER")
    await change(database, sql)
    await change(database, "ALTER TABLE audit_log ENABLE TRIGGER USER")


async def test_a_line_says_who_did_what_for_whom(
    works: Works, database: Database, shop: Merchant
) -> None:
    key = Actor(MerchantId(shop.id), livemode=False, permissions=frozenset(), key_id="key_1")

    await write(works, 1, key)
    await write(works, 2)

    lines = await look(database, "SELECT merchant_id, actor, action, object_id FROM audit_log")
    assert lines[1:] == [
        (shop.id, "key_1", "door.opened", "door_1"),
        (None, "operator", "door.opened", "door_2"),
    ]
    assert await is_whole(works)


async def test_many_who_write_at_once_make_one_chain(works: Works, database: Database) -> None:
    await asyncio.gather(*(write(works, number) for number in range(30)))

    assert await look(database, "SELECT min(seq), max(seq), count(*) FROM audit_log") == [
        (1, 30, 30)
    ]
    assert await is_whole(works)


async def test_what_was_not_done_is_not_written(works: Works, database: Database) -> None:
    async def write_and_fail() -> None:
        async with works.begin() as work:
            await record_action(work, "door.opened", "door_1", {})
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()
    await write(works, 2)

    assert await look(database, "SELECT seq, object_id FROM audit_log") == [(1, "door_2")]
    assert await is_whole(works)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_log SET detail = jsonb_set(detail, '{number}', '7') WHERE seq = 3",
        "UPDATE audit_log SET actor = 'somebody else' WHERE seq = 1",
        "UPDATE audit_log SET merchant_id = 'acct_a' WHERE seq = 5",
        "DELETE FROM audit_log WHERE seq = 3",
        "DELETE FROM audit_log WHERE seq = 5",
        "UPDATE audit_log SET seq = seq + 10 WHERE seq = 5",
    ],
)
async def test_a_line_that_was_changed_or_removed_is_found(
    works: Works, database: Database, sql: str
) -> None:
    for number in range(1, 6):
        await write(works, number)
    assert await is_whole(works)

    await tamper(database, sql)

    assert not await is_whole(works)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE audit_log SET actor = 'me'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_the_database_lets_nobody_change_it(
    works: Works, database: Database, sql: str
) -> None:
    await write(works, 1)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await change(database, sql)
    async with works.begin() as work:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await work.execute(sql)
