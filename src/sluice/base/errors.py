"""SluiceError and its closed set of kinds; what went wrong, and what to do, without any HTTP."""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """Why something was refused. `wire/errors.py` maps each kind to a status and a Stripe type."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    IDEMPOTENCY = "idempotency"
    ILLEGAL_MOVE = "illegal_move"
    DECLINED = "declined"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class SluiceError(Exception):
    """A refusal: a stable code, the parameter it is about, a message that says what to do."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    default_code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.param = param


class Invalid(SluiceError):
    """The input cannot be accepted as it is."""

    kind = Kind.INVALID
    default_code = "parameter_invalid"


class Unauthenticated(SluiceError):
    """Nobody we know is asking."""

    kind = Kind.UNAUTHENTICATED
    default_code = "api_key_invalid"


class Forbidden(SluiceError):
    """We know who asks, and they may not."""

    kind = Kind.FORBIDDEN
    default_code = "insufficient_scope"


class NotFound(SluiceError):
    """No such thing for this merchant in this mode; said the same when it belongs to another."""

    kind = Kind.NOT_FOUND
    default_code = "resource_missing"


class Conflict(SluiceError):
    """Someone else is at it right now; the same request may succeed in a moment."""

    kind = Kind.CONFLICT
    default_code = "lock_timeout"


class IdempotencyMisuse(SluiceError):
    """The same key was used for a different request."""

    kind = Kind.IDEMPOTENCY
    default_code = "idempotency_key_reuse"


class IllegalMove(SluiceError):
    """The thing is not in a state that allows this."""

    kind = Kind.ILLEGAL_MOVE
    default_code = "unexpected_state"


class Declined(SluiceError):
    """The payment was refused by policy."""

    kind = Kind.DECLINED
    default_code = "payment_declined"


class Throttled(SluiceError):
    """Too many requests; `retry_after_s` says when to come back."""

    kind = Kind.THROTTLED
    default_code = "rate_limit"

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(SluiceError):
    """Something we need does not answer; nothing was changed and the request may be repeated."""

    kind = Kind.UNAVAILABLE
    default_code = "unavailable"
