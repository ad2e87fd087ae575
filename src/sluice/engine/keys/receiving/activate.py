"""Receive with an account: its first addresses to compare, then the account itself."""

from collections.abc import Sequence
from typing import Final

from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict, Invalid
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain, Keychain
from sluice.engine.keys.receiving import store
from sluice.engine.keys.receiving.gaps import GAP_MAX, NEVER_USED
from sluice.engine.keys.receiving.model import PREVIEW, Account

_GAP_LIMIT: Final = 100_000


def preview_account(chain: Chain, text: str) -> Sequence[str]:
    """Return an account's first addresses; the merchant's own wallet must show the same.

    Nothing is kept. Raises Invalid for anything that is not one account's public key, and says of
    a private one that its money must move.
    """
    keychain = _keychain(chain)
    account = keychain.read(text)
    return [keychain.address(account, index) for index in range(PREVIEW)]


async def activate_account(
    work: Work, chain: Chain, text: str, *, first_address: str, gap_max: int = GAP_MAX
) -> Account:
    """Give payments addresses of this account from now on; older ones stay watched.

    `first_address` is what the merchant's own wallet shows first: a key of another kind makes other
    addresses, and their money would be out of his sight. Raises Conflict when another merchant
    receives with this account, or once did.
    """
    keychain = _keychain(chain)
    stored = keychain.read(text)
    first = keychain.address(stored, 0)
    if chain.addresses.parse(first_address) != first:
        raise Invalid(
            f"The account's first address here is {first}. Your wallet must show the same one "
            "first; otherwise this is the key of another account, or of another kind of address.",
            code="receiving_account_differs",
            param="first_address",
        )
    if not 1 <= gap_max <= _GAP_LIMIT:
        raise Invalid(
            f"gap_max is from 1 to {_GAP_LIMIT}: how many unpaid addresses in a row your wallet "
            "looks past.",
            param="gap_max",
        )
    account = Account(
        id=work.new_id("rcv"),
        network=chain.network.name,
        account=stored,
        first_address=first,
        next_index=0,
        last_used_index=NEVER_USED,
        gap_max=gap_max,
        created_at=work.now,
    )
    try:
        await store.activate(work, account)
    except UniqueViolation as error:
        raise Conflict(
            "Another merchant receives with this account.", code="receiving_account_taken"
        ) from error
    kept = await store.lock_active(work, account.network)
    return kept or account


async def list_accounts(work: Work, *, limit: int = 100) -> list[Account]:
    """Return the accounts that the merchant receives with now."""
    return await store.page(work, limit)


def _keychain(chain: Chain) -> Keychain:
    if chain.keychain is None:
        raise Invalid(
            f"{chain.network.title} takes no account key; set a wallet address.",
            code="keychain_unavailable",
            param="network",
        )
    return chain.keychain
