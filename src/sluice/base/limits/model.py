"""Limit, Decision and the rule between them: GCRA, a sliding window in one number per key."""

import ipaddress
from dataclasses import dataclass
from typing import Final, Protocol

SECOND_US: Final = 1_000_000
# One subscriber owns a whole /64 of IPv6 and could use a new address for every request.
_V6_SHARED_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """So many per second for ever, and up to `burst` at once after a pause."""

    rate_per_s: float
    burst: int

    @classmethod
    def per_minute(cls, count: int, *, burst: int | None = None) -> "Limit":
        """Return a limit of so many per minute, all at once unless `burst` says otherwise."""
        return cls(count / 60, count if burst is None else burst)

    @property
    def interval_us(self) -> int:
        """Return the microseconds between two at the steady rate."""
        return round(SECOND_US / self.rate_per_s)

    def shared_by(self, workers: int) -> "Limit":
        """Return each worker's part when they cannot count together; never nothing."""
        return Limit(self.rate_per_s / workers, max(1, self.burst // workers))


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may happen, how many more may at once, and how long to wait otherwise."""

    allowed: bool
    remaining: int
    retry_after_s: float
    reset_after_s: float


class Limiter(Protocol):
    """Counts who does how much. Never raises: a limiter that fails must not stop the house."""

    async def spend(self, key: str, limit: Limit) -> Decision:
        """Take one from the bucket of this key if there is one; a refusal takes nothing."""
        ...


def decide(limit: Limit, full_at_us: int, now_us: int) -> tuple[Decision, int]:
    """Take one if there is one, and return the decision and when the bucket will be full again.

    `full_at_us` is what the last call returned; anything not after now means a full bucket.
    """
    interval_us = limit.interval_us
    capacity_us = interval_us * limit.burst
    since_us = max(full_at_us, now_us)
    next_us = since_us + interval_us
    wait_us = next_us - capacity_us - now_us
    if wait_us > 0:
        return refused(wait_us, since_us - now_us), full_at_us
    return allowed(-wait_us // interval_us, next_us - now_us), next_us


def allowed(remaining: int, reset_us: int) -> Decision:
    """Return the decision that it may happen."""
    return Decision(
        allowed=True, remaining=remaining, retry_after_s=0.0, reset_after_s=reset_us / SECOND_US
    )


def refused(wait_us: int, reset_us: int) -> Decision:
    """Return the decision that it may not happen yet."""
    return Decision(
        allowed=False,
        remaining=0,
        retry_after_s=wait_us / SECOND_US,
        reset_after_s=reset_us / SECOND_US,
    )


def network_of(address: str) -> str:
    """Return whom an IP address stands for: itself, or its whole /64 of IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _V6_SHARED_BITS), strict=False))
