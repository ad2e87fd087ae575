"""App: the built parts that a door may use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.app.settings import Settings
from sluice.base.bell import Bell
from sluice.base.clock import Clock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.jobs.run import Jobs
from sluice.base.limits.model import Limiter
from sluice.base.limits.presets import Preset
from sluice.base.observe.metrics import Metrics
from sluice.base.reach import Reach
from sluice.base.relay import Relay
from sluice.base.sealing import Sealer
from sluice.base.work import Works
from sluice.business.accounts.api_keys.callers import Callers
from sluice.business.payments.paywalls.settle import Facilitator
from sluice.business.webhooks.deliveries.deliver import Deliverer
from sluice.engine.chains.registry import Chains
from sluice.engine.keys.ring import Ring
from sluice.engine.rates.quote import RatePolicy
from sluice.engine.rates.source import RateSource
from sluice.engine.sender.parts import Parts as Sending
from sluice.wire.show import View


@dataclass(frozen=True, slots=True)
class App:
    """What was plugged together for this process."""

    settings: Settings
    clock: Clock
    database: Database
    bell: Bell
    works: Works
    sealer: Sealer
    callers: Callers
    chains: Chains
    sending: Sending
    signers: Ring
    facilitator: Facilitator
    rates: RatePolicy
    sources: Sequence[RateSource]
    relay: Relay
    jobs: Jobs
    deliverer: Deliverer
    metrics: Metrics
    limiter: Limiter
    limits: Preset
    view: View
    reach: dict[bool, Reach]  # where webhooks may go, by livemode
    ids: Ids

    def new_request_id(self) -> str:
        """Name one request, for its answer and its log lines."""
        return self.ids.new("req")
