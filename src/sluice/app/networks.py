"""The networks file -> chains: which networks are served, through whom, and how surely."""

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sluice.app.bitcoin import KNOWN as KNOWN_BITCOIN
from sluice.app.bitcoin import bitcoin_chain
from sluice.app.chainhooks import HOOK_KEYS, read_hook
from sluice.app.evm_promises import evm_promises
from sluice.app.pegs import read_peg
from sluice.app.sponsors import SPONSOR_KEYS, read_sponsor
from sluice.app.stacks_promises import read_gateway, read_names, stacks_inspector
from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.chain import Chain, ChainReader
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.outside import EvmOutside
from sluice.engine.chains.evm.pace import Pace
from sluice.engine.chains.evm.reader import EvmReader
from sluice.engine.chains.evm.tokens import DOUBT_WHOLE, KNOWN, EvmChain, evm_network
from sluice.engine.chains.evm.writer import EvmWriter
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.stacks.addresses import StacksAddresses
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.fees import FeePolicy
from sluice.engine.chains.stacks.keychain import StacksKeychain
from sluice.engine.chains.stacks.reader import StacksReader
from sluice.engine.chains.stacks.requests import StacksWallets
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.tokens import KNOWN as KNOWN_STACKS
from sluice.engine.chains.stacks.tokens import StacksChain, burn_depths, stacks_network
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.keys.ring import Ring

# What a table may say of its network itself; without a preset some of it must be said.
_FACTS: Final = (
    "title",
    "chain_id",
    "block_time_s",
    "depth",
    "reorg_max",
    "explorer_tx",
    "tokens",
    "lookalikes",
    "livemode",
)
_KEYS: Final = {
    *("rpc", "agree", "preset", "assets", "whole_max", "deposits", "signing", "per_second"),
    *_FACTS,
}
_STACKS_FACTS: Final = (
    "title",
    "chain_id",
    "block_time_s",
    "burn_depth",
    "small_max",
    "small_burn_depth",
    "large_over",
    "large_burn_depth",
    "soft_max",
    "soft_depth",
    "reorg_max",
    "explorer_tx",
    "tokens",
    "lookalikes",
    "livemode",
)
# What may be offered for a transaction of ours.
_STACKS_FEES: Final = {"fee_floor_ustx": "floor_ustx", "fee_cap_ustx": "cap_ustx"}
# The providers' URLs tell the kind of a network, where its name does not: `api` is Stacks.
_STACKS_KEYS: Final = {
    "api",
    "agree",
    "assets",
    "gateway",
    "names",
    "sbtc",
    *HOOK_KEYS,
    *SPONSOR_KEYS,
    *_STACKS_FEES,
    *_STACKS_FACTS,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What chains are built of."""

    egress: Egress
    clock: Clock
    count_fault: Callable[[str, str], None]
    signers: Ring | None = None


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
    return [_chain(name, table, parts) for name, table in tables.items()]


def evm_chain(name: str, table: Mapping[str, Any], parts: Parts) -> Chain:
    """Build one EVM network; of two or more providers, two must agree on a block."""
    urls = _urls(name, table, "rpc", _KEYS)
    facts = _facts(name, table)
    network = evm_network(
        facts,
        preset=table.get("preset"),
        assets=table.get("assets"),
        whole_max=table.get("whole_max"),
        doubt_whole=DOUBT_WHOLE,
    )
    wanted: set[str] = set()
    nodes = [
        Node(url, parts.egress, parts.clock, pace=_pace(name, table, parts.clock)) for url in urls
    ]
    readers: list[ChainReader] = [
        EvmReader(network, node, chain_id=facts.chain_id, wants=wanted.__contains__)
        for node in nodes
    ]
    return Chain(
        network,
        _quorum(readers, table, parts),
        EvmAddresses(network, chain_id=facts.chain_id),
        wanted=wanted,
        writer=EvmWriter(network, nodes, chain_id=facts.chain_id, agree=_agree(nodes, table)),
        outside=EvmOutside(nodes, chain_id=facts.chain_id),
        **evm_promises(facts, network, table, nodes, _agree(nodes, table)),
    )


def _pace(name: str, table: Mapping[str, Any], clock: Clock) -> Pace | None:
    """Return how often one provider may be asked, where the file says."""
    per_second = table.get("per_second")
    if per_second is None:
        return None
    if not isinstance(per_second, int | float) or not 0 < per_second <= 1_000:  # noqa: PLR2004
        raise Invalid(
            f"per_second of {name} is a number of calls above 0 and up to 1000.",
            code="networks_invalid",
        )
    return Pace(float(per_second), clock)


def stacks_chain(name: str, table: Mapping[str, Any], parts: Parts) -> Chain:
    """Build one Stacks network; of two or more providers, two must agree on a block."""
    urls = _urls(name, table, "api", _STACKS_KEYS)
    facts = _stacks_facts(name, table)
    network = stacks_network(facts, assets=table.get("assets"))
    wanted: set[str] = set()
    apis = [Api(url, parts.egress, parts.clock) for url in urls]
    gateway = read_gateway(facts, table, apis, assets=network.assets)
    peg = read_peg(facts, table, apis, parts.egress, agree=_agree(apis, table))
    readers: list[ChainReader] = [
        StacksReader(
            network,
            api,
            chain_id=facts.chain_id,
            burn_depth=facts.burn_depth,
            burn_depths=burn_depths(facts),
            wants=wanted.__contains__,
            gateway=gateway,
            sbtc=None if peg is None else peg.contracts,
        )
        for api in apis
    ]
    providers = [Sending(api.provider) for api in apis]
    writer = StacksWriter(
        network,
        providers,
        chain_id=facts.chain_id,
        burn_depth=facts.burn_depth,
        agree=_agree(readers, table),
        fees=_stacks_fees(name, table),
    )
    egress, clock = parts.egress, parts.clock
    return Chain(
        network,
        _quorum(readers, table, parts),
        StacksAddresses(network, chain_id=facts.chain_id),
        keychain=StacksKeychain(chain_id=facts.chain_id),
        wanted=wanted,
        hook=read_hook(network, table, egress, clock, chain_id=facts.chain_id),
        writer=writer,
        gateway=gateway,
        inspect=stacks_inspector(
            facts, network.assets, apis, agree=_agree(apis, table), gateway=gateway
        ),
        peg=peg,
        sponsorship=read_sponsor(
            facts, table, writer, providers, egress=egress, clock=clock, signers=parts.signers
        ),
        ask_wallet=StacksWallets(facts.tokens, chain_id=facts.chain_id).ask_wallet,
    )


def _stacks_fees(name: str, table: Mapping[str, Any]) -> FeePolicy:
    """Return what the table lets us offer."""
    said = {field: table[key] for key, field in _STACKS_FEES.items() if key in table}
    policy = FeePolicy(**said)
    if any(type(fee) is not int for fee in said.values()) or policy.cap_ustx < policy.floor_ustx:
        raise Invalid(
            f"Network {name} of the networks file needs whole micro-STX as fee_floor_ustx and "
            "fee_cap_ustx, the cap not below the floor.",
            code="networks_invalid",
        )
    return policy


def _chain(name: str, table: Mapping[str, Any], parts: Parts) -> Chain:
    if name in KNOWN_BITCOIN:
        return bitcoin_chain(
            name, table, egress=parts.egress, clock=parts.clock, count=parts.count_fault
        )
    is_stacks = name in KNOWN_STACKS or (isinstance(table, dict) and "api" in table)
    return (stacks_chain if is_stacks else evm_chain)(name, table, parts)


def _quorum(readers: Sequence[ChainReader], table: Mapping[str, Any], parts: Parts) -> QuorumReader:
    agree = _agree(readers, table)
    return QuorumReader(readers, agree, parts.clock, count=parts.count_fault)


def _agree(readers: Sequence[object], table: Mapping[str, Any]) -> int:
    return int(table.get("agree", min(2, len(readers))))


def _urls(name: str, table: Mapping[str, Any], key: str, known: Collection[str]) -> Sequence[str]:
    """Return the providers of a network, or say what is wrong with its table."""
    if not isinstance(table, dict):
        problem = "is no table"
    elif unknown := set(table) - set(known):
        problem = f"has unknown keys {', '.join(sorted(unknown))}"
    elif not isinstance(table.get(key), list) or not table[key]:
        problem = f"needs a list of URLs as {key}"
    else:
        return list(table[key])
    raise Invalid(f"Network {name} of the networks file {problem}.", code="networks_invalid")


def _facts(name: str, table: Mapping[str, Any]) -> EvmChain:
    """Return what we know of the network, changed by what the file says of it."""
    changes = {key: table[key] for key in _FACTS if key in table}
    known = KNOWN.get(name)
    if known is not None:
        # A depth of one's own is for every usual amount.
        own: dict[str, Any] = {"steps": ()} if "depth" in changes else {}
        return replace(known, **changes | own)
    _require(name, changes)
    usual: dict[str, Any] = {
        "title": name.capitalize(),
        "block_time_s": 12.0,
        "depth": 12,
        "reorg_max": 64,
        "explorer_tx": None,
    }
    return EvmChain(name=name, **usual | changes)


def _stacks_facts(name: str, table: Mapping[str, Any]) -> StacksChain:
    """Return what we know of the network, changed by what the file says of it."""
    changes = {key: table[key] for key in _STACKS_FACTS if key in table}
    if "names" in table:
        changes["names"] = read_names(name, table["names"])
    known = KNOWN_STACKS.get(name)
    if known is not None:
        return replace(known, **changes)
    _require(name, changes)
    return StacksChain(name=name, **{"title": name.capitalize()} | changes)


def _require(name: str, said: Collection[str]) -> None:
    missing = {"chain_id", "tokens"} - set(said)
    if missing:
        raise Invalid(
            f"Network {name} of the networks file lacks {', '.join(sorted(missing))}.",
            code="networks_invalid",
        )
