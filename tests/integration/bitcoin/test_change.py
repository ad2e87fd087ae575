"""A wallet of one coin sends twice: its own change is waited for, and no coin is given twice."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from sluice.base.clock import ManualClock
from sluice.base.work import Works
from tests.bitcoin.bitcoind import Bitcoind
from tests.integration.bitcoin.bench import FILLED, Bench, open_bench
from tests.integration.bitcoin.hot import Hot


@pytest.fixture(params=["with ElectrumX", "the node alone"])
async def bench(  # noqa: PLR0917 - fixtures
    request: pytest.FixtureRequest,
    node: Bitcoind,
    electrum_url: str,
    works: Works,
    clock: ManualClock,
    database_url: str,
) -> AsyncIterator[Bench]:
    """Open a wallet that holds one coin."""
    hot = Hot(node, electrum_url)
    await hot.fill(FILLED)
    writer = hot.writer if request.param == "with ElectrumX" else hot.by_node
    yield await open_bench(hot, works, clock, database_url, writer=writer)
    await hot.server.close()


async def test_change_on_its_way_is_waited_for_and_alarms_nobody(bench: Bench) -> None:
    await bench.queue("po_1", 100_000)
    second = await bench.queue("po_2", 100_000)

    alarms = await bench.turn()
    before = bench.send("po_1"), bench.send("po_2")
    alarms += await bench.turn(mine=1)
    waited = bench.send("po_2")
    alarms += await bench.turn(mine=7)
    alarms += await bench.turn()

    assert before == (("open", None), ("queued", "change_underway"))
    assert waited == ("queued", "change_underway")
    assert (bench.send("po_1"), bench.send("po_2")) == (("done", None), ("done", None))
    assert alarms == []
    paid = await bench.hot.node.ask("getreceivedbyaddress", second)
    assert int(paid * 10**8) == 100_000
    [(used, slots)] = bench.sql("SELECT count(*), count(DISTINCT tx_id) FROM spent_coins")
    assert (used, slots) == (2, 2)


async def test_what_no_change_can_pay_is_told_at_once(bench: Bench) -> None:
    await bench.queue("po_1", 600_000)
    await bench.queue("po_2", 600_000)

    alarms = await bench.turn()
    alarms += await bench.turn()

    assert bench.send("po_2") == ("queued", "wallet_short")
    assert sorted(alarms) == ["low:btc", "wallet_short:btc"]


async def test_the_database_gives_no_coin_to_a_second_order(bench: Bench) -> None:
    await bench.queue("po_1", 100_000)
    await bench.turn()
    await bench.queue("po_2", 90_000)

    with pytest.raises(psycopg.errors.UniqueViolation, match="spent_coins"):
        bench.sql(
            "UPDATE sends s SET state = 'open', opened_at = now(), slot_key = 'other:1',"
            " slot = (SELECT slot FROM sends WHERE reference = 'po_1')"
            " WHERE reference = 'po_2' RETURNING id"
        )
