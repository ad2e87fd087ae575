"""A lean HTTP load: keep-alive connections that send prepared requests and time the answers.

Run in a process of its own: `python -m benchmarks.load PORT CONNECTIONS SECONDS FILE`, where FILE
holds prepared requests with a NUL and a line end between them. `{n}` becomes a new number.
"""

import asyncio
import itertools
import sys
import time
from pathlib import Path

import msgspec
import uvloop


async def load(
    port: int, connections: int, seconds: float, requests: list[bytes]
) -> dict[str, float]:
    """Send requests in turn on every connection; return the rate and the latencies in ms."""
    taken: list[float] = []
    failures = 0
    numbers = itertools.count(time.perf_counter_ns())
    end = time.perf_counter() + seconds

    async def connection() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in itertools.cycle(requests):
            started = time.perf_counter()
            if started >= end:
                break
            writer.write(request.replace(b"{n}", str(next(numbers)).encode()))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            taken.append(time.perf_counter() - started)
            failures += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(connections)))
    wall = time.perf_counter() - started
    taken.sort()
    at = [round(taken[int(len(taken) * part)] * 1000, 1) for part in (0.5, 0.95, 0.99)]
    return {
        "per_s": round(len(taken) / wall), "p50_ms": at[0], "p95_ms": at[1], "p99_ms": at[2],
        "requests": len(taken), "failures": failures,
    }  # fmt: skip


if __name__ == "__main__":
    port, connections, seconds, path = sys.argv[1:]
    prepared = [part for part in Path(path).read_bytes().split(b"\0\n") if part]
    figures = uvloop.run(load(int(port), int(connections), float(seconds), prepared))
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
