"""Fault: what an API meant by its error, and what it cannot mean."""

from enum import StrEnum
from typing import Final

from sluice.engine.chains.chain import ProviderTrouble


class Fault(StrEnum):
    """What went wrong at a provider, by what can be done about it.

    That something is not there is no fault: it is an answer, None.
    """

    RATE_LIMITED = "rate_limited"  # ask later
    UNAUTHORIZED = "unauthorized"  # the provider does not know us
    UNAVAILABLE = "unavailable"  # ask another
    UNSUPPORTED = "unsupported"  # the provider has switched this path off, or never had it
    REFUSED = "refused"  # the provider does not understand what we ask
    TIMEOUT = "timeout"  # no whole answer in time
    TOO_LARGE = "too_large"  # the answer is larger than we take
    NONSENSE = "nonsense"  # a lie or a defect: what came is no answer, or cannot be true
    BEHIND = "behind"  # the provider has not reached these blocks
    MOVED = "moved"  # the branch changed while it was being read
    INCOMPLETE = "incomplete"  # transactions or events were left out


class ApiTrouble(ProviderTrouble):
    """A provider's error: what it meant, and how long it asks us to wait."""

    def __init__(self, message: str, fault: Fault, *, retry_after_s: float | None = None) -> None:
        super().__init__(message, code=f"provider_{fault}")
        self.fault = fault
        self.retry_after_s = retry_after_s


def fault_of(status: int) -> Fault:
    """Say what an HTTP status other than 200 means; 404 is for the caller to understand."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    return Fault.REFUSED if status < _SERVER_ERRORS else Fault.UNAVAILABLE


_SERVER_ERRORS: Final = 500
_BY_STATUS: Final = {
    401: Fault.UNAUTHORIZED,
    403: Fault.UNAUTHORIZED,
    404: Fault.UNSUPPORTED,
    408: Fault.TIMEOUT,
    410: Fault.UNSUPPORTED,
    425: Fault.UNAVAILABLE,
    429: Fault.RATE_LIMITED,
}
