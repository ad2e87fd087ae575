"""BoltSponsor: the service that signs as the sponsor, paid in sats from the payer's fee fund.

Known of its API, version 1, from its makers' guides: the four paths used here. Not known: whether
it still answers, what it promises, and whom it turns away. Nothing here relies on its word: who is
paid sees it on the chain.
"""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from sluice.engine.chains.sponsor import SponsorRefused
from sluice.engine.chains.stacks.bolt.forms import Bolt, bounded_fee
from sluice.engine.chains.stacks.contents import SPONSORED, read_sponsored
from sluice.engine.chains.stacks.faults import Fault
from sluice.engine.chains.stacks.provider import Provider
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.writer import Call

URL: Final = "https://boltproto.org/api/v1"

_RATE_PATH: Final = "/transaction/sbtc-token/fee-rate"
_OWN_PATH: Final = "/transaction/sbtc-token"
_ANY_PATH: Final = "/sponsor/sbtc-token/transaction"
_FUND_PATH: Final = "/sponsor/sbtc-token/balance/"
# The makers' example is 200, a later one 50; a rate that makes a fee dearer than this is refused.
_RATE_MIN: Final = 1
_RATE_MAX: Final = 1_000_000
# More than any fee of the network is worth.
FEE_MAX_SATS: Final = 10_000
_SBTC_TRANSFER_BYTES: Final = 433


class BoltSponsor:
    """One Bolt service. Its own calls carry their fee; those of others are paid from the fund."""

    def __init__(
        self, provider: Provider, bolt: Bolt, *, asset: str = "sbtc", fee_max: int = FEE_MAX_SATS
    ) -> None:
        self._provider = provider
        self._bolt = bolt
        self._asset = asset
        self._fee_max = fee_max

    @property
    def name(self) -> str:
        """Return the service's host."""
        return f"Bolt at {self._provider.name}"

    @property
    def asset(self) -> str:
        """Return the code of sBTC."""
        return self._asset

    async def price(self, fee: int) -> int:
        """Return the sats for a fee in micro-STX, by the service's rate of the moment."""
        told = await self._provider.need(_RATE_PATH, _RATE)
        size = _SBTC_TRANSFER_BYTES
        return bounded_fee(fee, told.fee_rate, size, fee_max=self._fee_max, name=self.name)

    async def fund_of(self, address: str) -> int:
        """Return how many sats an address has in its fee fund."""
        told = await self._provider.get(_FUND_PATH + address, _BALANCE)
        return 0 if told is None else int(told.balance)

    async def sponsor(self, raw: bytes, units: int) -> str:
        """Hand the payer's signed bytes to the service, which adds its signature and sends."""
        transaction = read_sponsored(Call(SPONSORED, raw))
        body: dict[str, object] = {"serializedTx": raw.hex()}
        path = _OWN_PATH
        call = transaction.payload
        if not isinstance(call, ContractCall) or call.contract != self._bolt.contract:
            path, body["fee"] = _ANY_PATH, units
        answer = await self._provider.exchange(path, msgspec.json.encode(body))
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return self._provider.read(answer.body, _SENT).txid.lower().removeprefix("0x")
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= _SERVER_ERRORS:
            # It may have sent it all the same; the payer's number makes asking again safe.
            raise self._provider.refusal(answer, path)
        trouble = self._provider.refusal(answer, path)
        if trouble.fault in {Fault.REFUSED, Fault.UNAUTHORIZED, Fault.UNSUPPORTED}:
            raise SponsorRefused(trouble.message)
        raise trouble


class _Rate(msgspec.Struct, frozen=True):
    fee_rate: Annotated[int, msgspec.Meta(ge=_RATE_MIN, le=_RATE_MAX)] = msgspec.field(
        name="feeRate"
    )


class _Balance(msgspec.Struct, frozen=True):
    balance: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}\Z")]


class _Sent(msgspec.Struct, frozen=True):
    txid: Annotated[str, msgspec.Meta(pattern=r"^(0x)?[0-9a-fA-F]{64}\Z")]


_RATE: Final = msgspec.json.Decoder(_Rate)
_BALANCE: Final = msgspec.json.Decoder(_Balance)
_SENT: Final = msgspec.json.Decoder(_Sent)
_SERVER_ERRORS: Final = 500
