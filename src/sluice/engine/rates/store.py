"""Rows of rates: the newest of each pair and source."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.rates.model import Rate

_SAVE: Final = """
INSERT INTO rates (base, quote, source, numerator, denominator, observed_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::timestamptz[])
ON CONFLICT (base, quote, source) DO UPDATE SET numerator = excluded.numerator,
  denominator = excluded.denominator, observed_at = excluded.observed_at
WHERE rates.observed_at <= excluded.observed_at"""
_FIND: Final = """
SELECT base, quote, numerator, denominator, source, observed_at FROM rates
WHERE base = ANY($1::text[]) AND quote = $2 AND source = ANY($3::text[])
ORDER BY observed_at DESC"""

# With the snapshot that was kept together with these rows: one statement sees both or neither.
_FIND_PAIRS: Final = """
SELECT base, quote, numerator, denominator, source, observed_at,
  (SELECT id FROM rate_snapshots ORDER BY id DESC LIMIT 1) AS snapshot_id
FROM rates
WHERE (base, quote) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND source = ANY($3::text[])"""
_FIND_SAID_BY: Final = """
SELECT base, quote, numerator, denominator, source, observed_at FROM rates
WHERE source = ANY($1::text[]) ORDER BY base, quote, source"""


async def save(work: Work, rates: Sequence[Rate]) -> None:
    """Keep prices, unless a newer one is there."""
    await work.execute(
        _SAVE,
        [rate.base for rate in rates],
        [rate.quote for rate in rates],
        [rate.source for rate in rates],
        [rate.price.numerator for rate in rates],
        [rate.price.denominator for rate in rates],
        [rate.observed_at for rate in rates],
    )


async def find(work: Work, bases: Sequence[str], quote: str, sources: Sequence[str]) -> list[Rate]:
    """Return prices of assets in a currency from some sources, newest first."""
    return [_rate(row) for row in await work.rows(_FIND, list(bases), quote, list(sources))]


async def find_said_by(work: Work, sources: Collection[str]) -> list[Rate]:
    """Return everything that some sources say."""
    return [_rate(row) for row in await work.rows(_FIND_SAID_BY, list(sources))]


async def find_pairs(
    work: Work, pairs: Collection[tuple[str, str]], sources: Sequence[str]
) -> tuple[list[Rate], str | None]:
    """Return what each of some sources says of some pairs, in no order, and where it is kept."""
    bases, quotes = [base for base, _ in pairs], [quote for _, quote in pairs]
    rows = await work.rows(_FIND_PAIRS, bases, quotes, list(sources))
    return [_rate(row) for row in rows], rows[0]["snapshot_id"] if rows else None


def _rate(row: Row) -> Rate:
    return Rate(
        row["base"],
        row["quote"],
        Fraction(row["numerator"], row["denominator"]),
        row["source"],
        row["observed_at"],
    )
