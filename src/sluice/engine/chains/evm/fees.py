"""What to offer for gas: from what blocks cost of late, under a cap, and more when it waits."""

from collections.abc import Sequence
from typing import Final

from sluice.base.errors import Invalid, Unavailable
from sluice.engine.chains.evm.shapes import RawFeeHistory
from sluice.engine.chains.evm.transactions import Fee, FlatFee, MarketFee

GWEI: Final = 10**9
# Below this, blocks may pass a transaction by even when its maximum would do.
TIP_FLOOR_WEI: Final = GWEI

# A base fee grows by an eighth a block at most (EIP-1559): twice lasts for six full blocks.
_BASE_FEE_TIMES: Final = 2
# Nodes ask for 10 % more on both prices; an eighth leaves room for those that ask for 12.5 %.
_BUMP: Final = (9, 8)
# Estimates are of the state now; a quarter more for what changes until it is mined.
_GAS_ROOM: Final = (5, 4)


def fee_from(
    history: RawFeeHistory, *, tip_floor_wei: int = TIP_FLOOR_WEI, cap_wei: int | None = None
) -> MarketFee:
    """Return the fee to offer. Raises Unavailable, code `gas_price_guard`, above the cap.

    The last base fee of a history is that of the block to come. The tip is the middle of what
    blocks got at the one percentile that was asked for; blocks without transactions say nothing.
    """
    if not history.base_fee_per_gas:
        raise Invalid("This fee history holds no base fee.", code="fee_history_invalid")
    rewards = [int(row[0], 16) for row in history.reward or () if row]
    tip = max(_median(rewards), tip_floor_wei)
    most = _BASE_FEE_TIMES * int(history.base_fee_per_gas[-1], 16) + tip
    _guard(most, cap_wei)
    return MarketFee(most, tip)


def bump(fee: Fee, *, cap_wei: int | None = None) -> Fee:
    """Return the fee that replaces a waiting transaction: an eighth more of each price, at least 1.

    Raises Unavailable, code `gas_price_guard`, above the cap.
    """
    if isinstance(fee, FlatFee):
        price = _raised(fee.price_wei)
        _guard(price, cap_wei)
        return FlatFee(price)
    most = _raised(fee.max_wei)
    _guard(most, cap_wei)
    return MarketFee(most, _raised(fee.tip_wei))


def gas_limit(estimate: int) -> int:
    """Return how much gas to allow where a node estimates so much."""
    return _times(estimate, _GAS_ROOM)


def _raised(price: int) -> int:
    return max(_times(price, _BUMP), price + 1)


def _guard(most: int, cap_wei: int | None) -> None:
    if cap_wei is not None and most > cap_wei:
        raise Unavailable(
            f"Gas would cost up to {most} wei and the cap is {cap_wei}; wait, or raise the cap.",
            code="gas_price_guard",
        )


def _median(values: Sequence[int]) -> int:
    """Return the middle value, the mean of both rounded down where two are in the middle."""
    if not values:
        return 0
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def _times(value: int, ratio: tuple[int, int]) -> int:
    times, parts = ratio
    return -(-value * times // parts)
