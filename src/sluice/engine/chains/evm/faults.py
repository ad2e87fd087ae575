"""Fault: what a node meant by its error. The message decides: codes mean anything."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sluice.engine.chains.chain import ProviderTrouble


class Fault(StrEnum):
    """What went wrong at a node, by what can be done about it."""

    RANGE_TOO_WIDE = "range_too_wide"  # ask for fewer blocks
    FILTER_TOO_WIDE = "filter_too_wide"  # ask for fewer addresses or topics
    RATE_LIMITED = "rate_limited"  # ask later
    UNKNOWN_BLOCK = "unknown_block"  # the node has not seen it, or no longer has it
    UNSUPPORTED = "unsupported"  # the node cannot do this at all
    UNAUTHORIZED = "unauthorized"  # the node does not know us
    UNAVAILABLE = "unavailable"  # ask another
    TIMEOUT = "timeout"  # no whole answer in time
    NONSENSE = "nonsense"  # what came is not an answer, or cannot be true
    BEHIND = "behind"  # the node has not reached these blocks
    MOVED = "moved"  # the branch changed while it was being read
    INCOMPLETE = "incomplete"  # transfers were left out
    NONCE_TOO_LOW = "nonce_too_low"
    NONCE_TOO_HIGH = "nonce_too_high"
    REPLACEMENT_UNDERPRICED = "replacement_underpriced"
    ALREADY_KNOWN = "already_known"
    FEE_TOO_LOW = "fee_too_low"
    FEE_CAP = "fee_cap"
    INSUFFICIENT_GAS_FUNDS = "insufficient_gas_funds"
    FATAL = "fatal"  # the call itself is wrong: asking again cannot help
    OTHER = "other"


class NodeTrouble(ProviderTrouble):
    """A node's error: what it meant, and what it said about limits and waiting.

    `limit` is how many blocks it would give at once, `suggested` a range it says would work.
    """

    def __init__(
        self,
        message: str,
        fault: Fault,
        *,
        limit: int | None = None,
        suggested: tuple[int, int] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=f"provider_{fault}")
        self.fault = fault
        self.limit = limit
        self.suggested = suggested
        self.retry_after_s = retry_after_s


def classify(message: str, code: int | None = None) -> Fault:
    """Say what a node's message means; the code is asked only when the message says nothing."""
    text = message[:_MESSAGE_MAX]
    for fault, pattern in _MEANINGS:
        if pattern.search(text):
            return fault
    return _BY_CODE.get(code, Fault.OTHER) if code is not None else Fault.OTHER


def find_limit(message: str) -> int | None:
    """Return how many blocks the message says are allowed at once."""
    found = _LIMIT.search(message[:_MESSAGE_MAX])
    return int(found[1].replace(",", "")) if found else None


def find_suggestion(message: str) -> tuple[int, int] | None:
    """Return the range the message says would work. Whoever uses it must check it."""
    text = message[:_MESSAGE_MAX]
    if found := _SUGGESTED_HEX.search(text):
        return int(found[1], 16), int(found[2], 16)
    if found := _SUGGESTED.search(text):
        return int(found[1]), int(found[2])
    return None


_MESSAGE_MAX: Final = 2000


def _says(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# Narrow before wide: the first meaning that fits is taken. Wordings as seen from the clients geth,
# Erigon, Besu, Nethermind, Parity and anvil, and from the larger providers of nodes.
_MEANINGS: Final[Sequence[tuple[Fault, re.Pattern[str]]]] = (
    (Fault.FILTER_TOO_WIDE, _says(r"max addresses or topics", r"too many (addresses|topics)")),
    (
        Fault.UNKNOWN_BLOCK,
        _says(
            r"(header|block) not found",
            r"unknown block",
            r"beyond (the )?current head",
            r"invalid block range params",
            r"block ?out ?of ?range",
            r"block height is \d+ but requested",
        ),
    ),
    (Fault.REPLACEMENT_UNDERPRICED, _says(r"replacement .*underpriced", r"with same nonce in")),
    (Fault.NONCE_TOO_LOW, _says(r"nonce (is )?too low")),
    (Fault.NONCE_TOO_HIGH, _says(r"nonce (is )?too high")),
    (
        Fault.ALREADY_KNOWN,
        _says(r"already ?known", r"known transaction", r"already imported"),
    ),
    (
        Fault.FEE_TOO_LOW,
        _says(r"underpriced", r"below configured minimum gas price", r"fee ?too ?low"),
    ),
    (Fault.FEE_CAP, _says(r"fee cap exceeded", r"exceeds the configured cap")),
    (Fault.INSUFFICIENT_GAS_FUNDS, _says(r"insufficient ?funds")),
    (
        Fault.FATAL,
        _says(
            r"exceeds block gas limit",
            r"invalid sender",
            r"execution reverted",
            r"invalid signature",
        ),
    ),
    (
        Fault.RANGE_TOO_WIDE,
        _says(
            r"blocks? range",
            r"limited to a [\d,]+ range",
            r"too many blocks",
            r"requested blocks is",
            r"too wide",
            r"response size exceeded",
            r"(more than|exceeds?( max)?) [\d,]+ (results|logs)",
            r"too many (results|logs)",
            r"results? (set )?(is )?too large",
            r"retry with the range",
            r"timed? ?out",
        ),
    ),
    (
        Fault.RATE_LIMITED,
        _says(
            r"rate.?limit",
            r"too many requests",
            r"limit exceeded",
            r"(request|daily|monthly|compute).{0,40}(exceeded|reached)",
            r"requests per second",
            r"throughput",
            r"quota",
        ),
    ),
    (
        Fault.UNAUTHORIZED,
        _says(r"unauthori[sz]ed", r"forbidden", r"invalid (api|project|access)", r"authenticat"),
    ),
    (
        Fault.UNSUPPORTED,
        _says(
            r"method .*(not found|not exist|not available|not supported|not allowed|disabled)",
            r"method not",
            r"not supported",
            r"unsupported",
            r"not implemented",
            r"hex string without 0x",
            r"batch",
        ),
    ),
    (
        Fault.UNAVAILABLE,
        _says(
            r"<html",
            r"<!doctype",
            r"fetch failed",
            r"bad gateway",
            r"unavailable",
            r"overloaded",
            r"pruned",
            r"missing trie node",
            r"internal error",
            r"try again",
        ),
    ),
)
# JSON-RPC's own codes, and the one number that every HTTP server shares.
_BY_CODE: Final = {-32601: Fault.UNSUPPORTED, 429: Fault.RATE_LIMITED, 503: Fault.UNAVAILABLE}
_LIMIT: Final = re.compile(
    r"(?:limited to(?: an?| 0 -)?|up to an?|maximum is set to|block range:|limit is|blocks is)"
    r" ([\d,]*\d)(?![\d,]*[KM\d])",
    re.IGNORECASE,
)
_SUGGESTED_HEX: Final = re.compile(r"\[(0x[0-9a-f]{1,16}), ?(0x[0-9a-f]{1,16})\]", re.IGNORECASE)
_SUGGESTED: Final = re.compile(r"retry with the range (\d{1,18}) ?- ?(\d{1,18})", re.IGNORECASE)
