"""The key file and the database belong together."""

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.sealing import MasterKeys, SealBroken, Sealer
from sluice.base.work import Works
from sluice.business.trust.keys.check import check_key_file


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


def keys(ids: Ids, name: str) -> MasterKeys:
    return MasterKeys({name: ids.bytes(32)})


async def test_the_first_start_decides_and_the_same_file_goes_on(works: Works, ids: Ids) -> None:
    own = Sealer(keys(ids, "one"), ids.bytes)

    await check_key_file(works, own)
    await check_key_file(works, own)


async def test_a_file_with_a_newer_key_opens_what_the_older_sealed(works: Works, ids: Ids) -> None:
    first = keys(ids, "one")
    await check_key_file(works, Sealer(first, ids.bytes))

    turned = first.with_key("two", ids.bytes(32))

    await check_key_file(works, Sealer(turned, ids.bytes))


@pytest.mark.parametrize("name", ["one", "another"])
async def test_another_file_is_refused(works: Works, ids: Ids, name: str) -> None:
    await check_key_file(works, Sealer(keys(ids, "one"), ids.bytes))

    with pytest.raises(SealBroken) as refused:
        await check_key_file(works, Sealer(keys(ids, name), ids.bytes))

    assert refused.value.code == "key_file_wrong"
    assert "SLUICE_KEY_FILE" in refused.value.message
