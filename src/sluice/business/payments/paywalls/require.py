"""Ways to pay a price with a request: the merchant's wallet on each network that takes words."""

from typing import Final

from sluice.base.actor import Actor
from sluice.base.errors import Invalid
from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.payments.paywalls.judge import payables
from sluice.business.payments.paywalls.model import Requirement
from sluice.business.payments.paywalls.settle import Facilitator
from sluice.engine.sender.words import carries_anything
from sluice.engine.watcher.checks import is_found_right

# Long enough for a person to look at what his program signs, too short to be kept for later.
_TIMEOUT_S: Final = 120


async def list_served(parts: Facilitator, actor: Actor) -> list[int]:
    """Return the numbers of the networks to which somebody brings payments for the merchant."""
    served = {}
    async with parts.works.look(actor) as work:
        for payable in payables(parts.chains, livemode=actor.livemode):
            if parts.hand_in is not None or await carries_anything(work, payable.chain):
                served[payable.authorizer.chain_id] = True
    return list(served)


async def list_requirements(
    parts: Facilitator, actor: Actor, asset: str, units: int
) -> list[Requirement]:
    """Return each way in which these units can be paid to the merchant now.

    A token is left out until it was found to sign as we know it. Raises Invalid when no way is
    left.
    """
    ways = []
    async with parts.works.look(actor) as work:
        wallets = await read_wallets(work)
        for payable in payables(parts.chains, livemode=actor.livemode):
            name = payable.chain.network.name
            wallet = wallets.addresses.get(name)
            subject = payable.authorizer.subject_of(payable.domain)
            if payable.asset != asset or wallet is None:
                continue
            if await is_found_right(work, name, subject):
                show = payable.chain.addresses.show
                ways.append(
                    Requirement(
                        payable.authorizer.chain_id,
                        units,
                        show(payable.domain.contract),
                        show(wallet),
                        _TIMEOUT_S,
                        {"name": payable.domain.name, "version": payable.domain.version},
                    )
                )
    if not ways:
        raise Invalid(
            "Nobody can pay this with a request: serve a network whose token takes signed words, "
            "and set the merchant's wallet there.",
            code="payment_method_unavailable",
            param="asset",
        )
    return ways
