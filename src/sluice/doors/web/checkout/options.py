"""One way to pay that can be chosen, and what it costs; pure."""

from dataclasses import dataclass
from fractions import Fraction

from sluice.base.money import rounding
from sluice.base.money.money import Money
from sluice.business.payments.checkout.choose import Priced
from sluice.business.payments.checkout.look import Sight
from sluice.doors.web.checkout.figures import Figure, figure, price, unit
from sluice.doors.web.checkout.state import missing
from sluice.engine.rates.model import Quote


@dataclass(frozen=True, slots=True)
class Option:
    """A network and asset, what is left to pay there, and at which price."""

    value: str
    asset: str
    unit: str
    network: str
    due: Figure
    worth: str | None
    rate: str | None


def option_of(sight: Sight, choice: Priced) -> Option:
    """Return a choice as it is shown."""
    asset, amount = choice.due.asset, sight.intent.amount
    native = asset == amount.asset
    return Option(
        value=f"{choice.network.name}:{asset.code}",
        asset=asset.name,
        unit=unit(asset.code),
        network=choice.network.title,
        due=figure(missing(sight, choice.due)),
        worth=None if native else price(missing(sight, amount)),
        rate=None if native or choice.quote.price == 1 else _rate(choice.quote),
    )


def _rate(quote: Quote) -> str:
    """Write what one whole asset costs; a wavy equals sign where digits were left out."""
    exact = quote.price * quote.currency.scale
    units = rounding.down(exact)
    equals = "=" if Fraction(units) == exact else "≈"
    return f"1 {unit(quote.asset.code)} {equals} {price(Money(units, quote.currency))}"
