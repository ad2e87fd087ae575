"""What became true of a customer."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.customers.model import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFact(Fact):
    """What the facts about a customer share."""

    customer: Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreated(CustomerFact):
    """The merchant knows somebody new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUpdated(CustomerFact):
    """The merchant knows something else about them than `before`."""

    before: Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDeleted(CustomerFact):
    """The merchant forgot them; this is the last that is said of who they were."""


CUSTOMER_FACTS = (CustomerCreated, CustomerUpdated, CustomerDeleted)
