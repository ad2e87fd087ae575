"""Rows of payout holds: what a broken promise, or a person, keeps from leaving."""

from typing import Final

from sluice.base.work import Work

_HELD: Final = "SELECT true FROM payout_holds WHERE asset IN ($1, '*') LIMIT 1"


async def is_held(work: Work, asset: str) -> bool:
    """Say whether an asset may not leave now."""
    return bool(await work.value(_HELD, asset))
