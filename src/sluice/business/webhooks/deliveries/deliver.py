"""Serve lanes: tell one endpoint what is due, two at a time, and write down what it said.

A lane is claimed, served and written down as separate Works, with the sending between them. Each
endpoint has a lane of its own, so one that does not answer holds up nobody else.
"""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from sluice.base.egress import Answer, EgressError
from sluice.base.errors import SluiceError
from sluice.base.sealing import Sealer
from sluice.base.work import Work, Works
from sluice.business.webhooks.deliveries import store
from sluice.business.webhooks.deliveries.model import Attempt, Delivery
from sluice.business.webhooks.deliveries.retry import Outcome, judge, next_attempt, profile_named
from sluice.business.webhooks.deliveries.sign import Message, Scheme, sign_message
from sluice.business.webhooks.deliveries.store import Result
from sluice.business.webhooks.endpoints import lanes
from sluice.business.webhooks.endpoints.edit import open_secrets
from sluice.business.webhooks.endpoints.model import Endpoint

IN_FLIGHT_MAX: Final = 2
_CHUNK: Final = 100
# A turn takes nothing new after five seconds, and ends within the longest time-out, 30 s, after.
_TURN_S: Final = 5.0
# A worker that dies keeps its lanes until the lease is over, so it is short and renewed.
_LEASE_S: Final = 10.0
_RENEWALS: Final = 3  # in the time of one lease
# So many failures in a row mean that an endpoint is down, not that it dislikes one event; then the
# lane rests, so that it does not use up the workers.
_FAILURES_MAX: Final = 3
_REST_S: Final = 5.0
_DISABLE_AFTER: Final = dt.timedelta(days=5)

log = structlog.get_logger()


class Post(Protocol):
    """Sends bytes to a URL that may be reached."""

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        answer_max: int,
        cut: bool,
    ) -> Answer:
        """Return the answer, or raise EgressError."""
        ...


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What serving a lane needs. `observe` is told each attempt and what it came to."""

    works: Works
    receivers: Mapping[bool, Post]  # the way out, by livemode
    sealer: Sealer
    default_version: str
    observe: Callable[[Attempt, Outcome], None]
    lease_s: float = _LEASE_S
    rest_s: float = _REST_S


@dataclass(frozen=True, slots=True)
class Lane:
    """The right to tell one endpoint, for a while."""

    endpoint: Endpoint
    token: str


async def deliver_once(deliverer: Deliverer, *, lanes_max: int = 16) -> int:
    """Serve every lane that has something due; return how many attempts were made."""
    taken = await take_lanes(deliverer, lanes_max)
    async with asyncio.TaskGroup() as group:
        served = [group.create_task(serve_lane(deliverer, lane)) for lane in taken]
    return sum(task.result() for task in served)


async def take_lanes(deliverer: Deliverer, limit: int) -> list[Lane]:
    """Take lanes that have something due and that nobody serves."""
    async with deliverer.works.begin() as work:
        token = work.new_id("lane")
        endpoints = await lanes.claim_lanes(work, limit, deliverer.lease_s, token)
    return [Lane(endpoint, token) for endpoint in endpoints]


async def serve_lane(deliverer: Deliverer, lane: Lane) -> int:
    """Serve one lane for one chunk and give it back; return how many attempts were made."""
    endpoint = lane.endpoint
    async with deliverer.works.look() as work:
        due = await store.due(
            work, endpoint.merchant_id, endpoint.id, livemode=endpoint.livemode, limit=_CHUNK
        )
        now = work.now
    secrets = open_secrets(endpoint, now, sealer=deliverer.sealer)
    try:
        async with _held(deliverer, lane):
            attempts = await _send_all(deliverer, endpoint, due, secrets, now)
    except asyncio.CancelledError:
        # Whoever stops gives the lane back, or nobody would serve it until the lease is over.
        async with deliverer.works.begin() as work:
            await lanes.release_lane(work, endpoint.id, lane.token, 0.0)
        raise
    outcomes = [judge(attempt.status_code) for attempt in attempts]
    fine = not attempts or Outcome.DELIVERED in outcomes[-_FAILURES_MAX:]
    async with deliverer.works.begin() as work:
        rest_s = 0.0 if fine else deliverer.rest_s
        if await lanes.release_lane(work, endpoint.id, lane.token, rest_s) and attempts:
            await _write(work, endpoint, attempts)
        if attempts:
            work.tell("deliveries")
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        deliverer.observe(attempt, outcome)
    return len(attempts)


@contextlib.asynccontextmanager
async def _held(deliverer: Deliverer, lane: Lane) -> AsyncIterator[None]:
    """Renew a lease for as long as this lasts."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(deliverer.lease_s / _RENEWALS)
            try:
                async with deliverer.works.begin() as work:
                    await lanes.renew_lane(work, lane.endpoint.id, lane.token, deliverer.lease_s)
            except (SluiceError, OSError) as error:
                # Whoever lost its lane writes nothing down, and the next worker tells it again.
                log.warning("delivery.lane_not_renewed", error=str(error)[:200])

    async with asyncio.TaskGroup() as group:
        renewing = group.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()


async def _send_all(
    deliverer: Deliverer,
    endpoint: Endpoint,
    due: Sequence[Delivery],
    secrets: Sequence[str],
    now: dt.datetime,
) -> list[Attempt]:
    """Send at most two at a time.

    It stops after a few failures in a row, which the rest would meet too, when the endpoint says
    that it is gone, and when the lane was held for long enough.
    """
    waiting = iter(due)
    made: list[Attempt] = []
    failures = 0
    until = time.monotonic() + _TURN_S

    async def runner() -> None:
        nonlocal failures
        for delivery in waiting:
            attempt = await _send(deliverer, endpoint, delivery, secrets, now)
            made.append(attempt)
            outcome = judge(attempt.status_code)
            failures = 0 if outcome is Outcome.DELIVERED else failures + 1
            over = failures >= _FAILURES_MAX or time.monotonic() > until
            if over or outcome is Outcome.GONE:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(IN_FLIGHT_MAX, len(due))):
            group.create_task(runner())
    return made


async def _send(
    deliverer: Deliverer,
    endpoint: Endpoint,
    delivery: Delivery,
    secrets: Sequence[str],
    now: dt.datetime,
) -> Attempt:
    body = _in_version(delivery.body, deliverer.default_version, endpoint.api_version)
    started = time.monotonic()
    status: int | None = None
    error: str | None = None
    try:
        headers = sign_message(
            Message(body, delivery.event_id, now),
            secrets=secrets,
            schemes=[Scheme(name) for name in endpoint.schemes],
        )
        headers |= {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Sluice/1.0"}
        answer = await deliverer.receivers[endpoint.livemode].post(
            endpoint.url,
            body,
            headers=headers,
            timeout_s=endpoint.timeout_s,
            answer_max=1024,
            cut=True,
        )
        status = answer.status
    except EgressError as failure:
        error = failure.code
    except SluiceError as failure:
        error = failure.code
        log.exception("delivery.unsendable", delivery=delivery.id)
    took_ms = round((time.monotonic() - started) * 1000)
    return Attempt(delivery, now, status, error, took_ms)


async def _write(work: Work, endpoint: Endpoint, attempts: Sequence[Attempt]) -> None:
    """Write attempts down, and what they say of the endpoint."""
    results = [_result(work, endpoint, attempt) for attempt in attempts]
    await store.save(work, results)
    outcomes = [judge(attempt.status_code) for attempt in attempts]
    if Outcome.GONE in outcomes:
        await lanes.disable(work, endpoint, "The endpoint answered 410 Gone.")
        await store.cancel(work, endpoint.id)
        return
    if Outcome.DELIVERED in outcomes:
        if endpoint.failing_since is not None:
            await lanes.set_failing(work, endpoint, None)
        return
    since = endpoint.failing_since or work.now
    if work.now - since >= _DISABLE_AFTER:
        await lanes.disable(work, endpoint, "Every delivery failed for five days.")
        await store.cancel(work, endpoint.id)
    elif endpoint.failing_since is None:
        await lanes.set_failing(work, endpoint, since)


def _result(work: Work, endpoint: Endpoint, attempt: Attempt) -> Result:
    outcome = judge(attempt.status_code)
    if outcome is Outcome.DELIVERED:
        return Result(attempt, "delivered", None)
    if outcome is Outcome.GONE:
        return Result(attempt, "canceled", None)
    made = attempt.delivery.attempts + 1
    jitter = work.random_below(1000) / 1000
    first_at = attempt.delivery.first_at if attempt.delivery.attempts else attempt.at
    later = next_attempt(profile_named(endpoint.retry_profile), made, first_at, work.now, jitter)
    return Result(attempt, "pending" if later else "exhausted", later)


def _in_version(body: bytes, default: str, wanted: str | None) -> bytes:
    """Name the endpoint's own API version in the bytes, where it has one."""
    if wanted is None or wanted == default:
        return body
    return body.replace(
        f'"api_version":"{default}"'.encode(), f'"api_version":"{wanted}"'.encode(), 1
    )
