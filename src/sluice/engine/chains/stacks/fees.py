"""What to offer a miner: what the node estimates, at least what it takes, at most what we allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.engine.chains.writer import OrderHeld, Price

# A node takes nothing below a micro-STX for each byte (stacks-core, MINIMUM_TX_FEE_RATE_PER_BYTE).
USTX_PER_BYTE_MIN: Final = 1
# Where a node has no estimate, what most wallets offered for plain transfers.
USTX_PER_BYTE_USUAL: Final = 10
# Two STX: more than any transfer has needed, and a fault of an estimator rather than a price.
CAP_USTX: Final = 2_000_000
# A higher fee of any size replaces (stacks-core); an eighth is worth a miner's while.
_BUMP: Final = (9, 8)
_ESTIMATES: Final = 3
_FEE: Final = "fee"


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How much may be offered: never less than `floor_ustx`, never more than `cap_ustx`."""

    floor_ustx: int = 400
    cap_ustx: int = CAP_USTX


def price_of(estimates: Sequence[int], size: int, policy: FeePolicy) -> Price:
    """Return the middle estimate within its bounds. Raises OrderHeld, `fee_guard`, above the cap.

    Without estimates the size decides. What the node would refuse is never offered.
    """
    ordered = sorted(estimates)
    usual = ordered[len(ordered) // 2] if ordered else size * USTX_PER_BYTE_USUAL
    fee = max(usual, size * USTX_PER_BYTE_MIN, policy.floor_ustx)
    return {_FEE: _guarded(fee, policy)}


def fee_of(price: Price) -> int:
    """Return the micro-STX that a price offers."""
    return price[_FEE]


def bumped(price: Price, policy: FeePolicy) -> Price:
    """Return the price that replaces a waiting transaction: an eighth more, and one at least."""
    fee = fee_of(price)
    times, parts = _BUMP
    return {_FEE: _guarded(max(-(-fee * times // parts), fee + 1), policy)}


def _guarded(fee: int, policy: FeePolicy) -> int:
    if fee > policy.cap_ustx:
        raise OrderHeld(
            f"The fee would be {fee} micro-STX and the cap is {policy.cap_ustx}; wait, or raise "
            "the network's fee_cap_ustx.",
            code="fee_guard",
        )
    return fee
