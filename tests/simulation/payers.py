"""Payers and miners: what happens on the chain, whatever Sluice thinks of it."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from sluice.base.errors import IllegalMove
from sluice.base.work import Work
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.levers import FAUCET
from sluice.engine.chains.sandbox.model import Include, Lie, LieKind, Output
from tests.simulation.orders import Order, Plan, Way
from tests.simulation.world import PROVIDERS, REORG_MAX, World

STRANGER: Final = address_of(b"a stranger's address")
_LIAR: Final = PROVIDERS[-1]


@dataclass
class Ether:
    """What was sent: for the oracle, which believes nobody else."""

    planned: list[tuple[float, Order, list[Output]]] = field(default_factory=list)
    meant_for: dict[str, str] = field(default_factory=dict)  # tx id -> intent
    outputs: dict[str, list[Output]] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)
    own: dict[str, str] = field(default_factory=dict)  # address of its own -> intent
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    deepest: int = 0


def plan_payments(ether: Ether, order: Order, now: float, choose: random.Random) -> None:
    """Decide what is sent for an order, and when."""
    way = choose.choice(order.ways)
    other = next((one for one in order.ways if one.asset != way.asset), way)
    part = max(1, way.due * choose.randint(1, 9) // 10)
    sends: list[tuple[float, Output]] = []
    soon = choose.randint(1, 40)
    match order.plan:
        case Plan.EXACT:
            sends = [(soon, _output(way, way.due, order))]
        case Plan.SPLIT:
            rest = max(1, way.due - part)
            sends = [(soon, _output(way, part, order)), (soon, _output(way, rest, order))]
        case Plan.SHORT_THEN_REST:
            later = soon + choose.randint(5, 90)
            rest = max(1, way.due - part)
            sends = [(soon, _output(way, part, order)), (later, _output(way, rest, order))]
        case Plan.SHORT:
            sends = [(soon, _output(way, part, order))]
        case Plan.OVER:
            sends = [(soon, _output(way, way.due + choose.randint(1, way.due), order))]
        case Plan.TWICE:
            later = soon + choose.randint(0, 60)
            sends = [(at, _output(way, way.due, order)) for at in (soon, later)]
        case Plan.LATE:
            sends = [(choose.randint(400, 2000), _output(way, way.due, order))]
        case Plan.WRONG_ASSET:
            wrong = "stx" if way.asset != "stx" else "btc"
            sends = [(soon, Output(wrong, way.address, way.due, _memo(way, order)))]
        case Plan.TWO_ASSETS:
            half = max(1, way.due // 2)
            rest = max(1, other.due * choose.randint(4, 9) // 10)
            sends = [(soon, _output(way, half, order)), (soon + 3, _output(other, rest, order))]
        case Plan.UNKNOWN_TOKEN:
            token = Output("unknown:cafe", way.address, 10**20, _memo(way, order))
            sends = [(soon, token), (soon + 5, _output(way, way.due, order))]
        case Plan.NOTHING:
            zero = Output(way.asset, way.address, 0, _memo(way, order))
            sends = [(soon, zero), (soon + 5, _output(way, way.due, order))]
        case Plan.DUST:
            sends = [(soon + n, _output(way, 1, order)) for n in range(3)]
        case Plan.MANY:
            sends = [(soon + n, _output(way, max(1, way.due * 3 // 10), order)) for n in range(4)]
    if order.plan is Plan.SPLIT and choose.random() < 0.5:
        # Both parts leave in one transaction, as two outputs.
        ether.planned.append((now + soon, order, [output for _, output in sends]))
        return
    ether.planned += [(now + after, order, [output]) for after, output in sends]


async def send_due(world: World, ether: Ether, now: float) -> None:
    """Send what is due."""
    due = [one for one in ether.planned if one[0] <= now]
    ether.planned = [one for one in ether.planned if one[0] > now]
    for _, order, outputs in due:
        await _pay(world, ether, outputs, order.intent_id)


async def send_unannounced(world: World, ether: Ether, choose: random.Random) -> None:
    """Send something nobody asked for to an address somebody gave out."""
    addresses = sorted(ether.issued)
    if addresses:
        asset = choose.choice(["usdc", "btc"])
        output = Output(asset, choose.choice(addresses), choose.randint(1, 10**6))
        await _pay(world, ether, [output], None)


async def meddle(world: World, ether: Ether, choose: random.Random) -> None:
    """Bump a fee, spend the same money elsewhere, or let the network forget a payment."""
    if not ether.outputs:
        return
    tx_id = choose.choice(sorted(ether.outputs))
    kind = choose.choice(["bumped", "stolen", "dropped"])
    try:
        if kind == "dropped":
            await world.act(lambda work: levers.drop(work, tx_id))
        else:
            outputs = ether.outputs[tx_id] if kind == "bumped" else [Output("usdc", STRANGER, 1)]
            made = await world.act(lambda work: levers.replace(work, tx_id, outputs))
            if kind == "bumped":
                ether.outputs[made.tx_id] = outputs
                if tx_id in ether.meant_for:
                    ether.meant_for[made.tx_id] = ether.meant_for[tx_id]
    except IllegalMove:
        return  # a block has it already
    ether.counts[kind] += 1


async def mine(world: World, choose: random.Random, *, everything: bool = False) -> None:
    """Add a block, usually with what waits."""
    include = Include.ALL if everything or choose.random() < 0.85 else Include.NONE
    await world.act(lambda work: levers.mine(work, include=include))


async def fork(world: World, ether: Ether, choose: random.Random) -> None:
    """Replace the newest blocks; some of what was in them may never come back."""
    depth = choose.randint(1, REORG_MAX)
    keep: bool | list[str] = True
    if choose.random() < 0.4:
        keep = [tx_id for tx_id in sorted(ether.outputs) if choose.random() < 0.6]
    include = choose.choice([Include.ALL, Include.NONE])
    switch = choose.random() < 0.3
    await world.act(
        lambda work: levers.fork(work, depth, keep=keep, include=include, switch=switch)
    )
    ether.counts["forks"] += 1
    ether.deepest = max(ether.deepest, depth)


async def mislead(world: World, ether: Ether, choose: random.Random) -> None:
    """Let one provider lie, or any of them be late or silent, for a few answers.

    A provider tells one lie at a time: an error on top of a lie would hide it from everybody.
    """
    uses = choose.randint(1, 3)
    provider, told = _LIAR, _lie(ether, choose)
    if choose.random() < 0.5:
        provider = choose.choice(PROVIDERS)
        told = choose.choice(
            [
                Lie(LieKind.STALE, lag_blocks=choose.randint(1, 3)),
                Lie(LieKind.ERROR_BEFORE),
                Lie(LieKind.ERROR_AFTER),
            ]
        )

    async def lever(work: Work) -> bool:
        sql = "SELECT EXISTS (SELECT FROM sandbox_lies WHERE provider = $1)"
        if await work.value(sql, provider):
            return False
        await levers.lie(work, provider, told, uses=uses)
        return True

    if not await world.act(lever):
        return
    ether.counts["lies"] += uses


def _lie(ether: Ether, choose: random.Random) -> Lie:
    kind = choose.choice(
        [LieKind.HIDE, LieKind.DOUBLE, LieKind.REPEAT, LieKind.UNITS, LieKind.PARENT,
         LieKind.PARTIAL, LieKind.INVENT, LieKind.INVENT]
    )  # fmt: skip
    if kind is not LieKind.INVENT:
        return Lie(kind)
    address = choose.choice([*sorted(ether.issued), STRANGER])
    tx_id = choose.randbytes(32).hex()
    return Lie(kind, transfer=Transfer(tx_id, 0, "usdc", FAUCET, address, 10**9))


async def _pay(world: World, ether: Ether, outputs: list[Output], intent: str | None) -> None:
    made = await world.act(lambda work: levers.pay(work, outputs))
    ether.outputs[made.tx_id] = outputs
    ether.counts["payments"] += 1
    if intent is not None:
        ether.meant_for[made.tx_id] = intent


def _output(way: Way, units: int, order: Order) -> Output:
    return Output(way.asset, way.address, units, _memo(way, order))


def _memo(way: Way, order: Order) -> str | None:
    """A wallet adds the memo where it must; where an amount is enough, half of them do."""
    if order.style == "amount" and order.number % 2:
        return None
    return way.memo
