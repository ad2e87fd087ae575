"""Receiver: the merchants' servers, which check every signature and often misbehave."""

import base64
import datetime as dt
import hmac
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from sluice.base.clock import Clock
from sluice.base.egress import Answer, EgressError, Reason


@dataclass
class Listener:
    """One endpoint of a merchant's: what it heard, and what it accepted."""

    url: str
    secret: str
    wants_all: bool = True
    gone: bool = False  # it says 410 once, and never listens again
    heard: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)


class Receiver:
    """Stands where the way out into the internet stands; nothing leaves the process."""

    def __init__(self, clock: Clock, choose: random.Random) -> None:
        self._clock = clock
        self._choose = choose
        self.listeners: dict[str, Listener] = {}
        self.trouble = 0.0
        self.posts = 0
        self.failures = 0
        self.on_post: Callable[[], None] = lambda: None

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        answer_max: int,
        cut: bool,
    ) -> Answer:
        """Hear a delivery; answer it, refuse it, or lose the answer."""
        assert timeout_s > 0
        assert answer_max > 0
        assert cut
        self.posts += 1
        listener = self.listeners[url]
        event_id = self._check(listener, body, headers)
        luck = self._choose.random() if self.trouble else 1.0
        if luck < self.trouble:
            self.failures += 1
            return self._misbehave(listener, event_id)
        listener.heard[event_id] += 1
        listener.taken[event_id] += 1
        self.on_post()
        return Answer(200, {}, b"", "192.0.2.9")

    def _misbehave(self, listener: Listener, event_id: str) -> Answer:
        kind = self._choose.choice(["lost", "refused", "500", "302", "410"])
        if kind == "refused":
            raise EgressError(Reason.CONNECT, "refused")
        listener.heard[event_id] += 1
        if kind == "lost":
            raise EgressError(Reason.TIMEOUT, "no answer in time")
        if kind == "410" and listener.gone:
            return Answer(410, {}, b"", "192.0.2.9")
        status = 302 if kind == "302" else 500
        return Answer(status, {"location": "http://169.254.169.254/"}, b"", "192.0.2.9")

    def _check(self, listener: Listener, body: bytes, headers: Mapping[str, str]) -> str:
        """Check both signatures as a merchant would, without our code; return the event's id."""
        event_id: str = msgspec.json.decode(body)["id"]
        stamp = headers["webhook-timestamp"]
        sent = dt.datetime.fromtimestamp(int(stamp), dt.UTC)
        stripe = hmac.digest(listener.secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
        key = base64.b64decode(listener.secret.removeprefix("whsec_"))
        text = f"{event_id}.{stamp}.".encode() + body
        standard = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
        genuine = (
            headers["Stripe-Signature"] == f"t={stamp},v1={stripe}"
            and headers["webhook-signature"] == f"v1,{standard}"
            and headers["webhook-id"] == event_id
            and abs(self._clock.now() - sent) <= dt.timedelta(minutes=5)
        )
        if not genuine:
            listener.bad.append(event_id)
        return event_id
