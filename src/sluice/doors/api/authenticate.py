"""The headers of a request -> who is asking, and for which account."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.app.app import App
from sluice.base.errors import Forbidden, SluiceError, Unauthenticated
from sluice.business.accounts.api_keys.authenticate import Caller

_ACCOUNT_HEADERS: Final = ("Stripe-Account", "Stripe-Context")


async def read_caller(app: App, headers: Sequence[str]) -> Caller:
    """Return the caller, from `Bearer <key>` or, as curl -u sends it, `Basic <key>:`."""
    if len(headers) != 1:
        missing = Unauthenticated("Provide one API key as a Bearer token.", code="api_key_missing")
        raise _refused(app, missing)
    scheme, _, value = headers[0].partition(" ")
    token = value.strip()
    if scheme.lower() == "basic":
        token = _basic(token)
    elif scheme.lower() != "bearer":
        token = ""
    try:
        return await app.callers.recognise(token)
    except SluiceError as error:
        raise _refused(app, error) from error


def check_account(caller: Caller, headers: Mapping[str, str]) -> dict[str, str]:
    """Refuse to act for any account but the key's own; return the headers to say back.

    There are no connected accounts. To pass over the header would let a call that was meant for
    another account's money happen to one's own.
    """
    named = {name: headers[name] for name in _ACCOUNT_HEADERS if name in headers}
    if any(account != caller.merchant.id for account in named.values()):
        raise Forbidden(
            "The key does not have access to this account, or it does not exist.",
            code="account_invalid",
        )
    return named


def _basic(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refused(app: App, error: SluiceError) -> SluiceError:
    app.metrics.auth_failures.labels(error.code).inc()
    return error
