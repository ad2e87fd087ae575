"""Kill loop: real processes under load, killed again and again; what was acknowledged must be true.

Two API processes, two workers and PostgreSQL are killed (PostgreSQL by an immediate shutdown) while
clients create and pay intents, sending each request up to three times at once, and a receiver of
webhooks answers one in six badly. Afterwards nothing may be missing, double or untold.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.egress import Egress, EgressError
from sluice.base.embedded import start_embedded
from sluice.base.migrate import migrate
from sluice.base.reach import NODES
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.business.trust.promises.check import check_promises, read_promises

CLIENTS: Final = 4
BAD_ANSWERS: Final = 6  # one in so many
QUIET_S: Final = 150.0

_SERVE: Final = (
    "-m", "granian", "--interface", "asgi", "--factory", "sluice.doors.cli.process:make",
    "--host", "127.0.0.1",
    "--workers", "1", "--loop", "uvloop", "--no-ws", "--log-level", "critical", "--port",
)  # fmt: skip


@dataclass
class Tally:
    """What the clients were told, and what was done to the processes."""

    kills: int = 0
    database_kills: int = 0
    groups: int = 0
    differing: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    duplicates: int = 0


@dataclass
class Kept:
    """A process that is started again whenever it dies."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own, so that its children die with it."""
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """Kill it without a word, with all its children."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


async def run(seconds: float, seed: int) -> dict[str, Any]:
    """Run the loop and return its figures; `wrong` is empty when every promise was kept."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="sluice-kill-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # noqa: ASYNC240 - before anything else runs
        servers = [start_embedded(home / "postgres")]
        try:
            migrate(servers[0].url)
            return await _run(home, servers, seconds, chance)
        finally:
            for server in servers:
                server.stop()


async def _run(
    home: Path, servers: list[Any], seconds: float, chance: random.Random
) -> dict[str, Any]:
    tally = Tally()
    settings = Settings(
        database_url=servers[0].url,
        home=home,
        limits="off",
        sandbox_block_s=0.3,
        webhook_networks="127.0.0.0/8",
    )
    api_key = await _prepare(settings)
    async with _receiver(tally, chance) as url, _egress() as egress:
        ports = [_free_port(), _free_port()]
        environment = _environment(settings)
        kept = [Kept((*_SERVE, str(port)), environment) for port in ports]
        kept += [Kept(("-m", "sluice", "worker"), environment) for _ in range(2)]
        for one in kept:
            one.start()
        try:
            client = Client(egress, ports, api_key, chance, tally)
            await client.ask(
                "/v1/webhook_endpoints",
                {"url": url, "enabled_events[0]": "*", "retry_profile": "svix-27h"},
            )
            until = time.monotonic() + seconds
            await asyncio.gather(
                *(client.pay_until(until) for _ in range(CLIENTS)),
                _kill_until(until, kept, servers, tally, chance),
            )
            wrong = await _settle_and_judge(settings, tally)
        finally:
            for one in kept:
                one.kill()
    return {
        "seconds": seconds, "kills": tally.kills, "database_kills": tally.database_kills,
        "request_groups": tally.groups, "acknowledged": len(tally.acknowledged),
        "paid": len(tally.paid),
        "events_heard": len(tally.heard), "duplicate_deliveries": tally.duplicates, "wrong": wrong,
    }  # fmt: skip


async def _prepare(settings: Settings) -> str:
    async with build(settings) as app:
        async with app.works.begin() as work:
            merchant = await create_merchant(work, "Killed", Terms())
        async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
            _, token = await create_key(work, "sk", sealer=app.sealer)
    return token


@dataclass
class Client:
    """Somebody who repeats every request until it is answered."""

    egress: Egress
    ports: list[int]
    api_key: str
    chance: random.Random
    tally: Tally
    made: int = 0

    async def ask(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Send a request one to three times at once, again and again until it is answered."""
        self.made += 1
        key = f"key-{self.made}"
        self.tally.groups += 1
        answers: set[bytes] = set()
        while not answers:
            tries = await asyncio.gather(
                *(self._send(path, form, key) for _ in range(self.chance.randint(1, 3)))
            )
            answers = {body for status, body in tries if status == 200}
            refused = [body for status, body in tries if 400 <= status < 409 or 409 < status < 500]
            if refused:
                raise RuntimeError(refused[0].decode())
            if not answers:
                await asyncio.sleep(0.2)
        if len(answers) > 1:
            self.tally.differing.append(key)
        answered: dict[str, Any] = json.loads(answers.pop())
        return answered

    async def pay_until(self, until: float) -> None:
        """Create intents and pay them, one in three twice, until the time is over."""
        options = {
            "amount": "2000", "currency": "usd", "confirm": "true",
            "payment_method_options[crypto][deposit_options][networks][0]": "sandbox",
            "payment_method_options[crypto][deposit_options][tokens][0]": "usdc",
        }  # fmt: skip
        while time.monotonic() < until:
            intent = await self.ask("/v1/payment_intents", options)
            self.tally.acknowledged.add(intent["id"])
            for _ in range(1 + (self.chance.random() < 0.33)):
                await self.ask("/v1/test_helpers/sandbox/pay", {"payment_intent": intent["id"]})
            self.tally.paid.add(intent["id"])

    async def _send(self, path: str, form: dict[str, str], key: str) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bearer {self.api_key}", "Idempotency-Key": key,
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        url = f"http://127.0.0.1:{self.chance.choice(self.ports)}{path}"
        try:
            answer = await self.egress.post(
                url, urlencode(form).encode(), headers=headers, timeout_s=5
            )
        except EgressError:
            return 0, b""
        return answer.status, answer.body


async def _kill_until(
    until: float, kept: list[Kept], servers: list[Any], tally: Tally, chance: random.Random
) -> None:
    """Kill somebody every second or so, now and then the database; all is started again."""
    database_at = time.monotonic() + 8
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(0.4, 1.6))
        if time.monotonic() > database_at:
            _kill_database(servers[0].directory)
            servers.append(await asyncio.to_thread(start_embedded, servers[0].directory))
            tally.database_kills += 1
            database_at = time.monotonic() + chance.uniform(8, 16)
            continue
        victim = chance.choice(kept)
        await asyncio.to_thread(victim.kill)
        victim.start()
        tally.kills += 1


def _kill_database(directory: Path) -> None:
    """Shut PostgreSQL down as a power cut would: at once, without a checkpoint."""
    for found in directory.rglob("postmaster.pid"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(found.read_text("ascii").splitlines()[0]), signal.SIGQUIT)


async def _settle_and_judge(settings: Settings, tally: Tally) -> list[str]:
    """Wait until nothing is left to do, then say what is not as it should be."""
    wrong = [f"two answers for {key}" for key in tally.differing]
    async with build(dataclasses.replace(settings, pool_max=4)) as app:
        end = time.monotonic() + QUIET_S
        while (left := await _left(app)) and time.monotonic() < end:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.5)
        if left:
            wrong.append(f"left undone: {left}")
        async with app.works.snapshot() as work:
            broken = await check_promises(work)
            rows = await work.rows("SELECT id, status FROM payment_intents")
            events = {row["id"] for row in await work.rows("SELECT id FROM events")}
    wrong += [f"{one.promise.name} {one.promise.says}: {one.rows[:3]}" for one in broken]
    status = {row["id"]: row["status"] for row in rows}
    wrong += [f"acknowledged and gone: {one}" for one in tally.acknowledged - set(status)]
    wrong += [f"made and not acknowledged: {one}" for one in set(status) - tally.acknowledged][
        CLIENTS:
    ]
    wrong += [
        f"paid and {status[one]}: {one}" for one in tally.paid if status.get(one) != "succeeded"
    ]
    if untold := events - tally.heard:
        wrong.append(f"never told: {len(untold)} events, {sorted(untold)[:5]}")
    return wrong


async def _left(app: App) -> dict[str, int]:
    """Return what waits: reactions, deliveries, payments without their depth.

    Nobody waits out the days of a retry timetable here: what is to be tried again is due now.
    """
    async with app.works.begin() as work:
        await work.execute("""
            UPDATE deliveries SET next_at = now() WHERE id IN (
              SELECT id FROM deliveries WHERE state = 'pending' AND next_at > now()
              FOR UPDATE SKIP LOCKED)""")
        row = await work.row("""
            SELECT (SELECT count(*) FROM reactions) AS reactions,
              (SELECT count(*) FROM deliveries WHERE state = 'pending') AS deliveries,
              (SELECT count(*) FROM transfers
               WHERE state NOT IN ('final', 'orphaned')) AS transfers""")
    assert row is not None
    return {name: count for name, count in row.items() if count}


@contextlib.asynccontextmanager
async def _receiver(tally: Tally, chance: random.Random) -> AsyncIterator[str]:
    """Take webhooks: most are answered, some with an error, some not at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError
        ):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                event = json.loads(await reader.readexactly(length))["id"]
                if chance.randrange(BAD_ANSWERS) == 0:
                    if chance.random() < 0.5:
                        break
                    writer.write(b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n")
                    continue
                tally.duplicates += event in tally.heard
                tally.heard.add(event)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    server.close()


@contextlib.asynccontextmanager
async def _egress() -> AsyncIterator[Egress]:
    egress = Egress(NODES)
    yield egress
    await egress.close()


def _environment(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | {
        "SLUICE_DATABASE_URL": settings.database_url,
        "SLUICE_HOME": str(settings.home),
        "SLUICE_LIMITS": "off",
        "SLUICE_SANDBOX_BLOCK_S": "0.3",
        "SLUICE_WEBHOOK_NETWORKS": settings.webhook_networks,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Run for so many minutes and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    figures = asyncio.run(run(given.minutes * 60, given.seed))
    sys.stdout.write(json.dumps({"promises": len(read_promises()), **figures}) + "\n")
    sys.exit(1 if figures["wrong"] else 0)


if __name__ == "__main__":
    main()
