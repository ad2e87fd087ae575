"""What became true of an endpoint."""

from dataclasses import dataclass

from sluice.base.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDisabled(Fact):
    """An endpoint failed for too long, or said that it is gone; it is told nothing any more."""

    endpoint_id: str
    url: str
    reason: str
