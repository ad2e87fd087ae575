"""Judge a payment: what was asked, whose money it goes to, who signed, and what the token says."""

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple

import structlog

from sluice.business.payments.paywalls.model import Payment, Reason, Requirement
from sluice.business.payments.paywalls.verify import verify_payment
from sluice.engine.chains.authorization import Authorizer, TokenDomain, Unusable
from sluice.engine.chains.chain import Chain, ProviderTrouble
from sluice.engine.chains.registry import Chains

log = structlog.get_logger()

_REASONS: Final[Mapping[Unusable, Reason]] = {
    Unusable.FUNDS: Reason.FUNDS,
    Unusable.USED: Reason.TRANSACTION_STATE,
    Unusable.EARLY: Reason.VALID_AFTER,
    Unusable.LATE: Reason.VALID_BEFORE,
    Unusable.SIGNATURE: Reason.SIGNATURE,
    Unusable.OTHER: Reason.TRANSACTION_STATE,
}


class Payable(NamedTuple):
    """Where a requirement can be paid: the network, its tokens' words, and the token."""

    chain: Chain
    authorizer: Authorizer
    asset: str
    domain: TokenDomain


def find_payable(chains: Chains, asked: Requirement, *, livemode: bool) -> Payable | Reason:
    """Return where a requirement can be paid, of the networks served in this mode."""
    for payable in payables(chains, livemode=livemode):
        at = payable.authorizer.chain_id, payable.domain.contract
        if at == (asked.chain_id, asked.asset.lower()):
            return payable
    served = {one.authorizer.chain_id for one in payables(chains, livemode=livemode)}
    return Reason.REQUIREMENTS if asked.chain_id in served else Reason.NETWORK


def payables(chains: Chains, *, livemode: bool) -> list[Payable]:
    """Return every token that takes payers' words, on every network served in this mode."""
    return [
        Payable(chain, chain.authorizer, asset, domain)
        for chain in chains.for_mode(livemode=livemode)
        if chain.authorizer is not None
        for asset in chain.network.assets
        if (domain := chain.authorizer.domain_of(asset)) is not None
    ]


async def judge_payment(
    payment: Payment,
    asked: Requirement,
    payable: Payable,
    *,
    wallet: str | None,
    at: dt.datetime,
) -> Reason | None:
    """Return why the payment cannot be taken, or None.

    Only for the merchant's own address: for anybody else's we would be everybody's free carrier.
    """
    if wallet is None or asked.pay_to.lower() != wallet:
        return Reason.RECIPIENT
    refused = verify_payment(
        payment, asked, payable.domain, at=at, has_signed=payable.authorizer.has_signed
    )
    # Of a wallet that is a contract only the token can say whether it signed.
    if refused not in {None, Reason.SIGNATURE}:
        return refused
    try:
        unusable = await payable.authorizer.rehearse(
            payable.domain, payment.authorization, payment.signature
        )
    except ProviderTrouble as trouble:
        log.warning("x402.unverified", network=payable.chain.network.name, why=trouble.message)
        return Reason.VERIFYING
    return None if unusable is None else _REASONS[unusable]
