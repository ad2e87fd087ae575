"""What an EVM network promises beyond reading: addresses, wallets' requests, a second look."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import TokenDomain
from sluice.engine.chains.chain import Deposits
from sluice.engine.chains.evm.accounts import EvmAccounts
from sluice.engine.chains.evm.authorizer import EvmAuthorizer
from sluice.engine.chains.evm.clones import salt_of
from sluice.engine.chains.evm.deposits import OURS
from sluice.engine.chains.evm.domains import find_domain
from sluice.engine.chains.evm.inspect import Inspector, deposits_subject
from sluice.engine.chains.evm.messages import EvmMessages
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.receipts import Receipts
from sluice.engine.chains.evm.requests import EvmWallets
from sluice.engine.chains.evm.sweeper import EvmSweeper
from sluice.engine.chains.evm.tokens import EvmChain
from sluice.engine.chains.model import Network


def evm_promises(
    facts: EvmChain, network: Network, table: Mapping[str, Any], nodes: Sequence[Node], agree: int
) -> dict[str, Any]:
    """Return the parts of a Chain that need our contracts, the tokens' names, or a second look."""
    wants_deposits = table.get("deposits", False)
    if not isinstance(wants_deposits, bool):
        raise _refused(facts.name, "deposits is true or false")
    factory = OURS if wants_deposits else None
    domains = _domains(facts, network, table.get("signing", {}))
    wallets = EvmWallets(network.tokens, chain_id=facts.chain_id)
    return {
        "keychain": EvmAccounts(),
        "ask_wallet": wallets.ask_wallet,
        "deposits": None
        if factory is None
        else Deposits(deposits_subject(factory), factory.address_for, salt_of),
        "has_signed": EvmMessages(nodes).has_signed,
        "sweeper": None if factory is None else EvmSweeper(factory, nodes, network.tokens),
        "authorizer": EvmAuthorizer(facts.chain_id, nodes, domains),
        "inspect": Inspector(
            nodes, agree, chain_id=facts.chain_id, domains=domains, factory=factory
        ),
        "reread": Receipts(
            nodes, agree, assets={token: asset for asset, token in network.tokens.items()}
        ),
    }


def _domains(facts: EvmChain, network: Network, named: Mapping[str, Any]) -> dict[str, TokenDomain]:
    """Return how tokens name themselves in what payers sign: by the file, else as we know them."""
    if not isinstance(named, dict) or not set(named) <= set(network.assets):
        raise _refused(facts.name, "signing names assets of the network")
    domains = {}
    for asset in network.assets:
        token = network.tokens[asset]
        domain = find_domain(facts.chain_id, token)
        if asset in named:
            domain = _domain(facts, token, named[asset])
        if domain is not None:
            domains[asset] = domain
    return domains


def _domain(facts: EvmChain, token: str, said: object) -> TokenDomain:
    match said:
        case {"name": str(name), "version": str(version), **rest} if not rest:
            return TokenDomain(facts.chain_id, token, name, version)
        case _:
            raise _refused(facts.name, 'signing is like { usdc = { name = "…", version = "…" } }')


def _refused(name: str, why: str) -> Invalid:
    return Invalid(f"Network {name} of the networks file: {why}.", code="networks_invalid")
