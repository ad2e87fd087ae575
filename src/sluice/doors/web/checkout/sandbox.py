"""The sandbox's wallet: what a tester can do from the page of a test payment."""

from collections.abc import Mapping
from typing import Final

from sluice.base.errors import Invalid, NotFound
from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.intents.model import Offer
from sluice.doors.web.checkout.state import missing
from sluice.engine.chains.model import Style
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Output

# How much of what is missing each lever pays, as numerator and denominator.
_PARTS: Final[Mapping[str, tuple[int, int]]] = {
    "pay": (1, 1),
    "half": (1, 2),
    "more": (3, 2),
    "wrong": (1, 1),
    "late": (1, 1),
}
_STRANGER: Final = "unknown:play"


async def pull(work: Work, sight: Sight, offer: Offer | None, lever: str) -> None:
    """Do what a lever says with the payment that is on the page."""
    if sight.session.livemode or offer is None or offer.network != "sandbox":
        raise NotFound("The sandbox's wallet pays test payments only.")
    if lever == "mine":
        await levers.mine(work)
    elif lever in _PARTS:
        await levers.pay(work, [_output(sight, offer, lever)])
    else:
        raise Invalid("There is no such lever.", param="do")
    work.tell("chain:sandbox")


def _output(sight: Sight, offer: Offer, lever: str) -> Output:
    numerator, denominator = _PARTS[lever]
    rest = missing(sight, money(offer.due, offer.asset)).units
    named = offer.style == Style.MEMO or rest != offer.due
    asset = _other_asset(sight, offer) if lever == "wrong" else offer.asset
    units = max(1, rest * numerator // denominator)
    return Output(asset, offer.address, units, offer.memo if named else None)


def _other_asset(sight: Sight, offer: Offer) -> str:
    """Return an asset that nobody asked for, best one that people do confuse with the right one."""
    asked = {made.asset for made in sight.intent.offers}
    stable = [asset for asset in ("usdt", "usdc") if offer.asset in {"usdt", "usdc"}]
    return next((asset for asset in (*stable, "stx", "btc") if asset not in asked), _STRANGER)
