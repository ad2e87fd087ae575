"""The `sbtc` part of a Stacks network's table -> the peg by which bitcoin arrives there as sBTC."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.nets import MAINNET, NETS, REGTEST, Net
from sluice.engine.chains.stacks.addresses import MAINNET_ID
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.emily import Emily
from sluice.engine.chains.stacks.sbtc.limits import FEE_MAX_DEFAULT_SATS
from sluice.engine.chains.stacks.sbtc.locks import LOCK_BLOCKS_DEFAULT, check_lock
from sluice.engine.chains.stacks.sbtc.minted import ASSET
from sluice.engine.chains.stacks.sbtc.peg import PegFacts, StacksPeg
from sluice.engine.chains.stacks.sbtc.withdrawn import WithdrawalReader
from sluice.engine.chains.stacks.tokens import StacksChain

_KEYS: Final = {"emily", "bitcoin", "net", "lock_blocks", "fee_max_sats"}


def read_peg(
    facts: StacksChain,
    table: Mapping[str, Any],
    apis: Sequence[Api],
    egress: Egress,
    *,
    agree: int,
) -> StacksPeg | None:
    """Return the peg that a network's table asks for, or None."""
    said = table.get("sbtc")
    if said is None:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("emily"), str) or set(said) - _KEYS:
        raise _refused(facts, f"needs emily, and knows {', '.join(sorted(_KEYS))}")
    if ASSET not in facts.tokens:
        raise _refused(facts, "is of a network without sBTC")
    numbers = {
        "lock_blocks": said.get("lock_blocks", LOCK_BLOCKS_DEFAULT),
        "fee_max_sats": said.get("fee_max_sats", FEE_MAX_DEFAULT_SATS),
    }
    if any(type(number) is not int or number < 0 for number in numbers.values()):
        raise _refused(facts, "needs whole numbers")
    check_lock(numbers["lock_blocks"])
    peg = PegFacts(str(said.get("bitcoin", "bitcoin")), _net(facts, said), **numbers)
    contracts = SbtcContracts.of_token(facts.tokens[ASSET])
    reader = WithdrawalReader(contracts, apis, agree=agree, burn_depth=facts.burn_depth)
    return StacksPeg(peg, contracts, apis, Emily(said["emily"], egress), reader)


def _net(facts: StacksChain, said: Mapping[str, Any]) -> Net:
    """Return the Bitcoin network: mainnet under mainnet, and under testnet a regtest of Hiro's."""
    usual = MAINNET if facts.chain_id == MAINNET_ID else REGTEST
    wanted = said.get("net", usual.name)
    net = next((one for one in NETS if one.name == wanted), None)
    if net is None or net.is_main is not usual.is_main:
        raise _refused(facts, "names another Bitcoin network than this Stacks network stands on")
    return net


def _refused(facts: StacksChain, why: str) -> Invalid:
    return Invalid(
        f"The sbtc table of {facts.name} in the networks file {why}.", code="networks_invalid"
    )
