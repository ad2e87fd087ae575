"""Play: the seed decides what happens next, until it has had enough; then everything calms down."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg

from sluice.base.errors import SluiceError
from sluice.base.relay import BATCH_MAX
from sluice.business.trust.promises.check import check_promises
from sluice.business.webhooks.deliveries.deliver import deliver_once
from sluice.engine.chains.sandbox import levers
from sluice.engine.sender.turn import send_once
from sluice.engine.watcher.follow import follow_once, follow_pending
from tests.simulation import payers
from tests.simulation.doors import Answer, ask
from tests.simulation.orders import ASSETS, Order, Plan, Request, new_order, note
from tests.simulation.payers import Ether
from tests.simulation.refunds import ask_for_refunds
from tests.simulation.turns import PROCESS, Killed, Process, Stuck
from tests.simulation.world import DEPTH, REORG_MAX, FaultyWorld, Shop

T = TypeVar("T")

Loop = Callable[[FaultyWorld, str], Awaitable[object]]

LOOPS: Final[dict[str, Loop]] = {
    "plan": lambda world, _: world.app.jobs.plan(),
    "follow": lambda world, worker: follow_once(world.app.works, world.chains[worker]),
    "pending": lambda world, worker: follow_pending(world.app.works, world.chains[worker]),
    "relay": lambda world, _: world.app.relay.run_once(world.batch_max()),
    "jobs": lambda world, _: world.app.jobs.run_once(),
    "deliver": lambda world, _: deliver_once(world.app.deliverer),
    "send": lambda world, _: send_once(world.app.sending),
}
# How often each loop turns, and how often each thing happens, beside the others.
_LOOPS_TURN: Final = {"follow": 6, "pending": 1, "relay": 5, "jobs": 1, "deliver": 2}
_LOOPS_RUSH: Final = _LOOPS_TURN | {"relay": 20}
_LOOPS_REFUND: Final = _LOOPS_TURN | {"send": 10}
_HAPPENS: Final = {
    "work": 55,
    "ask": 16,
    "mine": 8,
    "wait": 8,
    "fork": 4,
    "meddle": 3,
    "mislead": 5,
    "unannounced": 1,
}
_ORDERS_MAX: Final = 14
_RUSH: Final = 0.3
_RUSH_ORDERS: Final = 6
_REFUNDED: Final = 0.4  # so many of all seeds go on with refunds
_REFUND_CALLS: Final = 700
_FLYING_MAX: Final = 3
_CHECK_CALLS: Final = 250
_STEPS_MAX: Final = 20_000
_TURNS_MAX: Final = 50
_TRIES_MAX: Final = 40


class Play:
    """One run: what is going on, and what comes next."""

    def __init__(self, world: FaultyWorld) -> None:
        self.world = world
        self.choose = random.Random(f"{world.seed} play")
        self.ether = Ether()
        self.orders: list[Order] = []
        self.flying: list[Order] = []
        self.surprises: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.requests = 0
        # A rush: one shop is paid in one asset by everybody, and its books are written at once.
        is_rush = self.choose.random() < _RUSH
        self.rush = (
            (self.choose.choice(world.shops), self.choose.choice(ASSETS)) if is_rush else None
        )
        self.with_refunds = self.choose.random() < _REFUNDED
        self.asking: list[Order] = []  # the refunds that are asked for
        self.faults = (0.0, 0.0)
        self._group: asyncio.TaskGroup
        self._numbers = itertools.count(1)
        self._turning: set[tuple[str, str]] = set()

    @property
    def now(self) -> float:
        """Return the simulated time in seconds."""
        return self.world.clock.now().timestamp()

    async def run(self, calls_max: int, *, busy: float = 0.86) -> None:
        """Let everything happen at once, until so many calls were made; then let it end."""
        async with asyncio.TaskGroup() as self._group:
            try:
                await self._begin()
                await self._play(calls_max, busy)
                await self._quiesce()
                if self.with_refunds and await self._begin_refunds():
                    await self._play(self.world.breaks.calls + _REFUND_CALLS, busy)
                    await self._quiesce()
            except BaseException:
                self.world.turns.abandon()
                raise

    async def _begin(self) -> None:
        batches = [1, 2, 5, BATCH_MAX] if self.rush is None else [1, 1, 2]
        self.world.batch_max = lambda: self.choose.choice(batches)
        for _ in range(REORG_MAX + 2):
            await payers.mine(self.world, self.choose)
        while not await self._value("SELECT EXISTS (SELECT FROM jobs)"):
            await self._quietly("plan")  # a worker that was killed in it plans when it starts again
        if self.rush is not None:
            await self._begin_rush(*self.rush)

    async def _begin_refunds(self) -> bool:
        """Let clients ask for their money back, while everything breaks again."""
        asked = await ask_for_refunds(self.world, next(self._numbers), self.choose)
        self._numbers = itertools.count(next(self._numbers) + len(asked))
        self.orders = [*self.orders, *asked]
        self.asking = asked
        self.world.breaks.chance, self.world.receiver.trouble = self.faults
        self.world.batch_max = lambda: self.choose.choice([1, 2, 5, BATCH_MAX])
        return bool(asked)

    async def _play(self, calls_max: int, busy: float) -> None:
        world = self.world
        check_at = world.breaks.calls + _CHECK_CALLS
        for _ in range(_STEPS_MAX):
            if world.breaks.calls >= calls_max:
                return
            await world.turns.settle()
            if world.breaks.calls >= check_at:
                check_at += _CHECK_CALLS
                await self._check()
            if not world.turns.is_idle and self.choose.random() < busy:
                await world.turns.advance()
            else:
                await self._something()
        raise Stuck(f"{_STEPS_MAX} steps made {world.breaks.calls} calls")

    async def _begin_rush(self, shop: Shop, asset: str) -> None:
        """Let several payments to one shop be credited at once, by every worker together."""
        chance, self.world.breaks.chance = self.world.breaks.chance, 0.0
        await self._quietly("jobs")
        for _ in range(_RUSH_ORDERS):
            order = new_order(next(self._numbers), shop, self.choose, asset=asset)
            self.orders.append(order)
            for _ in range(2):  # it is created, and confirmed
                self._step(order)
                await self.calm()
        await self.world.advance(45)
        await payers.send_due(self.world, self.ether, self.now)
        for _ in range(DEPTH):
            await payers.mine(self.world, self.choose, everything=True)
        await self._quietly("follow")
        self.world.breaks.chance = chance
        for worker in self.world.workers:
            self._begin_turn(worker, "relay")

    async def _check(self) -> None:
        """Promises hold at every commit, also now, while everything is in flight."""
        async with self.world.quiet.snapshot() as work:
            for broken in await check_promises(work):
                if not broken.promise.is_late:
                    says = f"{broken.promise.name} in flight: {broken.rows[:1]}"
                    self.surprises[says[:300]] += 1

    async def calm(self) -> None:
        """Let what was begun come to its end."""
        while True:
            await self.world.turns.settle()
            if not self.world.turns.is_idle:
                await self.world.turns.advance()
            elif not self.world.turns.is_empty:
                await self.world.turns.wait_for_locks()
            else:
                return

    async def _something(self) -> None:
        """Begin something new, or let the world outside move."""
        await payers.send_due(self.world, self.ether, self.now)
        [name] = self.choose.choices(list(_HAPPENS), list(_HAPPENS.values()))
        match name:
            case "work":
                self._work()
            case "ask":
                self._ask()
            case "mine":
                await payers.mine(self.world, self.choose)
            case "wait":
                await self.world.advance(self._seconds())
            case "fork":
                await payers.fork(self.world, self.ether, self.choose)
            case "meddle":
                await payers.meddle(self.world, self.ether, self.choose)
            case "mislead":
                await payers.mislead(self.world, self.ether, self.choose)
            case "unannounced":
                await payers.send_unannounced(self.world, self.ether, self.choose)

    def _seconds(self) -> int:
        return self.choose.choice([1, 2, 5, 10, 10, 30, 90])

    def _work(self) -> None:
        """Let a loop of a worker turn once, unless it is turning."""
        worker = self.choose.choice(self.world.workers)
        turns = _LOOPS_TURN if self.rush is None else _LOOPS_RUSH
        turns = _LOOPS_REFUND if self.asking else turns
        [name] = self.choose.choices(list(turns), list(turns.values()))
        self._begin_turn(worker, name)

    def _begin_turn(self, worker: Process, name: str) -> None:
        if not worker.dead and (worker.name, name) not in self._turning:
            self._turning.add((worker.name, name))
            self._group.create_task(self._turn(worker, name))

    async def _turn(self, worker: Process, name: str) -> None:
        try:
            await self._as(worker, name, lambda: LOOPS[name](self.world, worker.name))
        finally:
            self._turning.discard((worker.name, name))

    async def _as(self, process: Process, name: str, step: Callable[[], Awaitable[T]]) -> T | None:
        """Run a step in a process; whatever ends it but a fault of ours is a surprise."""
        PROCESS.set(process)
        process.busy += 1
        try:
            return await step()
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            self._judge(process, name, error)
            return None
        finally:
            process.busy -= 1
            if process.dead and process.busy == 0:
                self._restart(process)

    def _judge(self, process: Process, name: str, error: BaseException) -> None:
        causes = _leaves(error)
        if process.dead and any(isinstance(one, Killed) for one in causes):
            return
        for one in causes:
            if is_lost(one):
                self.troubles[f"{name} {getattr(one, 'code', type(one).__name__)}"] += 1
            elif not (isinstance(one, Killed) and process.deaths):
                self.surprises[f"{name} {one!r}"[:300]] += 1

    def _restart(self, process: Process) -> None:
        process.dead = False
        if process in self.world.workers:
            self.world.new_quorum(process.name)

    def _ask(self) -> None:
        """Let a client send what it wants, perhaps twice at once; or think of a new order."""
        is_enough = self.asking or len(self.orders) >= _ORDERS_MAX
        if not self.orders or (not is_enough and self.choose.random() < 0.3):
            shop, asset = self.rush or (self.choose.choice(self.world.shops), None)
            order = new_order(next(self._numbers), shop, self.choose, asset=asset)
            self.orders.append(order)
        else:
            order = self.choose.choice(self.asking or self.orders)
        self._step(order)

    def _step(self, order: Order) -> None:
        if order.current is None:
            order.current = next(order.requests, None)
        request = order.current
        if request is None or request.flying >= _FLYING_MAX:
            return
        alive = [process for process in self.world.api if not process.dead]
        for _ in range(self.choose.choice([1, 1, 2])):
            if alive:
                request.flying += 1
                request.sent += 1
                self.requests += 1
                process = self.choose.choice(alive)
                self._group.create_task(self._send(process, order, request))

    async def _send(self, process: Process, order: Order, request: Request) -> None:
        def step() -> Awaitable[Answer]:
            return ask(
                self.world.server,
                "POST",
                request.path,
                token=order.shop.token,
                form=request.form,
                key=request.key,
            )

        answer = await self._as(process, request.name, step)
        request.flying -= 1
        if answer is None or self.choose.random() < 0.05:
            return  # nobody heard it
        request.hear(answer)
        if request.answer is not None and order.current is request:
            order.current = None
            note(order, request)
            self._learn(order)
        if request.answer is None:
            self.troubles[f"{request.name} {answer.status} {answer.json['error']['code']}"] += 1

    def _learn(self, order: Order) -> None:
        """The payer sees where to pay."""
        for way in order.ways:
            self.ether.issued.add(way.address)
            if way.memo is None and order.style in {None, "address"}:
                assert order.intent_id is not None
                self.ether.own[way.address] = order.intent_id
        if order.ways and not order.is_planned and order.plan is not Plan.NEVER:
            order.is_planned = True
            payers.plan_payments(self.ether, order, self.now, self.choose)

    async def _quietly(self, name: str) -> None:
        """Run one loop of one worker until it has nothing to do, with nothing beside it."""
        worker = self.world.workers[0]

        async def turn() -> None:
            for _ in range(_TURNS_MAX):
                if not await LOOPS[name](self.world, worker.name):
                    return

        self._group.create_task(self._as(worker, name, turn))
        await self.calm()

    async def _quiesce(self) -> None:
        """No fault any more: everything that was asked is answered, mined, booked and told."""
        await self.calm()
        world = self.world
        self.faults = (world.breaks.chance, world.receiver.trouble)
        world.batch_max = lambda: BATCH_MAX
        world.breaks.chance = 0.0
        world.breaks.at = ()
        world.receiver.trouble = 0.0
        await world.act(levers.stop_lying)
        for order in self.orders:
            await self._answer(order)
        await self._round(1, 20)
        await self._round(1, 20)
        await self._round(DEPTH + REORG_MAX + 1, 600)
        for _ in range(3):
            await self._round(1, 14 * 3600)
        await self._round(DEPTH + REORG_MAX + 1, 600)

    async def _answer(self, order: Order) -> None:
        """Let a client have the answer it still waits for."""
        for _ in range(_TRIES_MAX):
            if order.current is None:
                return
            await self._quietly("jobs")
            self._step(order)
            await self.calm()
            await self.world.advance(5)
        self.surprises[f"{order.current and order.current.name} was never answered"] += 1

    async def _round(self, blocks: int, seconds: float) -> None:
        """Mine, let time pass, and let every loop of one worker run until it has nothing to do."""
        await payers.send_due(self.world, self.ether, self.now)
        for _ in range(blocks):
            await payers.mine(self.world, self.choose, everything=True)
        await self.world.advance(seconds)
        for name in ("send", "follow", "pending", "relay", "jobs", "send", "relay", "deliver"):
            await self._quietly(name)
        for _ in range(_TRIES_MAX):
            if not await self._relay_waits():
                return
            await self._quietly("relay")
        self.surprises["facts were never digested"] += 1

    async def _relay_waits(self) -> bool:
        return await self._value("SELECT EXISTS (SELECT FROM reactions WHERE next_at <= now())")

    async def _value(self, sql: str) -> bool:
        async with self.world.quiet.look() as work:
            return bool(await work.value(sql))


_LOST: Final = (SluiceError, OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


def is_lost(error: BaseException) -> bool:
    """Say whether a step may end like this when something outside breaks; it is tried again."""
    return all(isinstance(one, _LOST) for one in _leaves(error))


def _leaves(error: BaseException) -> list[BaseException]:
    """Return the errors inside groups of errors."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
