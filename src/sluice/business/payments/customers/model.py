"""Customer."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who pays, as the merchant knows them; deleting forgets all but the id."""

    id: str
    merchant_id: str
    livemode: bool
    created_at: dt.datetime
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    description: str | None = None
    address: Mapping[str, Any] | None = None
    shipping: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    deleted_at: dt.datetime | None = None
