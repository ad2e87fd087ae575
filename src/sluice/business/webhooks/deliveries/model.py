"""Delivery, Attempt: what happened so far between one event and one endpoint."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to an endpoint."""

    id: str
    merchant_id: str
    livemode: bool
    event_id: str
    body: bytes
    attempts: int
    first_at: dt.datetime
    due_at: dt.datetime
    event_created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP try: the status it got, or why there was none."""

    delivery: Delivery
    at: dt.datetime
    status_code: int | None
    error: str | None
    took_ms: int
