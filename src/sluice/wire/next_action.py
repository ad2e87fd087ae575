"""What a payer does next, on the wire: where to send what, until when."""

from sluice.business.payments.intents.model import Offer, PaymentIntent, Status
from sluice.engine.chains.model import is_counted
from sluice.wire.show import Shown, View, stamp


def show_next_action(intent: PaymentIntent, view: View) -> Shown | None:
    """Tell the payer where to send what.

    The newest offer of each network and asset counts. A network is shown with one address: when an
    intent was offered there in several styles, what is paid at another address is left out.
    """
    if intent.status is not Status.REQUIRES_ACTION or not intent.offers:
        return None
    places = {offer.network: offer.address for offer in intent.offers}
    newest = {
        (offer.network, offer.asset): offer
        for offer in intent.offers
        if offer.address == places[offer.network]
    }
    addresses: dict[str, Shown] = {}
    for offer in newest.values():
        network = addresses.setdefault(
            offer.network,
            {"address": view.address(offer.network, offer.address), "supported_tokens": []},
        )
        network["supported_tokens"].append(_offer(offer, view))
    return {
        "type": "crypto_display_details",
        "crypto_display_details": {
            "deposit_addresses": addresses,
            "expires_at": stamp(min(offer.valid_until for offer in newest.values())),
        },
    }


def _offer(offer: Offer, view: View) -> Shown:
    return {
        "token_currency": offer.asset,
        "token_contract_address": view.token(offer.network, offer.asset),
        "expected_amount": str(offer.due),
        "discount": str(offer.discount),
        "memo": offer.memo,
        "payment_uri": view.payment_uri(
            offer.network, offer.address, offer.asset, offer.due, offer.memo
        ),
        "confirmations_required": offer.depth_wanted if is_counted(offer.depth_wanted) else None,
        "quote": {
            "rate": f"{offer.rate_numerator}/{offer.rate_denominator}",
            "source": offer.rate_source,
            "expires_at": stamp(offer.valid_until),
        },
    }
