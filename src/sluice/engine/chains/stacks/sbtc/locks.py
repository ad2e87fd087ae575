"""Until when the signers sweep a deposit, and from when its payer can take it back. Pure.

Heights are Bitcoin's. A deposit that is mined at height h with a lock of n blocks can be taken back
in block h + n, not before (BIP-68); what the user does not take back the signers could still sweep,
but do not.
"""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.sbtc.scripts import LOCK_BLOCKS_MAX

# What the `sbtc` package offers; the signers act after some three to six blocks.
LOCK_BLOCKS_DEFAULT: Final = 950
# The signers leave a deposit alone with so few blocks left (stacks-sbtc/sbtc).
LOCK_BUFFER_BLOCKS: Final = 3
# One block in which the signers can act at all.
LOCK_BLOCKS_MIN: Final = LOCK_BUFFER_BLOCKS + 1


def check_lock(lock_blocks: int) -> None:
    """Refuse a lock that leaves the signers no block to act in, or that no script can say."""
    if not LOCK_BLOCKS_MIN <= lock_blocks <= LOCK_BLOCKS_MAX:
        raise Invalid(
            f"A deposit is locked for {LOCK_BLOCKS_MIN} to {LOCK_BLOCKS_MAX} blocks.",
            code="lock_time_invalid",
        )


def sweep_blocks_left(mined_at: int, tip: int, lock_blocks: int) -> int:
    """Return in how many more blocks the signers may accept a deposit, 0 when it is too late."""
    age = max(tip - mined_at, 0)
    return max(lock_blocks - LOCK_BUFFER_BLOCKS - age, 0)


def reclaimable_at(mined_at: int, lock_blocks: int) -> int:
    """Return the height of the first block that may take a deposit back."""
    return mined_at + lock_blocks


def is_reclaimable(mined_at: int, tip: int, lock_blocks: int) -> bool:
    """Return whether the next block may take a deposit back, so that nodes relay it now."""
    return tip + 1 >= reclaimable_at(mined_at, lock_blocks)
