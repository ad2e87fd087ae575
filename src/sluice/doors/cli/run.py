"""How every command runs: settings read, an App built around it, output for people."""

import gc
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import uvloop

from sluice.app.app import App
from sluice.app.build import build, start_logs
from sluice.app.settings import Settings, read_settings

T = TypeVar("T")

_ALLOCATIONS_BETWEEN_ROUNDS: Final = 50_000


def with_app(verb: Callable[[App], Awaitable[T]], settings: Settings | None = None) -> T:
    """Build an App, run a verb with it, take it apart."""
    chosen = settings or read_settings()

    async def run() -> T:
        async with build(chosen) as app:
            start_logs(app)
            done = await verb(app)
            await app.bell.carry_once(app.database)
            return done

    return uvloop.run(run())


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Lay rows out in columns."""
    widths = (
        [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    )
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def settle_memory() -> None:
    """Leave what was built out of the garbage collector's rounds, and let it come less often.

    A request makes few cycles; with Python's own threshold a tenth of its time went to looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_ROUNDS, 20, 20)
