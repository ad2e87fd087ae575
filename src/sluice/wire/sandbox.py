"""The sandbox's levers on the wire."""

from typing import Final

from sluice.wire.fields import Amount, Flag, Id, Integer, Text
from sluice.wire.shapes import Shape

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
