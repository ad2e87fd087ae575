"""Same key, same answer, inside the same transaction.

The key's row is written with the effect. A second request with the key does its work too, but its
commit breaks on the row, leaves nothing, and the first answer is given again.
"""

import hashlib
from dataclasses import dataclass

from sluice.base.database import UniqueViolation, waited_for
from sluice.base.errors import Conflict, IdempotencyMisuse
from sluice.base.idempotency import store
from sluice.base.idempotency.store import Answer
from sluice.base.work import Work, Works
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.doors.api.read import Sent
from sluice.doors.api.route import Shown


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key, and what tells this request from others that use it."""

    key: str
    request_hash: bytes
    request_id: str
    path: str


def name_key(text: str, caller: Caller, path: str, sent: Sent, request_id: str) -> Key:
    """Give a request its key, in a space of its own for callers that hold no secret.

    A publishable key is public: whoever has it must not use up, or read, the keys of the
    merchant's own server. The space in its name is what no merchant's key can hold.
    """
    digest = hashlib.sha256(b"\0".join((path.encode(), sent.content)))
    if caller.is_client:
        own = hashlib.sha256(f"{path}\0{text}".encode()).hexdigest()
        return Key(f"client {own}", digest.digest(), request_id, path)
    return Key(text, digest.digest(), request_id, path)


def keep(work: Work, key: Key, body: bytes, shown: Shown) -> None:
    """Keep an answer under a key, in the transaction of its effect."""
    object_id = shown.get("id")
    answer = Answer(key.request_hash, key.request_id, 200, body)
    store.add(work, key.key, answer, key.path, object_id if isinstance(object_id, str) else None)


def is_used(error: UniqueViolation) -> bool:
    """Say whether a commit broke because its key had been used."""
    return error.constraint_name == store.UNIQUE_KEY


def explain(conflict: Conflict) -> Conflict:
    """Return the conflict, named for what it is when the key itself is being used right now."""
    if store.UNIQUE_KEY not in waited_for(conflict):
        return conflict
    return Conflict(
        "Another request with this Idempotency-Key is still running; try again in a moment.",
        code="idempotency_key_in_use",
    )


async def recall(works: Works, caller: Caller, key: Key) -> Answer | None:
    """Return the answer kept under a key; refuse when it was for another request."""
    async with works.look(caller.actor) as work:
        kept = await store.get(work, key.key)
    if kept is not None and kept.request_hash != key.request_hash:
        raise IdempotencyMisuse("This key was used with different parameters.")
    return kept
