"""What a browser must be told before a page of another site may call: only where a payer may.

The caller is known by a header that the page itself must know, never by a cookie, so any site may.
"""

from typing import Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

ALLOWED: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed, Stripe-Should-Retry",
}
_BEFORE: Final = ALLOWED | {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, Stripe-Version, Stripe-Account"
    ),
    "Access-Control-Max-Age": "600",
}


def ask_first(path: str) -> HTTPRouteHandler:
    """Return what answers a browser that asks whether it may call a path."""

    async def answer() -> Response[None]:
        return Response(None, status_code=204, headers=_BEFORE)

    return HTTPRouteHandler(path, http_method=["OPTIONS"], status_code=204)(answer)
