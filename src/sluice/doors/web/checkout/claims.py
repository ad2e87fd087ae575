"""/r/<token>: the page on which a payer says where a refund goes, and sees how it stands."""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from sluice.base.actor import Actor
from sluice.base.errors import IllegalMove, Invalid, NotFound
from sluice.base.ids import MerchantId, is_well_formed
from sluice.business.accounts.merchants.edit import find_merchant
from sluice.business.payments.refunds.claim import claim_refund
from sluice.business.payments.refunds.find import find_claimed, find_refund
from sluice.doors.web.checkout.answer import Answer, Desk, answer, throttle
from sluice.doors.web.checkout.claim_view import ClaimPage, view_claim
from sluice.doors.web.checkout.form import PageRequest, read_form

_ADDRESS_MAX: Final = 128
# Whoever holds the link may read this one refund and name its address, and no more.
_PAYER: Final = frozenset({"payments:client"})

Verb = Callable[[Desk, PageRequest, "Found"], Awaitable[Answer]]
Found = tuple[Actor, str]


def make_claims(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the handlers of a refund's page."""
    return [_handler(desk, "GET", _show), _handler(desk, "POST", _claim)]


def _handler(desk: Desk, method: str, verb: Verb) -> HTTPRouteHandler:
    path = "/r/{token:str}"

    async def serve(request: PageRequest) -> Response[bytes]:
        async def run() -> Answer:
            token = str(request.path_params["token"])
            await throttle(desk, request, livemode=True)
            return await verb(desk, request, await _find(desk, token))

        return await answer(desk, request, path, run)

    serve.__doc__ = verb.__doc__
    return HTTPRouteHandler(path, http_method=[method], status_code=200)(serve)  # type: ignore[list-item]


async def _show(desk: Desk, request: PageRequest, found: Found) -> Answer:
    """Show how a refund stands, and ask for an address while none is known."""
    return await _page(desk, request, found)


async def _claim(desk: Desk, request: PageRequest, found: Found) -> Answer:
    """Take the payer's address: the first one counts."""
    actor, refund_id = found
    form = await read_form(request)
    address = form.get("address", "").strip()[:_ADDRESS_MAX]
    try:
        async with desk.app.works.begin(actor) as work:
            await claim_refund(work, refund_id, address, chains=desk.app.chains)
    except Invalid as error:
        return await _page(desk, request, found, error.message, address)
    except IllegalMove:
        # Claimed, canceled or too late meanwhile: the page says which.
        pass
    return Answer(303, b"", {"Location": request.scope["path"]})


async def _page(
    desk: Desk, request: PageRequest, found: Found, trouble: str | None = None, typed: str = ""
) -> Answer:
    actor, refund_id = found
    async with desk.app.works.begin(actor) as work:
        refund = await find_refund(work, refund_id)
        merchant = await find_merchant(work, refund.merchant_id)
        page: ClaimPage = view_claim(refund, merchant.name, work.now, chains=desk.app.chains)
    body = desk.renderer.claim(page, path=request.scope["path"], trouble=trouble, typed=typed)
    return Answer(200 if trouble is None else 400, body)


async def _find(desk: Desk, token: str) -> Found:
    if not is_well_formed(token, "rc"):
        raise NotFound("No such refund.", param="token")
    async with desk.app.works.look() as work:
        merchant_id, livemode, refund_id = await find_claimed(work, token)
    return Actor(MerchantId(merchant_id), livemode, _PAYER), refund_id
