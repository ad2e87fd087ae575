"""A hot wallet of a merchant's on the node, and payers whose keys we hold."""

import itertools
from collections.abc import Mapping
from typing import Any, Final

from eth_account import Account

from sluice.base.work import Work
from sluice.engine.chains.writer import Standing
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import change_limits, open_wallet
from sluice.engine.sender.model import HotWallet, Limits
from tests.house import House, Merchant, until
from tests.integration.evm.conftest import NETWORK, Street

_numbers: Final = itertools.count(1)


def open_hot_wallet(
    house: House, merchant: Merchant, network: str, *, limits: Limits
) -> tuple[HotWallet, str]:
    """Give a merchant a hot wallet whose key only this house has; return it and its address."""
    name = f"hot{next(_numbers)}"
    signer = LocalSigner(bytes(Account.create().key))

    async def opener() -> LocalSigner:
        return signer

    house.app.signers._openers[name] = opener
    chain = house.app.chains.find(network)

    async def run(work: Work) -> HotWallet:
        return await open_wallet(
            work,
            chain,
            signer.public_key,
            name,
            owner=(merchant.id, False),
            limits=limits,
            standing=Standing(),
        )

    wallet = house.within(run, merchant.id)
    return wallet, wallet.address


def hot_wallet(street: Street, merchant: Merchant, **limits: Any) -> HotWallet:  # noqa: ANN401
    """Give a merchant a filled hot wallet on the street's node."""
    wallet, address = open_hot_wallet(
        street.house, merchant, NETWORK, limits=Limits(**{"fee_max": 10**17} | limits)
    )
    street.on(_fill, address=address)
    return wallet


def bound(street: Street, wallet: HotWallet, limits: Mapping[str, Any]) -> None:
    """Change what a hot wallet may do."""
    street.house.within(lambda work: change_limits(work, wallet, Limits(**limits)))


def sends(street: Street, merchant: Merchant) -> list[tuple[Any, ...]]:
    """Return what was ordered for a merchant: what for, how it stands, why."""
    return street.house.sql(
        "SELECT reference, state, reason FROM sends WHERE merchant_id = %s ORDER BY id", merchant.id
    )


def mine_until(street: Street, condition: Any, what: str) -> None:  # noqa: ANN401
    """Add blocks until something is so."""

    def look() -> Any:  # noqa: ANN401
        street.mine(2)
        return condition()

    until(look, what)


async def _fill(evm: Any, address: str) -> None:  # noqa: ANN401
    await evm.anvil.ask("anvil_setBalance", address, hex(10**18))
