"""What to offer miners: what sources estimate, at least what nodes relay, at most what we allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.engine.chains.writer import OrderHeld, Price

RATE: Final = "sat_per_kvb"
# A replacement pays for its own relay, too: Bitcoin Core's incremental fee before version 29.1.
_STEP_SAT_KVB: Final = 1_000
_BUMP: Final = (9, 8)


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """Satoshis for 1,000 virtual bytes: never less, never more, and what to offer unadvised.

    `usual` is None where a fee nobody knows must wait: on the main network.
    """

    floor: int = 1_000
    cap: int = 200_000
    usual: int | None = None


def price_of(rates: Sequence[int], policy: FeePolicy) -> Price:
    """Return the highest estimate within its bounds. Raises OrderHeld above the cap."""
    if rates:
        rate = max(rates)
    elif policy.usual is not None:
        rate = policy.usual
    else:
        raise OrderHeld("No source estimates a fee right now.", code="fee_unknown")
    return {RATE: _guarded(max(rate, policy.floor), policy)}


def bumped(price: Price, policy: FeePolicy) -> Price:
    """Return the price that replaces a waiting transaction: an eighth more, and a relay's worth."""
    times, parts = _BUMP
    rate = price[RATE]
    return {RATE: _guarded(max(-(-rate * times // parts), rate + _STEP_SAT_KVB), policy)}


def _guarded(rate: int, policy: FeePolicy) -> int:
    if rate > policy.cap:
        raise OrderHeld(
            f"The fee would be {rate} satoshis per 1,000 bytes and the cap is {policy.cap}; wait, "
            "or raise the network's fee_cap_sat_kvb.",
            code="fee_guard",
        )
    return rate
