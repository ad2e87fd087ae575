"""Only declared fields reach the log, short and safe; no secret does, whichever way it comes."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from sluice.base.clock import ManualClock
from sluice.base.errors import Invalid
from sluice.base.observe.logs import FIELDS, Sink, configure_logs, logged_with, safe_text

SOURCE = Path(__file__).parents[3] / "src" / "sluice"
CANARIES = [
    "sk_live_9vQmCanary",
    "rk_test_9vQmCanary",
    "whsec_9vQm/Canary+w==",
    "pi_1Abc_secret_9vQmCanary",
    "Bearer 9vQmCanary",
    "bearer 9vQmCanary.x.y",
    "Basic dXNlcjo5dlFtQ2FuYXJ5",
    "https://user:9vQmCanary@node.example.org/",
    "https://9vQmCanary@node.example.org/",
    "https://node.example.org/?apikey=9vQmCanary&x=1",
    "authorization: 9vQmCanary",
    "password=9vQmCanary",
    "'api_key': '9vQmCanary'",
    "tprv8ZgxMBicQKsPd9vQmCanaryTMvPPmAEfG",
    "-----BEGIN EC PRIVATE KEY-----\n9vQmCanary",
]


class Log:
    """A sink that can be read."""

    def __init__(self, clock: ManualClock) -> None:
        self.stream = io.StringIO()
        self.dropped: list[str] = []
        self.sink = Sink(self.stream, clock, self.dropped.append)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(clock: ManualClock) -> Iterator[Log]:
    """Return the sink of all logs for one test."""
    made = Log(clock)
    configure_logs(made.sink)
    yield made
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if type(each).__name__ == "_Libraries"]:
        root.removeHandler(handler)


def test_a_line_is_json_with_a_name_a_time_and_its_fields(log: Log) -> None:
    structlog.get_logger().info("delivery.sent", delivery="dlv_1", status=200, took_ms=12)

    assert log.lines == [
        {
            "ts": "2026-03-02T12:00:00.000+00:00",
            "level": "info",
            "event": "delivery.sent",
            "delivery": "dlv_1",
            "status": 200,
            "took_ms": 12,
        }
    ]


def test_an_undeclared_field_is_dropped_and_counted(log: Log) -> None:
    structlog.get_logger().info("delivery.sent", body="{}", authorization="x", delivery="dlv_1")

    assert log.dropped == ["body", "authorization"]
    assert set(log.lines[0]) == {"ts", "level", "event", "delivery"}


def test_the_request_id_is_on_every_line_of_the_request_and_no_other(log: Log) -> None:
    logger = structlog.get_logger()

    with logged_with(request_id="req_1"):
        logger.info("request.done", status=200)
    logger.info("request.done", status=201)

    assert log.lines[0]["request_id"] == "req_1"
    assert "request_id" not in log.lines[1]


def test_what_is_always_said_passes_the_same_gate(clock: ManualClock, log: Log) -> None:
    configure_logs(
        Sink(log.stream, clock, log.dropped.append, always={"version": "1.0", "hostname": "x"})
    )

    structlog.get_logger().info("worker.started")

    assert log.lines[0]["version"] == "1.0"
    assert log.dropped == ["hostname"]


def test_text_is_cut_at_200_characters(log: Log) -> None:
    structlog.get_logger().info("job.failed", error="é" * 500, why="x" * 200)

    assert log.lines[0]["error"] == "é" * 199 + "…"
    assert log.lines[0]["why"] == "x" * 200


@pytest.mark.parametrize("mark", ["\r", "\n", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u202e"])
def test_marks_that_forge_lines_or_turn_text_are_escaped(log: Log, mark: str) -> None:
    structlog.get_logger().info("job.failed", error=f"one{mark}two", reason=[f"a{mark}b"])

    assert len(log.text.splitlines()) == 1
    assert log.lines[0]["error"] == f"one\\u{ord(mark):04x}two"
    assert mark not in log.lines[0]["reason"][0]


def test_a_lone_surrogate_does_not_break_the_line(log: Log) -> None:
    structlog.get_logger().info("job.failed", error="one\ud800two")

    assert log.lines[0]["error"] == "one\\ud800two"


@pytest.mark.parametrize("canary", CANARIES)
def test_a_secret_does_not_reach_the_log_whichever_way_it_comes(log: Log, canary: str) -> None:
    logger = structlog.get_logger()

    logger.info("job.failed", secret=canary, client_secret=canary, headers={"cookie": canary})
    logger.info("job.failed", error=f"refused: {canary}", why=canary, reason=[canary, {canary}])
    logger.info("job.failed", error="x" * 190 + canary, object={"key": canary})
    logger.info(f"sent to {canary}")  # noqa: G004 - what must not be done
    logger.info(canary)
    with logged_with(actor=canary, text=canary):
        logger.info("job.failed")
    try:
        refuse(f"bad key {canary}")
    except Invalid as raised:
        logger.exception("job.failed")
        logger.warning("job.failed", error=raised, reason=[raised])
    logging.getLogger("another.package").warning("could not reach %s", canary)

    assert "Canary" not in log.text
    assert "dXNlcjo5dlFtQ2FuYXJ5" not in log.text
    assert len(log.lines) == 9


def test_what_was_raised_is_named_with_its_place_but_not_quoted(log: Log) -> None:
    try:
        refuse("said by a merchant")
    except Invalid:
        structlog.get_logger().exception("job.failed", job="deliver")

    line = log.lines[0]
    assert (line["error"], line["error_code"], line["level"]) == ("Invalid", "url_invalid", "error")
    assert line["error_at"][-1].startswith("test_logs.py:")
    assert "merchant" not in log.text


def test_things_are_named_and_not_shown(log: Log) -> None:
    class Order:
        def __repr__(self) -> str:
            return "Order(email='a@example.org')"

    structlog.get_logger().info("job.failed", object=Order(), reason={"a": 1}, text=b"bytes")

    assert log.lines[0]["object"] == "<Order>"
    assert log.lines[0]["reason"] == "<dict>"
    assert log.lines[0]["text"] == "<bytes>"


def test_what_a_library_says_becomes_one_of_our_lines(log: Log) -> None:
    logging.getLogger("another.package").warning("slow\nvery slow")
    logging.getLogger("another.package").info("chatter")

    assert [line["event"] for line in log.lines] == ["library.said"]
    assert log.lines[0]["logger"] == "another.package"
    assert log.lines[0]["text"] == "slow\\u000avery slow"


def test_configuring_twice_says_everything_once(clock: ManualClock, log: Log) -> None:
    configure_logs(Sink(log.stream, clock, log.dropped.append))

    logging.getLogger("another.package").error("broken")

    assert len(log.lines) == 1


def test_a_line_below_the_level_is_not_written(clock: ManualClock, log: Log) -> None:
    configure_logs(Sink(log.stream, clock, log.dropped.append, level=logging.WARNING))

    structlog.get_logger().info("delivery.sent")
    structlog.get_logger().warning("delivery.failed")

    assert [line["event"] for line in log.lines] == ["delivery.failed"]


def test_people_get_readable_lines_through_the_same_gate(clock: ManualClock, log: Log) -> None:
    configure_logs(Sink(log.stream, clock, log.dropped.append, console=True))

    structlog.get_logger().info("payment.seen", intent="pi_1", why="sk_live_9vQmCanary", body="x")

    assert "payment.seen" in log.text
    assert "intent=pi_1" in log.text
    assert "Canary" not in log.text
    assert log.dropped == ["body"]


def test_ordinary_text_stays_as_it_is() -> None:
    for text in (
        "The key lacks the scope refunds:write.",
        "pk_test_1Abc",
        "https://example.org/hooks",
        "0x" + "ab" * 32,
        "timeout after 10 s; 3 of 5",
    ):
        assert safe_text(text) == text


def test_a_megabyte_costs_no_more_than_a_line() -> None:
    assert len(safe_text("a_secret_" * 200_000)) <= 200


def test_no_declared_field_is_named_like_a_secret() -> None:
    for name in FIELDS:
        assert not any(word in name for word in ("secret", "token", "password", "cookie", "auth"))


def test_every_field_logged_anywhere_in_the_program_is_declared() -> None:
    said = [
        (f"{path.relative_to(SOURCE)}:{call.lineno}", call)
        for path in sorted(SOURCE.rglob("*.py"))
        for call in log_calls(ast.parse(path.read_text("utf-8")))
    ]

    undeclared = [
        f"{where} {keyword.arg}"
        for where, call in said
        for keyword in call.keywords
        if keyword.arg not in FIELDS | {"exc_info"}
    ]
    unnamed = [where for where, call in said if not isinstance(call.args[0], ast.Constant)]

    assert len(said) > 3
    assert not undeclared
    assert [where for where in unnamed if "observe/logs.py" not in where] == []


def refuse(message: str) -> None:
    raise Invalid(message, code="url_invalid")


def log_calls(tree: ast.Module) -> list[ast.Call]:
    """Return the calls of a module's `log`."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    ]
