"""A bucket gives its burst, then its rate, and never more; memory is bounded; presets are data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.limits.local import LocalLimiter
from sluice.base.limits.model import Limit, decide, network_of
from sluice.base.limits.presets import PRESETS, Limited, preset_named


class Seconds:
    """A clock of seconds that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_full_bucket_gives_its_burst_and_then_refuses() -> None:
    limiter = LocalLimiter(Seconds())

    decisions = [await limiter.spend("key", Limit(10, 5)) for _ in range(7)]

    assert [decision.allowed for decision in decisions] == [True] * 5 + [False] * 2
    assert [decision.remaining for decision in decisions] == [4, 3, 2, 1, 0, 0, 0]
    assert decisions[4].retry_after_s == 0
    assert decisions[5].retry_after_s == decisions[6].retry_after_s == pytest.approx(0.1)
    assert decisions[6].reset_after_s == pytest.approx(0.5)


async def test_after_the_time_to_retry_there_is_exactly_one_more() -> None:
    seconds = Seconds()
    limiter = LocalLimiter(seconds)
    limit = Limit.per_minute(5)
    for _ in range(5):
        await limiter.spend("key", limit)

    refused = await limiter.spend("key", limit)
    seconds.now += refused.retry_after_s
    after = [await limiter.spend("key", limit) for _ in range(2)]

    assert refused.retry_after_s == pytest.approx(12)
    assert [decision.allowed for decision in after] == [True, False]


async def test_keys_do_not_share_a_bucket() -> None:
    limiter = LocalLimiter(Seconds())

    one = await limiter.spend("one", Limit(1, 1))
    other = await limiter.spend("other", Limit(1, 1))

    assert one.allowed
    assert other.allowed


@given(
    st.floats(min_value=0.01, max_value=1000),
    st.integers(min_value=1, max_value=500),
    st.lists(st.integers(min_value=0, max_value=3_000_000), min_size=1, max_size=200),
)
def test_no_window_ever_sees_more_than_burst_and_rate(
    rate_per_s: float, burst: int, waits_us: list[int]
) -> None:
    limit = Limit(rate_per_s, burst)
    now_us, full_at_us, allowed_at = 0, 0, list[int]()

    for wait_us in waits_us:
        now_us += wait_us
        decision, full_at_us = decide(limit, full_at_us, now_us)
        if decision.allowed:
            allowed_at.append(now_us)
            assert 0 <= decision.remaining < burst
        else:
            again, _ = decide(limit, full_at_us, now_us + round(decision.retry_after_s * 1e6))
            assert again.allowed
            assert decision.retry_after_s > 0

    for first in range(0, len(allowed_at), 7):
        window_us = allowed_at[-1] - allowed_at[first]
        assert len(allowed_at) - first <= burst + window_us // limit.interval_us + 1


async def test_the_number_of_buckets_is_bounded_and_the_newest_stay() -> None:
    limiter = LocalLimiter(Seconds(), buckets_max=100)
    limit = Limit(1, 1)

    for number in range(1000):
        await limiter.spend(f"key {number}", limit)

    assert len(limiter) == 100
    assert not (await limiter.spend("key 999", limit)).allowed
    assert (await limiter.spend("key 0", limit)).allowed


async def test_buckets_that_are_full_again_are_forgotten() -> None:
    seconds = Seconds()
    limiter = LocalLimiter(seconds)
    for number in range(100):
        await limiter.spend(f"key {number}", Limit(1, 1))

    seconds.now += 10
    for _ in range(30):
        await limiter.spend("busy", Limit(1000, 1000))

    assert len(limiter) == 1


def test_workers_that_count_alone_take_a_part_but_never_nothing() -> None:
    assert Limit(100, 200).shared_by(4) == Limit(25, 50)
    assert Limit(1, 2).shared_by(4).burst == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff%eth0", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_counts_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_default_preset_is_as_generous_as_stripe() -> None:
    preset = preset_named("default")

    assert preset.limit_for(Limited.ANYTHING, livemode=True) == Limit(100, 200)
    assert preset.limit_for(Limited.ANYTHING, livemode=False) == Limit(25, 50)
    assert preset.limit_for(Limited.CREATE, livemode=True) == Limit(25, 50)
    assert preset.limit_for(Limited.REFUND, livemode=True) == Limit(2, 10)
    assert preset.limit_for(Limited.QUERY, livemode=True) is None


@pytest.mark.parametrize(
    ("limited", "per_minute"),
    [
        (Limited.CREATE, 10),
        (Limited.QUERY, 100),
        (Limited.WEBHOOK_CONFIG, 5),
        (Limited.ANYTHING, 100),
        (Limited.CHECKOUT, 60),
        (Limited.WALLET, 10),
        (Limited.SIGN_IN_ACCOUNT, 5),
        (Limited.SIGN_IN_NETWORK, 20),
    ],
)
@pytest.mark.parametrize("livemode", [True, False])
async def test_the_strict_preset_lets_so_many_through_in_its_first_minute(
    limited: Limited, per_minute: int, *, livemode: bool
) -> None:
    limit = preset_named("strict").limit_for(limited, livemode=livemode)
    limiter = LocalLimiter(Seconds())

    assert limit is not None
    allowed = [(await limiter.spend("key", limit)).allowed for _ in range(per_minute + 5)]

    assert sum(allowed) == per_minute


def test_the_preset_off_limits_nothing() -> None:
    assert not any(PRESETS["off"].limit_for(each, livemode=True) for each in Limited)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(Invalid, match="strict"):
        preset_named("lax")
