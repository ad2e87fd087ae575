"""The Authorization header -> who is asking."""

import base64
import binascii
from collections.abc import Sequence

from sluice.app.app import App
from sluice.base.errors import SluiceError, Unauthenticated
from sluice.business.accounts.api_keys.authenticate import Caller, authenticate


async def read_caller(app: App, headers: Sequence[str]) -> Caller:
    """Return the caller of a request, from `Bearer <key>` or, as curl -u sends it, `Basic <key>:`."""
    if len(headers) != 1:
        raise _refused(
            app, Unauthenticated("Provide one API key as a Bearer token.", code="api_key_missing")
        )
    scheme, _, value = headers[0].partition(" ")
    token = value.strip()
    if scheme.lower() == "basic":
        token = _basic(token)
    elif scheme.lower() != "bearer":
        token = ""
    try:
        return await authenticate(app.works, token, sealer=app.sealer)
    except SluiceError as error:
        raise _refused(app, error) from error


def _basic(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refused(app: App, error: SluiceError) -> SluiceError:
    app.metrics.auth_failures.labels(error.code).inc()
    return error
