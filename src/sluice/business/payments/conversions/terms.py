"""The signers' terms: asked in the background, believed for a short while, refused when stale."""

import datetime as dt
from typing import Final

import structlog

from sluice.base.errors import Unavailable
from sluice.base.work import Work, Works
from sluice.business.payments.conversions import store
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.peg import PegTerms
from sluice.engine.chains.registry import Chains

# The signers' key rotates seldom, but an address made for an old one is never swept. They are asked
# every half minute; ten failures in a row end the offers.
FRESH: Final = dt.timedelta(minutes=5)

log = structlog.get_logger()


async def refresh_terms(works: Works, chains: Chains) -> None:
    """Ask every peg what holds now."""
    for chain in chains:
        if chain.peg is None:
            continue
        try:
            told = await chain.peg.terms()
        except ProviderTrouble as error:
            log.warning("peg.silent", network=chain.network.name, error=error.message)
            continue
        async with works.begin() as work:
            await store.save_terms(work, chain.network.name, told)


async def current_terms(work: Work, network: str) -> PegTerms:
    """Return what holds now, or refuse to offer anything."""
    told = await store.terms(work, network, work.now - FRESH)
    if told is None:
        raise Unavailable(
            "The sBTC signers have not said their key for some minutes; pay in another way.",
            code="peg_terms_stale",
        )
    return told
