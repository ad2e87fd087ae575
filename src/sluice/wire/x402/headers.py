"""How an x402 object stands in a header: base64 of its JSON, in one form and of bounded size."""

import base64
import binascii
import json
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.wire.strict_json import read_json
from sluice.wire.x402.members import Members, refused

REQUIRED: Final = "PAYMENT-REQUIRED"
PAYMENT: Final = "PAYMENT-SIGNATURE"
RESPONSE: Final = "PAYMENT-RESPONSE"
# Version 1.
PAYMENT_OLD: Final = "X-PAYMENT"
RESPONSE_OLD: Final = "X-PAYMENT-RESPONSE"

HEADER_CHARS_MAX: Final = 16_384


def write_header(members: dict[str, Any]) -> str:
    """Return a header's value."""
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def read_header(text: str) -> Members:
    """Read a header's value; its size is judged before anything else. Raises Invalid."""
    if len(text) > HEADER_CHARS_MAX:
        raise refused(f"This header is longer than {HEADER_CHARS_MAX} characters.")
    try:
        body = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused("This header is not base64.") from None
    if base64.b64encode(body).decode() != text:
        raise refused("This header is not base64 in its only form.")
    return read_body(body)


def read_body(body: bytes) -> Members:
    """Read an object. Raises Invalid."""
    try:
        return Members(read_json(body), "")
    except Invalid as error:
        raise refused(error.message) from error
