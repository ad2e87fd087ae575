"""A Stacks table's keys of Chainhook -> who may tell us of news, and who keeps our hooks."""

import functools
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.hook import Hook, Registrar
from sluice.engine.chains.model import Network
from sluice.engine.chains.stacks.addresses import MAINNET_ID
from sluice.engine.chains.stacks.chainhooks.hosted import PATH, HostedHooks
from sluice.engine.chains.stacks.chainhooks.own import OwnHooks
from sluice.engine.chains.stacks.chainhooks.wanted import Wish
from sluice.engine.chains.stacks.deliveries import read_delivery
from sluice.engine.chains.stacks.principals import parse_principal
from sluice.engine.chains.stacks.provider import Provider

HOOK_KEYS: Final = ("hook_secret", "hook_api", "hook_version", "hook_receivers")

# Shorter than any secret that a machine made.
_SECRET_MIN: Final = 16
_OWN: Final = 1
_HOSTED: Final = 2


def read_hook(
    network: Network, table: Mapping[str, Any], egress: Egress, clock: Clock, *, chain_id: int
) -> Hook | None:
    """Return how Chainhook's deliveries are recognised and read, where there is a secret."""
    secret = table.get("hook_secret")
    if secret is None:
        if any(key in table for key in HOOK_KEYS):
            raise _refused(network, "needs a hook_secret beside its other keys of hooks")
        return None
    if not isinstance(secret, str) or len(secret) < _SECRET_MIN:
        raise _refused(network, f"needs {_SECRET_MIN} characters or more as hook_secret")
    read = functools.partial(read_delivery, is_mainnet=chain_id == MAINNET_ID)
    if "hook_api" not in table:
        return Hook(secret, read)
    wish = Wish(
        network.name,
        is_mainnet=chain_id == MAINNET_ID,
        tokens=[network.tokens[asset] for asset in network.assets if asset in network.tokens],
        secret=secret,
        receivers=_receivers(network, table),
    )
    return Hook(secret, read, _registrar(network, table, wish, egress, clock))


def _registrar(
    network: Network, table: Mapping[str, Any], wish: Wish, egress: Egress, clock: Clock
) -> Registrar:
    url, version = table["hook_api"], table.get("hook_version", _HOSTED)
    if not isinstance(url, str) or version not in {_OWN, _HOSTED}:
        raise _refused(network, "needs a URL as hook_api, and 1 or 2 as hook_version")
    if version == _OWN:
        return OwnHooks(Provider(url, egress, clock), wish)
    # A path in the URL is where that service keeps its hooks; Hiro's documents name two.
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or PATH
    base = urlunsplit((parts.scheme, parts.netloc, "", parts.query, ""))
    return HostedHooks(Provider(base, egress, clock), wish, path=path)


def _receivers(network: Network, table: Mapping[str, Any]) -> list[str]:
    receivers = table.get("hook_receivers", [])
    if not isinstance(receivers, list) or not all(isinstance(one, str) for one in receivers):
        raise _refused(network, "needs a list of addresses as hook_receivers")
    return [str(parse_principal(one)) for one in receivers]


def _refused(network: Network, problem: str) -> Invalid:
    return Invalid(
        f"Network {network.name} of the networks file {problem}.", code="networks_invalid"
    )
