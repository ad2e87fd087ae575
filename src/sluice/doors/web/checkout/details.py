"""What the payer needs to pay, and how far a payment has come; pure."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from sluice.base.money.catalogue import asset_of, money
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.intents.model import Offer
from sluice.doors.web.checkout.figures import Figure, about, address_groups, figure, price, unit
from sluice.doors.web.checkout.qr import draw_qr
from sluice.doors.web.checkout.state import missing
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style, is_counted
from sluice.engine.chains.registry import Chains

_ETHEREUM: Final = "ethereum:"


@dataclass(frozen=True, slots=True)
class Details:
    """Where to send how much of what, in every form a wallet may take it."""

    network: str
    asset: str
    unit: str
    amount: Figure
    worth: str | None
    address: str
    address_groups: tuple[str, ...]
    memo: str | None
    uri: str | None
    qr: Markup | None
    address_qr: Markup | None
    exact: bool
    by_wallet: str | None
    sponsored: str | None
    valid_until: dt.datetime


@dataclass(frozen=True, slots=True)
class Steps:
    """How many confirmations there are of how many; `wanted` 0 is the network's own last word."""

    depth: int
    wanted: int
    left: str | None


def details_of(sight: Sight, offer: Offer, chains: Chains) -> Details | None:
    """Return how to pay what is missing by an offer; None where its network is served no more."""
    chain = chains.by_name.get(offer.network)
    if chain is None:
        return None
    intent = sight.intent
    rest = missing(sight, money(offer.due, offer.asset))
    by_memo = offer.style == Style.MEMO or rest.units != offer.due
    memo = offer.memo if by_memo else None
    request = chain.addresses.payment_uri(offer.address, rest, offer.memo)
    address = chain.addresses.show(offer.address)
    # Without its memo nobody could tell whose payment it is.
    uri = request if memo is None or quote(memo, safe="") in request else None
    label = f"QR code to pay {figure(rest)} on {chain.network.title}"
    return Details(
        network=chain.network.title,
        asset=asset_of(offer.asset).name,
        unit=unit(offer.asset),
        amount=figure(rest),
        worth=None if rest.asset == intent.amount.asset else price(missing(sight, intent.amount)),
        address=address,
        address_groups=tuple(address_groups(address)),
        memo=memo,
        uri=uri,
        qr=draw_qr(uri, label) if uri else None,
        address_qr=draw_qr(address, "QR code of the address alone") if _may_not_read(uri) else None,
        by_wallet=_wallet_kind(request) if chain.ask_wallet is not None else None,
        sponsored=_sponsored(chain, offer),
        exact=offer.style == Style.AMOUNT and memo is None,
        valid_until=offer.valid_until,
    )


def steps_of(sight: Sight, chains: Chains) -> Steps | None:
    """Return how deep the payment is that has the longest way to go."""
    going = sight.confirming
    if going is None:
        return None
    wanted = going.transfer.depth_wanted
    if not is_counted(wanted):
        return Steps(going.depth, 0, None)
    chain = chains.by_name.get(going.transfer.network)
    left = max(0, wanted - going.depth)
    seconds = left * chain.network.block_time_s if chain else 0
    return Steps(min(going.depth, wanted), wanted, about(seconds) if seconds else None)


def _wallet_kind(request: str) -> str:
    """Return which wallets of a browser can be asked."""
    return "ethereum" if request.startswith(_ETHEREUM) else "stacks"


def _sponsored(chain: Chain, offer: Offer) -> str | None:
    """Say whether another pays the network's fee for a wallet: free, paid, or (None) nobody."""
    helper = chain.sponsorship
    if helper is None or chain.ask_wallet is None or not helper.covers(offer.asset):
        return None
    return "free" if helper.is_free else "paid"


def _may_not_read(uri: str | None) -> bool:
    """Say whether wallets exist that read only the address: many of Ethereum's do."""
    return uri is not None and uri.startswith(_ETHEREUM)
