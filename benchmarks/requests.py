"""Creating and reading intents through the real server, against pgbench on the same statements."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

import msgspec

from benchmarks.house import House, a_house, memory_mb, serving
from sluice.app.app import App
from sluice.app.reactions import routes
from sluice.base.cluster import postgres_program
from sluice.base.database import Database
from sluice.base.work import Works
from sluice.doors.api.server import make_server

SECONDS: Final = 8.0
CONNECTIONS: Final = (1, 8, 32)
_BODY: Final = (
    b"amount=2000&currency=usd&payment_method_types[0]=crypto"
    b"&metadata[order]=6735&description=Order+6735"
)


async def measure() -> dict[str, Any]:
    """Return requests per second and latencies, and pgbench's figures for the same statements."""
    figures: dict[str, Any] = {"create": {}, "retrieve": {}}
    async with a_house() as (app, house):
        script = await _script(app, house)
        with serving(house, workers=2) as pid:
            await _load(house, [_create(house)], 8, 2.0)
            for connections in CONNECTIONS:
                ours = await _load(house, [_create(house)], connections, SECONDS)
                theirs = await _pgbench(house, script, connections)
                figures["create"][connections] = ours | {
                    "pgbench_per_s": theirs, "ratio": round(ours["per_s"] / theirs, 2),
                }  # fmt: skip
            ids = await _some_ids(app)
            for connections in CONNECTIONS:
                reads = [_read(house, intent_id) for intent_id in ids]
                figures["retrieve"][connections] = await _load(house, reads, connections, SECONDS)
            figures["memory_mb"] = memory_mb(pid)
    return figures


def _create(house: House) -> bytes:
    return (
        b"POST /v1/payment_intents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        + house.api_key.encode()
        + b"\r\nIdempotency-Key: bench-{n}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
        + _BODY
    )


def _read(house: House, intent_id: str) -> bytes:
    return (
        f"GET /v1/payment_intents/{intent_id} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {house.api_key}\r\n\r\n"
    ).encode()


async def _load(
    house: House, requests: list[bytes], connections: int, seconds: float
) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(suffix=".http") as file:
        file.write(b"\0\n".join(requests))
        file.flush()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.load", str(house.settings.port), str(connections),
            str(seconds), file.name, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
    answered: dict[str, Any] = msgspec.json.decode(output)
    return answered


async def _some_ids(app: App) -> list[str]:
    async with app.works.begin() as work:
        rows = await work.rows("SELECT id FROM payment_intents ORDER BY id DESC LIMIT 200")
    return [row["id"] for row in rows]


class _Recording(Database):
    """A database that notes every statement sent to it, with its arguments."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.url = inner.url
        self.sent: list[tuple[str, tuple[Any, ...]]] = []

    @contextlib.asynccontextmanager
    async def connection(self, sees: str | None = None) -> AsyncIterator[Any]:
        """Lend a connection that tells what it is asked."""
        async with self._inner.connection(sees) as connection:
            yield _Told(connection, self.sent)


class _Told:
    def __init__(self, connection: Any, sent: list[tuple[str, tuple[Any, ...]]]) -> None:  # noqa: ANN401
        self._connection = connection
        self._sent = sent

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the driver's own
        real = getattr(self._connection, name)
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return real

        async def told(sql: str, *args: Any) -> Any:  # noqa: ANN401
            self._sent.append((sql, args))
            return await real(sql, *args)

        return told


async def _script(app: App, house: House) -> str:
    """Return a pgbench script with the very statements of one create, each time with new ids."""
    recording = _Recording(app.database)
    works = Works(recording, app.clock, app.ids, routes(), lambda _topics: None)
    watched = dataclasses.replace(app, database=recording, works=works)
    await _call_once(watched, house)
    lines = [r"\set n random(1, 1000000000000000)"]
    lines += [_inlined(sql, args) + ";" for sql, args in recording.sent]
    text = "\n".join(lines)
    for made in set(re.findall(r"'(pi_[0-9A-Za-z]{24})'", text)):
        text = text.replace(f"'{made}'", "('pi_' || lpad(:n::text, 24, '1'))")
    return text.replace("'bench-once'", "('bench-' || :n::text)")


async def _call_once(app: App, house: House) -> None:
    """Send one create through the application in this process."""
    request = _create(house).replace(b"{n}", b"once")
    head, _, body = request.partition(b"\r\n\r\n")
    headers = [
        (name.strip().lower(), value.strip())
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
        sent.append(message)

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "path": "/v1/payment_intents", "raw_path": b"/v1/payment_intents", "query_string": b"",
        "headers": headers, "scheme": "http", "server": ("localhost", 80),
        "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    server: Any = make_server(app)
    await server(scope, receive, send)
    if sent[0]["status"] != HTTPStatus.OK:
        raise RuntimeError(sent)


def _inlined(sql: str, args: tuple[Any, ...]) -> str:
    text = re.sub(
        r"\$(\d+)(::[a-z]+(?:\[\])?)?",
        lambda match: _literal(args[int(match[1]) - 1], match[2] or ""),
        sql,
    )
    return re.sub(r"\s*--[^\n]*$", "", text, flags=re.MULTILINE).replace("\n", " ")


def _literal(value: Any, cast: str) -> str:  # noqa: ANN401, PLR0911 - a line for each type we send
    if isinstance(value, list):
        parts = ", ".join(_literal(part, "") for part in value)
        return f"ARRAY[{parts}]{cast}"
    if value is None:
        return "NULL" + cast
    if isinstance(value, bool | int):
        return f"{value}{cast}"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, dt.datetime):
        return f"'{value.isoformat()}'::timestamptz"
    if isinstance(value, dict):
        # With spaces, or pgbench takes `:null` for a variable of its own.
        return "'" + json.dumps(value).replace("'", "''") + "'::jsonb"
    return "'" + str(value).replace("'", "''") + "'" + cast


async def _pgbench(house: House, script: str, connections: int) -> int:
    """Return transactions per second of the same statements without us."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            postgres_program("pgbench"), "-n", "-M", "prepared", "-c", str(connections), "-j", "2",
            "-T", str(int(SECONDS)), "-f", file.name, house.settings.database_url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PGOPTIONS": "-c role=sluice_worker", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        output, errors = await process.communicate()
    found = re.search(rb"tps = ([\d.]+)", output)
    if found is None or (
        b"failed: 0" not in output.replace(b"transactions failed", b"failed") and b"ERROR" in errors
    ):
        raise RuntimeError((output + errors).decode())
    return round(float(found[1]))
