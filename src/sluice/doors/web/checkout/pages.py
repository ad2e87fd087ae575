"""/c/<session>: the page, its two forms, and its assets."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from sluice.app.app import App
from sluice.base.errors import Declined, IllegalMove, Invalid, NotFound, SluiceError
from sluice.base.ids import is_well_formed
from sluice.base.limits.visitor import Subnet
from sluice.business.payments.checkout.choose import choose, list_choices
from sluice.business.payments.checkout.find import find_public_session
from sluice.business.payments.checkout.look import look_at, payer_of
from sluice.business.payments.checkout.model import Session
from sluice.doors.web.checkout.answer import Answer, Desk, answer, throttle
from sluice.doors.web.checkout.ask import ask, rehearse, sponsored, take
from sluice.doors.web.checkout.claims import make_claims
from sluice.doors.web.checkout.form import PageRequest, read_form
from sluice.doors.web.checkout.headers import secure_headers
from sluice.doors.web.checkout.render import Renderer
from sluice.doors.web.checkout.sandbox import pull
from sluice.doors.web.checkout.state import Asked, Pair, offer_in_use
from sluice.doors.web.checkout.view import read_pair, view, wants_options
from sluice.doors.web.checkout.words import EXHAUSTED, NOT_LIKE_THAT

_FOR_EVER: Final = "public, max-age=31536000, immutable"

Verb = Callable[[Desk, PageRequest, Session], Awaitable[Answer]]


def make_pages(app: App, *, trusted: Sequence[Subnet] = ()) -> list[HTTPRouteHandler]:
    """Return the handlers of the hosted page; `trusted` are the subnets of proxies before us."""
    public = urlsplit(app.settings.public_url)
    headers = secure_headers(https=public.scheme == "https")
    desk = Desk(app, Renderer(public.netloc), headers, trusted)
    return [
        _handler(desk, "GET", "/c/{session:str}", _show),
        _handler(desk, "POST", "/c/{session:str}", _choose),
        _handler(desk, "POST", "/c/{session:str}/sandbox", _pull),
        _handler(desk, "POST", "/c/{session:str}/wallet", _ask),
        *make_claims(desk),
        _handler(desk, "POST", "/c/{session:str}/sponsored", _sponsor),
        _assets(desk),
    ]


def _handler(desk: Desk, method: str, path: str, verb: Verb) -> HTTPRouteHandler:
    async def serve(request: PageRequest) -> Response[bytes]:
        async def run() -> Answer:
            session_id = str(request.path_params["session"])
            await throttle(desk, request, livemode=session_id.startswith("cs_live"))
            return await verb(desk, request, await _find(desk.app, session_id))

        return await answer(desk, request, path, run)

    serve.__doc__ = verb.__doc__
    return HTTPRouteHandler(path, http_method=[method], status_code=200)(serve)  # type: ignore[list-item]


async def _show(desk: Desk, request: PageRequest, session: Session) -> Answer:
    """Show how the payment stands and what to do next."""
    return await _page(desk, session, _asked(request))


async def _choose(desk: Desk, request: PageRequest, session: Session) -> Answer:
    """Take the payer's choice, or give a new price for it."""
    form = await read_form(request)
    pair = read_pair(form.get("pay", ""))
    if pair is None:
        return await _page(desk, session, Asked(again=True), NOT_LIKE_THAT, 400)
    app = desk.app
    try:
        async with app.works.begin(payer_of(session)) as work:
            await choose(work, session, *pair, chains=app.chains, rates=app.rates)
    except (Declined, IllegalMove):
        # Paid, out of time or closed while the payer chose: the page says which.
        return _see_other(session)
    except Invalid:
        return await _page(desk, session, Asked(again=True), NOT_LIKE_THAT, 400)
    except SluiceError as error:
        if error.code != "amounts_exhausted":
            raise
        return await _page(desk, session, Asked(again=True), EXHAUSTED, 503)
    return _see_other(session, ":".join(pair))


async def _pull(desk: Desk, request: PageRequest, session: Session) -> Answer:
    """Let the sandbox's wallet do something; test payments only."""
    form = await read_form(request)
    pair = read_pair(form.get("pay", ""))
    async with desk.app.works.begin(payer_of(session)) as work:
        sight = await look_at(work, session)
        await pull(work, sight, offer_in_use(sight.intent, Asked(pair)), form.get("do", ""))
    return _see_other(session, ":".join(pair) if pair else None)


async def _ask(desk: Desk, request: PageRequest, session: Session) -> Answer:
    """Return what the payer's own wallet is asked to sign; or take what it signed, as JSON."""
    form = await read_form(request)
    pair = read_pair(form.get("pay", ""))
    if "signature" in form:
        return await _take(desk, session, pair, form)
    async with desk.app.works.begin(payer_of(session)) as work:
        sight = await look_at(work, session)
        asked = await ask(work, sight, pair, form.get("payer", ""), app=desk.app)
    return _json({"method": asked.method, "params": asked.params})


async def _take(desk: Desk, session: Session, pair: Pair | None, form: Mapping[str, str]) -> Answer:
    async with desk.app.works.look(payer_of(session)) as work:
        sight = await look_at(work, session)
    signed = await rehearse(sight, pair, form, desk.app)
    async with desk.app.works.begin(payer_of(session)) as work:
        await take(work, await look_at(work, session), pair, signed, app=desk.app)
    return _json({"taken": True})


async def _sponsor(desk: Desk, request: PageRequest, session: Session) -> Answer:
    """Ask the payer's wallet for a payment whose fee another pays; or send what it signed."""
    form = await read_form(request)
    pair, payer = read_pair(form.get("pay", "")), form.get("payer", "")
    async with desk.app.works.begin(payer_of(session)) as work:
        sight = await look_at(work, session)
        sponsorship, order = sponsored(work, sight, pair, payer, app=desk.app)
    signed = form.get("transaction")
    if signed is None:
        asked = await sponsorship.ask_wallet(order)
        return _json({"method": asked.method, "params": asked.params})
    try:
        raw = bytes.fromhex(signed.removeprefix("0x"))
    except ValueError:
        raise Invalid("A transaction is written in hex.", param="transaction") from None
    return _json({"tx_id": await sponsorship.pay_fee(raw, order)})


def _json(content: object) -> Answer:
    return Answer(200, msgspec.json.encode(content), media_type="application/json")


async def _page(
    desk: Desk, session: Session, asked: Asked, trouble: str | None = None, status: int = 200
) -> Answer:
    app = desk.app
    async with app.works.begin(payer_of(session)) as work:
        sight = await look_at(work, session)
        choices = (
            await list_choices(work, sight.intent, chains=app.chains, rates=app.rates)
            if wants_options(sight, asked, work.now)
            else None
        )
    page = view(sight, asked, work.now, chains=app.chains, choices=choices)
    body = desk.renderer.page(page, path=f"/c/{session.id}", now=work.now, trouble=trouble)
    return Answer(status, body)


async def _find(app: App, session_id: str) -> Session:
    prefixes = ("cs_test", "cs_live")
    if any(is_well_formed(session_id, prefix) for prefix in prefixes):
        session = await find_public_session(app.works, session_id)
        if session is not None:
            return session
    raise NotFound("No such checkout.session.", param="session")


def _asked(request: PageRequest) -> Asked:
    query = request.query_params
    return Asked(read_pair(str(query.get("pay", ""))), again="again" in query)


def _see_other(session: Session, pay: str | None = None) -> Answer:
    query = f"?pay={quote(pay, safe=':')}" if pay else ""
    return Answer(303, b"", {"Location": f"/c/{session.id}{query}"})


def _assets(desk: Desk) -> HTTPRouteHandler:
    async def serve(request: PageRequest) -> Response[bytes]:
        """Serve the style sheet, the script or the icon."""
        asset = desk.renderer.assets.get(str(request.path_params["name"]))
        if asset is None:
            return Response(b"", status_code=404, headers=desk.headers, media_type="text/plain")
        headers = {**desk.headers, "Cache-Control": _FOR_EVER}
        return Response(asset.content, headers=headers, media_type=asset.media_type)

    return HTTPRouteHandler("/assets/{name:str}", http_method=["GET"])(serve)
