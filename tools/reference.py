"""docs/reference from the code: settings, states and events; `make spec` writes them."""

from pathlib import Path
from typing import Final

from sluice.app.settings import describe_settings
from sluice.base.states import States
from sluice.business.payments.checkout.model import MOVES as SESSION_MOVES
from sluice.business.payments.intents.model import MOVES as INTENT_MOVES
from sluice.business.webhooks.events.model import TYPES

FOLDER: Final = Path(__file__).parents[1] / "docs" / "reference"

_MEANING: Final = {
    "charge.failed": "A fork took a payment back.",
    "charge.pending": "Enough money was seen; it is not deep enough yet.",
    "charge.succeeded": "The money is credited.",
    "checkout.session.completed": "The cart of a Checkout Session is paid.",
    "checkout.session.expired": "A Checkout Session closed without being paid.",
    "customer.created": "A customer was created.",
    "customer.deleted": "A customer was deleted.",
    "customer.updated": "A customer was changed.",
    "payment.unexpected": "Money came that no open payment asks for; it is booked as unapplied. "
    "Its `reason`: late, canceled, short, over, wrong_asset or unannounced.",
    "payment_intent.canceled": "A PaymentIntent was cancelled, or its time ran out.",
    "payment_intent.created": "A PaymentIntent was created.",
    "payment_intent.finalized": "No fork can take the money back; it is in the available balance.",
    "payment_intent.overpaid": "More came than was asked; the surplus is booked as unapplied.",
    "payment_intent.partially_funded": "Too little came; the rest may follow.",
    "payment_intent.processing": "Enough money was seen; it is not deep enough yet.",
    "payment_intent.requires_action": "The payer has what is needed to pay; also when what was "
    "seen disappeared.",
    "payment_intent.reversed": "A fork took a payment back after it had succeeded.",
    "payment_intent.succeeded": "The payment is credited.",
    "rate.alert": "A price moved further than an alert of yours allows.",
    "rate.peg_changed": "USDC or USDT left its peg, moved further off, or came back.",
    "webhook_endpoint.disabled": "An endpoint failed for five days, or answered 410; "
    "it is told nothing more.",
}


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"settings.md": _settings(), "states.md": _states(), "events.md": _events()}


def _settings() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {doc} |"
        for name, default, doc in describe_settings()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Environment variables, read once at start. An unknown one that begins with `SLUICE_`",
            "is refused.",
            "",
            "| variable | default | what it does |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _states() -> str:
    parts = [
        "# States",
        "",
        "The legal moves, as the code holds them. A state without an arrow out of it is final.",
        "",
    ]
    for title, moves in (("PaymentIntent", INTENT_MOVES), ("Checkout Session", SESSION_MOVES)):
        parts += [f"## {title}", "", "```mermaid", "stateDiagram-v2", *_arrows(moves), "```", ""]
    return "\n".join(parts)


def _arrows(moves: States) -> list[str]:  # type: ignore[type-arg]
    return [f"    {now} --> {then}" for now, ways in moves.moves.items() for then in sorted(ways)]


def _events() -> str:
    rows = [f"| `{name}` | {_MEANING[name]} |" for name in TYPES]
    return "\n".join(
        [
            "# Events",
            "",
            "What an endpoint may ask for, and what `GET /v1/events` lists for 30 days. Every",
            "event carries `sequence`, numbered without a gap for each account and mode: a missing",
            "number is a missed event, and `GET /v1/events?after=<sequence>` reads on from there.",
            "",
            "| type | when |",
            "|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
