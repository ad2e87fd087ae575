"""Planted bugs: known-wrong designs, switched on to see that the layers find them.

This is the one place where our own code is replaced: a harness that finds nothing here is blind.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.app.app import App
from sluice.base import relay
from sluice.base.errors import Conflict
from sluice.base.idempotency import store as idempotency
from sluice.base.outbox import store as outbox
from sluice.base.relay import Relay
from sluice.base.work import Work, Works
from sluice.business.payments.intents import receive
from sluice.business.payments.intents import store as intent_rows
from sluice.business.payments.intents.book import Plan, plan_books
from sluice.business.payments.intents.find import find_intent
from sluice.business.payments.intents.model import PaymentIntent
from sluice.business.payments.refunds import create
from sluice.business.payments.refunds.model import NewRefund
from sluice.business.webhooks.deliveries import deliver
from sluice.business.webhooks.deliveries import store as deliveries
from sluice.business.webhooks.deliveries.deliver import Deliverer, Lane
from sluice.business.webhooks.deliveries.model import Attempt
from sluice.business.webhooks.deliveries.store import Result
from sluice.business.webhooks.endpoints import lanes
from sluice.business.webhooks.endpoints.edit import open_secrets
from sluice.doors.api import handle
from sluice.doors.api.handle import Ask, Exchange
from sluice.doors.api.idempotency import Key, recall
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Block, Network, Tip
from sluice.engine.chains.writer import Slot
from sluice.engine.ledger import store as ledger
from sluice.engine.ledger.chart import normal_side
from sluice.engine.sender import store as sends
from sluice.engine.sender import turn
from sluice.engine.sender.advance import advance
from sluice.engine.sender.model import Attempt as SendAttempt
from sluice.engine.sender.model import HotWallet, Send, SendState
from sluice.engine.sender.parts import Parts as Sending
from sluice.engine.watcher import follow, record
from sluice.engine.watcher import store as watcher
from tests.simulation import play
from tests.simulation.world import FaultyWorld

Replacement = tuple[object, str, Any]


@dataclass(frozen=True, slots=True)
class Bug:
    """A wrong design: what it says, what it replaces, and what it changes in a world."""

    says: str
    replaces: Sequence[Replacement] = ()
    changes: Callable[[FaultyWorld], None] = lambda _world: None
    layer: str = "simulation"  # the layer that is asked first


@contextlib.contextmanager
def planted(name: str | None) -> Iterator[Bug]:
    """Switch a bug on while this lasts; None switches nothing."""
    bug = Bug("nothing") if name is None else BUGS[name]
    kept = [(owner, place, getattr(owner, place)) for owner, place, _ in bug.replaces]
    for owner, place, wrong in bug.replaces:
        setattr(owner, place, wrong)
    try:
        yield bug
    finally:
        for owner, place, right in kept:
            setattr(owner, place, right)


async def _record_cursor_first(
    work: Work, network: Network, blocks: Sequence[Block], tip: Tip
) -> None:
    held = await watcher.cursor(work, network.name, lock=True)
    if held is None or held.hash != blocks[0].header.parent:
        raise Conflict("another worker moved this chain's cursor", code="cursor_moved")
    header, reorg_max = blocks[-1].header, network.finality.reorg_max
    await watcher.add_block(work, network.name, header)
    await watcher.move(work, network.name, header, tip.finalized_height, reorg_max)
    await work.connection.execute("COMMIT")
    await work.connection.execute("BEGIN")
    await record._apply(work, network, blocks, tip)


async def _follow_without_parents(works: Works, chain: Chain) -> bool:
    name = chain.network.name
    async with works.begin() as work:
        cursor = await watcher.cursor(work, name)
    if cursor is None:
        return await follow.follow_once(works, chain)
    tip = await chain.reader.tip()
    if tip.header.height <= cursor.height:
        return False
    for block in await chain.reader.blocks(cursor.height + 1, tip.header.height):
        async with works.begin() as work:
            held = await watcher.cursor(work, name, lock=True)
            if held is None or held.height + 1 != block.header.height:
                raise Conflict("another worker moved this chain's cursor", code="cursor_moved")
            await record._apply(work, chain.network, [block], tip)
    return True


def _plan_without_reversals(*args: Any) -> Plan:  # noqa: ANN401 - whatever the right one takes
    return dataclasses.replace(plan_books(*args), undo=(), unsettle=None)


def _trust_the_first(world: FaultyWorld) -> None:
    world.providers, world.agree = tuple(reversed(world.providers)), 1
    for worker in world.workers:
        world.new_quorum(worker.name)


async def _look_then_do(app: App, ask: Ask, key: Key, exchange: Exchange) -> bytes:
    kept = await recall(app.works, ask.caller, key)
    if kept is not None:
        return handle._repeat(app, kept, exchange)
    body = await handle._do(app, dataclasses.replace(ask, key=None))
    async with app.works.begin(ask.caller.actor) as work:
        sql = idempotency._ADD + " ON CONFLICT DO NOTHING"
        digest, request, path = key.request_hash, key.request_id, key.path
        values = (*work.owner, key.key, digest, request, path, 200, body, None, work.now)
        await work.execute(sql, *values)
    return body


async def _strike_off_first(self: Relay, name: str, limit: int) -> int:
    async with self._works.begin() as work:
        claimed = await outbox.claim(work.connection, name, limit)
        await outbox.done(work.connection, name, [fact.fact_id for fact in claimed])
    if claimed:
        facts = [self._routes.read(fact.name, fact.body) for fact in claimed]
        async with self._works.begin() as work:
            await self._reactions[name](work, facts)
    return len(claimed)


async def _look_at_accounts(
    work: Work, keys: Sequence[ledger.AccountKey]
) -> Mapping[ledger.AccountKey, int]:
    columns = [list(column) for column in zip(*sorted(set(keys)), strict=True)]
    normals = [normal_side(kind).value for kind in columns[2]]
    await work.execute(ledger._OPEN, *columns, normals)
    rows = await work.rows(ledger._LOCK.replace("FOR UPDATE OF a", ""), *columns)
    return {
        (row["merchant_id"], row["livemode"], row["kind"], row["asset"]): row["id"] for row in rows
    }


async def _write_balances_back(work: Work, changes: Mapping[int, int]) -> None:
    rows = await work.rows(
        "SELECT id, balance FROM ledger_accounts WHERE id = ANY($1::bigint[])", list(changes)
    )
    held = {row["id"]: row["balance"] + changes[row["id"]] for row in rows}
    await work.execute(
        """UPDATE ledger_accounts a SET balance = d.balance
           FROM unnest($1::bigint[], $2::numeric[]) AS d (id, balance) WHERE a.id = d.id""",
        list(held),
        list(held.values()),
    )


async def _say_delivered_first(deliverer: Deliverer, lane: Lane) -> int:
    endpoint = lane.endpoint
    async with deliverer.works.begin() as work:
        due = await deliveries.due(
            work, endpoint.merchant_id, endpoint.id, livemode=endpoint.livemode, limit=40
        )
        attempts = [Attempt(delivery, work.now, 200, None, 0) for delivery in due]
        await deliveries.save(work, [Result(one, "delivered", None) for one in attempts])
        await lanes.release_lane(work, endpoint.id, lane.token, 0.0)
        now = work.now
    secrets = open_secrets(endpoint, now, sealer=deliverer.sealer)
    await deliver._send_all(deliverer, endpoint, due, secrets, now)
    return len(due)


async def _look_at_payment(work: Work, new: NewRefund) -> PaymentIntent:
    return await find_intent(work, new.intent_id or "")


async def _write_refunded_back(work: Work, intent: PaymentIntent, units: int) -> None:
    await work.execute(
        """UPDATE payment_intents SET amount_refunded = $2, version = version + 1
           WHERE id = $1""",
        intent.id,
        intent.amount_refunded + units,
    )


async def _send_then_write(parts: Sending, wallet: HotWallet, send: Send) -> None:
    if send.state is not SendState.QUEUED:
        await advance(parts, wallet, send)
        return
    writer = parts.writer(wallet.network)
    standing = await writer.standing(wallet.account)
    price = await writer.rehearse(send.order, wallet.account)
    slot = Slot(nonce=standing.next_pending)
    unsigned = writer.build(send.order, wallet.account, slot, price)
    signer = await parts.find_signer(wallet.signer)
    signatures = [await signer.sign_digest(digest) for digest in unsigned.digests]
    sealed = writer.seal(unsigned, wallet.account, signatures)
    await writer.broadcast(sealed.raw)
    async with parts.works.begin() as work:
        mine = await sends.lock(work, send.id)
        if mine is None or mine.state is not SendState.QUEUED:
            return
        attempt = SendAttempt(send.id, 1, False, price, unsigned, work.now)  # noqa: FBT003
        await sends.open_send(work, send.id, slot)
        sends.add_attempt(work, send, attempt)
        await sends.take(work, wallet.id, standing.next_pending + 1)
        await work.flush()
        await sends.seal(work, attempt, sealed.tx_id, sealed.raw)


BUGS: Final[dict[str, Bug]] = {
    "cursor_first": Bug(
        "the cursor is moved before the work",
        [(follow, "record_blocks", _record_cursor_first)],
        layer="crash_points",
    ),
    "no_reversal": Bug(
        "a fork does not reverse the ledger",
        [(receive, "plan_books", _plan_without_reversals)],
    ),
    "no_parent": Bug(
        "a block's parent is not compared",
        [(play, "follow_once", _follow_without_parents)],
    ),
    "trusting": Bug("one provider is believed", changes=_trust_the_first),
    "look_then_do": Bug(
        "an idempotency key is looked up before the work and kept after it",
        [(handle, "_do_once", _look_then_do)],
    ),
    "strike_off_first": Bug(
        "a reaction is struck off in another transaction than its effect",
        [(relay.Relay, "_run", _strike_off_first)],
        layer="crash_points",
    ),
    "balance_in_python": Bug(
        "balances are read, added up in Python and written back without a lock",
        [
            (ledger, "lock_accounts", _look_at_accounts),
            (ledger, "move_balances", _write_balances_back),
        ],
    ),
    "delivered_first": Bug(
        "a delivery is called delivered before it is sent",
        [(deliver, "serve_lane", _say_delivered_first)],
    ),
    "refund_unlocked": Bug(
        "a refund is checked without locking its payment, and counted in Python",
        [(create, "_lock", _look_at_payment), (intent_rows, "add_refunded", _write_refunded_back)],
    ),
    "send_first": Bug(
        "a refund is sent before its transaction is written down",
        [(turn, "_move", _send_then_write)],
    ),
}
