"""BoltSandbox: Bolt's part in test mode, played by a wallet of ours, at a rate that is set.

There is no test service of Bolt's, and its contract on testnet holds a token of the past. So the
fee is taken in sats and the sponsor signs as with Bolt, and only the contract is left out.
"""

from typing import Final

from sluice.engine.chains.sponsor import SponsorRefused
from sluice.engine.chains.stacks.bolt.forms import FEE_MIN_SATS, SimulatedBolt, bounded_fee, fee_of
from sluice.engine.chains.stacks.bolt.sponsor import FEE_MAX_SATS
from sluice.engine.chains.stacks.contents import SPONSORED, read_sponsored
from sluice.engine.chains.stacks.principals import Asset, parse_address
from sluice.engine.chains.stacks.sponsoring import OwnSponsor
from sluice.engine.chains.writer import Call

# The rate in the makers' own example: so many micro-STX for a sat.
RATE: Final = 200
_TRANSFER_BYTES: Final = 433


class BoltSandbox:
    """One such wallet. Calls of others are paid for without asking, as from a full fee fund."""

    def __init__(
        self,
        operator: OwnSponsor,
        token: Asset,
        *,
        rate: int = RATE,
        fee_max: int = FEE_MAX_SATS,
        asset: str = "sbtc",
    ) -> None:
        self._operator = operator
        self._token = token
        self._rate = rate
        self._fee_max = fee_max
        self._asset = asset

    @property
    def name(self) -> str:
        """Say that it is not Bolt."""
        return "Bolt, simulated"

    @property
    def asset(self) -> str:
        """Return the code of sBTC."""
        return self._asset

    async def price(self, fee: int) -> int:
        """Return the sats for a fee in micro-STX."""
        size = _TRANSFER_BYTES
        return bounded_fee(fee, self._rate, size, fee_max=self._fee_max, name=self.name)

    async def sponsor(self, raw: bytes, units: int) -> str:
        """Sign and send, unless the payment's fee is below what was asked."""
        asked = read_sponsored(Call(SPONSORED, raw))
        offered = fee_of(await self.service(), asked.payload)
        if offered is not None and offered < max(units, FEE_MIN_SATS):
            raise SponsorRefused(f"{self.name}: FEE_TOO_LOW: {offered} sats, {units} are wanted.")
        return await self._operator.sponsor(raw, 0)

    async def service(self) -> SimulatedBolt:
        """Return who is paid the fee, and in what."""
        return SimulatedBolt(self._token, parse_address(await self._operator.address()))
