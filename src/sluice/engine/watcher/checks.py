"""What payments rely on, on each network: looked at when a worker starts, and once a day."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

import structlog

from sluice.base.errors import SluiceError
from sluice.base.work import Work, Works
from sluice.engine.chains.chain import Chain
from sluice.engine.watcher import check_store
from sluice.engine.watcher.check_store import Checked

# What was right is looked at again after this long, what was not each time.
FRESH: Final = dt.timedelta(days=1)

log = structlog.get_logger()


async def inspect_chains(works: Works, chains: Iterable[Chain]) -> None:
    """Look at every network whose findings are old, missing or bad; one in trouble waits."""
    for chain in chains:
        try:
            await inspect_chain(works, chain)
        except SluiceError as error:
            log.warning("chain.not_inspected", network=chain.network.name, error=error.message)


async def inspect_chain(works: Works, chain: Chain, *, is_forced: bool = False) -> list[Checked]:
    """Look at one network if it is time and return what is known of it."""
    name = chain.network.name
    async with works.begin() as work:
        known = await check_store.checks(work, name)
        fresh = {one.finding.subject for one in known if _holds(one, work.now)}
    wanted = {chain.deposits.subject} if chain.deposits is not None else set()
    if chain.inspect is None or (
        known and wanted <= fresh and len(fresh) == len(known) and not is_forced
    ):
        return known
    findings = await chain.inspect()
    async with works.begin() as work:
        for finding in findings:
            await check_store.save_check(work, name, finding)
        known = await check_store.checks(work, name)
    for finding in findings:
        if not finding.is_right:
            log.error(
                "chain.check_failed", network=name, subject=finding.subject, detail=finding.detail
            )
    return known


async def is_found_right(work: Work, network: str, subject: str) -> bool:
    """Say whether somebody looked at this and found it as it should be."""
    return await check_store.is_right(work, network, subject)


def _holds(one: Checked, now: dt.datetime) -> bool:
    return one.finding.is_right and now - one.checked_at < FRESH
