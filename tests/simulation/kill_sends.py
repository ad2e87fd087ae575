"""Kill the process that sends, at every step of a send; what left is counted on the chain itself.

Each round asks for one payout, lets a real worker die by SIGKILL at one step, and lets another one
go on. Whatever the step: one transfer reaches the chain, and the books agree.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import datetime as dt
import hashlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.egress import Egress
from sluice.base.money.catalogue import money
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import RefundRules
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.business.payments.settlement.create import create_payout
from sluice.business.payments.settlement.model import NewPayout
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.writer import ENDLESS, Account
from sluice.engine.ledger import chart
from sluice.engine.ledger.model import Entry, credit, debit
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import Limits
from sluice.engine.sender.parts import Pace, Parts
from sluice.engine.sender.turn import send_once
from tests.simulation.fields import Field, open_field
from tests.simulation.ground import fresh_database, make_template, open_server

STEPS: Final = (
    "standing", "rehearsed", "reserved", "signed", "sealed", "broadcast", "told", "looked",
    "final", "booked",
)  # fmt: skip
# Forty bitcoins, or four thousand dollars.
FILLED: Final = 4 * 10**9
UNITS: Final = 1_000_000
_TURNS_MAX: Final = 400
# Each worker is a process of its own, made of one that has read all our code already.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.simulation.fields", "sluice.app.build"])
_SECOND: Final = dt.timedelta(seconds=1)
_QUICK: Final = Pace(_SECOND * 0.02, _SECOND * 0.5, _SECOND * 600)


@dataclasses.dataclass(frozen=True)
class Stage:
    """Where a round takes place: a database, a network, and the merchant who pays out."""

    url: str
    home: str
    field: Field
    merchant: str = ""
    fuel: int = 0  # what the wallet had for fees

    @property
    def settings(self) -> Settings:
        """Return how every process is set up."""
        return Settings(database_url=self.url, home=Path(self.home), sandbox_reorg_max=2)


@contextlib.asynccontextmanager
async def _open(stage: Stage) -> AsyncIterator[App]:
    """Build an app that also serves the stage's network."""
    egress = Egress(NODES)
    try:
        async with build(stage.settings, extra_chains=stage.field.chains(egress)) as app:
            yield app
    finally:
        await egress.close()


def die_at(step: str | None, now: str) -> None:
    """Die as a machine does that loses its power, when this is the step."""
    if step == now:
        os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A writer or a signer whose process dies before or after one of its calls."""

    def __init__(self, inner: Any, step: str | None) -> None:  # noqa: ANN401 - any of our Protocols
        self._inner = inner
        self._step = step

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._inner, name)

    async def standing(self, *args: Any) -> Any:  # noqa: ANN401
        found = await self._inner.standing(*args)
        die_at(self._step, "standing")
        return found

    async def rehearse(self, *args: Any) -> Any:  # noqa: ANN401
        price = await self._inner.rehearse(*args)
        die_at(self._step, "rehearsed")
        return price

    async def sign_digest(self, digest: bytes) -> Any:  # noqa: ANN401
        die_at(self._step, "reserved")
        signature = await self._inner.sign_digest(digest)
        die_at(self._step, "signed")
        return signature

    async def broadcast(self, raw: bytes) -> Any:  # noqa: ANN401
        die_at(self._step, "sealed")
        verdict = await self._inner.broadcast(raw)
        die_at(self._step, "broadcast")
        return verdict

    async def fate(self, *args: Any) -> Any:  # noqa: ANN401
        die_at(self._step, "told")
        found = await self._inner.fate(*args)
        die_at(self._step, "looked")
        if found.is_final:
            die_at(self._step, "final")
        return found


def work_until_paid(stage: Stage, payout_id: str, step: str | None) -> None:
    """Be a worker: send, follow and book until the payout is paid, or die on the way."""
    asyncio.run(_work(stage, payout_id, step))


async def _work(stage: Stage, payout_id: str, step: str | None) -> None:
    async with _open(stage) as app:
        parts = _mortal(app, stage, step)
        for _ in range(_TURNS_MAX):
            await send_once(parts)
            if step == "booked" and _state(stage, payout_id) == "done":
                die_at(step, "booked")
            while await app.relay.run_once():
                pass
            if _status(stage, payout_id) == "paid":
                return
            await stage.field.mine(app)
            await asyncio.sleep(0.02)
    raise SystemExit(3)


def _mortal(app: App, stage: Stage, step: str | None) -> Parts:
    chain = app.chains.find(stage.field.name)
    writer: Any = Mortal(chain.writer, step)
    signer: Any = Mortal(stage.field.signer(app, stage.merchant), step)

    async def find(_name: str) -> Any:  # noqa: ANN401
        return signer

    chains = Chains({chain.network.name: dataclasses.replace(chain, writer=writer)})
    return Parts(app.works, chains, find, lambda _network: _QUICK)


def _value(stage: Stage, query: str, *args: str) -> Any:  # noqa: ANN401
    with psycopg.connect(stage.url) as connection:
        row = connection.execute(query.encode(), args).fetchone()
    return None if row is None else row[0]


def _status(stage: Stage, payout_id: str) -> str:
    return str(_value(stage, "SELECT status FROM payouts WHERE id = %s", payout_id))


def _state(stage: Stage, payout_id: str) -> str:
    return str(_value(stage, "SELECT state FROM sends WHERE reference = %s", payout_id))


async def _prepare(stage: Stage) -> Stage:
    """Make a merchant with money in its books, and with a filled wallet."""
    field = stage.field
    async with _open(stage) as app:
        chain = app.chains.find(field.name)
        assert chain.writer is not None
        async with app.works.begin() as work:
            merchant = await create_merchant(work, "Shop", Terms())
        key = field.signer(app, merchant.id).public_key
        account = await field.fill(app, chain.writer.address_of(key), key, FILLED)
        standing = await chain.writer.standing(account)
        livemode = chain.network.livemode
        async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
            whole = money(FILLED, field.asset)
            entry = Entry(
                merchant.id, livemode, "opening", "opening", 1, "Opening balance",
                [debit(chart.custody(field.name), whole), credit(chart.AVAILABLE, whole)],
            )  # fmt: skip
            await post_entries(work, name_entries(work, [entry]))
            if chain.vault is None:
                await open_wallet(
                    work, chain, key, "local", owner=work.owner, limits=Limits(), standing=standing
                )
        fuel = standing.balances[chain.writer.fee_asset]
    return dataclasses.replace(stage, merchant=merchant.id, fuel=fuel)


async def play(app: App, stage: Stage, step: str, recipient: str) -> str | None:
    """Play one round; say what went wrong, if anything did."""
    new = NewPayout(
        money(UNITS, stage.field.asset), network=stage.field.name, destination=recipient
    )
    async with app.works.begin(as_merchant(stage.merchant, livemode=False)) as work:
        payout = await create_payout(work, new, chains=app.chains, rules=RefundRules())
    for doomed, wanted in ((step, -signal.SIGKILL), (None, 0)):
        worker = _CONTEXT.Process(target=work_until_paid, args=(stage, payout.id, doomed))
        worker.start()
        await asyncio.to_thread(worker.join, 90)
        if worker.exitcode != wanted:
            return f"{step}: a worker ended with {worker.exitcode}, not {wanted}"
    transfers = await stage.field.received(app, recipient)
    return None if transfers == [UNITS] else f"{step}: the chain holds {transfers} for one payout"


def check_books(stage: Stage, rounds: int) -> list[str]:
    """Say where the books, the wallet's numbers and the chain differ."""
    found = {
        "custody": _value(
            stage,
            "SELECT balance FROM ledger_accounts"
            " WHERE merchant_id = %s AND kind LIKE 'custody:%%' AND asset = %s",
            stage.merchant,
            stage.field.asset,
        ),
        "network fees": _value(
            stage,
            "SELECT sum(balance) FROM ledger_accounts"
            " WHERE merchant_id = %s AND kind = 'network_fees'",
            stage.merchant,
        ),
        "reserved": _value(
            stage,
            "SELECT sum(balance) FROM ledger_accounts"
            " WHERE merchant_id = %s AND kind LIKE 'reserved:%%'",
            stage.merchant,
        ),
        "slots": _value(
            stage, "SELECT count(DISTINCT slot_key) FROM sends WHERE merchant_id = %s",
            stage.merchant,
        ),
        "next": _value(
            stage, "SELECT next_nonce FROM hot_wallets WHERE merchant_id = %s", stage.merchant
        ),
    }  # fmt: skip
    fees = _fees(stage)
    wanted = {
        "custody": FILLED - rounds * UNITS - (fees if stage.field.asset == "btc" else 0),
        "network fees": fees if stage.field.asset in ("btc", "sbtc") else 0,
        "reserved": 0,
        "slots": rounds,
        "next": _counted(stage, rounds),
    }
    return [f"{name}: {found[name]}, not {wanted[name]}" for name in wanted
            if int(found[name] or 0) != wanted[name]]  # fmt: skip


def run(server: str, network: str, *, times: int, steps: Sequence[str] = STEPS) -> list[str]:
    """Kill at each step so many times; return what went wrong."""
    wrong: list[str] = []
    with contextlib.ExitStack() as stack:
        name = f"sluice_kills_{os.getpid()}_{network}"
        url = stack.enter_context(fresh_database(server, make_template(server), name))
        _real_time(url)
        home = stack.enter_context(tempfile.TemporaryDirectory())
        field = stack.enter_context(open_field(network))
        stage = asyncio.run(_prepare(Stage(url, home, field)))
        rounds = [(step, n) for n in range(times) for step in steps]
        wrong += asyncio.run(_play_all(stage, rounds))
        return wrong + check_books(stage, len(rounds))


async def _play_all(stage: Stage, rounds: Sequence[tuple[str, int]]) -> list[str]:
    wrong = []
    async with _open(stage) as app:
        for step, n in rounds:
            seed = hashlib.sha256(f"{step} {n}".encode()).digest()
            problem = await play(app, stage, step, stage.field.recipient(seed))
            wrong += [problem] if problem else []
        return wrong + await _check_wallet(app, stage, len(rounds))


async def _check_wallet(app: App, stage: Stage, rounds: int) -> list[str]:
    """Say where what the chain tells of the wallet is not what the rounds left."""
    chain = app.chains.find(stage.field.name)
    assert chain.writer is not None
    key = stage.field.signer(app, stage.merchant).public_key
    standing = await chain.writer.standing(Account(chain.writer.address_of(key), key))
    wrong = []
    if standing.next_mined != _counted(stage, rounds):
        wrong.append(f"the chain counts {standing.next_mined} transactions, not {rounds}")
    left = {chain.writer.fee_asset: stage.fuel, stage.field.asset: FILLED - rounds * UNITS}
    left[chain.writer.fee_asset] -= _fees(stage)
    for asset, units in left.items():
        held = standing.balances[asset]
        if held not in (ENDLESS, units):
            wrong.append(f"the wallet holds {held} {asset} on the chain, not {units}")
    return wrong


def _counted(stage: Stage, rounds: int) -> int:
    """Return how far a network counts what an account sends: Bitcoin does not."""
    return 0 if stage.field.asset == "btc" else rounds


def _fees(stage: Stage) -> int:
    """Return what the sends say that the network took."""
    return int(_value(stage, "SELECT sum(cost) FROM sends WHERE merchant_id = %s", stage.merchant))


def _real_time(url: str) -> None:
    """Let the database's clock run: what is waited for here is waited for in earnest."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE OR REPLACE FUNCTION sim.now() RETURNS timestamptz"
                           " LANGUAGE sql STABLE AS 'SELECT pg_catalog.now()'")  # fmt: skip


@contextlib.contextmanager
def _timed() -> Iterator[list[float]]:
    started = time.monotonic()
    took = [0.0]
    yield took
    took[0] = time.monotonic() - started


def main() -> None:
    """Run from the command line: which networks, and how often at each step."""
    reading = argparse.ArgumentParser()
    reading.add_argument("--network", action="append", required=True)
    reading.add_argument("--times", type=int, default=20)
    given = reading.parse_args()
    failed = False
    with open_server() as server:
        for network in given.network:
            with _timed() as took:
                wrong = run(server, network, times=given.times)
            kills = given.times * len(STEPS)
            sys.stdout.write(
                f"{network}: {kills} workers killed at {len(STEPS)} steps, "
                f"{len(wrong)} wrong, {took[0]:.0f} s\n" + "".join(f"  {one}\n" for one in wrong)
            )
            failed = failed or bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
