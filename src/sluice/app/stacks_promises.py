"""What a Stacks network promises beyond reading: our contract, and what tokens call themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.gateway.contract import StacksGateway
from sluice.engine.chains.stacks.inspect import StacksInspector
from sluice.engine.chains.stacks.principals import parse_contract
from sluice.engine.chains.stacks.tokens import STX, StacksChain, TokenName, named_tokens


def read_gateway(
    facts: StacksChain, table: Mapping[str, Any], apis: Sequence[Api], *, assets: Sequence[str]
) -> StacksGateway | None:
    """Return our contract that takes payments, where the table names one."""
    named = table.get("gateway")
    if named is None:
        return None
    return StacksGateway(
        parse_contract(str(named)),
        facts.tokens,
        tuple(apis),
        chain_id=facts.chain_id,
        takes_stx=STX in assets,
    )


def stacks_inspector(
    facts: StacksChain,
    assets: Sequence[str],
    apis: Sequence[Api],
    *,
    agree: int,
    gateway: StacksGateway | None,
) -> StacksInspector:
    """Return what looks at the tokens of a network, and at our contract."""
    if not {*facts.names} <= {*facts.tokens}:
        raise _refused(facts.name)
    return StacksInspector(
        apis,
        agree,
        chain_id=facts.chain_id,
        tokens=named_tokens(facts, assets),
        gateway=gateway,
    )


def read_names(name: str, said: object) -> dict[str, TokenName]:
    """Return how tokens call themselves, where the table says so."""
    if not isinstance(said, dict):
        raise _refused(name)
    return {asset: _name(name, called) for asset, called in said.items()}


def _name(network: str, said: object) -> TokenName:
    match said:
        case {"symbol": str(symbol), "name": str(name), **rest} if not rest:
            return TokenName(symbol, name)
        case _:
            raise _refused(network)


def _refused(network: str) -> Invalid:
    return Invalid(
        f"Network {network} of the networks file: names is like "
        '{ usdc = { symbol = "…", name = "…" } }.',
        code="networks_invalid",
    )
