"""The networks file -> chains: which networks are served, through whom, and how surely."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.chain import Chain, ChainReader
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.reader import EvmReader
from sluice.engine.chains.evm.tokens import KNOWN, EvmChain, evm_network
from sluice.engine.chains.quorum import QuorumReader

# What a table may say of its network itself; without a preset some of it must be said.
_FACTS: Final = (
    "title",
    "chain_id",
    "block_time_s",
    "depth",
    "reorg_max",
    "explorer_tx",
    "tokens",
    "livemode",
)
_KEYS: Final = {"rpc", "agree", "preset", "assets", "whole_max", *_FACTS}


@dataclass(frozen=True, slots=True)
class Parts:
    """What chains are built of."""

    egress: Egress
    clock: Clock
    count_fault: Callable[[str, str], None]


def read_networks(path: str, parts: Parts) -> list[Chain]:
    """Read a TOML file with a table for each network; an empty path means none."""
    if not path:
        return []
    try:
        tables = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            f"Cannot read the networks file {path}: {error}", code="networks_invalid"
        ) from error
    return [evm_chain(name, table, parts) for name, table in tables.items()]


def evm_chain(name: str, table: Mapping[str, Any], parts: Parts) -> Chain:
    """Build one EVM network; of two or more providers, two must agree on a block."""
    urls = _urls(name, table)
    facts = _facts(name, table)
    network = evm_network(
        facts,
        preset=table.get("preset"),
        assets=table.get("assets"),
        **({"whole_max": table["whole_max"]} if "whole_max" in table else {}),
    )
    wanted: set[str] = set()
    readers: list[ChainReader] = [
        EvmReader(
            network,
            Node(url, parts.egress, parts.clock),
            chain_id=facts.chain_id,
            wants=wanted.__contains__,
        )
        for url in urls
    ]
    agree = int(table.get("agree", min(2, len(readers))))
    reader = QuorumReader(readers, agree, parts.clock, count=parts.count_fault)
    return Chain(network, reader, EvmAddresses(network, chain_id=facts.chain_id), wanted=wanted)


def _urls(name: str, table: Mapping[str, Any]) -> Sequence[str]:
    """Return the providers of a network, or say what is wrong with its table."""
    if not isinstance(table, dict):
        problem = "is no table"
    elif unknown := set(table) - _KEYS:
        problem = f"has unknown keys {', '.join(sorted(unknown))}"
    elif not isinstance(table.get("rpc"), list) or not table["rpc"]:
        problem = "needs a list of URLs as rpc"
    else:
        return list(table["rpc"])
    raise Invalid(f"Network {name} of the networks file {problem}.", code="networks_invalid")


def _facts(name: str, table: Mapping[str, Any]) -> EvmChain:
    """Return what we know of the network, changed by what the file says of it."""
    changes = {key: table[key] for key in _FACTS if key in table}
    known = KNOWN.get(name)
    if known is not None:
        return replace(known, **changes)
    missing = {"chain_id", "tokens"} - set(changes)
    if missing:
        raise Invalid(
            f"Network {name} of the networks file lacks {', '.join(sorted(missing))}.",
            code="networks_invalid",
        )
    usual: dict[str, Any] = {
        "title": name.capitalize(),
        "block_time_s": 12.0,
        "depth": 12,
        "reorg_max": 64,
        "explorer_tx": None,
    }
    return EvmChain(name=name, **usual | changes)
