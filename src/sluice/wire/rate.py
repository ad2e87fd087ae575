"""Prices on the wire: now, in candles, and the alerts on them. A price is a decimal, as a text."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sluice.base.money.catalogue import CATALOGUE
from sluice.business.insights.alerts.facts import PegChanged, PriceMoved
from sluice.business.insights.alerts.model import Alert, move_bps
from sluice.engine.rates.history.model import CURRENCIES, Candle, Moved, as_decimal
from sluice.wire.fields import Choice, Integer, Timestamp
from sluice.wire.lists import ListShape
from sluice.wire.shapes import ListOf, Shape
from sluice.wire.show import Shown, stamp

ASSETS: Final = tuple(code for code, asset in CATALOGUE.items() if not asset.fiat)
INTERVALS: Final[Mapping[str, dt.timedelta]] = {
    "1m": dt.timedelta(minutes=1),
    "5m": dt.timedelta(minutes=5),
    "15m": dt.timedelta(minutes=15),
    "1h": dt.timedelta(hours=1),
    "4h": dt.timedelta(hours=4),
    "1d": dt.timedelta(days=1),
}

_BASE: Final = Choice(ASSETS, required=True, doc="The asset that is priced.")
_QUOTE: Final = Choice(CURRENCIES, default="usd", doc="The currency it is priced in.")

LIST: Final = Shape(
    "rate.list",
    {
        "quote": _QUOTE,
        "base": ListOf(Choice(ASSETS), max=len(ASSETS), noun="assets", doc="All when left out."),
    },
)
HISTORY: Final = Shape(
    "rate_candle.list",
    {
        "base": _BASE,
        "quote": _QUOTE,
        "interval": Choice(tuple(INTERVALS), default="1h", doc="How long each candle is."),
        "until": Timestamp(doc="Only candles that begin before this; now when left out."),
        "limit": Integer(1, 1000, default=100, doc="How many candles at most."),
    },
)
CREATE_ALERT: Final = Shape(
    "rate_alert.create",
    {
        "base": _BASE,
        "quote": _QUOTE,
        "move_bps": Integer(
            1, 100_000, required=True, doc="How far the price may move, in hundredths of a percent."
        ),
        "within": Integer(60, 604_800, default=3600, doc="In how many seconds."),
    },
)
RETRIEVE_ALERT: Final = Shape("rate_alert.retrieve", {})
DELETE_ALERT: Final = Shape("rate_alert.delete", {})
LIST_ALERTS: Final = ListShape("rate_alert.list", ("ral",))


def show_rates(url: str, found: Sequence[Moved], *, livemode: bool) -> Shown:
    """Show prices now as a list that has no more pages."""
    data = [_rate(one, livemode=livemode) for one in found]
    return {"object": "list", "url": url, "has_more": False, "data": data}


def show_candles(url: str, candles: Sequence[Candle], every: dt.timedelta) -> Shown:
    """Show candles, newest first; the rest is asked for with `until`, the start of the last."""
    data = [
        {
            "object": "rate_candle",
            "start": stamp(candle.at),
            "end": stamp(candle.at + every),
            "open": show_price(candle.open),
            "high": show_price(candle.high),
            "low": show_price(candle.low),
            "close": show_price(candle.close),
            "points": candle.points,
        }
        for candle in candles
    ]
    return {"object": "list", "url": url, "has_more": False, "data": data}


def show_alert(alert: Alert) -> Shown:
    """Show an alert."""
    return {
        "id": alert.id,
        "object": "rate_alert",
        "base": alert.base,
        "created": stamp(alert.created_at),
        "last_fired": stamp(alert.fired_at),
        "livemode": alert.livemode,
        "move_bps": alert.move_bps,
        "quote": alert.quote,
        "within": alert.within_s,
    }


def show_moved(fact: PriceMoved) -> Shown:
    """Show an alert that fired, with what the price did."""
    move = {
        "low": show_price(fact.low),
        "high": show_price(fact.high),
        "bps": move_bps(Fraction(fact.low), Fraction(fact.high)),
    }
    return show_alert(fact.alert) | {"move": move}


def show_peg(fact: PegChanged) -> Shown:
    """Show how a coin stands to the dollar it promises."""
    return {
        "id": f"peg_{fact.asset}",
        "object": "peg",
        "asset": fact.asset,
        "price": show_price(fact.price),
        "quote": "usd",
        "since": stamp(fact.at),
        "state": fact.state,
        "state_before": fact.before,
    }


def show_price(price: Decimal) -> str:
    """Write a price with no more digits than it has."""
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rate(moved: Moved, *, livemode: bool) -> Shown:
    tick = moved.tick
    day = None
    if moved.low is not None and moved.high is not None:
        day = {
            "low": show_price(as_decimal(moved.low)),
            "high": show_price(as_decimal(moved.high)),
            "move_bps": move_bps(moved.low, moved.high),
            "volatility_bps": moved.volatility_bps,
        }
    return {
        "object": "rate",
        "as_of": stamp(tick.at),
        "base": tick.base,
        "last_day": day,
        "livemode": livemode,
        "price": show_price(tick.price),
        "quote": tick.quote,
        "source": tick.source,
    }
