"""Errors on the wire: the only table from a kind of refusal to a status and a Stripe type."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.base.errors import Invalid, Kind, NotFound, SluiceError, Throttled
from sluice.wire.characters import is_clean

_PATH_ECHO_MAX: Final = 100
_EXTRAS: Final = frozenset(
    {"decline_code", "doc_url", "request_log_url", "payment_intent", "charge"}
)
_INTERNAL_MESSAGE: Final = (
    "Something went wrong on our side; nothing was changed. "
    "Try again, and name the request id when you report it."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a kind becomes: status, Stripe's type, and whether a client should repeat the request.

    The official clients repeat 409 and 5xx unless told otherwise, and 429 only when told to.
    """

    status: int
    type: str
    retry: bool | None = None


ANSWERS: Final[Mapping[Kind, Answer]] = {
    Kind.INVALID: Answer(400, "invalid_request_error", retry=False),
    Kind.UNAUTHENTICATED: Answer(401, "invalid_request_error", retry=False),
    Kind.FORBIDDEN: Answer(403, "invalid_request_error", retry=False),
    Kind.NOT_FOUND: Answer(404, "invalid_request_error", retry=False),
    Kind.CONFLICT: Answer(409, "invalid_request_error", retry=True),
    Kind.IDEMPOTENCY: Answer(400, "idempotency_error", retry=False),
    Kind.ILLEGAL_MOVE: Answer(400, "invalid_request_error", retry=False),
    Kind.DECLINED: Answer(402, "card_error", retry=False),
    Kind.THROTTLED: Answer(429, "invalid_request_error", retry=True),
    Kind.UNAVAILABLE: Answer(503, "api_error", retry=True),
    Kind.INTERNAL: Answer(500, "api_error"),
}


class Refused(Invalid):
    """Refused by HTTP alone: the method, the size or the media type, before a parameter is read."""

    def __init__(
        self, message: str, *, code: str, status: int, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers = headers or {}


def status(error: SluiceError) -> int:
    """Return the HTTP status of a refusal."""
    return error.status if isinstance(error, Refused) else ANSWERS[error.kind].status


def headers(error: SluiceError) -> dict[str, str]:
    """Return the headers that go with a refusal."""
    answer = ANSWERS[error.kind]
    found = dict(error.headers) if isinstance(error, Refused) else {}
    if answer.retry is not None:
        found["Stripe-Should-Retry"] = "true" if answer.retry else "false"
    if isinstance(error, Throttled):
        found["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif error.kind is Kind.UNAVAILABLE:
        found["Retry-After"] = "1"
    elif error.kind is Kind.UNAUTHENTICATED:
        found["WWW-Authenticate"] = 'Bearer realm="Sluice"'
    return found


def envelope(
    error: SluiceError, request_id: str, *, extra: Mapping[str, Any] | None = None
) -> bytes:
    """Write the one body every refusal has; `extra` may add what Stripe's envelope allows."""
    # An internal error's own words may hold what no stranger should read.
    internal = error.kind is Kind.INTERNAL
    body: dict[str, Any] = {
        "type": _type(error),
        "code": error.code,
        "message": _INTERNAL_MESSAGE if internal else error.message,
        "request_id": request_id,
    }
    if error.param is not None and not internal:
        body["param"] = error.param
    if extra:
        if not extra.keys() <= _EXTRAS:
            raise ValueError(f"an error carries no {sorted(extra.keys() - _EXTRAS)}")
        body |= extra
    # ASCII with escapes: even a lone surrogate quoted in a message leaves as valid UTF-8.
    return json.dumps({"error": body}, separators=(",", ":")).encode("ascii")


def route_missing(method: str, path: str) -> NotFound:
    """No such path, said as Stripe says it."""
    shown = path[:_PATH_ECHO_MAX] if is_clean(path) else "?"
    return NotFound(
        f"Unrecognized request URL ({method}: {shown}). "
        "See /openapi.json for the paths of this installation.",
        code="route_missing",
    )


def method_not_allowed(allowed: Sequence[str]) -> Refused:
    """The path exists, and this is not a way to call it."""
    return Refused(
        "Method not allowed.",
        code="method_not_allowed",
        status=405,
        headers={"Allow": ", ".join(sorted(allowed))},
    )


def body_too_large() -> Refused:
    """More bytes than any request of ours needs."""
    return Refused("Body is larger than 1 MiB.", code="body_too_large", status=413)


def uri_too_long() -> Refused:
    """More query than any list of ours needs."""
    return Refused("Query string is too long.", code="uri_too_long", status=414)


def unsupported_media_type() -> Refused:
    """Neither a form nor JSON."""
    return Refused(
        "Send application/x-www-form-urlencoded or application/json.",
        code="unsupported_media_type",
        status=415,
    )


def unsupported_encoding() -> Refused:
    """A compressed body could unfold without end."""
    return Refused(
        "Compressed request bodies are not accepted.", code="unsupported_encoding", status=415
    )


def request_timeout() -> Refused:
    """The body trickled in too slowly."""
    return Refused("Body did not arrive in time.", code="request_timeout", status=408)


def internal_error() -> SluiceError:
    """What a caller is told of any exception that is not a refusal."""
    return SluiceError("internal error")


def _type(error: SluiceError) -> str:
    # A key in use elsewhere is a conflict by its status and idempotency by its type.
    if error.code.startswith("idempotency_key_in_use"):
        return ANSWERS[Kind.IDEMPOTENCY].type
    return ANSWERS[error.kind].type
