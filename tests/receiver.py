"""A merchant's own server: it keeps what it is told, and answers as each path was set to."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tests.house import until


@dataclass(frozen=True)
class Told:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """Return the event it carries."""
        event: dict[str, Any] = msgspec.json.decode(self.body)
        return event


@dataclass
class Receiver:
    """Listens on a port of its own; `statuses` and `answers` say what a path answers."""

    url: str
    told: list[Told] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    released: threading.Event = field(default_factory=threading.Event)
    in_flight: dict[str, int] = field(default_factory=dict)
    in_flight_max: dict[str, int] = field(default_factory=dict)
    slow_s: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, path: str) -> list[Told]:
        """Return what one path was told."""
        return [told for told in self.told if told.path == path]

    def events(self, path: str, event_type: str | None = None) -> list[dict[str, Any]]:
        """Return the events that one path was told, of one type or all."""
        found = [told.event for told in self.at(path)]
        return [event for event in found if event_type in {None, event["type"]}]

    def waits_for(self, path: str, event_type: str) -> Told:
        """Return the first telling of an event of this type, once it has come."""
        found = until(
            lambda: [told for told in self.at(path) if told.event["type"] == event_type],
            f"{path} is told {event_type}",
        )
        return found[0]

    def hear(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Write one request down."""
        with self.lock:
            self.told.append(Told(path, dict(headers), body, time.monotonic()))
            now = self.in_flight[path] = self.in_flight.get(path, 0) + 1
            self.in_flight_max[path] = max(now, self.in_flight_max.get(path, 0))

    def end(self, path: str) -> None:
        """Note that a request is over."""
        with self.lock:
            self.in_flight[path] -= 1


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    listener = _Listener(("127.0.0.1", 0), _Visit)
    receiver = Receiver(f"http://127.0.0.1:{listener.server_address[1]}")
    listener.receiver = receiver
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        receiver = self.server.receiver
        receiver.hear(self.path, dict(self.headers), body)
        try:
            self._answer(receiver)
        finally:
            receiver.end(self.path)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as in the base
        """Say nothing."""

    def _answer(self, receiver: Receiver) -> None:
        if self.path in receiver.silent:
            receiver.released.wait(30)
            self.close_connection = True
            return
        time.sleep(receiver.slow_s.get(self.path, 0))
        self.send_response(receiver.statuses.get(self.path, 200))
        for name, value in receiver.headers.get(self.path, {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
