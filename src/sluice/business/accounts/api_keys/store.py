"""Rows of API keys."""

import datetime as dt
from typing import Final

from sluice.base.database import Row
from sluice.base.sealing import Verifier
from sluice.base.work import Work
from sluice.business.accounts.api_keys.model import ApiKey
from sluice.business.accounts.merchants.model import Merchant, read_settings

_ADD: Final = """
INSERT INTO api_keys (merchant_id, livemode, id, kind, verifier, kdf, salt, permissions, name, last4, created_at,
  expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
_FIND: Final = "SELECT * FROM find_api_key($1)"  # of any merchant: the key says whose it is
_LIST: Final = """
SELECT merchant_id, livemode, id, kind, permissions, name, last4, created_at, expires_at, revoked_at FROM api_keys
WHERE merchant_id = $1 AND livemode = $2 ORDER BY id"""
_REVOKE: Final = """
UPDATE api_keys SET revoked_at = $4
WHERE merchant_id = $1 AND livemode = $2 AND id = $3 AND revoked_at IS NULL"""


def add(work: Work, key: ApiKey, kept: Verifier) -> None:
    """Add a key."""
    work.insert(
        _ADD, key.merchant_id, key.livemode, key.id, key.kind, kept.digest, kept.kdf, kept.salt,
        sorted(key.permissions), key.name, key.last4, key.created_at, key.expires_at,
    )  # fmt: skip


async def find(work: Work, key_id: str) -> tuple[ApiKey, Verifier, Merchant] | None:
    """Return a key, what proves it, and its merchant. The one read that comes before any tenant."""
    row = await work.row(_FIND, key_id)
    if row is None:
        return None
    merchant = Merchant(
        row["merchant_id"], row["merchant_name"], row["status"], read_settings(row["settings"]),
        row["merchant_created_at"],
    )  # fmt: skip
    return _key(row), Verifier(row["kdf"], row["salt"], row["verifier"]), merchant


async def list_all(work: Work) -> list[ApiKey]:
    """Return the merchant's keys, oldest first."""
    return [_key(row) for row in await work.rows(_LIST, *work.owner)]


async def revoke(work: Work, key_id: str, at: dt.datetime) -> bool:
    """End a key; say whether there was one to end."""
    return await work.execute(_REVOKE, *work.owner, key_id, at) == 1


def _key(row: Row) -> ApiKey:
    return ApiKey(
        row["id"], row["merchant_id"], row["livemode"], row["kind"], frozenset(row["permissions"]),
        row["name"], row["last4"], row["created_at"], row["expires_at"], row["revoked_at"],
    )  # fmt: skip
