"""Rows of merchants and their wallets."""

from typing import Final

import msgspec

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import Merchant, Wallets, read_settings
from sluice.engine.chains.gateway import GatewayAccount

_ADD: Final = (
    "INSERT INTO merchants (id, name, status, settings, created_at) VALUES ($1, $2, $3, $4, $5)"
)
_GET: Final = "SELECT id, name, status, settings, created_at FROM merchants WHERE id = $1"
_LIST: Final = "SELECT id, name, status, settings, created_at FROM merchants ORDER BY id LIMIT $1"
_SAVE: Final = "UPDATE merchants SET status = $2, settings = $3 WHERE id = $1"
_SET_WALLET: Final = """
INSERT INTO wallets (merchant_id, livemode, network, address, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merchant_id, livemode, network) DO UPDATE SET address = excluded.address, gateway = NULL"""
_SET_GATEWAY: Final = """
UPDATE wallets SET gateway = $5
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND address = $4 RETURNING network"""
_GATEWAY: Final = """
SELECT gateway FROM wallets WHERE merchant_id = $1 AND livemode = $2 AND network = $3"""
_WALLETS: Final = """
SELECT network, address, 'wallet' AS kind FROM wallets WHERE merchant_id = $1 AND livemode = $2
UNION ALL SELECT network, NULL, 'account' FROM receiving_accounts WHERE merchant_id = $1 AND livemode = $2 AND is_active
UNION ALL SELECT network, NULL, 'deposits' FROM deposit_accounts WHERE merchant_id = $1 AND livemode = $2"""


def add(work: Work, merchant: Merchant) -> None:
    """Add a merchant."""
    work.insert(
        _ADD,
        merchant.id,
        merchant.name,
        merchant.status,
        msgspec.to_builtins(merchant.settings),
        merchant.created_at,
    )


async def get(work: Work, merchant_id: str) -> Merchant | None:
    """Return a merchant."""
    row = await work.row(_GET, merchant_id)
    return None if row is None else _merchant(row)


async def page(work: Work, limit: int) -> list[Merchant]:
    """Return merchants, oldest first."""
    return [_merchant(row) for row in await work.rows(_LIST, limit)]


async def save(work: Work, merchant: Merchant) -> None:
    """Write a merchant's status and settings."""
    await work.execute(_SAVE, merchant.id, merchant.status, msgspec.to_builtins(merchant.settings))


async def set_wallet(work: Work, network: str, address: str) -> None:
    """Set where the merchant is paid on a network."""
    await work.execute(_SET_WALLET, *work.owner, network, address, work.now)


async def wallets(work: Work) -> Wallets:
    """Return where the merchant is paid."""
    rows = await work.rows(_WALLETS, *work.owner)
    return Wallets(
        {row["network"]: row["address"] for row in rows if row["kind"] == "wallet"},
        frozenset(row["network"] for row in rows if row["kind"] == "account"),
        frozenset(row["network"] for row in rows if row["kind"] == "deposits"),
    )


async def set_gateway(work: Work, network: str, account: GatewayAccount) -> bool:
    """Note who the merchant is in a network's gateway; False unless he is paid there."""
    told = msgspec.to_builtins(account)
    found = await work.value(_SET_GATEWAY, *work.owner, network, account.payout, told)
    return found is not None


async def gateway(work: Work, network: str) -> GatewayAccount | None:
    """Return who the merchant is in a network's gateway."""
    told = await work.value(_GATEWAY, *work.owner, network)
    return None if told is None else msgspec.convert(told, GatewayAccount)


def _merchant(row: Row) -> Merchant:
    return Merchant(
        row["id"], row["name"], row["status"], read_settings(row["settings"]), row["created_at"]
    )
