"""RemoteSluice: the Sluice that a merchant's own program asks, over HTTP."""

import asyncio
from typing import Final

import msgspec
import structlog

from sluice.base.egress import Answer, Egress, EgressError
from sluice.base.errors import Conflict, Invalid, Unavailable
from sluice.business.payments.paywalls.model import Payment, Reason, Requirement, Settlement
from sluice.wire.x402.headers import read_body
from sluice.wire.x402.members import Members
from sluice.wire.x402.required import read_requirement
from sluice.wire.x402.settlement import read_settled, show_question

# Settling waits for a block over there; asking again is harmless, because it is the same question.
_SETTLE_S: Final = 40.0
_ASK_S: Final = 10.0
_TRIES: Final = 3
_PAUSE_S: Final = 1.0
_OK: Final = 200
_CONFLICT: Final = 409
_FAULT: Final = 500
# What payers are told when nothing can be settled.
DOWN: Final = "payments_unavailable"

log = structlog.get_logger()


class RemoteSluice:
    """Speaks for one merchant, with a key that may read and write payments."""

    def __init__(self, url: str, key: str, egress: Egress) -> None:
        self._url = f"{url.rstrip('/')}/x402"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._egress = egress

    async def requirements(self, asset: str, units: int) -> tuple[Requirement, ...]:
        """Return the ways to pay a price. Raises Unavailable when there is no answer."""
        said = await self._read(f"/requirements?asset={asset}&amount={units}", None, _ASK_S)
        return tuple(read_requirement(one) for one in said.list("accepts"))

    async def settle(self, payment: Payment, asked: Requirement) -> Settlement:
        """Return what came of a payment. Raises Unavailable when that cannot be known now."""
        question = msgspec.json.encode(show_question(payment, asked))
        return read_settled(await self._read("/settle", question, _SETTLE_S), asked)

    async def _read(self, path: str, body: bytes | None, timeout_s: float) -> Members:
        answer = await self._ask(path, body, timeout_s)
        try:
            said = read_body(answer.body)
            if answer.status == _OK:
                return said
            code = said.members("error").text("code") if said.has("error") else Reason.SETTLING
        except Invalid as error:
            raise Unavailable("Sluice does not answer as it should.", code=DOWN) from error
        if answer.status == _CONFLICT:
            raise Conflict("This name stands for another payment.", code=code)
        log.warning("paywall.refused", status=answer.status, code=code)
        raise Unavailable("Sluice does not answer the paywall.", code=DOWN)

    async def _ask(self, path: str, body: bytes | None, timeout_s: float) -> Answer:
        """Ask until there is an answer: the same question again never charges twice."""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE_S)
            try:
                if body is None:
                    answer = await self._egress.get(
                        self._url + path, headers=self._headers, timeout_s=timeout_s
                    )
                else:
                    answer = await self._egress.post(
                        self._url + path, body, headers=self._headers, timeout_s=timeout_s
                    )
            except EgressError:
                continue
            if answer.status < _FAULT:
                return answer
        raise Unavailable("Sluice is not there now.", code=DOWN)
