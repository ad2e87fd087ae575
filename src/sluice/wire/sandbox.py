"""The sandbox's levers on the wire."""

from typing import Final

from sluice.engine.chains.model import Header
from sluice.wire.fields import Amount, Flag, Id, Integer, Text
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown

PAY: Final = Shape(
    "sandbox.pay",
    {
        "payment_intent": Id(("pi",), required=True),
        "asset": Text(20, doc="Which offered asset to pay; the newest offer when left out."),
        "units": Amount(doc="Smallest units to send; what is due when left out."),
        "send_asset": Text(40, doc="Send another asset than the offered one."),
    },
)
MINE: Final = Shape("sandbox.mine", {"count": Integer(1, 100, default=1)})
FORK: Final = Shape("sandbox.fork", {"depth": Integer(1, 50, required=True), "keep": Flag()})
STALL: Final = Shape("sandbox.stall", {"stalled": Flag(required=True)})
DROP: Final = Shape("sandbox.drop", {})


def show_payment(tx_id: str, asset: str, units: int) -> Shown:
    """Show a transaction that was sent."""
    return {"object": "sandbox.transaction", "id": tx_id, "units": str(units), "asset": asset}


def show_dropped(tx_id: str) -> Shown:
    """Show a transaction that the network forgot."""
    return {"object": "sandbox.transaction", "id": tx_id, "dropped": True}


def show_tip(header: Header) -> Shown:
    """Show the newest block."""
    return {"object": "sandbox.tip", "height": header.height, "hash": header.hash}


def show_state(*, stalled: bool) -> Shown:
    """Show whether blocks appear by themselves."""
    return {"object": "sandbox.state", "stalled": stalled}
