"""The bytes of a request -> what was given; refused here before anything of ours is touched."""

import re
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ClientException

from sluice.base.errors import Invalid
from sluice.doors.api.route import Route
from sluice.wire.errors import body_too_large, unsupported_encoding, unsupported_media_type
from sluice.wire.forms import read_form, read_query
from sluice.wire.given import Given
from sluice.wire.strict_json import read_json

BODY_MAX: Final = 1 << 20
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)

ApiRequest = Request[Any, Any, Any]


async def read_given(request: ApiRequest, route: Route) -> tuple[Given, bytes]:
    """Return the parameters by the route's shape, and the raw bytes they came in."""
    query = request.scope["query_string"]
    if route.method != "POST":
        return route.shape.read(read_query(query), "query"), query
    body = await _body(request)
    if request.headers.get("content-encoding"):
        raise unsupported_encoding()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return route.shape.read(read_json(body), "json"), body
    if kind == "application/x-www-form-urlencoded" or (not kind and not body):
        return route.shape.read(read_form(body), "form"), body
    raise unsupported_media_type()


def read_idempotency_key(request: ApiRequest) -> str | None:
    """Return the Idempotency-Key, if the request has one."""
    keys = request.headers.getall("idempotency-key", [])
    if not keys:
        return None
    if len(keys) > 1:
        raise Invalid("Send one Idempotency-Key.", code="idempotency_key_invalid")
    if not _KEY.fullmatch(keys[0]):
        raise Invalid(
            "Idempotency-Key must be 1-255 visible ASCII characters.",
            code="idempotency_key_invalid",
        )
    return keys[0]


async def _body(request: ApiRequest) -> bytes:
    """Read the body, counting as it comes: what the header says of its length may be a lie."""
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > BODY_MAX:
        raise body_too_large()
    try:
        return await request.body()
    except ClientException as error:
        if error.status_code == 413:
            raise body_too_large() from error
        raise Invalid("The body could not be read.", code="invalid_body") from error
