"""Paywall: says of each request whether it is paid; settled first, and never served before."""

import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import msgspec

from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Conflict, Invalid, SluiceError, Unavailable
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.business.payments.paywalls.model import (
    VERSION,
    Payment,
    PaymentRequired,
    Reason,
    Requirement,
    Resource,
    Settlement,
)
from sluice.business.payments.paywalls.verify import choose_requirement
from sluice.doors.paywall.model import Pass, Price, Stop
from sluice.doors.paywall.remote import RemoteSluice
from sluice.wire.x402 import headers as names
from sluice.wire.x402.payment import read_old_payment, read_payment
from sluice.wire.x402.required import show_old_required, write_required
from sluice.wire.x402.settlement import write_old_settlement, write_settlement

# A merchant who changes his wallet has asked for payments to the old one for so long at most.
_FRESH_S: Final = 60.0
_KNOWN_MAX: Final = 1_000
_JSON: Final = {"Content-Type": "application/json", "Cache-Control": "no-store"}
# What asks for the same thing again without doing anything a second time.
_SAFE: Final = frozenset({"GET", "HEAD"})
_EXPOSED: Final = f"{names.REQUIRED}, {names.RESPONSE}, {names.RESPONSE_OLD}"


class Paywall:
    """One merchant's paywall. Keeps nothing that matters: what was taken, his Sluice knows.

    `sluice` is its URL, `key` a key of the merchant's with payments:read and payments:write.
    """

    def __init__(self, *, sluice: str, key: str, egress: Egress | None = None) -> None:
        self._egress = egress or Egress(NODES)
        self._sluice = RemoteSluice(sluice, key, self._egress)
        self._ids = Ids(SystemClock())
        self._known: dict[tuple[str, int], tuple[float, tuple[Requirement, ...]]] = {}

    async def close(self) -> None:
        """Let go of its connections."""
        await self._egress.close()

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], price: Price
    ) -> Pass | Stop:
        """Say whether a request may go on: only when its payment is in a block.

        `url` is the request's own, with its query; a payment made for it opens no other. Header
        names are in lower case.
        """
        try:
            return await self._judge(
                method, headers, Resource(url, price.description, price.mime_type), price
            )
        except Invalid as error:
            return _stopped(HTTPStatus.BAD_REQUEST, error)
        except Conflict as error:
            return _stopped(HTTPStatus.CONFLICT, error)
        except Unavailable as error:
            return _stopped(HTTPStatus.SERVICE_UNAVAILABLE, error)

    async def _judge(
        self, method: str, headers: Mapping[str, str], resource: Resource, price: Price
    ) -> Pass | Stop:
        required = PaymentRequired(
            resource, await self._requirements(price), may_be_named=method in _SAFE
        )
        payment = _read(headers)
        if payment is None:
            return _refused(required)
        chosen = choose_requirement(payment, required)
        if isinstance(chosen, Reason):
            return _refused(required, chosen)
        settlement = await self._settle(method, payment, chosen, resource)
        named, written = _written(payment, settlement)
        if settlement.reason is not None:
            return _refused(required, settlement.reason, {named: written})
        return Pass(
            {named: written, "Access-Control-Expose-Headers": _EXPOSED}, settlement.transaction
        )

    async def _settle(
        self, method: str, payment: Payment, chosen: Requirement, resource: Resource
    ) -> Settlement:
        """Settle our own question, never the payer's copy of it.

        A payer may name a payment to get the same answer again, where asking again does nothing;
        else each request has a name of its own, so that a lost answer can be asked for again here,
        and the same word in another request opens nothing.
        """
        identifier = payment.identifier if method in _SAFE else None
        ours = replace(
            payment,
            version=VERSION,
            accepted=chosen,
            resource=resource,
            identifier=identifier or self._ids.new("xr"),
        )
        return await self._sluice.settle(ours, chosen)

    async def _requirements(self, price: Price) -> tuple[Requirement, ...]:
        key, now = (price.asset, price.units), time.monotonic()
        kept = self._known.get(key)
        if kept is not None and now - kept[0] < _FRESH_S:
            return kept[1]
        ways = await self._sluice.requirements(price.asset, price.units)
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[key] = now, ways
        return ways


def _read(headers: Mapping[str, str]) -> Payment | None:
    """Read the payment that came along, of version 2 or else 1."""
    text = headers.get(names.PAYMENT.lower())
    if text is not None:
        return read_payment(text)
    text = headers.get(names.PAYMENT_OLD.lower())
    return None if text is None else read_old_payment(text)


def _refused(
    required: PaymentRequired, reason: str | None = None, more: Mapping[str, str] | None = None
) -> Stop:
    """Return 402: what it costs, for both versions, and why what came was not taken."""
    said = replace(required, error=reason or "Payment required to access this resource")
    headers = {names.REQUIRED: write_required(said), **_JSON, **(more or {})}
    headers["Access-Control-Expose-Headers"] = _EXPOSED
    if reason == Reason.PENDING:
        headers["Retry-After"] = "5"
    return Stop(HTTPStatus.PAYMENT_REQUIRED, headers, _encode(show_old_required(said)))


def _stopped(status: HTTPStatus, error: SluiceError) -> Stop:
    """Return why nothing is served: what cannot be settled now may be sent again as it is."""
    headers = dict(_JSON)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    return Stop(status, headers, _encode({"error": error.code, "errorMessage": error.message}))


def _written(payment: Payment, settlement: Settlement) -> tuple[str, str]:
    """Return the header that tells what came of it, in the payer's own version."""
    if payment.version == VERSION:
        return names.RESPONSE, write_settlement(settlement)
    return names.RESPONSE_OLD, write_old_settlement(settlement)


def _encode(body: dict[str, Any]) -> bytes:
    return msgspec.json.encode(body)
