"""The bytes of a request -> what was given; refused here before anything of ours is touched."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException

from sluice.base.errors import Invalid, NotFound
from sluice.doors.api.route import Route
from sluice.wire.errors import (
    body_too_large,
    request_timeout,
    unsupported_encoding,
    unsupported_media_type,
)
from sluice.wire.forms import read_form, read_query
from sluice.wire.given import Given
from sluice.wire.strict_json import read_json

BODY_MAX: Final = 1 << 20
BODY_S: Final = 10.0
_FORM: Final = "application/x-www-form-urlencoded"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
# Every identifier in a path is made of these; what is not was never ours.
_NAME: Final = re.compile(r"[0-9A-Za-z_]{1,96}", re.ASCII)

ApiRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came, not yet understood: the query of a GET or DELETE, the body of a POST."""

    content: bytes
    media_type: str = ""


async def read_sent(request: ApiRequest, route: Route, *, within_s: float = BODY_S) -> Sent:
    """Receive the parameters, within bounds of size and time."""
    query: bytes = request.scope["query_string"]
    if route.method != "POST":
        return Sent(query)
    if request.headers.get("content-encoding"):
        raise unsupported_encoding()
    body = await _body(request, within_s)
    if query:
        raise Invalid("Send the parameters of a POST in its body.", code="parameter_in_query")
    return Sent(body, request.headers.get("content-type", "").partition(";")[0].strip().lower())


def read_given(sent: Sent, route: Route) -> Given:
    """Read what was sent by the route's shape."""
    if route.method != "POST":
        return route.shape.read(read_query(sent.content), "query")
    if sent.media_type == "application/json":
        return route.shape.read(read_json(sent.content), "json")
    if sent.media_type == _FORM or not sent.content:
        return route.shape.read(read_form(sent.content), "form")
    raise unsupported_media_type()


def read_path(request: ApiRequest, route: Route) -> Mapping[str, str]:
    """Return the names in the path; one that is no identifier names nothing."""
    names = {name: str(value) for name, value in request.path_params.items()}
    if not all(_NAME.fullmatch(value) for value in names.values()):
        raise NotFound(f"No such {route.answers}.", param="id")
    return names


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


async def _body(request: ApiRequest, within_s: float) -> bytes:
    """Receive the body, counting as it comes: what the header says of its length may be a lie."""
    try:
        async with asyncio.timeout(within_s):
            return await request.body()
    except TimeoutError as error:
        raise request_timeout() from error
    except HTTPException as error:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise body_too_large() from error
        raise Invalid("The body could not be read.", code="invalid_body") from error
