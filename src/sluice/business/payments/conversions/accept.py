"""A merchant takes bitcoin as sBTC: he says which account takes back what is not converted."""

from sluice.base.errors import Invalid
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.payments.conversions import store
from sluice.business.trust.audit.record import record_action
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.peg import Peg, peg_missing


async def accept_deposits(work: Work, chain: Chain, account: str) -> str:
    """Offer deposits from now on; `chain` is the network that mints. Returns the account as kept.

    Raises Invalid for what is no public account, and while the merchant has no wallet there.
    """
    peg = peg_of(chain)
    kept = peg.read_account(account)
    if chain.network.name not in (await read_wallets(work)).addresses:
        raise Invalid(f"Set a wallet for {chain.network.title} first.", code="wallet_missing")
    await store.set_account(work, peg.source, kept)
    told = {"network": peg.source, "peg": chain.network.name}
    await record_action(work, "deposits.accepted", work.owner[0], told)
    return kept


def peg_of(chain: Chain) -> Peg:
    """Return the peg of the network that mints, or refuse."""
    if chain.peg is None:
        raise peg_missing(chain.network.title)
    return chain.peg
