"""Names of networks: CAIP-2 in version 2, words in version 1."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sluice.business.payments.paywalls.model import Reason
from sluice.wire.x402.members import Members, refused

_CAIP2: Final = re.compile(r"eip155:([1-9][0-9]{0,17})")
# coinbase/x402, version 1: the words for networks that USDC is on.
_WORDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "base": 8453,
        "base-sepolia": 84532,
        "polygon": 137,
        "polygon-amoy": 80002,
        "avalanche": 43114,
        "avalanche-fuji": 43113,
    }
)
_BY_NUMBER: Final = {number: word for word, number in _WORDS.items()}


def show_network(chain_id: int) -> str:
    """Return the name in version 2."""
    return f"eip155:{chain_id}"


def show_old_network(chain_id: int) -> str | None:
    """Return the word of version 1, or None for a network it does not know."""
    return _BY_NUMBER.get(chain_id)


def read_network(members: Members) -> int:
    """Read `network`. Raises Invalid, code `invalid_network`."""
    found = _CAIP2.fullmatch(members.text("network"))
    if found is None:
        raise refused("Use a network such as eip155:8453.", "network", Reason.NETWORK)
    return int(found[1])


def read_old_network(members: Members) -> int:
    """Read version 1's `network`. Raises Invalid, code `invalid_network`."""
    chain_id = _WORDS.get(members.text("network"))
    if chain_id is None:
        raise refused(f"Use one of {', '.join(_WORDS)}.", "network", Reason.NETWORK)
    return chain_id
