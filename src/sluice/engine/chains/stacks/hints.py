"""Hints: what waiting transactions would move; shown to people, never credited."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.decode import WAITING, asset_of_contract, hint_of
from sluice.engine.chains.stacks.shapes import RawTransaction

# Says whether somebody waits for money at a shared address.
Wants: TypeAlias = Callable[[str], bool]

# A token's transfer shows its arguments only to who asks for it by name; so many at one look.
_QUESTIONS_MAX: Final = 6
_KEPT_MAX: Final = 500


class Hints:
    """Reads the newest of what waits, and remembers what it read.

    What has been hinted at and is wanted is asked for by name when the list has grown past it; so
    it is known when it was dropped or replaced.
    """

    def __init__(self, api: Api, assets: Mapping[str, str], wants: Wants | None) -> None:
        self._api = api
        self._assets = assets
        self._wants = wants
        self._known: OrderedDict[str, Transfer | None] = OrderedDict()
        self._questions = 0

    async def read(self) -> Sequence[Transfer]:
        """Return what waits now. Raises ApiTrouble."""
        self._questions = _QUESTIONS_MAX
        listed = {raw.tx_id.lower(): raw for raw in await self._api.waiting()}
        for tx_id, raw in listed.items():
            if tx_id not in self._known and (not self._is_token(raw) or self._may_ask()):
                self._known[tx_id] = await self._hint(raw)
        for tx_id, hint in list(self._known.items()):
            if tx_id not in listed and not (hint and await self._still_waits(hint)):
                del self._known[tx_id]
        while len(self._known) > _KEPT_MAX:
            self._known.popitem(last=False)
        return [hint for hint in self._known.values() if hint is not None]

    def _may_ask(self) -> bool:
        """Spend one of the questions of this look."""
        self._questions -= 1
        return self._questions >= 0

    async def _hint(self, raw: RawTransaction) -> Transfer | None:
        if self._is_token(raw):
            whole = await self._api.transaction(raw.tx_id)
            return None if whole is None else hint_of(whole, self._assets)
        return hint_of(raw, self._assets)

    def _is_token(self, raw: RawTransaction) -> bool:
        call = raw.contract_call
        return (
            call is not None
            and call.function_name == "transfer"
            and asset_of_contract(call.contract_id, self._assets) is not None
        )

    async def _still_waits(self, hint: Transfer) -> bool:
        if self._wants is not None and not self._wants(hint.recipient):
            return False
        if not self._may_ask():
            return True
        raw = await self._api.transaction(hint.tx_id)
        return raw is not None and raw.block is None and raw.status == WAITING
