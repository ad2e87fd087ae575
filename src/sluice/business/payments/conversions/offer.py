"""An address for an offer: bitcoin paid there becomes the merchant's sBTC."""

from sluice.base.errors import Conflict, Invalid, Unavailable
from sluice.base.work import Work
from sluice.business.payments.conversions import store
from sluice.business.payments.conversions.accept import peg_of
from sluice.business.payments.conversions.model import Deposit
from sluice.business.payments.conversions.terms import current_terms
from sluice.engine.chains.chain import Chain


async def offer_deposit(
    work: Work, offer_id: str, *, intent_id: str, units: int, chain: Chain, recipient: str
) -> Deposit:
    """Make a deposit of its own for an offer; `chain` is the network that mints.

    Raises Unavailable while the signers' terms are stale, Invalid for an amount they do not take.
    """
    peg = peg_of(chain)
    key = await store.next_key(work, peg.source)
    if key is None:
        raise Invalid("The merchant takes no sBTC deposits.", code="deposits_not_accepted")
    terms = await current_terms(work, chain.network.name)
    scripts = peg.offer(terms, recipient, account=key[0], index=key[1], units=units)
    if not recipient:
        raise Conflict(
            "The merchant's wallet was just taken away; try again.", code="wallet_missing"
        )
    merchant_id, livemode = work.owner
    deposit = Deposit(
        merchant_id,
        livemode,
        offer_id,
        intent_id,
        peg.source,
        chain.network.name,
        recipient,
        key[1],
        scripts,
    )
    store.add_deposit(work, deposit)
    return deposit


async def takes_deposit(work: Work, units: int, *, chain: Chain) -> bool:
    """Say whether so much can be deposited now; `chain` is the network that mints."""
    try:
        peg_of(chain).check_amount(await current_terms(work, chain.network.name), units)
    except (Invalid, Unavailable):
        return False
    return True
