"""Oracle: the simulation knows what was sent; the books must say the same."""

import hashlib
import json
from collections import Counter
from typing import Any, Final

from sluice.base.work import Work
from sluice.business.payments.checkout import model as checkout
from sluice.business.payments.intents import model as intents
from sluice.business.payments.refunds import model as refunds
from sluice.business.trust.promises.check import check_promises
from tests.simulation.play import Play
from tests.simulation.refunds import given_back, judge_refunds
from tests.simulation.world import World

# What stood on the best branch at the end, output by output: the truth, as the chain has it.
_TRUTH: Final = """
SELECT o.tx_id, o.recipient, o.asset, o.units FROM sandbox_blocks b
JOIN sandbox_block_transactions i ON i.block_hash = b.hash
JOIN sandbox_outputs o ON o.tx_id = i.tx_id WHERE b.canonical AND o.units > 0"""
_BOOKED: Final = """
SELECT c.tx_id, t.recipient, c.asset, c.units, c.intent_id, c.merchant_id FROM credits c
JOIN transfers t USING (network, tx_id, index) WHERE c.reversed_by IS NULL"""
_CUSTODY: Final = """
SELECT merchant_id, asset, balance FROM ledger_accounts
WHERE kind LIKE 'custody:%' AND balance > 0"""
_LEFT: Final = {
    "reactions left": "SELECT count(*) FROM reactions",
    "deliveries left": """
      SELECT count(*) FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
      WHERE d.state = 'pending' AND w.status = 'enabled'""",
    "deliveries given up": "SELECT count(*) FROM deliveries WHERE state = 'exhausted'",
    "transfers unsettled": """
      SELECT count(*) FROM transfers WHERE state NOT IN ('final', 'orphaned')""",
    "intents unsettled": """
      SELECT count(*) FROM payment_intents WHERE status NOT IN ('succeeded', 'canceled')""",
    "intents not final": """
      SELECT count(*) FROM payment_intents WHERE status = 'succeeded' AND finalized_at IS NULL""",
    "chain halted": "SELECT count(*) FROM chains WHERE halted_reason IS NOT NULL",
    "chain behind": """
      SELECT count(*) FROM chains c, sandbox_blocks b
      WHERE b.canonical AND b.height > c.height""",
    "sends left": "SELECT count(*) FROM sends WHERE ended_at IS NULL",
    "refunds left": "SELECT count(*) FROM refunds WHERE ended_at IS NULL",
    "wallets frozen": "SELECT string_agg(frozen_reason, ' ') FROM hot_wallets",
    "holds": "SELECT string_agg(DISTINCT reason, ' ') FROM payout_holds",
    "event numbers": """
      SELECT count(*) FROM (SELECT count(*) AS n, max(seq) AS last FROM events GROUP BY merchant_id)
      AS e WHERE n <> last""",
}
_PRINTS: Final = (
    "SELECT seq, type, object_id, created_at::text FROM events ORDER BY merchant_id, seq",
    "SELECT id, kind, source, seq, reverses, at::text FROM ledger_entries ORDER BY id",
    """SELECT p.entry_id, a.merchant_id, a.kind, p.asset, p.side, p.units::text
       FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
       ORDER BY 1, 2, 3, 4, 5, 6""",
    "SELECT merchant_id, kind, asset, balance::text FROM ledger_accounts ORDER BY 1, 2, 3",
    """SELECT id, status, resolution, amount_received::text, version
       FROM payment_intents ORDER BY id""",
    "SELECT tx_id, index, state, height FROM transfers ORDER BY 1, 2",
    "SELECT id, intent_id, status, units::text, tx_id, version FROM refunds ORDER BY id",
    "SELECT send_id, n, is_void, tx_id, verdict, tellings FROM send_attempts ORDER BY 1, 2",
    "SELECT delivery_id, n, at::text, status_code, error FROM attempts ORDER BY 1, 2",
)


async def judge(play: Play) -> dict[str, Any]:
    """Return everything that is wrong, by the name of the rule it breaks."""
    wrong: dict[str, Any] = dict(await broken_promises(play.world))
    async with play.world.quiet.snapshot() as work:
        for name, sql in _LEFT.items():
            if left := await work.value(sql):
                wrong[name] = left
        wrong |= await _compare(work, play)
        wrong |= await _moves(work)
        wrong |= await _acknowledged(work, play)
        wrong |= await _told(work, play)
        wrong |= await judge_refunds(work, play.orders)
    if play.surprises:
        wrong["surprises"] = dict(play.surprises)
        wrong["troubles"] = dict(play.troubles)
    return wrong


async def broken_promises(world: World, *, with_late: bool = True) -> dict[str, list[Any]]:
    """Return what each broken promise says, and the first rows that break it."""
    async with world.quiet.snapshot() as work:
        return {
            one.promise.name: [one.promise.says, _plain(one.rows[:2])]
            for one in await check_promises(work)
            if not one.promise.is_late or with_late
        }


async def fingerprint(play: Play) -> str:
    """Return what two runs of one seed must have in common: everything that was written."""
    digest = hashlib.sha256()
    async with play.world.quiet.snapshot() as work:
        for sql in _PRINTS:
            for row in await work.rows(sql):
                digest.update(json.dumps(list(row.values())).encode())
    digest.update("\n".join(play.world.turns.trail).encode())
    return digest.hexdigest()[:16]


async def _compare(work: Work, play: Play) -> dict[str, Any]:
    """O1: for every address ever given out, the books hold what the chain holds."""
    ether = play.ether
    known = ether.issued | {shop.wallet for shop in play.world.shops if shop.wallet}
    sent = [row for row in await work.rows(_TRUTH) if row["recipient"] in known]
    booked = await work.rows(_BOOKED)
    chain, books = Counter[str](), Counter[str]()
    meant, given = Counter[str](), Counter[str]()
    for row in sent:
        chain[f"{row['recipient']} {row['asset']}"] += row["units"]
        intent = ether.own.get(row["recipient"])
        if intent is not None:
            meant[f"{intent} {row['asset']}"] += row["units"]
    for row in booked:
        books[f"{row['recipient']} {row['asset']}"] += row["units"]
        if row["recipient"] in ether.own:
            given[f"{row['intent_id']} {row['asset']}"] += row["units"]
    wrong: dict[str, Any] = {}
    if chain != books:
        wrong["O1 by address"] = _difference(chain, books)
    if meant != given:
        wrong["O1 by intent"] = _difference(meant, given)
    custody, held = Counter[str](), Counter[str]()
    for row in booked:
        held[f"{row['merchant_id']} {row['asset']}"] += row["units"]
    for row in await work.rows(_CUSTODY):
        custody[f"{row['merchant_id']} {row['asset']}"] += row["balance"]
    held -= await given_back(work)
    if +custody != held:
        wrong["O1 custody"] = _difference(held, custody)
    return wrong


async def _moves(work: Work) -> dict[str, Any]:
    """Every change of a status was made of legal moves."""
    tables: dict[str, Any] = {
        "payment_intents": intents.MOVES.moves,
        "checkout_sessions": checkout.MOVES.moves,
        "refunds": refunds.MOVES.moves,
    }
    illegal = [
        f"{row['noun']} {row['old']} -> {row['new']}"
        for row in await work.rows("SELECT DISTINCT noun, old, new FROM sim.moves")
        if not _reaches(tables[row["noun"]], row["old"], row["new"])
    ]
    return {"illegal moves": illegal} if illegal else {}


async def _acknowledged(work: Work, play: Play) -> dict[str, Any]:
    """O3: what a client was told exists; and one request had one answer."""
    wrong: dict[str, Any] = {}
    for order in play.orders:
        for request in order.done:
            if len(request.bodies) > 1:
                wrong.setdefault("answers differ", []).append(request.key)
        for table, object_id in (
            ("payment_intents", order.intent_id),
            ("checkout_sessions", order.session_id),
        ):
            if object_id is not None:
                sql = f"SELECT count(*) FROM {table} WHERE id = $1 AND merchant_id = $2"
                if await work.value(sql, object_id, order.shop.merchant_id) != 1:
                    wrong.setdefault("acknowledged but lost", []).append(object_id)
    made = await work.value("SELECT count(*) FROM payment_intents")
    asked = {order.intent_id for order in play.orders if order.intent_id}
    if made != len(asked):
        wrong["made more than acknowledged"] = [made, len(asked)]
    return wrong


async def _told(work: Work, play: Play) -> dict[str, Any]:
    """Every event reached every endpoint that was there, with a genuine signature."""
    wrong: dict[str, Any] = {}
    for row in await work.rows("SELECT merchant_id, url, status FROM webhook_endpoints"):
        listener = play.world.receiver.listeners[row["url"]]
        if listener.bad:
            wrong.setdefault("bad signatures", []).append(row["url"])
        if row["status"] != "enabled":
            continue
        sql = "SELECT id FROM events WHERE merchant_id = $1"
        events = {event["id"] for event in await work.rows(sql, row["merchant_id"])}
        if missed := events - set(listener.taken):
            wrong.setdefault("never told", []).append([row["url"], len(missed)])
        if invented := set(listener.heard) - events:
            wrong.setdefault("told but not true", []).append([row["url"], len(invented)])
    return wrong


def _reaches(moves: Any, old: str, new: str) -> bool:  # noqa: ANN401 - moves of any noun
    """Say whether one or two legal moves lead there: one commit may hold both."""
    direct = {str(state) for state in moves[old]}
    return new in direct or any(new in {str(s) for s in moves[middle]} for middle in direct)


def _difference(chain: Counter[str], books: Counter[str]) -> list[str]:
    names = sorted(name for name in chain | books if chain[name] != books[name])
    return [f"{name}: chain {chain[name]}, books {books[name]}" for name in names[:4]]


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in rows]
