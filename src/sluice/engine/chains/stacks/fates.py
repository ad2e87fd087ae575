"""What became of a transaction, from what several providers see of it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sluice.engine.chains.stacks.sending_shapes import RawSent
from sluice.engine.chains.writer import Fate, State


class Place(NamedTuple):
    """Where a mined transaction lies: its block, and how it ended."""

    height: int
    block_hash: str
    status: str


@dataclass(frozen=True, slots=True)
class Look:
    """What one provider sees: the transaction, who used its number instead, and how far it is."""

    found: RawSent | None
    instead: RawSent | None
    height: int
    burn_height: int


def settle(looks: Sequence[Look], *, agree: int, burn_depth: int) -> Fate:
    """Return a transaction's fate.

    In a block it is where as many see it as must agree; until then it waits, as with any that sees
    it wait. Replaced it is when as many see another in a block with its number, and nobody sees it
    at all. In doubt its fate is unknown.
    """
    mined = [look for look in looks if _place(look) is not None]
    places = Counter(_place(look) for look in mined)
    place, count = places.most_common(1)[0] if places else (None, 0)
    if place is not None and count >= agree:
        return _included(place, [look for look in mined if _place(look) == place], burn_depth)
    if mined or any(look.found is not None and look.found.status == _WAITING for look in looks):
        return Fate(State.PENDING)
    replacing = Counter(look.instead.tx_id for look in looks if look.instead is not None)
    if replacing and replacing.most_common(1)[0][1] >= agree:
        return Fate(State.REPLACED, reason=f"used by {replacing.most_common(1)[0][0]}")
    dropped = [look.found.status for look in looks if look.found is not None]
    return Fate(State.UNKNOWN, reason=dropped[0] if dropped else None)


def _place(look: Look) -> Place | None:
    if look.found is None or look.found.block is None:
        return None
    block = look.found.block
    return Place(block.height, block.index_hash.lower(), look.found.status)


def _included(place: Place, looks: Sequence[Look], burn_depth: int) -> Fate:
    """Say how deep it lies, as the shallowest of those who see it there tell."""
    depth = min(max(look.height - place.height, 0) for look in looks) + 1
    burns = [
        look.burn_height - look.found.bitcoin_block.height
        for look in looks
        if look.found is not None and look.found.bitcoin_block is not None
    ]
    is_final = len(burns) == len(looks) and min(burns) >= burn_depth
    first = looks[0].found
    reason = None if place.status == _SUCCESS or first is None else _why(first)
    return Fate(
        State.INCLUDED if place.status == _SUCCESS else State.FAILED,
        place.height,
        place.block_hash,
        depth,
        is_final,
        reason,
    )


def _why(found: RawSent) -> str:
    return f"{found.status}: {found.vm_error}"[:200] if found.vm_error else found.status


_SUCCESS: Final = "success"
_WAITING: Final = "pending"
