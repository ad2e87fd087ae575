"""Who a merchant is in a network's gateway contract, and the key that signs what he asks for.

The key is derived from the installation's master key. It moves no money: it only says how much a
payer is to send to the payout address that the merchant himself set in the contract.
"""

from sluice.base.errors import Conflict, Invalid
from sluice.base.sealing import Sealer
from sluice.base.work import Work
from sluice.business.accounts.merchants import store
from sluice.business.trust.audit.record import record_action
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.gateway import Gateway, GatewayAccount
from sluice.engine.watcher.checks import is_found_wrong


async def set_gateway(
    work: Work, chain: Chain, account: GatewayAccount, *, sealer: Sealer
) -> GatewayAccount:
    """Take payments through the gateway from now on, as this merchant of its.

    Raises Invalid when the contract pays somebody else, holds money back or trusts another key.
    """
    if account.signer != gateway_key(work, chain, sealer=sealer):
        raise Invalid(
            "This merchant's offers are signed by another key; call set-signer first.",
            code="gateway_signer_wrong",
        )
    if not account.takes_money:
        raise Invalid(
            "This merchant is inactive, holds payments in escrow or shares them with others.",
            code="gateway_unsuitable",
        )
    if not await store.set_gateway(work, chain.network.name, account):
        raise Conflict(
            f"The gateway pays {account.payout}, which is not the merchant's wallet here.",
            code="gateway_payout_wrong",
        )
    told = {"network": chain.network.name, "number": account.number}
    await record_action(work, "gateway.set", work.owner[0], told)
    return account


async def find_gateway(work: Work, chain: Chain) -> GatewayAccount | None:
    """Return who the merchant is in the network's gateway; None where he is not.

    A contract that was found to be other than we take it for is nobody's gateway.
    """
    name = chain.network.name
    if chain.gateway is None or await is_found_wrong(work, name, chain.gateway.subject):
        return None
    return await store.gateway(work, name)


def gateway_key(work: Work, chain: Chain, *, sealer: Sealer) -> str:
    """Return the public key by which the gateway shall know what the merchant asks for."""
    return gateway_of(chain).public_key(gateway_secret(work, sealer=sealer))


def gateway_secret(work: Work, *, sealer: Sealer) -> bytes:
    """Return the key that signs a merchant's offers in this mode; it is kept nowhere."""
    merchant_id, livemode = work.owner
    return sealer.mac("gateway offers", f"{merchant_id}:{livemode}".encode())


def gateway_of(chain: Chain) -> Gateway:
    """Return the network's gateway, or refuse."""
    if chain.gateway is None:
        raise Invalid(
            f"No gateway contract is served on {chain.network.title}.", code="gateway_missing"
        )
    return chain.gateway
