"""A table of the networks file -> Bitcoin: its sources, its witnesses, and how deep is paid."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses, read_address
from sluice.engine.chains.bitcoin.electrum import Electrum
from sluice.engine.chains.bitcoin.esplora import Esplora
from sluice.engine.chains.bitcoin.keychain import BitcoinKeychain
from sluice.engine.chains.bitcoin.mined import fetch_mined
from sluice.engine.chains.bitcoin.nets import NETS, Net
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.bitcoin.sending.by_electrum import ElectrumSpender
from sluice.engine.chains.bitcoin.sending.by_esplora import EsploraSpender
from sluice.engine.chains.bitcoin.sending.by_node import NodeSpender
from sluice.engine.chains.bitcoin.sending.fees import FeePolicy
from sluice.engine.chains.bitcoin.sending.outside import BitcoinOutside
from sluice.engine.chains.bitcoin.sending.spender import Spender
from sluice.engine.chains.bitcoin.sending.writer import BitcoinWriter
from sluice.engine.chains.bitcoin.source import Source
from sluice.engine.chains.bitcoin.witnessed import WitnessedReader
from sluice.engine.chains.chain import Chain, ChainReader
from sluice.engine.chains.model import Finality, Network, Tier
from sluice.engine.chains.quorum import Count, QuorumReader
from sluice.engine.chains.watch import Watch

_BY_NAME: Final[Mapping[str, Net]] = {bitcoin_network(net).name: net for net in NETS}
KNOWN: Final = frozenset(_BY_NAME)

_URLS: Final = ("rpc", "esplora", "electrum")
_FEES: Final = {
    "fee_floor_sat_kvb": "floor",
    "fee_cap_sat_kvb": "cap",
    "fee_usual_sat_kvb": "usual",
}
_SAID: Final = ("title", "explorer_tx", "block_time_s", "mempool_patience_s")
_KEYS: Final = {*_URLS, *_SAID, *_FEES, "agree", "depth", "reorg_max"}


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom a network is read from."""

    nodes: Sequence[Node]
    explorers: Sequence[Esplora]
    servers: Sequence[Electrum]

    @property
    def whole(self) -> Sequence[Source]:
        """Return those that give whole blocks."""
        return [*self.nodes, *self.explorers]

    async def close(self) -> None:
        """Close the connections that stay open."""
        for server in self.servers:
            await server.close()


def bitcoin_chain(
    name: str, table: Mapping[str, Any], *, egress: Egress, clock: Clock, count: Count
) -> Chain:
    """Build one Bitcoin network; of two or more sources, two must agree on a block."""
    net = _BY_NAME[name]
    _check(name, table)
    network = _network(net, table)
    sources = Sources(
        [Node(url, egress) for url in table.get("rpc", ())],
        [Esplora(url, egress, net) for url in table.get("esplora", ())],
        [Electrum(url) for url in table.get("electrum", ())],
    )
    watch = Watch(lambda address: read_address(address, net))
    readers = [
        BitcoinReader(net, source, watched=watch, asked=lambda: watch.open)
        for source in sources.whole
    ]
    agree = _agree(name, table, len(readers) + len(sources.servers))
    reader: ChainReader = QuorumReader(readers, min(agree, len(readers)), clock, count=count)
    if sources.servers:
        needed = max(agree - len(readers), 1)
        reader = WitnessedReader(reader, sources.servers, needed, net)
    spenders: tuple[list[Spender], list[Spender], list[Spender]] = (
        [NodeSpender(one) for one in sources.nodes],
        [EsploraSpender(one) for one in sources.explorers],
        [ElectrumSpender(one) for one in sources.servers],
    )
    return Chain(
        network,
        reader,
        BitcoinAddresses(net),
        keychain=BitcoinKeychain(net),
        watch=watch,
        close=sources.close,
        fetch_raw=functools.partial(fetch_mined, sources.whole),
        writer=_writer(net, network, spenders, table, agree),
        outside=BitcoinOutside([one for kind in spenders for one in kind]),
    )


def _writer(
    net: Net,
    network: Network,
    spenders: tuple[list[Spender], list[Spender], list[Spender]],
    table: Mapping[str, Any],
    agree: int,
) -> BitcoinWriter:
    """Tell every source; ask those for coins that keep them by address, where there are any."""
    nodes, explorers, servers = spenders
    # On a network of tests nobody bids, so nobody can say what is usual.
    usual = None if net.is_main else 1_000
    said = {name: int(table[key]) for key, name in _FEES.items() if key in table}
    return BitcoinWriter(
        net,
        network,
        [*nodes, *explorers, *servers],
        [*explorers, *servers] or nodes,
        agree=agree,
        fees=replace(FeePolicy(usual=usual), **said),
    )


def _agree(name: str, table: Mapping[str, Any], every: int) -> int:
    agree = int(table.get("agree", min(2, every)))
    if not 1 <= agree <= every:
        raise _wrong(name, f"wants {agree} of {every} sources to agree")
    return agree


def _network(net: Net, table: Mapping[str, Any]) -> Network:
    """Return the network as known, changed by what the file says of it."""
    network = bitcoin_network(net)
    finality = network.finality
    if "depth" in table:
        finality = replace(finality, tiers={"*": (Tier(None, int(table["depth"])),)})
    if "reorg_max" in table:
        finality = replace(finality, reorg_max=int(table["reorg_max"]))
    _require_depth(network.name, finality)
    changes = {key: table[key] for key in _SAID if key in table}
    return replace(network, finality=finality, **changes)


def _require_depth(name: str, finality: Finality) -> None:
    if any(tier.depth < 1 for tier in finality.tiers["*"]):
        raise _wrong(name, "has a depth below 1: what only waits can be replaced by anybody")


def _check(name: str, table: Mapping[str, Any]) -> None:
    if not isinstance(table, dict):
        raise _wrong(name, "is no table")
    if unknown := set(table) - _KEYS:
        raise _wrong(name, f"has unknown keys {', '.join(sorted(unknown))}")
    for key in _URLS:
        urls = table.get(key, [])
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise _wrong(name, f"needs a list of URLs as {key}")
    if not table.get("rpc") and not table.get("esplora"):
        raise _wrong(name, "needs a node (rpc) or an explorer (esplora), which know whole blocks")


def _wrong(name: str, problem: str) -> Invalid:
    return Invalid(f"Network {name} of the networks file {problem}.", code="networks_invalid")
