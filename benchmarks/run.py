"""Run the benchmarks, or those named: `python -m benchmarks.run codec requests`."""

import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
import uvloop

from benchmarks import bitcoin, codec, requests, transfers, webhooks

_EACH: Final[dict[str, Callable[[], Awaitable[dict[str, Any]]]]] = {
    "bitcoin": bitcoin.measure,
    "codec": codec.measure,
    "requests": requests.measure,
    "transfers": transfers.measure,
    "webhooks": webhooks.measure,
}


def main() -> None:
    """Run what was named, or all."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in sys.argv[1:] or list(_EACH):
        figures = uvloop.run(_EACH[name]())  # type: ignore[arg-type]
        shown = msgspec.json.format(msgspec.json.encode({name: figures}), indent=2)
        sys.stdout.write(shown.decode() + "\n")


if __name__ == "__main__":
    main()
