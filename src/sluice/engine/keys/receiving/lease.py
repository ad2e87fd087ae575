"""Lease an address of the merchant's account to one payment, within what his wallet can see."""

import datetime as dt
from typing import Final

import structlog

from sluice.base.errors import Conflict, Unavailable
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain, Keychain
from sluice.engine.keys.receiving import store
from sluice.engine.keys.receiving.gaps import (
    REST,
    Choice,
    Exhausted,
    GapPolicy,
    Released,
    choose_index,
)
from sluice.engine.keys.receiving.model import Account, Lease

# A new index is taken only where two accounts share addresses; then the next one may be free.
_TRIES: Final = 3

log = structlog.get_logger()


async def lease_address(work: Work, chain: Chain, reference: str, *, until: dt.datetime) -> Lease:
    """Give a payment an address that no other open payment has, until an instant and a day more.

    Raises Unavailable with code `addresses_exhausted` when too many payments in a row stayed
    unpaid, so that the merchant's wallet would not see the next; Conflict when the account was
    changed a moment ago.
    """
    account = await store.lock_active(work, chain.network.name)
    if account is None or chain.keychain is None:
        raise Conflict(
            f"The receiving account on {chain.network.title} was just changed; try again.",
            code="receiving_account_changed",
        )
    choice = _choose(account, work.now, await _rested(work, account))
    if choice.is_reused:
        address = await store.lease_again(
            work, account, choice.index, reference=reference, until=until
        )
        if address is not None:
            return Lease(address, choice.index, is_reused=True)
        choice = _choose(account, work.now, [])
    if choice.is_wide:
        log.warning(
            "receiving.gap_wide", network=account.network, account=account.id, gap=choice.gap
        )
    return await _new(work, account, chain.keychain, reference=reference, until=until)


async def _rested(work: Work, account: Account) -> list[Released]:
    """Return an address that may be given out again, when the gap is wide enough to ask."""
    if account.next_index - account.last_used_index <= _policy(account).warn_above:
        return []
    found = await store.find_rested(work, account, work.now - REST)
    return [] if found is None else [Released(*found, was_seen=False)]


def _choose(account: Account, now: dt.datetime, rested: list[Released]) -> Choice:
    choice = choose_index(
        account.next_index, account.last_used_index, rested, now, _policy(account)
    )
    if isinstance(choice, Exhausted):
        raise Unavailable(
            f"{choice.gap - 1} addresses in a row were given out on {account.network} and none "
            "was paid: a wallet would not see money at the next. Wait for a payment, or raise the "
            "wallet's gap limit and the account's.",
            code="addresses_exhausted",
        )
    return choice


def _policy(account: Account) -> GapPolicy:
    return GapPolicy(gap_max=account.gap_max)


async def _new(
    work: Work, account: Account, keychain: Keychain, *, reference: str, until: dt.datetime
) -> Lease:
    for index in range(account.next_index, account.next_index + _TRIES):
        address = keychain.address(account.account, index)
        if await store.add_address(work, account, index, address, reference=reference, until=until):
            return Lease(address, index, is_reused=False)
    raise Conflict(
        "Addresses of this account are given out by another account; use one of its own.",
        code="receiving_account_taken",
    )
