"""What payments rely on, on each network: looked at when a worker starts, and once a day."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
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
        known = await _about(work, chain)
        fresh = {one.finding.subject for one in known if _holds(one, work.now)}
    if chain.inspect is None or (fresh >= {*chain.inspect.subjects} and not is_forced):
        return known
    findings = await chain.inspect()
    async with works.begin() as work:
        for finding in findings:
            await check_store.save_check(work, name, finding)
        known = await _about(work, chain)
    for finding in findings:
        if not finding.is_right:
            log.error(
                "chain.check_failed", network=name, subject=finding.subject, detail=finding.detail
            )
    return known


async def is_found_right(work: Work, network: str, subject: str) -> bool:
    """Say whether somebody looked at this and found it as it should be."""
    return await check_store.is_right(work, network, subject)


async def is_found_wrong(work: Work, network: str, subject: str) -> bool:
    """Say whether somebody looked at this and found it other than it should be."""
    return subject in await check_store.wrong(work, network)


async def without_withdrawn(
    work: Work, pairs: Sequence[tuple[Chain, str]]
) -> list[tuple[Chain, str]]:
    """Leave out (network, asset) pairs whose token was found other than we take it for."""
    wrong = {
        name: await check_store.wrong(work, name)
        for name in {chain.network.name for chain, _ in pairs if _token_of(chain)}
    }
    return [
        (chain, asset)
        for chain, asset in pairs
        if _token_of(chain).get(asset) not in wrong.get(chain.network.name, ())
    ]


def _token_of(chain: Chain) -> Mapping[str, str]:
    return {} if chain.inspect is None else chain.inspect.tokens


async def _about(work: Work, chain: Chain) -> list[Checked]:
    """Return what is known of what payments rely on now."""
    if chain.inspect is None:
        return []
    subjects = {*chain.inspect.subjects}
    known = await check_store.checks(work, chain.network.name)
    return [one for one in known if one.finding.subject in subjects]


def _holds(one: Checked, now: dt.datetime) -> bool:
    return one.finding.is_right and now - one.checked_at < FRESH
