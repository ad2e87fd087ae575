"""SandboxWriter: sends on the sandbox, with numbered and truly signed transactions."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.base.work import Work, Works
from sluice.engine.chains.model import Network
from sluice.engine.chains.sandbox import store
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.model import ASSETS, MOVES, NAME, Output, Transaction
from sluice.engine.chains.sandbox.model import State as Where
from sluice.engine.chains.sandbox.numbered_store import find_numbered, next_numbers
from sluice.engine.chains.writer import (
    ENDLESS,
    Account,
    Fate,
    Order,
    OrderHeld,
    Price,
    Sealed,
    Signature,
    Slot,
    Standing,
    State,
    Unsigned,
    Verdict,
)

# As nodes do: what replaces a waiting transaction pays a tenth more; we add an eighth.
_REPLACE_PERCENT: Final = 110
_FEE: Final = 1_000
_FEE_MAX: Final = 1_000_000
_SIGNATURE_BYTES: Final = 65
_ADDRESS_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class _Body:
    sender: str
    nonce: int
    fee: int
    outputs: Sequence[Output]


class SandboxWriter:
    """Writes to the sandbox. Nobody's money runs dry on it, and every signature is looked at."""

    def __init__(self, works: Works, network: Network) -> None:
        self._works = works
        self._network = network

    @property
    def fee_asset(self) -> str:
        """Return what fees would be paid in."""
        return "stx"

    def address_of(self, public_key: bytes) -> str:
        """Return the address that this key signs for."""
        return address_of(hashlib.sha256(public_key).digest()[:_ADDRESS_BYTES])

    def check(self, order: Order) -> None:
        """Refuse what no sandbox would carry."""
        if order.call is not None:
            raise Invalid("The sandbox has no contracts to call.", code="order_refused")
        if order.asset not in ASSETS:
            raise Invalid(f"The sandbox does not carry {order.asset}.", code="order_refused")
        Output(order.asset, order.recipient, order.units, order.memo)

    async def standing(self, account: Account) -> Standing:
        """Return how the account stands; its money never runs dry."""
        async with self._works.begin() as work:
            mined, pending = await next_numbers(work.connection, account.address)
        return Standing(mined, pending, dict.fromkeys(ASSETS, ENDLESS))

    async def rehearse(self, order: Order, account: Account) -> Price:  # noqa: ARG002
        """Return the price; what the sandbox takes it always carries out."""
        self.check(order)
        return {"fee": _FEE}

    def take(  # the Protocol's parameters: coins would need them
        self,
        order: Order,  # noqa: ARG002
        standing: Standing,  # noqa: ARG002
        price: Price,  # noqa: ARG002
        *,
        nonce: int,
        taken: Sequence[Slot],  # noqa: ARG002
    ) -> Slot:
        """Return the number offered."""
        return Slot(nonce=nonce)

    def build(self, order: Order, account: Account, slot: Slot, price: Price) -> Unsigned:
        """Return the transaction that pays the order."""
        self.check(order)
        if slot.nonce is None:
            raise Invalid("A transaction of the sandbox has a number.", code="slot_invalid")
        output = Output(order.asset, order.recipient, order.units, order.memo)
        body = _Body(account.address, slot.nonce, price["fee"], [output])
        payload = msgspec.json.encode(body, order="sorted")
        return Unsigned(payload, (hashlib.sha256(payload).digest(),), price["fee"])

    def void(self, account: Account, reference: str) -> Order:
        """Return the order that sends nothing to oneself."""
        return Order(NAME, "stx", 0, account.address, reference)

    def seal(self, unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
        """Return the bytes, or refuse what the account's key did not sign."""
        [one] = signatures
        signature = one.r.to_bytes(32, "big") + one.s.to_bytes(32, "big") + bytes([one.recovery_id])
        raw = unsigned.payload + signature
        if _read(raw).sender != account.address:
            raise Invalid("It was signed by another key.", code="signature_invalid")
        return Sealed(hashlib.sha256(raw).hexdigest(), raw)

    async def broadcast(self, raw: bytes) -> Verdict:
        """Put it into the mempool, unless its number is used or something dearer waits there."""
        try:
            body = _read(raw)
        except Invalid:
            return Verdict.DEAD
        async with self._works.begin() as work:
            await store.lock_chain(work.connection)
            return await _take_in(work, hashlib.sha256(raw).hexdigest(), body)

    async def fate(self, tx_id: str, slot: Slot, account: Account) -> Fate:
        """Return where a transaction is on the best branch."""
        async with self._works.begin() as work:
            await store.lock_chain(work.connection)
            rivals = await find_numbered(work.connection, account.address, slot.nonce or 0)
            mine = next((one for one in rivals if one.tx_id == tx_id), None)
            if mine is not None and mine.state is Where.INCLUDED:
                return await self._included(work, tx_id)
        if any(one.state is Where.INCLUDED for one in rivals):
            return Fate(State.REPLACED)
        if mine is not None and mine.state is Where.MEMPOOL:
            return Fate(State.PENDING)
        return Fate(State.UNKNOWN)

    def bump(self, price: Price) -> Price:
        """Return an eighth more."""
        fee = -(-price["fee"] * 9 // 8)
        if fee > _FEE_MAX:
            raise OrderHeld("The fee reached its cap.", code="fee_guard")
        return {"fee": fee}

    async def _included(self, work: Work, tx_id: str) -> Fate:
        height = (await store.find_heights(work.connection, [tx_id]))[tx_id]
        tip = await store.get_tip(work.connection)
        [header] = await store.find_headers(work.connection, height, height)
        depth = tip.height - height + 1
        final = depth > self._network.finality.reorg_max
        # Nobody's money runs dry here: a fee is bid, and never taken.
        return Fate(State.INCLUDED, height, header.hash, depth, is_final=final, cost=0)


async def _take_in(work: Work, tx_id: str, body: _Body) -> Verdict:
    connection = work.connection
    rivals = await find_numbered(connection, body.sender, body.nonce)
    mine = next((one for one in rivals if one.tx_id == tx_id), None)
    if mine is not None and mine.state in (Where.MEMPOOL, Where.INCLUDED):
        return Verdict.SENT
    if any(one.state is Where.INCLUDED for one in rivals):
        return Verdict.USED
    waiting = [one for one in rivals if one.state is Where.MEMPOOL]
    if any(body.fee * 100 < one.fee * _REPLACE_PERCENT for one in waiting):
        return Verdict.BUMP
    _, pending = await next_numbers(connection, body.sender)
    if body.nonce > pending:
        return Verdict.UNKNOWN  # a number before it is missing: nothing would include it
    await store.save_states(
        connection, {one.tx_id: MOVES.check(one.state, Where.REPLACED) for one in waiting}
    )
    if mine is not None and mine.state is Where.DROPPED:
        await store.save_states(connection, {tx_id: MOVES.check(mine.state, Where.MEMPOOL)})
    elif mine is not None:
        return Verdict.BUMP
    else:
        first = rivals[0].tx_id if rivals else None
        new = Transaction(
            tx_id, body.sender, first or tx_id, first, Where.MEMPOOL, body.nonce, body.fee
        )
        await store.add_transactions(connection, [new], [body.outputs])
    work.tell(NAME)
    return Verdict.SENT


def _read(raw: bytes) -> _Body:
    """Read the bytes that are sent, or refuse what no key of their sender signed."""
    payload, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    try:
        body = msgspec.json.decode(payload, type=_Body)
        key = PublicKey.from_signature_and_message(
            signature, hashlib.sha256(payload).digest(), hasher=None
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise Invalid("This is no transaction.", code="transaction_invalid") from error
    signer = address_of(hashlib.sha256(key.format()).digest()[:_ADDRESS_BYTES])
    if not hmac.compare_digest(signer, body.sender):
        raise Invalid("Its sender did not sign it.", code="signature_invalid")
    return body
