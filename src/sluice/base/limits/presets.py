"""Presets: what is limited and how much, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.limits.model import Limit


class Limited(StrEnum):
    """What is counted; each by what its comment says."""

    ANYTHING = "anything"  # every request of an API key
    QUERY = "query"  # reads of an API key
    CREATE = "create"  # new payments of an API key
    REFUND = "refund"  # refunds of an API key
    WEBHOOK_CONFIG = "webhook_config"  # changes of endpoints by an API key
    CHECKOUT = "checkout"  # hosted pages, by network of the visitor
    WALLET = "wallet"  # a payer naming a wallet, by network of the visitor
    SIGN_IN_ACCOUNT = "sign_in_account"  # attempts to sign in, by account
    SIGN_IN_NETWORK = "sign_in_network"  # attempts to sign in, by network of the visitor


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of limits for each mode. What it does not name is not limited."""

    name: str
    live: Mapping[Limited, Limit]
    test: Mapping[Limited, Limit]

    def limit_for(self, limited: Limited, *, livemode: bool) -> Limit | None:
        """Return the limit, or None when there is none."""
        return (self.live if livemode else self.test).get(limited)


_DOORS: Final = {
    Limited.REFUND: Limit(2, 10),
    Limited.WEBHOOK_CONFIG: Limit.per_minute(5),
    Limited.CHECKOUT: Limit.per_minute(60),
    Limited.WALLET: Limit.per_minute(60),
    Limited.SIGN_IN_ACCOUNT: Limit.per_minute(5),
    Limited.SIGN_IN_NETWORK: Limit.per_minute(20),
}
_STRICT: Final = _DOORS | {
    Limited.ANYTHING: Limit.per_minute(100),
    Limited.QUERY: Limit.per_minute(100),
    Limited.CREATE: Limit.per_minute(10),
    Limited.WALLET: Limit.per_minute(10),
}

# default: Stripe's own rates. strict: for a small shop under attack, ten payments a minute.
# off: for a benchmark, or where the edge already counts.
PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset(
            "default",
            live=_DOORS | {Limited.ANYTHING: Limit(100, 200), Limited.CREATE: Limit(25, 50)},
            test=_DOORS | {Limited.ANYTHING: Limit(25, 50), Limited.CREATE: Limit(25, 50)},
        ),
        Preset("strict", live=_STRICT, test=_STRICT),
        Preset("off", live={}, test={}),
    )
}


def preset_named(name: str) -> Preset:
    """Return the preset of this name, or refuse."""
    preset = PRESETS.get(name)
    if preset is None:
        raise Invalid(
            f"There is no preset of limits {name!r}; choose one of: {', '.join(PRESETS)}.",
            code="limits_preset_unknown",
        )
    return preset
