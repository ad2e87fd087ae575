"""What a payer's browser wallet is asked to sign for an offer: exactly what is left to pay."""

from sluice.base.errors import Invalid
from sluice.base.sealing import Sealer
from sluice.base.work import Work
from sluice.business.accounts.merchants.gateways import find_gateway, gateway_of, gateway_secret
from sluice.business.payments.intents.model import Offer, PaymentIntent
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.wallets import WalletOrder, WalletRequest


async def ask_wallet(
    work: Work,
    intent: PaymentIntent,
    offer: Offer,
    order: WalletOrder,
    *,
    chain: Chain,
    sealer: Sealer,
) -> WalletRequest:
    """Return the request for a payer: through the gateway where the merchant takes it, else plain.

    A reference pays through the gateway once, so what is missing after a part is sent with the
    memo. Raises Invalid when there is nothing to ask a wallet for.
    """
    if chain.ask_wallet is None:
        raise Invalid(
            f"No wallet can be asked on {chain.network.title}; pay to the address by hand.",
            code="wallet_unsupported",
        )
    check_order(work, intent, offer, order, chain=chain)
    account = await find_gateway(work, chain)
    whole = order.units == offer.due and offer.memo is not None
    if account is None or not whole or account.payout != offer.address:
        return chain.ask_wallet(order)
    return gateway_of(chain).ask_wallet(
        order,
        account,
        until=intent.deadline(offer),
        secret=gateway_secret(work, sealer=sealer),
    )


def check_order(
    work: Work, intent: PaymentIntent, offer: Offer, order: WalletOrder, *, chain: Chain
) -> None:
    """Refuse what no wallet should be asked for: an old price, nothing, the shop's own address."""
    if not intent.is_open or work.now >= offer.valid_until or order.units <= 0:
        raise Invalid("This price no longer holds; ask for a new one.", code="offer_expired")
    payer = chain.addresses.parse(order.payer)
    if payer == order.address:
        raise Invalid("The shop cannot pay itself.", code="payer_invalid", param="payer")
