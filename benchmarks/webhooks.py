"""Webhooks delivered per second against a bare client loop, and how soon an event is first told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

from benchmarks.house import House, a_house
from sluice.app.app import App
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.business.payments.customers.edit import create_customer
from sluice.business.webhooks.deliveries.deliver import deliver_once
from sluice.business.webhooks.endpoints.edit import create_endpoint
from sluice.business.webhooks.endpoints.model import NewEndpoint
from sluice.doors.worker.loops import run_loops

ENDPOINTS: Final = 10
EVENTS: Final = 400
SAMPLES: Final = 200

_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


async def measure() -> dict[str, Any]:
    """Return deliveries per second, the bare loop's, and the first attempt's lag in ms."""
    async with a_house() as (app, house), _Sink() as sink:
        await _endpoints(app, house, sink.url)
        await _events(app, house, EVENTS)
        while await app.relay.run_once():
            pass
        count = ENDPOINTS * EVENTS
        body = await _a_body(app)
        bare = await _timed(count, lambda: _bare(sink.url, count, body))
        before = sink.taken
        ours = await _timed(count, lambda: _deliver(app))
        if sink.taken - before != count:
            raise RuntimeError(f"{sink.taken - before} of {count} deliveries arrived")
        return {
            "delivered_per_s": ours,
            "bare_loop_per_s": bare,
            "ratio": round(ours / bare, 2),
            "endpoints": ENDPOINTS,
            "first_attempt_lag_ms": await _lags(app, house, sink),
        }


class _Sink:
    """A receiver that answers 200 to everything, and notes when."""

    def __init__(self) -> None:
        self.taken = 0
        self.last = 0.0
        self.url = ""
        self.heard = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.taken += 1
                self.last = time.perf_counter()
                self.heard.set()
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _endpoints(app: App, house: House, url: str) -> None:
    async with app.works.begin(as_merchant(house.merchant_id, livemode=False)) as work:
        for number in range(ENDPOINTS):
            new = NewEndpoint(f"{url}/{number}", ["*"])
            await create_endpoint(work, new, sealer=app.sealer, reach=app.reach[False])


async def _events(app: App, house: House, count: int) -> None:
    async with app.works.begin(as_merchant(house.merchant_id, livemode=False)) as work:
        for number in range(count):
            await create_customer(work, {"email": f"payer{number}@example.com"})


async def _a_body(app: App) -> bytes:
    async with app.works.begin() as work:
        body: bytes = await work.value("SELECT body FROM events LIMIT 1")
    return body


async def _timed(count: int, work: Callable[[], Awaitable[None]]) -> int:
    started = time.perf_counter()
    await work()
    return round(count / (time.perf_counter() - started))


async def _bare(url: str, count: int, body: bytes) -> None:
    """The limit: the same client posting the same bytes, as many in flight, and nothing else."""
    egress = Egress(NODES)
    left = iter(range(count))

    async def runner() -> None:
        for _ in left:
            await egress.post(url, body, headers={"Content-Type": "application/json"})

    async with asyncio.TaskGroup() as group:
        for _ in range(2 * ENDPOINTS):
            group.create_task(runner())
    await egress.close()


async def _deliver(app: App) -> None:
    while await deliver_once(app.deliverer):
        pass


async def _lags(app: App, house: House, sink: _Sink) -> dict[str, float]:
    """Return percentiles from an event's commit to its first arrival, through the running loops."""
    loops = asyncio.ensure_future(run_loops(app))
    await asyncio.sleep(1)
    lags: list[float] = []
    for _ in range(SAMPLES):
        await asyncio.sleep(0.02)
        sink.heard.clear()
        await _events(app, house, 1)
        started = time.perf_counter()
        await sink.heard.wait()
        lags.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(0.03)
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    lags.sort()
    return {f"p{part}": round(lags[int(len(lags) * part / 100)], 1) for part in (50, 95, 99)}
