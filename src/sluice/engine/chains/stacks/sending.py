"""Sending: what one provider tells a sender, and how it takes a transaction."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.hashing import sha512_256
from sluice.engine.chains.stacks.principals import Asset
from sluice.engine.chains.stacks.provider import OCTETS, Provider
from sluice.engine.chains.stacks.rejections import Reason, Rejection, read_rejection
from sluice.engine.chains.stacks.sending_shapes import (
    RawAccountState,
    RawBalance,
    RawEstimates,
    RawInvolved,
    RawNonces,
    RawRefusal,
    RawSent,
)
from sluice.engine.chains.stacks.shapes import RawBlock, RawInterface, RawPage
from sluice.engine.chains.writer import Verdict

_ACCOUNT: Final = msgspec.json.Decoder(RawAccountState)
_NONCES: Final = msgspec.json.Decoder(RawNonces)
_BALANCE: Final = msgspec.json.Decoder(RawBalance)
_ESTIMATES: Final = msgspec.json.Decoder(RawEstimates)
_REFUSAL: Final = msgspec.json.Decoder(RawRefusal)
_SENT: Final = msgspec.json.Decoder(RawSent)
_INVOLVED: Final = msgspec.json.Decoder(RawPage[RawInvolved])
_WAITINGS: Final = msgspec.json.Decoder(RawPage[RawSent])
_TIP: Final = msgspec.json.Decoder(RawBlock)
_INTERFACE: Final = msgspec.json.Decoder(RawInterface)
_ID: Final = msgspec.json.Decoder(str)

# The newest transactions of an account: our own wallet makes few between two looks.
_PAGE: Final = 50
_PAGES_MAX: Final = 20


class Numbers(NamedTuple):
    """The first number that no mined transaction used, and those that wait."""

    next_mined: int
    waiting: frozenset[int]
    ustx: int

    @property
    def next_pending(self) -> int:
        """Return the first number that nothing uses, mined or waiting."""
        number = self.next_mined
        while number in self.waiting:
            number += 1
        return number


class Sending:
    """One provider, seen by who sends. Every method raises ApiTrouble unless it says otherwise."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @property
    def name(self) -> str:
        """Return the provider's host."""
        return self._provider.name

    async def numbers(self, address: str) -> Numbers:
        """Return an account's numbers and its STX.

        The node says which number comes next; what waits is the API's to know.
        """
        account = await self._provider.need(f"/v2/accounts/{address}?proof=0", _ACCOUNT)
        told = await self._provider.need(f"/extended/v3/principals/{address}/nonces", _NONCES)
        waiting = {*told.mempool.pending_nonces}
        if told.mempool.last_nonce is not None:
            waiting.add(told.mempool.last_nonce)
        return Numbers(account.nonce, frozenset(waiting), int(account.balance, 16))

    async def holds(self, address: str, token: Asset) -> int:
        """Return how much of a token an address may spend."""
        asset = quote(str(token), safe="")
        path = f"/extended/v3/principals/{address}/balances/ft/{asset}"
        found = await self._provider.get(path, _BALANCE)
        return 0 if found is None else int(found.balance)

    async def estimates(self, payload: bytes, size: int) -> Sequence[int]:
        """Return the three fees that the node proposes for a payload; none where it cannot say."""
        body = msgspec.json.encode({"transaction_payload": payload.hex(), "estimated_len": size})
        path = "/v2/fees/transaction"
        answer = await self._provider.exchange(path, body)
        if answer.status == HTTPStatus.OK:
            said = self._provider.read(answer.body, _ESTIMATES)
            return [estimate.fee for estimate in said.estimations]
        if answer.status == HTTPStatus.BAD_REQUEST:
            refusal = self._provider.read(answer.body, _REFUSAL)
            if refusal.reason == "NoEstimateAvailable":
                return []
        raise self._provider.refusal(answer, path)

    async def functions(self, address: str, name: str) -> frozenset[str] | None:
        """Return the public functions of a contract; None where there is no such contract."""
        path = f"/v2/contracts/interface/{address}/{name}"
        found = await self._provider.get(path, _INTERFACE)
        if found is None:
            return None
        return frozenset(one.name for one in found.functions if one.access == "public")

    async def send(self, raw: bytes) -> Rejection | None:
        """Send a transaction: None when the node has it, now or already; else what it said.

        What the node refuses while it knows the transaction is no refusal.
        """
        tx_id = sha512_256(raw).hex()
        answer = await self._provider.exchange("/v2/transactions", raw, kind=OCTETS)
        if answer.status == HTTPStatus.OK:
            if self._provider.read(answer.body, _ID).lower().removeprefix("0x") != tx_id:
                raise self._provider.trouble("took another transaction", Fault.NONSENSE)
            return None
        rejection = read_rejection(answer.status, answer.body)
        if rejection.reason in _ASK_AGAIN and await self._has(tx_id):
            return None
        return rejection

    async def sent(self, tx_id: str) -> RawSent | None:
        """Return a transaction, mined or waiting; None where it is not known."""
        return await self._provider.get(f"/extended/v3/transactions/0x{tx_id}", _SENT)

    async def tip(self) -> RawBlock:
        """Return the newest block."""
        return await self._provider.need("/extended/v2/blocks/latest", _TIP)

    async def using(self, address: str, nonce: int) -> RawSent | None:
        """Return the mined transaction that used an account's number up; None if not found."""
        cursor = ""
        for _ in range(_PAGES_MAX):
            path = f"/extended/v3/principals/{address}/transactions?limit={_PAGE}{cursor}"
            page = await self._provider.get(path, _INVOLVED)
            if page is None:
                return None
            for one in page.results:
                signers = (one.transaction.sender, one.transaction.sponsor)
                ours = [who.nonce for who in signers if who is not None and who.address == address]
                if nonce in ours:
                    return one.transaction
                if ours and max(ours) < nonce:
                    return None
            if page.cursor.next is None:
                return None
            cursor = f"&cursor={quote(page.cursor.next, safe='')}"
        return None

    async def with_number(self, address: str, nonce: int) -> Sequence[RawSent]:
        """Return the transactions by an address with this number, mined or waiting."""
        mined = await self.using(address, nonce)
        if mined is not None:
            return [mined]
        path = f"/extended/v3/principals/{address}/mempool/transactions?limit={_PAGE}"
        page = await self._provider.get(path, _WAITINGS)
        return [
            one
            for one in (page.results if page is not None else [])
            if (one.sender.address, one.sender.nonce) == (address, nonce)
        ]

    async def _has(self, tx_id: str) -> bool:
        """Say whether the provider has it, mined or waiting; a provider in trouble does not."""
        try:
            found = await self.sent(tx_id)
        except ApiTrouble:
            return False
        return found is not None and (found.block is not None or found.status == _WAITING)


_WAITING: Final = "pending"
# What a node says of a transaction that it, or its block, may have already (core #5229).
_ASK_AGAIN: Final = frozenset({Reason.CONFLICTING_NONCE, Reason.BAD_NONCE})


def judge(answers: Sequence[Rejection | None], *, is_sponsored: bool) -> Verdict:
    """Return the most hopeful verdict of what providers said; None is one that took it.

    A sponsored transaction whose origin used its number elsewhere is dead; the sponsor's is free.
    """
    verdicts = {_verdict(one, is_sponsored=is_sponsored) for one in answers}
    return next((verdict for verdict in Verdict if verdict in verdicts), Verdict.UNKNOWN)


def _verdict(one: Rejection | None, *, is_sponsored: bool) -> Verdict:
    if one is None:
        return Verdict.SENT
    is_origins = one.reason is Reason.BAD_NONCE and one.is_origin and is_sponsored
    return Verdict.DEAD if is_origins and one.verdict is Verdict.USED else one.verdict
