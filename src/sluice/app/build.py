"""Settings -> App; the only place that picks implementations."""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sluice.app.app import App
from sluice.app.facilitator import RemoteFacilitator
from sluice.app.keys import KeyParts, read_signers
from sluice.app.networks import Parts, read_networks
from sluice.app.observed import observe_with
from sluice.app.rates import read_rates
from sluice.app.reactions import reactions, routes
from sluice.app.schedule import SCHEDULE, Prices, job_verbs
from sluice.app.sending import find_signer, sandbox_key
from sluice.app.settings import Settings
from sluice.base.bell import Bell
from sluice.base.clock import Clock, SystemClock
from sluice.base.database import Database, open_database
from sluice.base.egress import Egress
from sluice.base.embedded import start_embedded
from sluice.base.ids import Ids, encode
from sluice.base.jobs.run import Jobs
from sluice.base.limits.local import LocalLimiter
from sluice.base.limits.model import Limiter
from sluice.base.limits.presets import preset_named
from sluice.base.limits.shared import SharedLimiter
from sluice.base.migrate import migrate
from sluice.base.observe.logs import Sink, configure_logs
from sluice.base.observe.metrics import Metrics
from sluice.base.reach import LIVE, NODES, TEST, Reach
from sluice.base.relay import Relay
from sluice.base.sealing import Sealer, create_key_file, read_key_file
from sluice.base.work import Works
from sluice.business.accounts.api_keys.callers import Callers
from sluice.business.payments.paywalls.settle import Facilitator, HandIn
from sluice.business.trust.keys.check import check_key_file
from sluice.business.webhooks.deliveries.deliver import Deliverer
from sluice.business.webhooks.deliveries.model import Attempt
from sluice.business.webhooks.deliveries.retry import Outcome
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.sandbox.addresses import SandboxAddresses, SandboxKeychain
from sluice.engine.chains.sandbox.network import BLOCK_TIME_S, sandbox_network
from sluice.engine.chains.sandbox.reader import SandboxReader
from sluice.engine.chains.sandbox.writer import SandboxWriter
from sluice.engine.rates.quote import RatePolicy
from sluice.engine.rates.source import RateSource
from sluice.engine.rates.sources.fixed import FixedRates, read_prices
from sluice.engine.rates.sources.sandbox import SandboxRates
from sluice.engine.sender.parts import Parts as Sending
from sluice.engine.sender.parts import block_pace
from sluice.wire.show import View
from sluice.wire.versions import DEFAULT as API_VERSION


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything else stands on. Who hands in their own owns time, chance and storage."""

    settings: Settings
    database: Database
    clock: Clock
    ids: Ids


@contextlib.asynccontextmanager
async def build(
    settings: Settings, *, clock: Clock | None = None, extra_chains: Sequence[Chain] = ()
) -> AsyncIterator[App]:
    """Plug everything together for one process, and take it apart again."""
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        url = await open_url(settings, stack)
        database = await open_database(url, pool_max=settings.pool_max)
        stack.push_async_callback(database.close)
        ground = Ground(settings, database, clock, Ids(clock))
        app = await stack.enter_async_context(assemble(ground, extra_chains=extra_chains))
        await check_key_file(app.works, app.sealer)
        yield app


@contextlib.asynccontextmanager
async def assemble(ground: Ground, *, extra_chains: Sequence[Chain] = ()) -> AsyncIterator[App]:
    """Plug the parts together around an open database, and take them apart again."""
    settings, database, clock, ids = ground.settings, ground.database, ground.clock, ground.ids
    metrics = Metrics(version=version("sluice"), directory=settings.metrics_dir or None)
    sealer = open_sealer(settings, ids)
    bell = Bell()
    reach = _reach(settings)
    nodes = Egress(NODES)
    receivers = {livemode: Egress(within) for livemode, within in reach.items()}
    works = Works(database, clock, ids, routes(), bell.ring, observe=observe_with(metrics))
    signers = read_signers(settings.signers, KeyParts(sealer, ids.bytes, nodes, clock))
    parts = Parts(nodes, clock, _fault_counter(metrics), signers)
    served = [
        _sandbox(ground, works, sealer),
        *read_networks(settings.networks, parts),
        *extra_chains,
    ]
    chains = Chains({chain.network.name: chain for chain in served})
    prices = _prices(settings, parts)
    facilitator = Facilitator(works, chains, prices.policy, _hand_in(settings, nodes))
    view = View(settings.public_url.rstrip("/"), _client_secret(sealer), chains)
    app = App(
        settings=settings,
        clock=clock,
        database=database,
        bell=bell,
        works=works,
        sealer=sealer,
        callers=Callers(works, sealer, clock, bell),
        chains=chains,
        signers=signers,
        sending=Sending(works, chains, find_signer(signers, sealer), block_pace),
        rates=prices.policy,
        facilitator=facilitator,
        sources=prices.sources,
        relay=Relay(works, routes(), reactions(view)),
        jobs=Jobs(works, job_verbs(facilitator, prices, _promise_gauge(metrics), chains), SCHEDULE),
        deliverer=Deliverer(works, receivers, sealer, API_VERSION, _attempt_meter(metrics)),
        metrics=metrics,
        limiter=_limiter(settings, metrics),
        limits=preset_named(settings.limits),
        view=view,
        reach=reach,
        ids=ids,
    )
    async with contextlib.AsyncExitStack() as stack:
        _close_after(stack, [nodes, *receivers.values()], chains)
        yield app


async def open_url(settings: Settings, stack: contextlib.AsyncExitStack) -> str:
    """Return the database's URL; without one, start our own PostgreSQL and bring it up to date."""
    if settings.database_url:
        return settings.database_url
    server = await asyncio.to_thread(start_embedded, settings.home / "postgres")
    stack.callback(server.stop)
    await asyncio.to_thread(migrate, server.url)
    return server.url


def open_sealer(settings: Settings, ids: Ids) -> Sealer:
    """Read the master keys, or make them on the first start."""
    path = Path(settings.key_file) if settings.key_file else settings.home / "master.keys"
    keys = read_key_file(path) if path.exists() else create_key_file(path, ids.bytes)
    return Sealer(keys, ids.bytes)


def start_logs(app: App, *, level: int = logging.INFO) -> None:
    """Send this process's log lines where its settings say."""

    def on_drop(_name: str) -> None:
        app.metrics.log_fields_dropped.inc()

    console = app.settings.log == "console"
    configure_logs(Sink(sys.stderr, app.clock, on_drop, console=console, level=level))


def _close_after(
    stack: contextlib.AsyncExitStack, egresses: Sequence[Egress], chains: Chains
) -> None:
    """Let go of every connection when the App is taken apart."""
    for egress in egresses:
        stack.push_async_callback(egress.close)
    for chain in chains:
        if chain.close is not None:
            stack.push_async_callback(chain.close)


def _hand_in(settings: Settings, nodes: Egress) -> HandIn | None:
    """Return who brings payers' words to the network for us, if anybody does."""
    url = settings.x402_facilitator
    return RemoteFacilitator(url, nodes) if url else None


def _prices(settings: Settings, parts: Parts) -> Prices:
    """Return where prices come from: the sandbox's, the operator's own, and a market's."""
    fixed = FixedRates(read_prices(settings.fixed_rates), parts.clock)
    sources: list[RateSource] = [fixed, SandboxRates(parts.clock)]
    priced = read_rates(settings.rates, parts)
    if priced is not None:
        sources.append(priced.source)
    market = None if priced is None else priced.market
    policy = RatePolicy({True: ["fixed"], False: ["sandbox"]}, market=market)
    return Prices(sources, policy, settings.rates_kept_days)


def _sandbox(ground: Ground, works: Works, sealer: Sealer) -> Chain:
    settings = ground.settings
    addresses = SandboxAddresses(sealer.mac("sandbox addresses", b"seed"))
    network = sandbox_network(
        depth=settings.sandbox_depth,
        reorg_max=settings.sandbox_reorg_max,
        block_time_s=settings.sandbox_block_s or BLOCK_TIME_S,
    )
    reader = SandboxReader(ground.database, network)
    return Chain(
        network,
        reader,
        addresses,
        derive=addresses.derive,
        keychain=SandboxKeychain(),
        writer=SandboxWriter(works, network),
        vault=lambda merchant: sandbox_key(sealer, merchant).public_key,
    )


def _reach(settings: Settings) -> dict[bool, Reach]:
    """Return where webhooks may go: public addresses, and the subnets the operator named."""
    subnets = settings.webhook_subnets()
    if not subnets:
        return {True: LIVE, False: TEST}
    return {
        True: Reach(LIVE.schemes, LIVE.ports, subnets),
        False: Reach(TEST.schemes, None, subnets),
    }


def _limiter(settings: Settings, metrics: Metrics) -> Limiter:
    if not settings.redis_url:
        return LocalLimiter(time.monotonic)
    return SharedLimiter(
        settings.redis_url,
        workers=settings.workers,
        monotonic=time.monotonic,
        on_failure=metrics.limiter_failures.inc,
    )


def _client_secret(sealer: Sealer) -> Callable[[str], str]:
    """Return what makes an intent's client secret: derived, so that it need not be kept."""

    def secret(intent_id: str) -> str:
        digest = int.from_bytes(sealer.mac("client secrets", intent_id.encode())[:18], "big")
        return f"{intent_id}_secret_{encode(digest, 25)}"

    return secret


def _attempt_meter(metrics: Metrics) -> Callable[[Attempt, Outcome], None]:
    def observe(attempt: Attempt, outcome: Outcome) -> None:
        metrics.webhook_attempts.labels(outcome.value).inc()
        if attempt.delivery.attempts == 0:
            lag = attempt.at - attempt.delivery.event_created_at
            metrics.webhook_first_attempt_lag.observe(max(0.0, lag.total_seconds()))

    return observe


def _promise_gauge(metrics: Metrics) -> Callable[[str, int], None]:
    def note(name: str, broken: int) -> None:
        metrics.invariant_violations.labels(name).set(broken)
        metrics.invariant_last_run.set_to_current_time()

    return note


def _fault_counter(metrics: Metrics) -> Callable[[str, str], None]:
    def count(source: str, fault: str) -> None:
        metrics.provider_errors.labels(source, fault).inc()

    return count
