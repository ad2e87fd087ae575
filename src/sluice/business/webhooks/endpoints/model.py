"""Endpoint: where a merchant listens, for what, and how it has been going."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.business.webhooks.deliveries.retry import DEFAULT_PROFILE


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What is asked for when an endpoint is made."""

    url: str
    enabled_events: Sequence[str]
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    api_version: str | None = None
    schemes: Sequence[str] = ("stripe", "standard")
    retry_profile: str = DEFAULT_PROFILE


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One URL that is told things. The secrets are sealed; only sending opens them."""

    id: str
    merchant_id: str
    livemode: bool
    url: str
    enabled_events: Sequence[str]
    status: str
    secret: bytes
    schemes: Sequence[str]
    retry_profile: str
    timeout_s: int
    created_at: dt.datetime
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    api_version: str | None = None
    disabled_reason: str | None = None
    old_secret: bytes | None = None
    old_secret_until: dt.datetime | None = None
    failing_since: dt.datetime | None = None

    def hears(self, event_type: str) -> bool:
        """Say whether it asked for events of this type."""
        return "*" in self.enabled_events or event_type in self.enabled_events
