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

_FIND_PAIRS: Final = """
SELECT base, quote, numerator, denominator, source, observed_at FROM rates
WHERE (base, quote) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND source = ANY($3::text[])"""


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


async def find_pairs(
    work: Work, pairs: Collection[tuple[str, str]], sources: Sequence[str]
) -> list[Rate]:
    """Return what each of some sources says of some pairs, in no order."""
    bases, quotes = [base for base, _ in pairs], [quote for _, quote in pairs]
    return [_rate(row) for row in await work.rows(_FIND_PAIRS, bases, quotes, list(sources))]


def _rate(row: Row) -> Rate:
    return Rate(
        row["base"],
        row["quote"],
        Fraction(row["numerator"], row["denominator"]),
        row["source"],
        row["observed_at"],
    )
