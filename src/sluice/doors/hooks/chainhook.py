"""POST /hooks/<network>: somebody says that a network has news; whoever follows it looks now.

Nothing is read from a delivery but that there was one. Lost, repeated, late and forged deliveries
cost at most a look that finds nothing.
"""

import hashlib
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from sluice.app.app import App
from sluice.base.errors import Invalid

# Hiro's documents name two headers for the secret; either will do.
_CONSUMER: Final = "x-chainhook-consumer-secret"
_BEARER: Final = "bearer "
_BODY_MAX: Final = 8 << 20
# Deliveries remembered, so that the same one again wakes nobody.
_HEARD_MAX: Final = 512

log = structlog.get_logger()

HookRequest = Request[Any, Any, Any]


def make_hooks(app: App) -> list[HTTPRouteHandler]:
    """Return the handler of deliveries."""
    heard: OrderedDict[bytes, None] = OrderedDict()

    async def take(request: HookRequest) -> Response[None]:
        """Wake whoever follows the network; say nothing about networks to strangers."""
        name = str(request.path_params["network"])
        chain = app.chains.by_name.get(name)
        hook = chain.hook if chain is not None else None
        if hook is None or not any(hook.admits(secret) for secret in _secrets(request)):
            return Response(None, status_code=HTTPStatus.UNAUTHORIZED)
        body = await request.body()
        try:
            hint = hook.read(body)
        except Invalid as error:
            log.warning("hook.malformed", network=name, why=error.message[:200])
            return Response(None, status_code=HTTPStatus.BAD_REQUEST)
        if not hint.is_empty and _is_news(heard, name, body):
            log.info(
                "hook.heard",
                network=name,
                applied=list(hint.applied),
                rolled_back=list(hint.rolled_back),
                count=len(hint.tx_ids),
            )
            app.bell.ring([name])
        return Response(None, status_code=HTTPStatus.OK)

    path = "/hooks/{network:str}"
    return [
        HTTPRouteHandler(
            path, http_method=["POST"], status_code=200, request_max_body_size=_BODY_MAX
        )(take)
    ]


def _secrets(request: HookRequest) -> list[str]:
    """Return what a delivery shows to be let in."""
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith(_BEARER):
        authorization = authorization[len(_BEARER) :]
    return [shown for shown in (authorization, request.headers.get(_CONSUMER, "")) if shown]


def _is_news(heard: "OrderedDict[bytes, None]", network: str, body: bytes) -> bool:
    digest = hashlib.sha256(network.encode() + b"\0" + body).digest()
    if digest in heard:
        return False
    heard[digest] = None
    if len(heard) > _HEARD_MAX:
        heard.popitem(last=False)
    return True
