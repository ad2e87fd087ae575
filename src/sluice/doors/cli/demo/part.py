"""Part: one real network of the demo; each is a file of its own beside this one."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sluice.engine.chains.chain import Chain


class Missing(Exception):
    """This network cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Due:
    """What an order asks for: so many units to an address, with a memo where one is needed."""

    address: str
    units: int
    memo: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A network that runs, what the shop is paid at, and how an order is paid there."""

    title: str
    chain: Chain
    asset: str
    wallet: str  # an address, or the public key of an account
    # Pay what is due, let it become final, and say what was sent in a line.
    pay: Callable[[Due], Awaitable[str]]
    is_account: bool = False


# Starts one; what must be stopped again goes on the stack. Raises Missing.
Opener = Callable[[contextlib.AsyncExitStack], Awaitable[Part]]
