"""Logs: one JSON line per outcome, in which only declared fields appear and no secret ever does.

A module says `log = structlog.get_logger()` and `log.info("delivery.sent", delivery=delivery.id)`.
"""

import contextlib
import enum
import functools
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO, TypeAlias

import msgspec
import structlog

from sluice.base.clock import Clock
from sluice.base.errors import SluiceError

Item: TypeAlias = str | int | float | bool | None
Value: TypeAlias = Item | Sequence[Item]
Event: TypeAlias = MutableMapping[str, Any]

# What may be logged. Before logging something new add it here, and ask whether it may be kept for
# 90 days. Never a body, a URL, the name of a person, or anything that opens a door.
_DECLARED: Final = """
    request_id trace_id span_id service version env process worker
    merchant livemode actor key_id object intent session customer refund event_id endpoint
    payout deposits delivery fact reaction job queue loop step chunk lane
    network chain height hash depth tip tx contract asset units source sources provider fault lag_s
    applied rolled_back pair notes rest_s
    account gap wallet send reference state subject detail tx_ids hook
    method route status took_ms limit replayed
    error error_code error_at text why reason code outcome
    attempt attempts count done left total wait_s at until since host port logger
"""
FIELDS: Final = frozenset(_DECLARED.split())

_TEXT_MAX: Final = 200
_ITEMS_MAX: Final = 20
_FRAMES_MAX: Final = 8
_EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)
# Control characters, and the marks that turn or hide text: they could forge lines or mislead eyes.
_DECEPTIVE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# The second wall: the first is that no declared field holds a secret.
_SECRET: Final = re.compile(
    r"""
    (?:sk|rk|ek)_(?:live|test)_\w+ | whsec_[\w+/=-]+ | \w+_secret_\w+
    | \b(?:bearer|basic)\s+\S+
    | (?<=://)[^/\s@]+(?=@)
    | (?<=[?&])[^=&\s]+=[^&\s]+
    | \b(?:authorization|cookie|password|passphrase|secret|token|api_?key|private_?key)\W{1,4}\S+
    | \b[xyzt]prv\w{20,} | -----BEGIN[\s\S]*
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sink:
    """Where lines go and what they look like: JSON for machines, or `console` for people.

    `on_drop` is told the name of every field that was left out because it is not declared.
    `always` is on every line, such as the version and which process this is.
    """

    stream: TextIO
    clock: Clock
    on_drop: Callable[[str], None]
    console: bool = False
    level: int = logging.INFO
    always: Mapping[str, Value] = field(default_factory=dict)


def configure_logs(sink: Sink) -> None:
    """Send every log line of the process to this sink, what libraries say included."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _Gate(sink),
            _renderer(sink),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(sink.level),
        logger_factory=structlog.WriteLoggerFactory(sink.stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(level=logging.WARNING))


@contextlib.contextmanager
def logged_with(**fields: Value) -> Iterator[None]:
    """Add these fields, such as the request id, to every line said inside this block."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def safe_text(text: str) -> str:
    """Return text that is safe to log: no secret, nothing deceptive, at most 200 characters."""
    return _short_text(text) if len(text) <= _TEXT_MAX else _cleaned(text)


@functools.lru_cache(maxsize=4096)
def _short_text(text: str) -> str:
    """Clean a text of the kind that comes again: a method, a route, a merchant."""
    return _cleaned(text)


def _cleaned(text: str) -> str:
    # Cut before searching, so that a megabyte costs no more than a line; a secret that the cut
    # goes through is still caught by its beginning.
    shown = _SECRET.sub("[secret]", text[: 2 * _TEXT_MAX])
    shown = _DECEPTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
    if len(shown) > _TEXT_MAX or len(text) > 2 * _TEXT_MAX:
        return f"{shown[: _TEXT_MAX - 1]}…"
    return shown


class _Gate:
    """Lets declared fields through, made safe, and drops and reports the rest."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __call__(self, logger: object, method: str, event: Event) -> Mapping[str, Any]:
        del logger, method
        said = str(event.pop("event", ""))
        line: dict[str, Any] = {
            "ts": self._sink.clock.now().isoformat(timespec="milliseconds"),
            "level": event.pop("level", "info"),
            "event": said,
        }
        if not _EVENT_NAME.fullmatch(said):
            line |= {"event": "log.unnamed", "text": safe_text(said)}
        line |= _explained(event.pop("exc_info", None))
        for name, value in {**self._sink.always, **event}.items():
            if name in FIELDS:
                line[name] = _safe(value)
            else:
                self._sink.on_drop(name)
        return line


def _safe(value: object) -> Value:
    if isinstance(value, enum.Enum):
        return _safe(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe_item(item) for item in list(value)[:_ITEMS_MAX]]
    if isinstance(value, BaseException):
        return type(value).__name__
    return safe_text(str(value)) if _is_plain(value) else f"<{type(value).__name__}>"


def _safe_item(item: object) -> Item:
    shown = _safe(item)
    return shown if isinstance(shown, str | int | float | bool | None) else "<list>"


def _is_plain(value: object) -> bool:
    """Say whether the text of this value is only itself: dates, numbers, paths of networks."""
    return type(value).__module__ in {"datetime", "decimal", "uuid", "ipaddress", "fractions"}


def _explained(exc_info: object) -> dict[str, Value]:
    """Say what was raised and where, without its message: messages quote what people sent."""
    error = _raised(exc_info)
    if error is None:
        return {}
    told: dict[str, Value] = {
        "error": type(error).__name__,
        "error_at": _frames(error.__traceback__),
    }
    if isinstance(error, SluiceError):
        told["error_code"] = error.code
    return told


def _raised(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    found = exc_info if isinstance(exc_info, tuple) else sys.exc_info() if exc_info else ()
    return next((each for each in found if isinstance(each, BaseException)), None)


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES_MAX:]
    return [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames]


def _renderer(sink: Sink) -> Callable[[object, str, Event], str]:
    if sink.console:
        return structlog.dev.ConsoleRenderer(
            colors=sink.stream.isatty(), timestamp_key="ts", pad_event_to=24
        )
    return lambda _logger, _method, line: msgspec.json.encode(line).decode()


class _Libraries(logging.Handler):
    """Carries what libraries say through the standard logging into our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it as one of ours."""
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        structlog.get_logger().log(
            level,
            "library.said",
            logger=record.name,
            text=record.getMessage(),
            exc_info=record.exc_info,
        )
