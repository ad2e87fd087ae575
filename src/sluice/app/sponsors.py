"""A Stacks table's keys of sponsors -> who pays the fees of payers without STX, if anybody."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.sponsor import Sponsorship
from sluice.engine.chains.stacks.addresses import MAINNET_ID
from sluice.engine.chains.stacks.bolt.forms import KNOWN, Bolt
from sluice.engine.chains.stacks.bolt.simulated import RATE, BoltSandbox
from sluice.engine.chains.stacks.bolt.sponsor import FEE_MAX_SATS, URL, BoltSponsor
from sluice.engine.chains.stacks.principals import Asset, parse_asset, parse_contract
from sluice.engine.chains.stacks.provider import Provider
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.sponsoring import OwnSponsor, Signs
from sluice.engine.chains.stacks.sponsorship import StacksSponsorship
from sluice.engine.chains.stacks.tokens import StacksChain
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.keys.ring import Ring

SPONSOR_KEYS: Final = ("sponsor_signer", "bolt")

_BOLT_KEYS: Final = frozenset({"api", "contract", "fee_max", "rate", "simulate"})
_SBTC: Final = "sbtc"


def read_sponsor(
    facts: StacksChain,
    table: Mapping[str, Any],
    writer: StacksWriter,
    providers: Sequence[Sending],
    *,
    egress: Egress,
    clock: Clock,
    signers: Ring | None,
) -> Sponsorship | None:
    """Return who pays fees on a network: a signer of ours, Bolt, or nobody."""
    if all(key in table for key in SPONSOR_KEYS):
        raise _refused(facts, "may have a sponsor_signer or a bolt table, not both")
    if "sponsor_signer" in table:
        own = OwnSponsor(facts.name, writer, providers, _finder(facts, table, signers))
        return StacksSponsorship(own, facts.tokens, chain_id=facts.chain_id)
    if "bolt" not in table:
        return None
    said = table["bolt"]
    if not isinstance(said, dict) or set(said) - _BOLT_KEYS:
        raise _refused(facts, f"may say of bolt only {', '.join(sorted(_BOLT_KEYS))}")
    fee_max = _whole(facts, said, "fee_max", FEE_MAX_SATS)
    if "simulate" in said:
        finder = _finder(facts, said, signers, "simulate")
        operator = OwnSponsor(facts.name, writer, providers, finder)
        box = BoltSandbox(
            operator, _token(facts, said), rate=_whole(facts, said, "rate", RATE), fee_max=fee_max
        )
        return StacksSponsorship(box, facts.tokens, chain_id=facts.chain_id, find_bolt=box.service)
    bolt = _bolt(facts, said)
    service = Provider(str(said.get("api", URL)), egress, clock)
    sponsor = BoltSponsor(service, bolt, fee_max=fee_max)

    async def find_bolt() -> Bolt:
        return bolt

    return StacksSponsorship(sponsor, facts.tokens, chain_id=facts.chain_id, find_bolt=find_bolt)


def _token(facts: StacksChain, said: Mapping[str, Any]) -> Asset:
    """Return the token of a simulated Bolt, which no live network has."""
    if facts.chain_id == MAINNET_ID:
        raise _refused(facts, "is live, where Bolt is not simulated")
    if _SBTC not in facts.tokens or said.keys() & {"api", "contract"}:
        raise _refused(facts, "may simulate Bolt with sBTC, and without an api or a contract")
    return parse_asset(facts.tokens[_SBTC])


def _whole(facts: StacksChain, said: Mapping[str, Any], name: str, usual: int) -> int:
    number = said.get(name, usual)
    if type(number) is not int or number < 1:
        raise _refused(facts, f"needs a whole number above 0 as {name} of bolt")
    return number


def _bolt(facts: StacksChain, said: Mapping[str, Any]) -> Bolt:
    """Return the contract: the one named, or the one we know of this network."""
    if _SBTC not in facts.tokens:
        raise _refused(facts, "carries no sBTC, which is all that Bolt moves")
    if "contract" in said:
        token = parse_asset(facts.tokens[_SBTC])
        return Bolt(parse_contract(str(said["contract"])), token)
    if facts.name not in KNOWN:
        raise _refused(facts, "needs the contract of bolt, for none is known there")
    return KNOWN[facts.name]


def _finder(
    facts: StacksChain, table: Mapping[str, Any], signers: Ring | None, key: str = "sponsor_signer"
) -> Callable[[], Awaitable[Signs]]:
    name = table[key]
    if not isinstance(name, str) or signers is None or name not in signers.names:
        raise _refused(facts, f"needs the name of a signer in the signers file as {key}")

    async def find() -> Signs:
        return await signers.signer(name)

    return find


def _refused(facts: StacksChain, problem: str) -> Invalid:
    return Invalid(f"Network {facts.name} of the networks file {problem}.", code="networks_invalid")
