"""What Chainhook should tell us of: transfers of our tokens, by one hook for each version. Pure."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# Ours, so that the same wish has the same name wherever and whenever it is made.
_SPACE: Final = uuid.UUID("8d5ad3bf-3a3b-5a4c-9e4b-0c4c0f6c7c11")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one network's hooks should be: its name, its tokens, who receives STX, the secret."""

    network: str
    is_mainnet: bool
    tokens: Sequence[str]  # ADDRESS.contract::asset
    secret: str = field(repr=False)
    receivers: Sequence[str] = ()

    @property
    def chain(self) -> str:
        """Return how Chainhook calls the network."""
        return "mainnet" if self.is_mainnet else "testnet"

    @property
    def name(self) -> str:
        """Return the name that our hooks bear at the service."""
        return f"sluice {self.network}"


def definition_v2(wish: Wish, url: str) -> dict[str, Any]:
    """Return the hook of version 2.0: every transfer of a token of ours, and STX to receivers."""
    tokens = [{"type": "ft_transfer", "asset_identifier": token} for token in wish.tokens]
    native = [{"type": "stx_transfer", "receiver": receiver} for receiver in wish.receivers]
    return {
        "name": wish.name,
        "version": "1",
        "chain": "stacks",
        "network": wish.chain,
        "filters": {"events": [*tokens, *native]},
        "options": {"enable_on_registration": True},
        "action": {"type": "http_post", "url": url},
    }


def predicates_v1(wish: Wish, url: str, *, since: int) -> list[dict[str, Any]]:
    """Return the hooks of version 1, one for each token; it cannot ask for STX to somebody."""
    shown = hashlib.sha256(wish.secret.encode()).hexdigest()
    post = {"http_post": {"url": url, "authorization_header": f"Bearer {wish.secret}"}}
    return [
        {
            "chain": "stacks",
            "uuid": str(uuid.uuid5(_SPACE, f"{wish.network} {url} {token} {shown}")),
            "name": f"{wish.name} {token.partition('::')[2]}",
            "version": 1,
            "networks": {
                wish.chain: {
                    "start_block": since,
                    "if_this": {
                        "scope": "ft_event",
                        "asset_identifier": token,
                        "actions": ["transfer"],
                    },
                    "then_that": post,
                }
            },
        }
        for token in wish.tokens
    ]
