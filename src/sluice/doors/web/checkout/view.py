"""What a page shows, from what is so: pure, so that every state can be looked at in a test."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sluice.base.money.catalogue import find_asset, money
from sluice.base.money.money import Money
from sluice.business.payments.checkout.choose import Priced
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.checkout.model import Session
from sluice.business.payments.intents.model import Offer
from sluice.doors.web.checkout.details import Details, Steps, details_of, steps_of
from sluice.doors.web.checkout.figures import price, shortened, spoken, unit
from sluice.doors.web.checkout.options import Option, option_of
from sluice.doors.web.checkout.state import (
    Asked,
    Pair,
    arrived,
    astray,
    holds,
    missing,
    offer_in_use,
    state_of,
    surplus,
)
from sluice.doors.web.checkout.words import (
    VANISHED,
    State,
    Words,
    notice,
    say,
    say_conversion,
)
from sluice.engine.chains.registry import Chains

PAYABLE: Final = frozenset({State.WAITING, State.SHORT, State.WRONG_ASSET})
_MOVING: Final = frozenset({State.SEEN, State.CONFIRMING, State.REVERSED})
_ENDED: Final = frozenset({State.EXPIRED, State.LATE, State.CANCELED, State.CLOSED})
# The states whose own words tell of money that did not count; the others have a notice for it.
_TOLD: Final = {
    State.OVER: "over",
    State.LATE: "late",
    State.WRONG_ASSET: "wrong_asset",
}
_SESSION_ID: Final = "{CHECKOUT_SESSION_ID}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the cart."""

    name: str
    description: str | None
    quantity: int
    total: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transfer that was seen."""

    amount: str
    network: str
    tx_id: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """A link out of the page; `alone` when the page may follow it by itself."""

    label: str
    href: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a template needs, and nothing else of what we know."""

    state: State
    words: Words
    mark: str
    shop: str
    total: str
    description: str | None
    lines: Sequence[Line]
    test: bool
    notices: Sequence[str]
    exchange: Sequence[str]
    options: Sequence[Option] | None
    details: Details | None
    steps: Steps | None
    receipts: Sequence[Receipt]
    chosen: str | None
    requote: str | None
    elsewhere: bool
    levers: Sequence[tuple[str, str]]
    way: Way | None


def wants_options(sight: Sight, asked: Asked, now: dt.datetime) -> bool:
    """Say whether the page needs to know what can be chosen."""
    state = state_of(sight, asked, now)
    unchosen = offer_in_use(sight.intent, asked) is None
    return state is State.CHOOSE or (state in PAYABLE and unchosen)


def view(
    sight: Sight,
    asked: Asked,
    now: dt.datetime,
    *,
    chains: Chains,
    choices: Sequence[Priced] | None = None,
) -> Page:
    """Return what the page shows at an instant."""
    state = state_of(sight, asked, now)
    offer = offer_in_use(sight.intent, asked)
    payable = state in PAYABLE and offer is not None and holds(offer, now)
    session = sight.session
    return Page(
        state=state,
        words=say(state, _facts(sight, offer)),
        mark=sight.mark,
        shop=sight.merchant.name,
        total=price(sight.intent.amount),
        description=sight.intent.description,
        lines=_lines(session),
        test=not session.livemode,
        notices=_notices(sight, state),
        exchange=_exchange(sight, state),
        options=None if choices is None else [option_of(sight, one) for one in choices],
        details=details_of(sight, offer, chains) if payable and offer else None,
        steps=steps_of(sight, chains) if state in _MOVING else None,
        receipts=_receipts(sight, chains),
        chosen=f"{offer.network}:{offer.asset}" if offer else None,
        requote=_requote(state, offer, payable=payable),
        elsewhere=state in PAYABLE or state is State.PRICE_EXPIRED,
        levers=_levers(state, offer, payable=payable) if not session.livemode else (),
        way=_way(sight, state),
    )


def read_pair(text: str) -> Pair | None:
    """Read such as `polygon:usdc`."""
    network, colon, asset = text.partition(":")
    return (network, asset) if colon and network and asset else None


def _facts(sight: Sight, offer: Offer | None) -> dict[str, str]:
    """Return what sentences may name."""
    due = None if offer is None else money(offer.due, offer.asset)
    return {
        "shop": sight.merchant.name,
        "due": "" if due is None else spoken(due),
        "rest": price(missing(sight, sight.intent.amount))
        if due is None
        else spoken(missing(sight, due)),
        "unit": "one of the coins below" if offer is None else unit(offer.asset),
        "arrived": _listed(arrived(sight)),
        "surplus": _listed(surplus(sight)),
        "stray": _listed(astray(sight, "late", "wrong_asset", "canceled")),
    }


def _listed(parts: Sequence[Money]) -> str:
    return " and ".join(spoken(part) for part in parts)


def _lines(session: Session) -> list[Line]:
    return [
        Line(
            item.name,
            item.description,
            item.quantity,
            price(Money(item.total, find_asset(item.currency))),
        )
        for item in session.line_items
    ]


def _notices(sight: Sight, state: State) -> list[str]:
    shop = sight.merchant.name
    reasons = dict.fromkeys(use.reason for use in sight.standing.uses if use.reason != "payment")
    told = [
        notice(reason, _listed(astray(sight, reason)), shop)
        for reason in reasons
        if reason != _TOLD.get(state)
    ]
    waiting = state in PAYABLE or state in {State.CHOOSE, State.PRICE_EXPIRED, State.EXPIRED}
    return told + ([VANISHED] if waiting and any(sight.vanished) else [])


def _exchange(sight: Sight, state: State) -> list[str]:
    """Return what is said of bitcoin on its way to become sBTC, while the payer waits for it."""
    if state not in _MOVING:
        return []
    told = [
        say_conversion(one.state, sight.merchant.name, is_delayed=one.is_delayed)
        for one in sight.conversions
    ]
    return [text for text in dict.fromkeys(told) if text]


def _receipts(sight: Sight, chains: Chains) -> list[Receipt]:
    receipts = []
    for use in sight.standing.uses:
        payment = use.payment
        chain = chains.by_name.get(payment.network)
        link = chain.network.explorer_tx if chain else None
        receipts.append(
            Receipt(
                amount=spoken(money(payment.units, payment.asset)),
                network=chain.network.title if chain else payment.network,
                tx_id=shortened(payment.tx_id),
                link=link.format(tx_id=payment.tx_id) if link else None,
            )
        )
    return receipts


def _requote(state: State, offer: Offer | None, *, payable: bool) -> str | None:
    """Return what to ask a new price for, when the one in use has run out."""
    if offer is None or payable or state not in PAYABLE | {State.PRICE_EXPIRED}:
        return None
    return f"{offer.network}:{offer.asset}"


def _levers(state: State, offer: Offer | None, *, payable: bool) -> Sequence[tuple[str, str]]:
    """Return what the sandbox's wallet can do here, the main thing first."""
    if offer is None or offer.network != "sandbox":
        return ()
    mine = ("mine", "Mine a block")
    if state in _MOVING:
        return (mine,)
    if state is State.EXPIRED:
        return (("late", "Pay too late"),)
    if not payable:
        return ()
    main = "Pay the rest" if state is State.SHORT else "Pay with the sandbox wallet"
    if offer.style == "amount":
        return (("pay", main), mine)
    return (
        ("pay", main),
        ("half", "Pay half"),
        ("more", "Pay too much"),
        ("wrong", "Send another coin"),
        mine,
    )


def _way(sight: Sight, state: State) -> Way | None:
    """Return the way back to the shop: an address that the shop stored, whatever is asked."""
    session, shop = sight.session, sight.merchant.name
    if state in {State.PAID, State.OVER}:
        label, href = (
            f"Back to {shop}",
            _address(session.success_url or session.return_url, session),
        )
    elif state in _ENDED:
        label, href = f"Back to {shop}", _address(session.cancel_url, session)
    elif state in _MOVING:
        return None
    else:
        label, href = "Cancel and go back", _address(session.cancel_url, session)
    return None if href is None else Way(label, href, alone=state is State.PAID)


def _address(url: str | None, session: Session) -> str | None:
    """Return a stored address that a browser may be sent to: http or https, and a host."""
    if url is None:
        return None
    filled = url.replace(_SESSION_ID, session.id)
    parts = urlsplit(filled)
    return filled if parts.scheme.lower() in {"http", "https"} and parts.netloc else None
