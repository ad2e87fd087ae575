"""Beginning to follow a network when somebody else begins too."""

from sluice.engine.watcher import store
from tests.integration.engine.watcher.conftest import REORG_MAX, Watch


async def test_two_that_begin_at_once_stand_on_one_block(watch: Watch) -> None:
    held = await watch.cursor()
    newer = (await watch.sandbox.mine(3))[-1]

    async with watch.works.begin() as work:
        await store.begin(work, "sandbox", newer, None, REORG_MAX)

    async with watch.works.begin() as work:
        newest = (await store.headers(work, "sandbox", newer.height, 1))[0]
    assert await watch.cursor() == held
    assert newest.hash == held.hash
