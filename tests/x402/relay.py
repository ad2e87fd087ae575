"""Relay: another facilitator, that brings words to the chain; or lies, or loses them."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.x402.base import Base, authorized_data


@dataclass
class Relay:
    """`mood` says what it does with the words of one payer; honest when nothing is said."""

    base: Base
    url: str = ""
    mood: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def settle(self, body: bytes) -> dict[str, Any]:
        """Answer one request to settle."""
        word = json.loads(body)["paymentPayload"]["payload"]
        payer = word["authorization"]["from"]
        self.asked.append(payer)
        mood = self.mood.get(payer, "honest")
        tx_id = "0x" + "ab" * 32
        if mood == "honest":
            tx_id = self.base.send(word_token(body), authorized_data(word), self.base.owner)
        return {"success": mood != "loses", "transaction": tx_id, "network": "eip155:8453"}


def word_token(body: bytes) -> str:
    """Return the token a question is about."""
    asset: str = json.loads(body)["paymentRequirements"]["asset"]
    return asset


@contextlib.contextmanager
def running_relay(base: Base) -> Iterator[Relay]:
    """Run it on a free port."""
    relay = Relay(base)

    class Visit(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            content = json.dumps(relay.settle(body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:  # noqa: ANN401
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visit)
    server.daemon_threads = True
    relay.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
