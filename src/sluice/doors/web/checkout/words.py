"""Every sentence a payer may read, in one place: short, plain, and true in each state."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Kind, SluiceError
from sluice.business.payments.conversions.model import State as Conversion


class State(StrEnum):
    """What a payer sees; finer than any status, because each asks for another next step."""

    CHOOSE = "choose"
    WAITING = "waiting"
    PRICE_EXPIRED = "price_expired"
    SEEN = "seen"
    CONFIRMING = "confirming"
    SHORT = "short"
    WRONG_ASSET = "wrong_asset"
    PAID = "paid"
    OVER = "over"
    REVERSED = "reversed"
    EXPIRED = "expired"
    LATE = "late"
    CANCELED = "canceled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Words:
    """A heading and one or two sentences; names in braces are filled in by `say`."""

    heading: str
    text: str = ""


_WORDS: Final[Mapping[State, Words]] = MappingProxyType(
    {
        State.CHOOSE: Words("How would you like to pay?"),
        State.WAITING: Words(
            "Send {due}", "Scan the code with your wallet, or copy the amount and the address."
        ),
        State.PRICE_EXPIRED: Words(
            "This price has run out",
            "Prices move, so each one holds for a while only. Get a new one, and do not send the "
            "old amount.",
        ),
        State.SEEN: Words("Payment seen", "It is on its way. There is nothing more for you to do."),
        State.CONFIRMING: Words(
            "Confirming your payment",
            "The network is making it permanent. You may close this page; {shop} will know.",
        ),
        State.SHORT: Words(
            "{rest} is still missing", "{arrived} arrived. Send the rest to finish."
        ),
        State.WRONG_ASSET: Words(
            "That was another coin",
            "You sent {stray}, but this payment asks for {unit}. {shop} has what you sent and can "
            "send it back. To finish, pay with {unit}.",
        ),
        State.PAID: Words("Paid", "Thank you. {shop} has your payment."),
        State.OVER: Words(
            "Paid, and a little more",
            "Thank you. You sent {surplus} more than was asked. {shop} has it and can send it "
            "back; please get in touch with them.",
        ),
        State.REVERSED: Words(
            "The network undid your payment",
            "This is rare. It was confirmed, and then the network took it back. It usually comes "
            "back by itself, so please do not pay again. This page will say so.",
        ),
        State.EXPIRED: Words(
            "The time to pay is over",
            "Please do not send anything now. To buy this, start again from the shop.",
        ),
        State.LATE: Words(
            "Your payment came too late",
            "The time to pay was over, so the order was not completed. {shop} has your {stray} "
            "and can send it back; please get in touch with them.",
        ),
        State.CANCELED: Words(
            "This payment was canceled", "Please do not send anything to it now."
        ),
        State.CLOSED: Words(
            "{shop} is not taking payments", "Please do not send anything now. Ask the shop."
        ),
    }
)

# Bitcoin on its way to become sBTC, as long as the payer waits for it.
_CONVERSIONS: Final[Mapping[Conversion, str]] = MappingProxyType(
    {
        Conversion.PENDING: "Your bitcoin is there. It is now being exchanged for sBTC, which "
        "takes a while. You may close this page; {shop} will know.",
        Conversion.SWEPT: "Your bitcoin was taken, and the sBTC for it is on its way to {shop}.",
        Conversion.RECLAIMABLE: "Your bitcoin was not exchanged in time. Nothing is lost: {shop} "
        "can take it back with a key of its own; please get in touch with them.",
    }
)
_DELAYED: Final = (
    "The exchange for sBTC takes longer than it should. Nothing is lost: what is not exchanged "
    "goes back to {shop}, who has been told."
)

# Money that came and did not count, by why it did not.
_NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "late": "{amount} came after its price had run out and was not counted.",
        "wrong_asset": "{amount} arrived, which this payment did not ask for.",
        "short": "{amount} had arrived, which was less than was asked.",
        "canceled": "{amount} arrived after this payment was canceled.",
        "over": "{amount} arrived after everything was paid.",
    }
)
_HELD: Final = "{shop} has it and can send it back; please get in touch with them."
VANISHED: Final = (
    "A payment was seen and then went missing from the network. It usually comes back by itself."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no page to show, and whether trying again may help."""

    heading: str
    text: str
    retry: bool = False


EXHAUSTED: Final = (
    "Too many people are paying this very amount that way right now. Choose another coin or "
    "network, or try again in a few minutes."
)
NOT_LIKE_THAT: Final = "It cannot be paid that way any more. Please choose again."

_PRICE: Final = Problem(
    "There is no price right now",
    "We cannot say what this costs in another coin at the moment, and we do not guess. Your order "
    "is kept; please try again in a minute.",
    retry=True,
)
_PROBLEMS: Final[Mapping[Kind, Problem]] = MappingProxyType(
    {
        Kind.NOT_FOUND: Problem(
            "There is no such payment",
            "The link may be incomplete or very old. Please go back to the shop for a new one.",
        ),
        Kind.THROTTLED: Problem(
            "That was a little fast", "Please wait a moment, then try again.", retry=True
        ),
        Kind.UNAVAILABLE: Problem(
            "One moment, please",
            "This page cannot be shown right now. Your order is kept; please try again shortly.",
            retry=True,
        ),
        Kind.CONFLICT: Problem(
            "One moment, please", "Something is still going on here. Please try again.", retry=True
        ),
        Kind.INTERNAL: Problem(
            "Something went wrong here",
            "It was our fault, and nothing was changed. Please try again.",
            retry=True,
        ),
    }
)
_REFUSED: Final = Problem("That did not work", "Please go back and choose again.", retry=True)


def say(state: State, facts: Mapping[str, str]) -> Words:
    """Return what is said in a state."""
    words = _WORDS[state]
    return Words(words.heading.format_map(facts), words.text.format_map(facts))


def say_conversion(state: Conversion, shop: str, *, is_delayed: bool) -> str | None:
    """Return what is said of bitcoin that becomes sBTC; nothing once it is there, or gone."""
    told = _CONVERSIONS.get(state)
    if told is not None and is_delayed and state is not Conversion.RECLAIMABLE:
        told = _DELAYED
    return told and told.format_map({"shop": shop})


def notice(reason: str, amount: str, shop: str) -> str:
    """Return what is said of money that came and did not count."""
    told = f"{_NOTICES[reason]} {_HELD}".format_map({"amount": amount, "shop": shop})
    return told[0].upper() + told[1:]


def problem_of(error: SluiceError) -> Problem:
    """Return what is said instead of a page."""
    if error.code == "rate_unavailable":
        return _PRICE
    return _PROBLEMS.get(error.kind, _REFUSED)
