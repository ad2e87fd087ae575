"""Rows of credits: which transfers the books hold, and for what."""

from collections.abc import Sequence
from typing import Final

from sluice.base.work import Work
from sluice.business.payments.intents.book import Credit
from sluice.business.payments.intents.resolve import Purpose

_OF: Final = """
SELECT merchant_id, livemode, network, tx_id, index, seq, intent_id, purpose, reason, asset, units, entry_id,
  reversed_by FROM credits c
WHERE (network, tx_id, index) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::int[]))
ORDER BY at, network, tx_id, index, seq -- every merchant"""
_ADD: Final = """
INSERT INTO credits (merchant_id, livemode, network, tx_id, index, seq, intent_id, purpose, reason, asset, units,
  entry_id, at)
SELECT *, $13 FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[],
  $8::text[], $9::text[], $10::text[], $11::numeric[], $12::text[])"""
_REVERSE: Final = """
UPDATE credits c SET reversed_by = n.reversed_by
FROM unnest($1::text[], $2::text[]) AS n (entry_id, reversed_by) WHERE c.entry_id = n.entry_id -- every merchant"""

_PLACES: Final = """
SELECT DISTINCT network FROM credits
WHERE merchant_id = $1 AND livemode = $2 AND intent_id = $3 AND purpose = 'payment' AND reversed_by IS NULL"""

Key = tuple[str, str, int]


async def of_transfers(work: Work, keys: Sequence[Key]) -> tuple[list[Credit], dict[Key, int]]:
    """Return the credits that stand for some transfers, and each transfer's newest credit number.

    Older credits come first; those of one moment by their keys, which no fork changes.
    """
    if not keys:
        return [], {}
    rows = await work.rows(_OF, *(list(column) for column in zip(*keys, strict=True)))
    live: list[Credit] = []
    seqs: dict[Key, int] = {}
    for row in rows:
        values = dict(row)
        reversed_by = values.pop("reversed_by")
        held = Credit(**values | {"purpose": Purpose(values["purpose"])})
        seqs[held.key] = max(held.seq, seqs.get(held.key, 0))
        if reversed_by is None:
            live.append(held)
    return live, seqs


async def places_of(work: Work, intent_id: str) -> list[str]:
    """Return the networks on which an intent of the merchant's was paid."""
    return [row["network"] for row in await work.rows(_PLACES, *work.owner, intent_id)]


def add(work: Work, held: Sequence[Credit]) -> None:
    """Add credits."""
    names = (
        "merchant_id", "livemode", "network", "tx_id", "index", "seq", "intent_id", "purpose",
        "reason", "asset", "units", "entry_id",
    )  # fmt: skip
    work.insert(_ADD, *([getattr(one, name) for one in held] for name in names), work.now)


async def reverse(work: Work, pairs: Sequence[tuple[str, str]]) -> None:
    """Note which entry undid which credit."""
    await work.execute(_REVERSE, [entry for entry, _ in pairs], [by for _, by in pairs])
