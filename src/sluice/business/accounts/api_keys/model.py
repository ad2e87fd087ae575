"""ApiKey, its permissions and its token.

A token is `sk_test_<id><secret><check>`: the id finds the row, the secret proves it, and the check
lets a scanner tell a leaked key from a random text.
"""

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Unauthenticated
from sluice.base.ids import ALPHABET, BODY_LENGTH, encode

_SECRET_LENGTH: Final = 44  # 32 bytes in base58
_CHECK_LENGTH: Final = 6  # a CRC-32 in base58

PERMISSIONS: Final = (
    "account:read",
    "balance:read",
    "customers:read",
    "customers:write",
    "events:read",
    "payments:read",
    "payments:write",
    "payouts:approve",
    "payouts:write",
    "refunds:approve",
    "refunds:write",
    "sandbox:write",
    "webhooks:read",
    "webhooks:write",
)
# What lets money leave; given by name, or with everything.
_MONEY_OUT: Final = frozenset(
    {"payouts:approve", "payouts:write", "refunds:approve", "refunds:write"}
)
# Named sets. `read`, `write` and `refund` are the three scopes of the stablecoin gateway's keys.
BUNDLES: Final[Mapping[str, frozenset[str]]] = {
    "full": frozenset(PERMISSIONS),
    "read": frozenset(p for p in PERMISSIONS if p.endswith(":read")),
    "write": frozenset(p for p in PERMISSIONS if p not in _MONEY_OUT),
    "refund": frozenset({"payments:read", "refunds:write"}),
    "approve": frozenset({"payments:read", "balance:read", "refunds:approve", "payouts:approve"}),
    "client": frozenset({"payments:client"}),
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: everything but the secret."""

    id: str
    merchant_id: str
    livemode: bool
    kind: str  # sk: secret, rk: restricted, pk: publishable
    permissions: frozenset[str]
    name: str
    last4: str
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None

    def is_valid(self, at: dt.datetime) -> bool:
        """Say whether it opens anything at an instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Token:
    """A key as its holder writes it."""

    kind: str
    livemode: bool
    body: str
    secret: str

    @property
    def text(self) -> str:
        """Return the whole token."""
        start = f"{self.kind}_{'live' if self.livemode else 'test'}_{self.body}{self.secret}"
        return start + _check(start)

    @property
    def key_id(self) -> str:
        """Return the id of its row."""
        return f"key_{self.body}"


def make_token(kind: str, *, livemode: bool, key_id: str, entropy: bytes) -> Token:
    """Make a token from 32 random bytes."""
    secret = encode(int.from_bytes(entropy, "big"), _SECRET_LENGTH)
    return Token(kind, livemode, key_id.partition("_")[2], secret)


def read_token(text: str) -> Token:
    """Take a token apart, or refuse what cannot be one of ours without asking the database."""
    kind, _, rest = text.partition("_")
    mode, _, body = rest.partition("_")
    whole = BODY_LENGTH + _SECRET_LENGTH + _CHECK_LENGTH
    if (
        kind not in {"sk", "rk", "pk"}
        or mode not in {"live", "test"}
        or len(body) != whole
        or not set(body) <= set(ALPHABET)
        or _check(text[:-_CHECK_LENGTH]) != text[-_CHECK_LENGTH:]
    ):
        raise Unauthenticated("Invalid API key.", code="api_key_invalid")
    return Token(kind, mode == "live", body[:BODY_LENGTH], body[BODY_LENGTH:-_CHECK_LENGTH])


def _check(text: str) -> str:
    return encode(zlib.crc32(text.encode()), _CHECK_LENGTH)
