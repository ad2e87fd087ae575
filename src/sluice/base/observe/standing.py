"""How things stand, as figures: read when somebody asks, never counted along."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Following:
    """How far a network has been followed."""

    network: str
    height: int
    moved_at: dt.datetime
    is_halted: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait in a queue, and since when the oldest is due; None when none waits."""

    queue: str
    depth: int
    oldest: dt.datetime | None


def standing_figures(
    followed: Sequence[Following], waiting: Sequence[Waiting], at: dt.datetime
) -> list[Metric]:
    """Return the gauges of how things stand at an instant."""
    return [
        _gauge(
            "sluice_chain_height",
            "Newest block recorded.",
            "chain",
            {one.network: one.height for one in followed},
        ),
        _gauge(
            "sluice_chain_tip_age_seconds",
            "Since a block was last recorded.",
            "chain",
            {one.network: _age_s(one.moved_at, at) for one in followed},
        ),
        _gauge(
            "sluice_chain_halted",
            "1 while a chain stands still until a person looks.",
            "chain",
            {one.network: int(one.is_halted) for one in followed},
        ),
        _gauge(
            "sluice_queue_depth",
            "Waiting and due.",
            "queue",
            {one.queue: one.depth for one in waiting},
        ),
        _gauge(
            "sluice_queue_oldest_age_seconds",
            "Since the oldest waiting one was due.",
            "queue",
            {one.queue: _age_s(one.oldest, at) for one in waiting},
        ),
    ]


def _gauge(name: str, what: str, label: str, figures: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, figure in figures.items():
        family.add_metric([key], figure)
    return family


def _age_s(since: dt.datetime | None, at: dt.datetime) -> float:
    return 0.0 if since is None else max(0.0, (at - since).total_seconds())
