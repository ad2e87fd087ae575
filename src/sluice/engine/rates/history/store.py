"""Rows of the history: ticks, snapshots and rules. They are the market's, no merchant's."""

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import msgspec

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.rates.history.model import Candle, Snapshot, Terms, Tick
from sluice.engine.rates.model import Rate
from sluice.engine.rates.peg import Peg

_ADD_TICKS: Final = """
INSERT INTO rate_ticks (livemode, base, quote, observed_at, price, source)
SELECT $1, base, quote, $4, price, source
FROM unnest($2::text[], $3::text[], $5::numeric[], $6::text[]) AS t (base, quote, price, source)
ON CONFLICT DO NOTHING"""
_ADD_RULES: Final = """
INSERT INTO rate_rules (digest, rules, kept_at)
SELECT digest, rules, $3 FROM unnest($1::text[], $2::text[]) AS r (digest, rules)
ON CONFLICT DO NOTHING"""
_ADD_SNAPSHOT: Final = (
    "INSERT INTO rate_snapshots (id, taken_at, terms, said) VALUES ($1, $2, $3, $4)"
)
_GET_SNAPSHOT: Final = "SELECT id, taken_at, terms, said FROM rate_snapshots WHERE id = $1"
_NEWEST: Final = "SELECT id FROM rate_snapshots ORDER BY id DESC LIMIT 1"
_GET_RULES: Final = "SELECT digest, rules FROM rate_rules WHERE digest = ANY($1::text[])"
_NEWEST_TICKS: Final = """
SELECT DISTINCT ON (base) base, quote, observed_at, price::text, source FROM rate_ticks
WHERE livemode = $1 AND base = ANY($2::text[]) AND quote = $3 AND observed_at >= $4
ORDER BY base, observed_at DESC"""
_CANDLES: Final = """
SELECT date_bin($4, observed_at, 'epoch') AS start,
  (array_agg(price ORDER BY observed_at))[1]::text AS first, max(price)::text AS high,
  min(price)::text AS low, (array_agg(price ORDER BY observed_at DESC))[1]::text AS last,
  count(*) AS points
FROM rate_ticks
WHERE livemode = $1 AND base = $2 AND quote = $3 AND observed_at >= $5 AND observed_at < $6
GROUP BY 1 ORDER BY 1 DESC LIMIT $7"""
_EXTREMES: Final = """
SELECT min(price)::text AS low, max(price)::text AS high, count(*) AS points FROM rate_ticks
WHERE livemode = $1 AND base = $2 AND quote = $3 AND observed_at > $4"""
_PEGS: Final = "SELECT asset, state, since FROM rate_pegs FOR UPDATE"
_SAVE_PEG: Final = """
INSERT INTO rate_pegs (asset, state, price, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (asset) DO UPDATE SET state = excluded.state, price = excluded.price, since = excluded.since"""
_FORGET_TICKS: Final = """
DELETE FROM rate_ticks WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM rate_ticks WHERE observed_at < $1 LIMIT $2))"""
_FORGET_SNAPSHOTS: Final = """
DELETE FROM rate_snapshots WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM rate_snapshots WHERE taken_at < $1 LIMIT $2))"""


async def add_ticks(work: Work, ticks: Sequence[Tick], at: dt.datetime, *, livemode: bool) -> None:
    """Keep prices of one minute, unless it has some already."""
    await work.execute(
        _ADD_TICKS,
        livemode,
        [tick.base for tick in ticks],
        [tick.quote for tick in ticks],
        at,
        [tick.price for tick in ticks],
        [tick.source for tick in ticks],
    )


async def add_snapshot(work: Work, snapshot: Snapshot, texts: Sequence[tuple[str, str]]) -> None:
    """Keep what venues said, and the rules by which prices are made of it."""
    await work.execute(
        _ADD_RULES, [digest for digest, _ in texts], [text for _, text in texts], snapshot.at
    )
    said = [
        [rate.base, rate.quote, rate.source, str(rate.price), rate.observed_at.isoformat()]
        for rate in snapshot.said
    ]
    terms: Any = msgspec.to_builtins(snapshot.terms)
    await work.execute(_ADD_SNAPSHOT, snapshot.id, snapshot.at, terms, said)


async def get_snapshot(work: Work, snapshot_id: str) -> Snapshot | None:
    """Return what was said."""
    row = await work.row(_GET_SNAPSHOT, snapshot_id)
    return None if row is None else _snapshot(row)


async def newest_snapshot_id(work: Work) -> str | None:
    """Return the id of the last snapshot."""
    found: str | None = await work.value(_NEWEST)
    return found


async def rules_by_digest(work: Work, digests: Sequence[str]) -> dict[str, str]:
    """Return the texts of rules."""
    return {row["digest"]: row["rules"] for row in await work.rows(_GET_RULES, list(digests))}


async def newest_ticks(
    work: Work, bases: Collection[str], quote: str, since: dt.datetime, *, livemode: bool
) -> list[Tick]:
    """Return the newest price of each asset that has one not older than an instant."""
    rows = await work.rows(_NEWEST_TICKS, livemode, list(bases), quote, since)
    return [
        Tick(row["base"], row["quote"], row["observed_at"], Decimal(row["price"]), row["source"])
        for row in rows
    ]


async def candles(
    work: Work,
    pair: tuple[str, str],
    every: dt.timedelta,
    between: tuple[dt.datetime, dt.datetime],
    *,
    limit: int,
    livemode: bool,
) -> list[Candle]:
    """Return the prices of a pair by spans of time, newest first."""
    rows = await work.rows(_CANDLES, livemode, *pair, every, *between, limit)
    return [
        Candle(
            row["start"],
            Decimal(row["first"]),
            Decimal(row["high"]),
            Decimal(row["low"]),
            Decimal(row["last"]),
            row["points"],
        )
        for row in rows
    ]


async def extremes(
    work: Work, pair: tuple[str, str], since: dt.datetime, *, livemode: bool
) -> tuple[Fraction, Fraction] | None:
    """Return the lowest and the highest price since an instant, if there are two prices."""
    row = await work.row(_EXTREMES, livemode, *pair, since)
    if row is None or row["points"] < 2:  # noqa: PLR2004 - one price has not moved
        return None
    return Fraction(row["low"]), Fraction(row["high"])


async def lock_pegs(work: Work) -> dict[str, tuple[Peg, dt.datetime]]:
    """Return how each coin stands, and since when; held for this Work."""
    return {row["asset"]: (Peg(row["state"]), row["since"]) for row in await work.rows(_PEGS)}


async def save_peg(work: Work, asset: str, state: Peg, price: Decimal) -> None:
    """Keep how a coin stands from now on."""
    await work.execute(_SAVE_PEG, asset, state.value, price, work.now)


async def forget(work: Work, before: dt.datetime, limit: int) -> None:
    """Delete what is older than an instant."""
    await work.execute(_FORGET_TICKS, before, limit)
    await work.execute(_FORGET_SNAPSHOTS, before, limit)


def _snapshot(row: Row) -> Snapshot:
    said = [
        Rate(base, quote, Fraction(price), source, dt.datetime.fromisoformat(at))
        for base, quote, source, price, at in row["said"]
    ]
    return Snapshot(row["id"], row["taken_at"], msgspec.convert(row["terms"], Terms), said)
