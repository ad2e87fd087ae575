"""Our headers against theirs: what to undo, from where to apply; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.engine.chains.model import Header


@dataclass(frozen=True, slots=True)
class Plan:
    """Undo everything above `keep`, then apply theirs from `keep + 1`."""

    keep: int


@dataclass(frozen=True, slots=True)
class TooDeep:
    """No common block as far back as we may look; nothing may be undone without a person."""

    reached: int


def plan_switch(
    ours: Sequence[Header], theirs: Mapping[int, str], reorg_max: int
) -> Plan | TooDeep:
    """Find the newest block both branches share.

    `ours` is newest first; `theirs` maps heights to hashes. Undoing more than `reorg_max` blocks is
    refused.
    """
    top = ours[0].height
    for header in ours:
        if top - header.height > reorg_max:
            break
        if theirs.get(header.height) == header.hash:
            return Plan(header.height)
    return TooDeep(min(header.height for header in ours))
