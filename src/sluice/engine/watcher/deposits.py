"""Addresses that can only pay one destination: made for a reference, and never forgotten."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.watcher import check_store, held_store
from sluice.engine.watcher.check_store import Deposit
from sluice.engine.watcher.checks import is_found_right

KIT_FIELDS: Final = (
    *("network", "address", "destination", "payment", "salt", "factory", "implementation"),
    "created",
)
_PAGE: Final = 1_000


async def networks_with_deposits(
    work: Work, chains: Iterable[Chain], destinations: Collection[str]
) -> set[str]:
    """Return the networks whose contracts were found right, of those with a destination."""
    return {
        chain.network.name
        for chain in chains
        if chain.deposits is not None
        and chain.network.name in destinations
        and await is_found_right(work, chain.network.name, chain.deposits.subject)
    }


def new_deposit(work: Work, chain: Chain, reference: str, destination: str) -> str:
    """Return the reference's address and keep what it takes to empty it."""
    if chain.deposits is None:
        raise Invalid(
            f"{chain.network.title} has no addresses of its own for payments.",
            code="style_unavailable",
        )
    address = chain.deposits.address_for(reference, destination)
    check_store.add_deposit(
        work, Deposit(chain.network.name, address, destination, reference, work.now)
    )
    return address


async def find_held(
    work: Work, merchant_id: str, chain: Chain, *, livemode: bool, most: int
) -> list[Deposit]:
    """Return a merchant's deposits with money for good, those not looked at for longest first."""
    return await held_store.held(work, (merchant_id, livemode), chain.network.name, most)


async def note_empty(work: Work, chain: Chain, addresses: Sequence[str]) -> None:
    """Note that nothing lies at these addresses; what comes later is noted by itself."""
    await held_store.set_held(work, chain.network.name, addresses, None)


async def look_later(work: Work, chain: Chain, addresses: Sequence[str]) -> None:
    """Look at these addresses again, after the others."""
    await held_store.set_held(work, chain.network.name, addresses, work.now)


async def each_deposit(work: Work) -> AsyncIterator[Deposit]:
    """Yield every deposit address of the merchant."""
    after = ("", "")
    while page := await check_store.deposits(work, after, _PAGE):
        for deposit in page:
            yield deposit
        after = (page[-1].network, page[-1].address)


def kit_row(deposit: Deposit, chains: Mapping[str, Chain]) -> Mapping[str, str]:
    """Return what anybody needs to empty a deposit without us."""
    chain = chains.get(deposit.network)
    made = None if chain is None else chain.deposits
    factory, implementation = ("", "") if made is None else made.subject.split()[-2:]
    return {
        "network": deposit.network,
        "address": deposit.address,
        "destination": deposit.destination,
        "payment": deposit.reference,
        "salt": "" if made is None else f"0x{made.salt_for(deposit.reference).hex()}",
        "factory": factory,
        "implementation": implementation,
        "created": deposit.created_at.isoformat(),
    }
