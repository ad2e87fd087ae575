"""What showing needs, and the small words every object is shown with."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.base.money.catalogue import money
from sluice.engine.chains.registry import Chains
from sluice.wire.given import Given

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """What showing needs beside the object: the installation's own address, secrets, networks."""

    public_url: str
    client_secret: Callable[[str], str]
    chains: Chains

    def address(self, network: str, address: str) -> str:
        """Return an address as people expect to read it."""
        chain = self.chains.by_name.get(network)
        return chain.addresses.show(address) if chain else address

    def payment_uri(
        self, network: str, address: str, asset: str, units: int, memo: str | None
    ) -> str | None:
        """Return what a wallet scans, where the network is served here."""
        chain = self.chains.by_name.get(network)
        return chain.addresses.payment_uri(address, money(units, asset), memo) if chain else None

    def token(self, network: str, asset: str) -> str | None:
        """Return the token contract of an asset on a network."""
        chain = self.chains.by_name.get(network)
        return chain.network.tokens.get(asset) if chain else None


def stamp(at: dt.datetime | None) -> int | None:
    """Write an instant as Stripe does: whole seconds since 1970."""
    return None if at is None else int(at.timestamp())


def plain(values: Mapping[str, Any] | None) -> Shown | None:
    """Return a stored mapping as it is shown."""
    return None if values is None else dict(values)


def bounds(given: Given) -> dict[str, dt.datetime]:
    """Return the bounds on an object's age that a list was asked for."""
    within = given.get("created")
    if within is None:
        return {}
    return {
        name: at for name in ("gt", "gte", "lt", "lte") if (at := getattr(within, name)) is not None
    }
