"""Life: one payment from its creation to its refund, with a fork in between, in stages."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.model import Include, Output
from tests.simulation.doors import Answer, ask
from tests.simulation.orders import AGAIN
from tests.simulation.play import LOOPS, is_lost
from tests.simulation.turns import PROCESS, Process
from tests.simulation.world import DEPTH, REORG_MAX, FaultyWorld, Shop

_FORM: Final = {
    "payment_method_data[type]": "crypto",
    "payment_method_options[crypto][deposit_options][networks][0]": "sandbox",
    "payment_method_options[crypto][deposit_options][tokens][0]": "usdc",
}
_PAYER: Final = address_of(b"the payer of a  life")
_TRIES_MAX: Final = 20
# Longer than any lease, so that what a killed process held is free again.
_PAUSE_S: Final = 130

# When a loop has something to do now, and what somebody may still hold.
_WAITS: Final = {
    "follow": """
      SELECT coalesce((SELECT hash FROM chains), '') <>
        (SELECT hash FROM sandbox_blocks WHERE canonical ORDER BY height DESC LIMIT 1)""",
    "relay": "SELECT EXISTS (SELECT FROM reactions WHERE next_at <= now())",
    "send": """
      SELECT EXISTS (SELECT FROM sends WHERE ended_at IS NULL AND next_at <= now())""",
    "deliver": """
      SELECT EXISTS (SELECT FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
        WHERE d.state = 'pending' AND d.next_at <= now()
          AND coalesce(w.lane_until, now()) <= now())""",
}
_HELD: Final = (
    "SELECT EXISTS (SELECT FROM reactions)",
    "SELECT EXISTS (SELECT FROM deliveries WHERE state = 'pending')",
    "SELECT EXISTS (SELECT FROM sends WHERE state = 'queued')",
)
_LEAVING: Final = "SELECT EXISTS (SELECT FROM sends WHERE ended_at IS NULL)"

# Everything that must be the same, whatever broke on the way; no ids and no instants.
_STANDS: Final = {
    "intents": """
      SELECT status, resolution, amount_received::text, settle_seq,
        finalized_at IS NOT NULL AS final,
        (SELECT count(*) FROM offers o WHERE o.intent_id = p.id) AS offers
      FROM payment_intents p""",
    "sessions": "SELECT status, payment_status FROM checkout_sessions",
    "transfers": """
      SELECT state, height, units::text, reference IS NOT NULL AS expected FROM transfers""",
    "credits": """
      SELECT seq, purpose, reason, units::text, reversed_by IS NULL AS live
      FROM credits ORDER BY seq""",
    "entries": """
      SELECT e.kind, e.seq, e.reverses IS NOT NULL AS reversal, a.kind AS account, p.side,
        p.units::text
      FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
      JOIN ledger_accounts a ON a.id = p.account_id ORDER BY 1, 2, 4, 5""",
    "accounts": """
      SELECT kind, asset, balance::text FROM ledger_accounts WHERE balance > 0 ORDER BY 1, 2""",
    "refunds": "SELECT status, units::text, amount::text, failure_reason FROM refunds",
    "sends": "SELECT state FROM sends",
    "sent": """
      SELECT o.units::text FROM sandbox_blocks b
      JOIN sandbox_block_transactions i ON i.block_hash = b.hash
      JOIN sandbox_outputs o ON o.tx_id = i.tx_id
      WHERE b.canonical AND o.recipient IN (SELECT recipient FROM refunds)""",
    "events": "SELECT seq, type FROM events ORDER BY seq",
    "deliveries": "SELECT state, count(*) FROM deliveries GROUP BY 1 ORDER BY 1",
    "chain": "SELECT height, halted_reason FROM chains",
    "left": "SELECT count(*) FROM reactions",
    "jobs": "SELECT name, attempts > 1 AS failed FROM jobs ORDER BY 1",
}


class Life:
    """Leads one payment from stage to stage; each step of a stage is repeated until it is done."""

    def __init__(self, world: FaultyWorld) -> None:
        self.world = world
        self.surprises: list[str] = []
        self.notes: dict[str, Any] = {}  # what one stage tells the next
        self.stages: list[Callable[[], Awaitable[None]]] = [
            self._begin,
            self._create,
            self._confirm,
            self._pay,
            self._see,
            self._credit,
            self._lose,
            self._credit_again,
            self._finish,
            self._refund,
            self._leave,
        ]

    async def stands(self) -> dict[str, Any]:
        """Return how everything stands."""
        async with self.world.quiet.snapshot() as work:
            found: dict[str, Any] = {
                name: [list(row.values()) for row in await work.rows(sql)]
                for name, sql in _STANDS.items()
            }
        found["told"] = [
            [listener.url, len(listener.taken), listener.bad]
            for listener in self.world.receiver.listeners.values()
        ]
        found["surprises"] = self.surprises
        stands: dict[str, Any] = json.loads(json.dumps(found))
        return stands

    @property
    def _shop(self) -> Shop:
        return self.world.shops[0]

    async def _begin(self) -> None:
        for _ in range(REORG_MAX + 2):
            await self._chain(levers.mine)
        await self._turn("plan")
        await self._turn("jobs")
        await self._settle()

    async def _create(self) -> None:
        session = await self._post("/v1/checkout/sessions", _cart(), "key-1")
        self.notes["intent"] = session["payment_intent"]
        await self._settle()

    async def _confirm(self) -> None:
        path = f"/v1/payment_intents/{self.notes['intent']}/confirm"
        intent = await self._post(path, _FORM, "key-2")
        place = intent["next_action"]["crypto_display_details"]["deposit_addresses"]["sandbox"]
        self.notes["address"] = place["address"]
        self.notes["due"] = int(place["supported_tokens"][0]["expected_amount"])
        await self._settle()

    async def _pay(self) -> None:
        output = Output("usdc", self.notes["address"], self.notes["due"])
        await self._chain(lambda work: levers.pay(work, [output]))
        await self._turn("pending")
        await self._settle()

    async def _see(self) -> None:
        await self._chain(levers.mine)
        await self._settle()

    async def _credit(self) -> None:
        await self._chain(lambda work: levers.mine(work, DEPTH - 1))
        await self._settle()

    async def _lose(self) -> None:
        await self._chain(lambda work: levers.fork(work, DEPTH, include=Include.NONE))
        await self._settle()

    async def _credit_again(self) -> None:
        await self._chain(lambda work: levers.mine(work, DEPTH))
        await self._settle()

    async def _finish(self) -> None:
        await self._chain(lambda work: levers.mine(work, REORG_MAX + 1))
        await self._settle()

    async def _refund(self) -> None:
        form = {"payment_intent": self.notes["intent"], "to_address": _PAYER}
        refund = await self._post("/v1/refunds", form, "key-3")
        assert refund["object"] == "refund"
        await self._settle()

    async def _leave(self) -> None:
        await self._chain(lambda work: levers.mine(work, REORG_MAX + 1))
        for _ in range(_TRIES_MAX):
            await self.world.advance(_PAUSE_S)
            await self._settle()
            if not await self._value(_LEAVING):
                return
        raise AssertionError("the refund never left")

    async def _settle(self) -> None:
        """Let every loop run until it has nothing to do; what the dead held takes longer."""
        for _ in range(_TRIES_MAX):
            for name, waits in _WAITS.items():
                for _ in range(_TRIES_MAX):
                    if not await self._value(waits):
                        break
                    await self._turn(name)
            if not any([await self._value(held) for held in (*_WAITS.values(), *_HELD)]):
                return
            await self.world.advance(_PAUSE_S)
        raise AssertionError("it never came to rest")

    async def _value(self, sql: str) -> Any:  # noqa: ANN401 - whatever the query returns
        async with self.world.quiet.look() as work:
            return await work.value(sql)

    async def _turn(self, name: str) -> None:
        await self._persist(self.world.workers[0], lambda: LOOPS[name](self.world, "worker1"))

    async def _post(self, path: str, form: dict[str, str], key: str) -> Any:  # noqa: ANN401 - JSON
        """Send a request until it is answered for good."""

        def send() -> Awaitable[Answer]:
            token = self._shop.token
            return ask(self.world.server, "POST", path, token=token, form=form, key=key)

        for _ in range(_TRIES_MAX):
            answer: Answer = await self._persist(self.world.api[0], send)
            if answer.status not in AGAIN:
                assert answer.status == 200, answer.body
                return answer.json
            if b"rate_unavailable" in answer.body:
                await self.world.advance(_PAUSE_S)
                await self._turn("jobs")
        raise AssertionError(f"{path} was never answered")

    async def _persist(self, process: Process, step: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        """Run a step in a process, again when it broke, and with a new process when that died."""
        for _ in range(_TRIES_MAX):
            task = asyncio.ensure_future(self._in(process, step))
            while not task.done():
                turns = self.world.turns
                await turns.settle()
                if not turns.is_idle:
                    await turns.advance()
                elif not turns.is_empty:
                    await turns.wait_for_locks()
                else:
                    await asyncio.sleep(0)
            error = task.exception()
            if error is None:
                return task.result()
            if process.dead:
                process.dead = False
                self.world.new_quorum("worker1")
            elif not is_lost(error):
                self.surprises.append(repr(error)[:200])
        raise AssertionError("the step never succeeded")

    async def _in(self, process: Process, step: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        PROCESS.set(process)
        return await step()

    async def _chain(self, lever: Callable[[Any], Awaitable[object]]) -> None:
        await self.world.act(lever)


def _cart() -> dict[str, str]:
    line = "line_items[0][price_data]"
    return {
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        f"{line}[currency]": "usd",
        f"{line}[unit_amount]": "1000",
        f"{line}[product_data][name]": "Tea",
    }
