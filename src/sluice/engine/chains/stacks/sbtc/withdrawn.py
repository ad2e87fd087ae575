"""WithdrawalReader: what the registry says of withdrawals, as enough providers tell it.

An end counts where it can no longer be undone: the registry's state says so, its event is found,
and the event's transaction lies under enough Bitcoin blocks.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.stacks.api import EVENTS_PAGE, PRINTS_PAGE, Api
from sluice.engine.chains.stacks.clarity.model import Absent, Bool, Some, TupleOf, UInt
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.decode import SUCCESS, whole_events
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.events import (
    WithdrawalAccepted,
    WithdrawalCreated,
    WithdrawalRejected,
)
from sluice.engine.chains.stacks.sbtc.minted import registry_event
from sluice.engine.chains.stacks.shapes import RawEvent, RawMined

T = TypeVar("T")
End = WithdrawalAccepted | WithdrawalRejected

STATE_FUNCTION: Final = "get-withdrawal-request"
# Signers end a request within 24 Bitcoin blocks; so much is not printed in weeks.
_PRINTS_MAX: Final = 5_000
# The signers end up to some dozens of requests at once, with a few events each.
_EVENTS_MAX: Final = 2_000


class WithdrawalReader:
    """Reads one registry; `agree` providers must tell the same."""

    def __init__(
        self, contracts: SbtcContracts, apis: Sequence[Api], *, agree: int, burn_depth: int
    ) -> None:
        self._contracts = contracts
        self._apis = apis
        self._agree = agree
        self._burn_depth = burn_depth

    async def created(self, tx_id: str) -> WithdrawalCreated | None:
        """Return the request that a mined transaction made; None where too few see it yet."""
        return await self._agreed(lambda api: self._created(api, _prefixed(tx_id)))

    async def ended(self, number: int) -> End | None:
        """Return how a request ended, once nothing can undo that."""
        return await self._agreed(lambda api: self._ended(api, number))

    async def _agreed(self, ask: Callable[[Api], Awaitable[T | None]]) -> T | None:
        """Return what enough providers say; silence and "not yet" count for nothing."""

        async def one(api: Api) -> tuple[T | None] | ProviderTrouble:
            try:
                return (await ask(api),)
            except ProviderTrouble as error:
                return error
            except Malformed as error:
                return ApiTrouble(f"{api.name} answers nonsense: {error.message}", Fault.NONSENSE)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(api)) for api in self._apis]
        answers = [task.result() for task in tasks]
        troubles = [answer for answer in answers if isinstance(answer, ProviderTrouble)]
        if len(troubles) == len(answers):
            raise troubles[0]
        said = Counter(
            answer[0]
            for answer in answers
            if not isinstance(answer, ProviderTrouble) and answer[0] is not None
        )
        if len(said) > 1:
            raise ProvidersDisagree("Providers tell different stories of one withdrawal; look.")
        return next((one for one, count in said.items() if count >= self._agree), None)

    async def _created(self, api: Api, tx_id: str) -> WithdrawalCreated | None:
        _, events = await self._mined(api, tx_id)
        for event in events:
            read = registry_event(event, self._contracts)
            if isinstance(read, WithdrawalCreated):
                return read
        raise ApiTrouble(f"{api.name}: {tx_id} asked for no withdrawal.", Fault.NONSENSE)

    async def _ended(self, api: Api, number: int) -> End | None:
        is_paid = await self._state(api, number)
        if is_paid is None:
            return None
        tx_id = await self._find_end(api, number)
        mined, events = await self._mined(api, tx_id)
        if not await self._is_deep(api, mined):
            return None
        kind = WithdrawalAccepted if is_paid else WithdrawalRejected
        for event in events:
            read = registry_event(event, self._contracts)
            if isinstance(read, kind) and read.request_id == number:
                return read
        raise ApiTrouble(f"{api.name} tells two ends of withdrawal {number}.", Fault.NONSENSE)

    async def _state(self, api: Api, number: int) -> bool | None:
        """Return whether a request was paid, by the registry's state; None while it is open."""
        told = await api.ask(self._contracts.registry, STATE_FUNCTION, [UInt(number)])
        match None if told is None else decode_value(told):
            case Some(TupleOf() as request):
                match request.get("status"):
                    case Absent():
                        return None
                    case Some(Bool(is_paid)):
                        return is_paid
        raise ApiTrouble(f"{api.name} knows no withdrawal {number}.", Fault.BEHIND)

    async def _find_end(self, api: Api, number: int) -> str:
        for offset in range(0, _PRINTS_MAX, PRINTS_PAGE):
            page = await api.prints_of(self._contracts.registry, offset)
            for event in page:
                read = registry_event(event, self._contracts)
                if isinstance(read, End) and read.request_id == number:
                    return str(event.tx_id).lower()
            if len(page) < PRINTS_PAGE:
                break
        raise ApiTrouble(f"{api.name} shows no end of withdrawal {number}.", Fault.INCOMPLETE)

    async def _mined(self, api: Api, tx_id: str) -> tuple[RawMined, list[RawEvent]]:
        """Return a transaction that succeeded, and all its events."""
        told: list[RawEvent] = []
        for offset in range(0, _EVENTS_MAX, EVENTS_PAGE):
            mined = (await api.mined([tx_id], offset))[tx_id]
            if not mined.canonical or not mined.microblock_canonical:
                raise ApiTrouble(f"{tx_id} has left the best branch.", Fault.MOVED)
            if mined.tx_id.lower() != tx_id or mined.tx_status != SUCCESS:
                raise ApiTrouble(f"{api.name} gave another ending of {tx_id}.", Fault.NONSENSE)
            told += mined.events
            if mined.event_count <= offset + EVENTS_PAGE:
                return mined, whole_events(told, mined.event_count)
        raise ApiTrouble(f"{tx_id} has more events than fit.", Fault.TOO_LARGE)

    async def _is_deep(self, api: Api, mined: RawMined) -> bool:
        """Say whether a transaction's block lies under enough Bitcoin blocks."""
        block, tip = await api.block(mined.block_height), await api.block("latest")
        if block is None or tip is None or block.hash.lower() != mined.block_hash.lower():
            raise ApiTrouble(f"{api.name} changed its branch.", Fault.MOVED)
        return tip.burn_block_height - block.burn_block_height >= self._burn_depth


def _prefixed(tx_id: str) -> str:
    return f"0x{tx_id.lower().removeprefix('0x')}"
