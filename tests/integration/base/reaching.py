"""Egress for tests: opened for one block, with names of its own, and asked why it failed."""

import contextlib
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Sequence

import pytest

from sluice.base.egress import Egress, EgressError, Lookup, Reason
from sluice.base.reach import NODES, Reach

ONLY_ONE = Reach(
    schemes=frozenset({"http", "https"}),
    ports=None,
    allow_networks=(ipaddress.ip_network("127.0.0.1/32"),),
)


@contextlib.asynccontextmanager
async def reaching(reach: Reach = NODES, **options: object) -> AsyncIterator[Egress]:
    egress = Egress(reach, **options)  # type: ignore[arg-type]
    try:
        yield egress
    finally:
        await egress.close()


def always(*addresses: str) -> Lookup:
    async def lookup(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return lookup


async def reason_of(call: Awaitable[object]) -> Reason:
    with pytest.raises(EgressError) as error:
        await call
    assert error.value.code == error.value.reason.value
    return error.value.reason
