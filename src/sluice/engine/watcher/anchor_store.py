"""How deep a network lies in the chain beneath: SQL on `chains.anchored`."""

from collections.abc import Mapping
from typing import Final

from sluice.base.work import Work

# What was once so deep stays so, unless its block is no longer ours: then the cursor cuts it.
_ANCHOR: Final = """
UPDATE chains SET anchored = coalesce((
  SELECT jsonb_object_agg(key, least(greatest((anchored ->> key)::bigint, ($2::jsonb ->> key)::bigint), height))
  FROM jsonb_object_keys(anchored || $2::jsonb) AS key), '{}') WHERE network = $1"""


async def anchor(work: Work, network: str, heights: Mapping[int, int]) -> None:
    """Note the newest heights under so many blocks of the chain beneath, none above the cursor."""
    told = {str(blocks): height for blocks, height in heights.items()}
    await work.execute(_ANCHOR, network, told)
