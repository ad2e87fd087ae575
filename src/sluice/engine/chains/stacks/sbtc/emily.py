"""Emily: told of each deposit, asked how far it is and what the limits are.

She is a messenger of the signers, not a chain: nothing is credited on her word.
"""

from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from sluice.base.egress import Answer, Egress, EgressError, Reason
from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.endpoint import Endpoint
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault, fault_of
from sluice.engine.chains.stacks.principals import Address, Contract, Principal
from sluice.engine.chains.stacks.sbtc.deposit import Deposit, read_deposit
from sluice.engine.chains.stacks.sbtc.emily_shapes import (
    NewDeposit,
    RawCaps,
    RawDeposit,
    RawFulfillment,
    RawLimits,
    Status,
)
from sluice.engine.chains.stacks.sbtc.limits import Caps, Limits

T = TypeVar("T")

READ_S: Final = 8.0
ANSWER_MAX: Final = 4 * 1024 * 1024
_DEPOSIT: Final = msgspec.json.Decoder(RawDeposit)
_LIMITS: Final = msgspec.json.Decoder(RawLimits)
_GOOD: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
_SILENCES: Final = {Reason.TIMEOUT: Fault.TIMEOUT, Reason.TOO_LARGE: Fault.TOO_LARGE}


class KnownDeposit(msgspec.Struct, frozen=True):
    """A deposit as Emily knows it."""

    outpoint: Outpoint
    deposit: Deposit
    sats: int
    status: Status
    message: str
    fulfillment: RawFulfillment | None
    replaced_by: str | None


class Emily:
    """One Emily. Every method raises ApiTrouble; no message holds the URL's secrets."""

    def __init__(self, url: str, egress: Egress, *, read_s: float = READ_S) -> None:
        self._endpoint = Endpoint.of(url, key_header="x-api-key")
        self._egress = egress
        self._read_s = read_s

    @property
    def name(self) -> str:
        """Return the host."""
        return self._endpoint.host

    async def create(self, outpoint: Outpoint, deposit: Deposit, raw: bytes) -> KnownDeposit:
        """Tell of a deposit and the transaction that makes it; telling twice does no harm."""
        new = NewDeposit(
            bitcoin_txid=outpoint.tx_id,
            bitcoin_tx_output_index=outpoint.index,
            deposit_script=deposit.deposit_script.hex(),
            reclaim_script=deposit.reclaim_script.hex(),
            transaction_hex=raw.hex(),
        )
        answer = await self._send("/deposit", msgspec.json.encode(new))
        known = self._known(answer, outpoint)
        if known.deposit != deposit:
            raise self._trouble("answers with another deposit", Fault.NONSENSE)
        return known

    async def deposit(self, outpoint: Outpoint) -> KnownDeposit | None:
        """Return how far a deposit is; None where Emily was never told of it."""
        answer = await self._send(f"/deposit/{outpoint.tx_id}/{outpoint.index}")
        if answer.status == HTTPStatus.NOT_FOUND and answer.body.lstrip()[:1] != b"<":
            return None
        return self._known(answer, outpoint)

    async def limits(self) -> Limits:
        """Return what may be deposited and withdrawn now."""
        raw = self._read(await self._send("/limits"), _LIMITS)
        accounts = {account: _caps(caps) for account, caps in raw.account_caps.items()}
        return Limits(_caps(raw), raw.available_to_withdraw, accounts)

    def _known(self, answer: Answer, outpoint: Outpoint) -> KnownDeposit:
        """Return a deposit that is the one asked for, and whose scripts say what Emily says."""
        raw = self._read(answer, _DEPOSIT)
        try:
            recipient = _principal(raw.recipient)
            scripts = bytes.fromhex(raw.deposit_script), bytes.fromhex(raw.reclaim_script)
            deposit = read_deposit(*scripts)
        except Invalid as error:
            raise self._trouble(f"answers nonsense: {error.message}", Fault.NONSENSE) from None
        said = (recipient, raw.parameters.max_fee, raw.parameters.lock_time)
        written = deposit.deposit
        held = (written.recipient, written.fee_max_sats, deposit.reclaim.lock_blocks)
        if Outpoint(raw.bitcoin_txid, raw.bitcoin_tx_output_index) != outpoint or said != held:
            raise self._trouble("answers with another deposit", Fault.NONSENSE)
        return KnownDeposit(
            outpoint,
            deposit,
            raw.amount,
            raw.status,
            self._endpoint.scrub(raw.status_message),
            raw.fulfillment,
            raw.replaced_by_tx,
        )

    async def _send(self, path: str, body: bytes | None = None) -> Answer:
        url, headers = self._endpoint.at(path), self._endpoint.headers
        try:
            if body is None:
                return await self._egress.get(
                    url, headers=headers, timeout_s=self._read_s, answer_max=ANSWER_MAX
                )
            return await self._egress.post(
                url, body, headers=headers, timeout_s=self._read_s, answer_max=ANSWER_MAX
            )
        except EgressError as error:
            fault = _SILENCES.get(error.reason, Fault.UNAVAILABLE)
            # Without its cause: what lies below may write the URL.
            raise ApiTrouble(f"{self.name}: {error.message}", fault) from None

    def _read(self, answer: Answer, shape: "msgspec.json.Decoder[T]") -> T:
        if answer.status not in _GOOD:
            said = self._endpoint.scrub(answer.body[:200].decode("utf-8", "replace"))
            raise self._trouble(
                f"answers with HTTP status {answer.status}: {said}", fault_of(answer.status)
            )
        try:
            return shape.decode(answer.body)
        except msgspec.DecodeError as error:
            raise self._trouble(f"answers nonsense: {error}", Fault.NONSENSE) from None

    def _trouble(self, what: str, fault: Fault) -> ApiTrouble:
        return ApiTrouble(f"{self.name} {what}.", fault)


def _principal(text: str) -> Principal:
    value = decode_value(bytes.fromhex(text))
    if not isinstance(value, Address | Contract):
        raise Invalid("A recipient is a principal.", code="address_invalid")
    return value


def _caps(raw: RawCaps) -> Caps:
    return Caps(
        raw.peg_cap,
        raw.per_deposit_minimum,
        raw.per_deposit_cap,
        raw.per_withdrawal_cap,
        raw.rolling_withdrawal_blocks,
        raw.rolling_withdrawal_cap,
    )
