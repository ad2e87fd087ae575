"""What became true of an endpoint."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.webhooks.endpoints.model import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDisabled(Fact):
    """An endpoint failed for too long, or said that it is gone; it is told nothing any more.

    The endpoint is as it was, without its secrets.
    """

    endpoint: Endpoint
