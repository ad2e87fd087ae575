"""Same key, same answer, inside the same transaction.

The key's row is written with the effect. A second request with the key does its work too, but its
commit breaks on the row, leaves nothing, and the first answer is given again.
"""

import hashlib

from sluice.base.database import UniqueViolation
from sluice.base.errors import IdempotencyMisuse
from sluice.base.idempotency import store
from sluice.base.idempotency.store import Answer
from sluice.base.work import Works
from sluice.business.accounts.api_keys.authenticate import Caller


def hash_request(method: str, path: str, body: bytes) -> bytes:
    """Return what tells one request from another under the same key."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


def is_replay(error: UniqueViolation) -> bool:
    """Say whether a commit broke because its key had been used."""
    return error.constraint_name == store.UNIQUE_KEY


async def recall(works: Works, caller: Caller, key: str, request_hash: bytes) -> Answer | None:
    """Return the answer kept under a key; refuse when it was for another request."""
    async with works.begin(caller.actor) as work:
        kept = await store.get(work, key)
    if kept is not None and kept.request_hash != request_hash:
        raise IdempotencyMisuse("This key was used with different parameters.")
    return kept
