"""What the signers minted, as transfers: the mint of the token, and the registry's word for what.

A mint alone is no payment: only together with `completed-deposit` of the real registry, in the same
transaction and of the same amount, does it say which bitcoin it is for. Pure.
"""

from collections.abc import Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.peg import settles_of
from sluice.engine.chains.stacks.principals import parse_contract
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.events import (
    CompletedDeposit,
    RegistryEvent,
    read_registry_event,
)
from sluice.engine.chains.stacks.shapes import RawAsset, RawEvent

ASSET: Final = "sbtc"


def minted_transfers(events: Sequence[RawEvent], contracts: SbtcContracts) -> list[Transfer]:
    """Return each mint of a transaction that a completed deposit stands behind.

    The mint is the last one of this amount before the registry's event; none is taken twice.
    """
    mints: list[tuple[RawEvent, RawAsset]] = []
    found: list[Transfer] = []
    for event in events:
        if event.asset is not None and _is_mint(event, event.asset, contracts):
            mints.append((event, event.asset))
        completed = registry_event(event, contracts)
        if not isinstance(completed, CompletedDeposit):
            continue
        for at in range(len(mints) - 1, -1, -1):
            mint, moved = mints[at]
            if moved.amount is not None and int(moved.amount) == completed.amount_sats:
                del mints[at]
                found.append(_transfer(mint, moved, completed, contracts))
                break
    return found


def _is_mint(event: RawEvent, moved: RawAsset, contracts: SbtcContracts) -> bool:
    return (
        event.event_type == "fungible_token_asset"
        and moved.asset_event_type == "mint"
        and moved.asset_id == str(contracts.token)
        and moved.recipient is not None
    )


def registry_event(event: RawEvent, contracts: SbtcContracts) -> RegistryEvent | None:
    """Return what the registry printed; None for any other event, and for a form we do not know."""
    said = event.contract_log
    if said is None or said.topic != "print" or said.contract_id != str(contracts.registry):
        return None
    try:
        return read_registry_event(
            parse_contract(said.contract_id),
            bytes.fromhex(said.value.hex[2:]),
            registry=contracts.registry,
        )
    except Invalid:
        return None


def _transfer(
    mint: RawEvent, moved: RawAsset, completed: CompletedDeposit, contracts: SbtcContracts
) -> Transfer:
    settles = settles_of((completed.outpoint.tx_id, completed.outpoint.index))
    return Transfer(
        mint.tx_id.lower(),
        mint.event_index,
        ASSET,
        str(contracts.registry),
        moved.recipient or "",
        completed.amount_sats,
        memo=settles,
        settles=settles,
    )
