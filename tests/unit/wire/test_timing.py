"""What reading costs, printed for a person (pytest -s); correctness is asserted, speed is not."""

import json
import timeit
from collections.abc import Callable

from sluice.wire.fields import Amount, Choice, Email, Flag, Id, Integer, Text, Url
from sluice.wire.forms import read_form
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import ListOf, Object, Shape
from sluice.wire.strict_json import read_json

TWELVE_PAIRS = (
    b"amount=2000&currency=usd&payment_method_types[0]=crypto&confirm=true"
    b"&payment_method_data[type]=crypto&payment_method_options[crypto][mode]=deposit"
    b"&payment_method_options[crypto][deposit_options][networks][0]=ethereum"
    b"&description=Order+number+7&metadata[order]=7&metadata[name]=J%C3%BCrgen"
    b"&success_url=https%3A%2F%2Fshop.example%2Fok%3Fid%3D%7BCHECKOUT_SESSION_ID%7D"
    b"&receipt_email=a%40b.example"
)
EIGHT_FIELDS = (
    b"amount=2000&currency=usd&payment_method_types[0]=crypto&description=Order+7"
    b"&metadata[order]=7&customer=cus_111111111111111111111111&receipt_email=a%40b.example"
    b"&success_url=https://shop.example/ok"
)
CREATE = Shape(
    "payment_intent.create",
    {
        "amount": Amount(required=True, aliases=("amount_sats",)),
        "currency": Choice(("usd", "eur", "btc"), required=True),
        "description": Text(500),
        "customer": Id(("cus",)),
        "receipt_email": Email(),
        "statement_descriptor": Text(22),
        "payment_method_types": ListOf(Choice(("crypto",)), max=10),
        "confirm": Flag(default=False),
        "metadata": Metadata(),
        "success_url": Url(),
        "expires_in": Integer(60, 604_800, default=3_600),
        "shipping": Object({"name": Text(100, required=True), "phone": Text(20)}),
        **{f"seldom_{number}": Text(20) for number in range(20)},
    },
)


def report(what: str, read: Callable[[], object]) -> None:
    """Print the best of five runs."""
    took_s = min(timeit.repeat(read, number=500, repeat=5)) / 500
    print(f"\n{what}: {took_s * 1e6:.1f} µs", end="")  # noqa: T201 - a figure for a person


def test_what_reading_a_request_costs() -> None:
    values = read_form(EIGHT_FIELDS)
    body = json.dumps(values).encode()

    assert len(CREATE.read(values, "form").values) == 10
    assert read_json(body) == values

    report("a form of 12 pairs", lambda: read_form(TWELVE_PAIRS))
    report("8 fields of a read form", lambda: CREATE.read(values, "form"))
    report("the same as JSON", lambda: read_json(body))
